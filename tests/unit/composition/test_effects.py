"""Given effects, LUT files and flowing paths, when a document is checked, then what cannot be drawn is named."""

from typing import Any

import pytest
from tests.unit.composition.documents import ASSETS, PHOTO, document

from flatrender.composition import chunks, cube_file, limits
from flatrender.composition.assets import AssetInfo
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate

LUT = "00000000-0000-4000-8000-0000000000d1"
WITH_LUT = {**ASSETS, LUT: AssetInfo(id=LUT, sha256="e" * 64, kind="lut")}


def solid(**fields: Any) -> dict[str, Any]:
    layer = {"type": "solid", "color": "#fff", **fields}
    return document(scenes=[{"duration": 6, "layers": [layer]}], audio=[])


@pytest.mark.parametrize(
    ("effects", "pointer", "code"),
    [
        ({"lut": {}}, "lut", "lut"),
        ({"lut": {"look": "warm", "asset": LUT}}, "lut", "lut"),
        ({"lut": {"look": "hot"}}, "lut/look", "literal_error"),
        ({"lut": {"asset": PHOTO}}, "lut/asset", "asset_kind"),
        ({"lut": {"asset": LUT[:-1] + "9"}}, "lut/asset", "asset_missing"),
        ({"chroma_key": {"color": "green"}}, "chroma_key/color", "color"),
        ({"chroma_key": {"similarity": 0}}, "chroma_key/similarity", "greater_than"),
        ({"chroma_key": {"color": "theme:none"}}, "chroma_key/color", "theme_color"),
        ({"grain": {"size": 0}}, "grain/size", "greater_than_equal"),
    ],
)
def test_an_effect_that_cannot_be_is_named(effects: Any, pointer: str, code: str) -> None:
    _, faults = validate(solid(effects=effects), WITH_LUT)
    assert [(fault.pointer, fault.code) for fault in faults] == [(f"/scenes/0/layers/0/effects/{pointer}", code)]


def test_a_key_covers_the_content_of_a_lut_and_not_its_id() -> None:
    def keys(asset: str, sha: str) -> list[str]:
        composition = Composition.model_validate(solid(effects={"lut": {"asset": asset}}))
        known = {asset: AssetInfo(id=asset, sha256=sha, kind="lut")}
        return [chunk.key for chunk in chunks.plan(composition, profile(composition), known)]

    assert keys(LUT, "e" * 64) == keys(PHOTO, "e" * 64)
    assert keys(LUT, "e" * 64) != keys(LUT, "f" * 64)


def path(*data: str) -> dict[str, Any]:
    steps = [{"time": n, "value": text} for n, text in enumerate(data)]
    return solid(mask={"geometry": {"type": "path", "data": {"keyframes": steps}, "view_box": [0, 0, 9, 9]}})


@pytest.mark.parametrize(
    ("data", "pointer", "code"),
    [
        (("M0 0L1 1", "M0 0L1 1L2 2"), "/keyframes/1/value", "path_form"),
        (("M0 0A1 1 0 0 1 5 5", "M0 0A1 1 0 0 0 5 5"), "/keyframes/1/value", "path_form"),
        (("M0 0L1 1", "nonsense"), "/keyframes/1/value", "path_data"),
        (["M0 0" + "L1 1" * 4990] * 6, "", "path_too_long"),
    ],
)
def test_paths_that_cannot_flow_are_named(data: Any, pointer: str, code: str) -> None:
    _, faults = validate(path(*data), ASSETS)
    at = f"/scenes/0/layers/0/mask/geometry/data{pointer}"
    assert [(fault.pointer, fault.code) for fault in faults] == [(at, code)]


def test_a_trim_without_a_stroke_is_a_slip() -> None:
    shape = {"type": "shape", "box": [0, 0, 9, 9], "geometry": {"type": "ellipse"}, "trim": {"end": 0.5}}
    _, faults = validate(document(scenes=[{"duration": 6, "layers": [shape]}], audio=[]), ASSETS)
    assert [(fault.pointer, fault.code) for fault in faults] == [("/scenes/0/layers/0/trim", "trim")]


def test_shorthands_flow_into_what_they_stand_for() -> None:
    assert validate(path("M0 0 h5 v5 z", "m0 0 L1 0 L1 1 Z"), ASSETS)[1] == []


GOOD = 'TITLE "x"\n# made by hand\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n' + "0.5 0.25 1\n" * 8


def test_a_cube_file_is_read() -> None:
    cube = cube_file.parse(GOOD.replace("\n", "\r\n").encode())
    assert (cube.size, len(cube.values), cube.values[3]) == (2, 8, (0.5, 0.25, 1.0))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "LUT_3D_SIZE is missing"),
        (b"\xff\xfe\x00", "no text"),
        (b"LUT_1D_SIZE 4\n", "one dimension"),
        (b"LUT_3D_SIZE 99999999999\n", "between 2 and"),
        (b"LUT_3D_SIZE two\n", "none of a LUT"),
        (b"hello world\n", "none of a LUT"),
        (b"LUT_3D_SIZE 2\n" + b"1 1 1\n" * 7, "7 entries instead of 8"),
        (b"LUT_3D_SIZE 2\n" + b"1 1 1\n" * 9, "more than 8"),
        (b"LUT_3D_SIZE 2\n1 1\n", "three numbers"),
        (b"LUT_3D_SIZE 2\n1 1 nan\n", "out of range"),
        (b"LUT_3D_SIZE 2\n1 1 1e9\n", "out of range"),
        (b"LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n", "three numbers"),
        (b"LUT_3D_SIZE 2\nDOMAIN_MIN 1 0 0\n" + b"1 1 1\n" * 8, "DOMAIN_MAX"),
        (b"TITLE " + b"x" * 300, "longer than"),
        (b"1" * (limits.MAX_LUT_SIDE**3 * 60 + 1), "at most"),
    ],
)
def test_what_is_no_cube_file_is_refused_with_the_reason(data: bytes, word: str) -> None:
    with pytest.raises(cube_file.CubeError, match=word):
        cube_file.parse(data)
