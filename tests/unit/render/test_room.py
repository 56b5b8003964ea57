"""What fits on the disks of the machines, and what is said of what does not."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.composition.documents import PHOTO, SONG, VIDEO

from flatrender.composition.assets import AssetInfo
from flatrender.composition.outputs import FORMATS
from flatrender.composition.profiles import Profile, Quality, profile
from flatrender.composition.schemas import Composition
from flatrender.render import pipeline, room, sizing
from flatrender.render.order import Asset, WorkOrder
from flatrender.render.sizing import Sizing

ROOT = Path(pipeline.__file__).resolve().parents[6]
MIB, GIB = 1024**2, 1024**3
FACTS = Sizing(chunk_seconds=2, batch_megapixels=8000, batch_height=2160, batch_available=True, cache_days=28)
OTHER = VIDEO[:-1] + "2"


def order(sizes: dict[str, int], *, sound: bool = True, scenes: list[Any] | None = None) -> WorkOrder:
    """Scenes of two seconds with a video each, and a song."""
    document = {
        "format": "flatrender.composition/1",
        "canvas": {"width": 640, "height": 360, "fps": 30},
        "scenes": scenes
        or [{"duration": 2, "layers": [{"type": "video", "asset": name, "volume": 0}]} for name in (VIDEO, OTHER)],
        "audio": [{"asset": SONG}] if sound else [],
    }
    kinds: dict[str, Any] = {PHOTO: "image", SONG: "audio"}
    infos = {
        name: AssetInfo(id=name, sha256=name, kind=kinds.get(name, "video"), duration=4, size_bytes=size)
        for name, size in sizes.items()
    }
    assets = {name: Asset(info=info, object_key=f"files/t/{name}") for name, info in infos.items()}
    made = profile(Composition.model_validate(document))
    return WorkOrder(document=document, profile=made, assets=assets, chunk_seconds=2)


def needed(made: WorkOrder, available: int) -> room.Need:
    return room.needed(made, made.chunks(), available)


def test_what_fits_as_a_whole_is_not_looked_at_further() -> None:
    assert needed(order({VIDEO: 5, OTHER: 6, SONG: 1}), 12) == room.Need()


def test_a_worker_needs_what_its_chunk_shows_and_not_the_whole() -> None:
    assert needed(order({VIDEO: 5, OTHER: 6, SONG: 1}), 11) == room.Need(frozenset({OTHER}), 6, 2.0)


def test_the_soundtrack_may_need_most() -> None:
    need = needed(order({VIDEO: 5, OTHER: 6, SONG: 9}), 9)
    assert need == room.Need(frozenset({SONG}), 9, None)
    assert "The sound is mixed" in room.too_large(order({SONG: 9, VIDEO: 1, OTHER: 1}), need, 5, "").message


def test_files_of_the_same_content_are_one() -> None:
    layers = [{"type": "image", "asset": name} for name in (PHOTO, OTHER)]
    made = order({PHOTO: 7, OTHER: 7}, sound=False, scenes=[{"duration": 2, "layers": layers}])
    twin = made.assets[OTHER].model_copy(update={"info": made.assets[PHOTO].info})
    assert needed(made, 7).size_bytes == 14
    assert needed(made.model_copy(update={"assets": {**made.assets, OTHER: twin}}), 7) == room.Need()


def test_an_order_from_before_sizes_were_known_needs_nothing() -> None:
    made = order({VIDEO: 5, OTHER: 6, SONG: 1})
    unknown = {
        name: asset.model_copy(update={"info": asset.info.model_copy(update={"size_bytes": None})})
        for name, asset in made.assets.items()
    }
    assert needed(made.model_copy(update={"assets": unknown}), 0) == room.Need()


def test_the_fault_names_files_and_sizes_the_largest_first() -> None:
    made = order({VIDEO: 300 * MIB, OTHER: 3 * GIB, SONG: MIB})
    fault = room.too_large(made, room.Need(frozenset({VIDEO, OTHER}), 3 * GIB + 300 * MIB, 2.0), 2 * GIB, "/project")
    assert (fault.pointer, fault.code) == ("/project", "files_too_large")
    assert (
        f"from second 2 on is drawn from 3.3 GiB of files, and a machine has room for 2.0 GiB: {OTHER} (3.0 GiB), "
        in (fault.message)
    )
    assert f"{VIDEO} (300 MiB)." in fault.message


def test_batch_has_more_room_than_burst() -> None:
    assert room.of_workers("burst", FACTS) == 9 * GIB
    assert room.of_workers("batch", FACTS) == 54 * GIB


def expected(form: str, seconds: float, height: int, quality: Quality = "standard", **given: Any) -> list[str]:
    made = Profile(width=height * 16 // 9, height=height, fps=given.pop("fps", 30), **given)
    return [fault.message for fault in room.result(FORMATS[form], made, quality, round(seconds * made.fps))]


@pytest.mark.parametrize(
    ("form", "seconds", "height", "quality", "codec"),
    [
        ("mp4", 3600, 1080, "high", "h264"),
        ("mp4", 3600, 2160, "standard", "h264"),
        ("mp4", 3600, 2160, "high", "hevc"),
        ("webm", 3600, 2160, "standard", "vp9"),
        ("mov", 320, 1080, "standard", "prores"),
        ("png-sequence", 3600, 2160, "high", "png"),
        ("m4a", 3600, 2160, "high", "h264"),
    ],
)
def test_what_fits_is_not_refused(form: str, seconds: float, height: int, quality: Quality, codec: Any) -> None:
    assert expected(form, seconds, height, quality, codec=codec) == []


@pytest.mark.parametrize(
    ("form", "seconds", "quality", "codec", "size"),
    [
        ("mp4", 3600, "high", "h264", 21),
        ("mp4", 3600, "standard", "av1", 13),
        ("webm", 3600, "high", "vp9", 17),
        ("mov", 60, "high", "prores", 14),
    ],
)
def test_what_cannot_be_put_together_is_refused(
    form: str, seconds: float, quality: Quality, codec: Any, size: int
) -> None:
    (message,) = expected(form, seconds, 2160, quality, codec=codec, fps=60)
    assert message.startswith(f"This would be a file of about {size} GiB; at most 9.0 GiB can be made. Choose a lower")


def test_every_codec_and_quality_has_a_size() -> None:
    for form in FORMATS.values():
        for codec in form.codecs if form.kind == "video" else ():
            assert set(room.BITS_PER_PIXEL[codec]) == {"draft", "standard", "high"}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their text."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix} {node.value}")


def test_the_template_gives_the_disks_that_are_reckoned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RENDER_WORK_DISK_MIB", "RENDER_BATCH_DISK_GIB"):
        monkeypatch.delenv(name, raising=False)
    template = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
    functions, parameters = template["Resources"], template["Parameters"]
    sizing.sizing.cache_clear()
    facts = sizing.sizing()
    sizing.sizing.cache_clear()
    assert facts.burst_disk_mib == parameters["RenderWorkDiskMib"]["Default"]
    assert facts.batch_disk_gib == parameters["RenderBatchDiskGib"]["Default"]
    work = functions["WorkFunction"]["Properties"]
    assert work["EphemeralStorage"]["Size"] == "!Ref RenderWorkDiskMib"
    for asking in ("QuotesFunction", "RendersFunction"):
        given = functions[asking]["Properties"]["Environment"]["Variables"]
        assert given["RENDER_WORK_DISK_MIB"] == "!Ref RenderWorkDiskMib"
        assert given["RENDER_BATCH_DISK_GIB"] == "!Ref RenderBatchDiskGib"
    for holding in ("AssembleFunction", "VerifyFunction"):
        assert functions[holding]["Properties"]["EphemeralStorage"]["Size"] * MIB - room.RESULT_BYTES >= GIB
