"""POST /v1/projects/{id}/preview: real pictures from the real engine."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import skia

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.platform import storage
from flatrender.studio import asset_cache

type Preview = Callable[..., Any]
type Make = Callable[..., dict[str, Any]]
FONTS = Path(__file__).resolve().parents[3] / "layers/fonts"


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FONTS_DIR", str(FONTS))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def preview(invoke: Callable[..., Any], studio: Any) -> Preview:
    def call(project: dict[str, Any] | str, *, by: Caller | None = None, **query: str) -> Any:
        project_id = project if isinstance(project, str) else project["id"]
        path = f"/v1/projects/{project_id}/preview"
        return invoke("studio/preview", "POST", path, caller=by or studio.caller, query=query)

    return call


def picture(answer: Any) -> Any:
    """The answer's JPEG, decoded at once: skia would decode later, from bytes that are gone by then."""
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.is_base64
    body = base64.b64decode(answer.body)
    assert body.startswith(b"\xff\xd8\xff")
    return skia.Image.MakeFromEncoded(body).makeRasterImage()


def colour(image: Any, x: float, y: float) -> tuple[int, int, int]:
    """Red, green and blue at fractions of the picture."""
    pixel = image.toarray(colorType=skia.kRGBA_8888_ColorType)[int(y * image.height()), int(x * image.width())]
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


def is_near(found: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(found, wanted, strict=True))


def jpeg(red: int, green: int, blue: int) -> bytes:
    surface = skia.Surface(64, 48)
    surface.getCanvas().clear(skia.Color(red, green, blue))
    return bytes(surface.makeImageSnapshot().encodeToData(skia.EncodedImageFormat.kJPEG, 95))


def test_any_time_point_in_any_size(preview: Preview, make: Make) -> None:
    project = make()
    start = picture(preview(project, at="0.5", width="200"))
    assert (start.width(), start.height()) == (200, 112)
    assert is_near(colour(start, 0.5, 0.5), (255, 0, 0))
    end = picture(preview(project, at="4"))
    assert (end.width(), end.height()) == (960, 540)
    assert is_near(colour(end, 0.5, 0.5), (0, 0, 255))
    assert is_near(colour(picture(preview(project)), 0.5, 0.5), (0, 0, 255))


def test_it_shows_the_photo_and_the_text(
    preview: Preview, make: Make, template: Callable[..., str], photo: Callable[..., str]
) -> None:
    green = photo(body=jpeg(0, 200, 0), width=64, height=48)
    shown = picture(preview(make(template_id=template(), inputs={"photo": green, "title": "WWWW"}), at="1"))
    assert is_near(colour(shown, 0.5, 0.7), (0, 200, 0))
    pixels = shown.toarray(colorType=skia.kRGBA_8888_ColorType)
    assert (pixels[: shown.height() // 3, :, 0] > 200).sum() > 500, "no white letters at the top"


def test_the_same_picture_under_two_ids(preview: Preview, make: Make, photo: Callable[..., str]) -> None:
    body = jpeg(0, 0, 200)
    same = [photo(body=body, sha256=hashlib.sha256(body).hexdigest(), width=64, height=48) for _ in range(2)]
    layers = [{"type": "image", "asset": asset, "box": [160 * half, 0, 160, 180]} for half, asset in enumerate(same)]
    canvas = {"width": 320, "height": 180}
    shown = picture(preview(make(composition={"canvas": canvas, "scenes": [{"duration": 1.0, "layers": layers}]})))
    assert is_near(colour(shown, 0.25, 0.5), (0, 0, 200))
    assert is_near(colour(shown, 0.75, 0.5), (0, 0, 200))


def test_only_a_valid_project_is_drawn(preview: Preview, make: Make, template: Callable[..., str]) -> None:
    answer = preview(make(template_id=template(), inputs={"photo": new_id(), "title": "x" * 21}))
    assert (answer.status, answer.error["code"]) == (422, "project_invalid")
    found = {fault["pointer"]: fault["code"] for fault in answer.error["details"]["faults"]}
    assert found == {"/inputs/photo": "asset_missing", "/inputs/title": "string_too_long"}


def test_a_time_after_the_end_is_refused(preview: Preview, make: Make) -> None:
    answer = preview(make(), at="4.01")
    assert (answer.status, answer.error["code"]) == (422, "preview_out_of_range")
    assert [fault["pointer"] for fault in answer.error["details"]["faults"]] == ["/query/at"]


@pytest.mark.parametrize("query", [{"at": "-1"}, {"at": "nan"}, {"at": "soon"}, {"width": "8"}, {"width": "9000"}])
def test_wrong_parameters_are_named(preview: Preview, query: dict[str, str]) -> None:
    answer = preview(new_id(), **query)
    [name] = query
    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.error["details"]["faults"]] == [f"/query/{name}"]


def test_another_s_project_is_not_there(preview: Preview, make: Make, studio: Any, caller: Callable[..., Any]) -> None:
    project = make()
    for other in (caller(), caller(tenant_id=studio.caller.tenant_id)):
        answer = preview(project, by=other)
        assert (answer.status, answer.error["code"]) == (404, "project_not_found")
    assert preview(project, by=caller(scopes=frozenset())).status == 403


def test_a_file_is_fetched_once_and_the_unused_make_room(
    aws: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(asset_cache, "CACHE_BYTES", 250)
    fetched: list[str] = []
    download = storage.download
    monkeypatch.setattr(storage, "download", lambda key, to: (fetched.append(key), download(key, to)))
    files = {}
    for name in "abcd":
        storage.write(f"files/{name}", name.encode() * 100, "image/jpeg")
        files[name] = (hashlib.sha256(name.encode() * 100).hexdigest(), f"files/{name}")
    found = asset_cache.fetch([files["a"], files["b"]])
    assert {digest: path.read_bytes() for digest, path in found.items()} == {
        files[name][0]: name.encode() * 100 for name in "ab"
    }
    assert sorted(fetched) == ["files/a", "files/b"]
    asset_cache.fetch([files["b"]])
    asset_cache.fetch([files["a"]])
    assert len(fetched) == 2
    asset_cache.fetch([files["a"], files["c"]])
    assert fetched[2:] == ["files/c"]
    asset_cache.fetch([files["b"]])
    assert fetched[3:] == ["files/b"], "b was the longest unused and had to go"
    with pytest.raises(OverflowError):
        asset_cache.fetch(files.values())
    assert not list(tmp_path.rglob("*.partial"))


def test_files_too_large_for_a_still(
    preview: Preview, make: Make, template: Callable[..., str], photo: Callable[..., str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(asset_cache, "CACHE_BYTES", 100)
    project = make(template_id=template(), inputs={"photo": photo(body=jpeg(9, 9, 9), width=64, height=48)})
    answer = preview(project)
    assert (answer.status, answer.error["code"]) == (413, "preview_too_large")
