"""Given a tenant's mark, when its layer is made, then it lies where it should on every canvas, above everything."""

import copy
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from tests.unit.composition.documents import ASSETS, PHOTO, document, text

from flatrender.composition import chunks, limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.layers import GroupLayer
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate
from flatrender.composition.watermark import Mark, Position, layer, marked

LOGO = AssetInfo(id="00000000-0000-4000-8000-0000000000d1", sha256="d" * 64, kind="svg", width=400, height=100)
TALL = LOGO.model_copy(update={"kind": "image", "width": 50, "height": 200})
CANVASES = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1000, 1000)}
CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"]


def mark(**given: Any) -> Mark:
    return Mark.model_validate({"text": "Demo Studio"} | given if "asset" not in given else given)


def keys(made: Composition) -> list[str]:
    return [spec.key for spec in chunks.plan(made, profile(made), {**ASSETS, LOGO.id: LOGO})]


@pytest.mark.parametrize("aspect", CANVASES)
@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("info", [None, LOGO, TALL], ids=["text", "wide", "tall"])
def test_in_a_corner_it_keeps_its_margin_and_its_size(aspect: str, corner: Position, info: AssetInfo | None) -> None:
    width, height = CANVASES[aspect]
    short = min(width, height)
    given = mark(position=corner, size=0.2, margin=0.05, **({"asset": info.id} if info else {}))
    x, y, wide, tall = layer(given, info, width, height)["box"]
    assert max(wide, tall) == pytest.approx(0.2 * short)
    if info is not None:
        assert wide / tall == pytest.approx((info.width or 0) / (info.height or 1), rel=1e-3)
    left, right, top, bottom = x, width - x - wide, y, height - y - tall
    assert (left if "left" in corner else right) == pytest.approx(0.05 * short)
    assert (top if "top" in corner else bottom) == pytest.approx(0.05 * short)
    assert min(left, right, top, bottom) >= 0.05 * short - 0.01


@pytest.mark.parametrize("aspect", CANVASES)
def test_in_the_centre_it_is_as_far_from_either_side(aspect: str) -> None:
    width, height = CANVASES[aspect]
    x, y, wide, tall = layer(mark(asset=LOGO.id, position="center"), LOGO, width, height)["box"]
    assert (x + wide / 2, y + tall / 2) == pytest.approx((width / 2, height / 2))


def test_the_largest_mark_with_the_largest_margin_stays_on_the_canvas() -> None:
    x, y, wide, tall = layer(mark(asset=TALL.id, size=1, margin=0.25), TALL, 640, 360)["box"]
    assert min(x, y) >= 0
    assert (x + wide <= 640, y + tall <= 360) == (True, True)
    assert tall == pytest.approx(180)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1000, 1000), (4096, 16), (16, 4096), (4096, 2304)])
@pytest.mark.parametrize("info", [None, LOGO, TALL], ids=["text", "wide", "tall"])
def test_tiles_are_all_over_the_canvas_and_few(size: tuple[int, int], info: AssetInfo | None) -> None:
    given = mark(position="tile", size=0.05, **({"asset": info.id} if info else {}))
    tiles = layer(given, info, *size)["layers"]
    assert 4 <= len(tiles) <= 110
    middles = [
        (t["box"][0] + t["box"][2] / 2 - size[0] / 2, t["box"][1] + t["box"][3] / 2 - size[1] / 2) for t in tiles
    ]
    # Turned back by 30 degrees there is one in each half, along the longer side.
    along = [x * 0.866 + y * 0.5 if size[0] >= size[1] else -x * 0.5 + y * 0.866 for x, y in middles]
    assert min(along) < -max(size) / 4
    assert max(along) > max(size) / 4


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": "A", "asset": PHOTO},
        {"text": "  "},
        {"text": "\u200b \u2060"},
        {"text": "A" * 41},
        {"text": "A\nB"},
        {"asset": "logo.svg"},
        {"text": "A", "position": "left"},
        {"text": "A", "opacity": 0},
        {"text": "A", "size": 0},
        {"text": "A", "size": float("nan")},
        {"text": "A", "margin": 0.5},
        {"text": "A", "link": "?"},
    ],
)
def test_a_mark_that_nobody_could_see_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mark.model_validate(given)


@pytest.mark.parametrize("position", get_args(Position.__value__))
@pytest.mark.parametrize("info", [None, LOGO], ids=["text", "svg"])
@pytest.mark.parametrize("size", [(16, 16), (4096, 2304), (4096, 16)])
def test_its_layer_is_one_that_any_document_could_have(
    position: Position, info: AssetInfo | None, size: tuple[int, int]
) -> None:
    made = layer(mark(position=position, size=1, **({"asset": info.id} if info else {})), info, *size)
    doc = {"canvas": dict(zip(("width", "height"), size, strict=True)), "timeline": {"duration": 1.0}}
    assert validate({**doc, "overlays": [made]}, {LOGO.id: LOGO})[1] == []


def test_it_is_the_last_layer_of_all_and_its_document_does_not_know() -> None:
    doc = document(overlays=[text("Mine")])
    before = copy.deepcopy(doc)
    plain = Composition.model_validate(doc)
    made = marked(plain, layer(mark(), None, 640, 360))
    assert made.overlays[:-1] == plain.overlays
    assert made.overlays[-1].transform.opacity == 0.75
    assert (len(plain.overlays), doc) == (1, before)


def test_a_document_with_all_the_layers_there_may_be_bears_it_too() -> None:
    tiny = {"type": "solid", "color": "#fff", "box": [0, 0, 1, 1]}
    doc = document(overlays=[tiny] * (limits.MAX_LAYERS - 5))
    plain, faults = validate(doc, ASSETS)
    assert plain is not None, faults
    made = marked(plain, layer(mark(position="tile"), None, 640, 360))
    assert isinstance(made.overlays[-1], GroupLayer)
    assert len(made.overlays) == limits.MAX_LAYERS - 4
    full = Composition.model_validate(document(overlays=[tiny] * limits.MAX_LAYERS))
    assert len(marked(full, layer(mark(), None, 640, 360)).overlays) == limits.MAX_LAYERS + 1


def test_every_part_of_a_mark_changes_every_key() -> None:
    plain = Composition.model_validate(document())
    variants = [
        {},
        {"text": "Other"},
        {"position": "tile"},
        {"opacity": 0.5},
        {"size": 0.3},
        {"margin": 0.1},
        {"asset": LOGO.id},
    ]
    found = [
        keys(plain),
        *(keys(marked(plain, layer(mark(**v), LOGO if "asset" in v else None, 640, 360))) for v in variants),
    ]
    for place in zip(*found, strict=True):
        assert len(set(place)) == len(variants) + 1
    again = marked(plain, layer(mark(), None, 640, 360))
    assert keys(again) == found[1]


def test_what_is_heard_stays_as_it_was() -> None:
    plain = Composition.model_validate(document())
    assert chunks.audio_key(marked(plain, layer(mark(), None, 640, 360)), ASSETS) == chunks.audio_key(plain, ASSETS)
