"""Given an uploaded Lottie, when it is examined, then it is taken or refused by name, fast, and the worker lives."""

import base64
import json
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.unit.engine import uploads
from tests.unit.engine_draw.vectors import constant, fill, layer, lottie, rectangle, runner, shapes, still, text

from flatrender.engine import lottie_check, lottie_player
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.lottie_player import Player, PlayerFailed
from flatrender.engine.lottie_rest import rests
from flatrender.engine.probe import Limits, MediaInfo, probe

TYPE = "video/lottie+json"


def taken(tmp_path: Path, data: bytes, declared: str = TYPE, limits: Limits | None = None) -> MediaInfo:
    return probe(uploads.written(tmp_path, data), declared, limits)


def rejected(tmp_path: Path, data: bytes, limits: Limits | None = None) -> RejectedMedia:
    with pytest.raises(RejectedMedia) as caught:
        taken(tmp_path, data, limits=limits)
    assert caught.value.text.endswith(".")
    return caught.value


@pytest.mark.parametrize("declared", [TYPE, "application/json", "application/json; charset=utf-8"])
def test_animations_are_accepted_with_their_slots(tmp_path: Path, declared: str) -> None:
    picture = {"id": "p", "w": 4, "h": 4, "p": "", "sid": "photo"}
    glow = {"ty": 21, "ef": [{"ty": 2, "v": {**constant([1, 0, 0, 1]), "sid": "glow"}}]}
    moved = {**constant([1, 2]), "sid": "place"}
    parts = [layer(2, refId="p"), text("Hi", "title"), shapes(fill(1, 0, 0, sid="brand"), ef=[glow], ks=still(p=moved))]
    info = taken(tmp_path, b"\xef\xbb\xbf \n" + lottie(parts, assets=[picture]), declared)
    assert (info.kind, info.content_type, info.width, info.height) == ("lottie", TYPE, 100, 50)
    assert (info.duration, info.fps, info.has_audio) == (2.0, 20.0, False)
    assert info.slots == {"photo": "image", "title": "text", "brand": "color", "glow": "color", "place": "other"}


def test_it_has_to_be_what_it_was_announced_as(tmp_path: Path) -> None:
    with pytest.raises(RejectedMedia) as caught:
        taken(tmp_path, runner(), "image/png")
    assert caught.value.reason == "type_mismatch"


def test_it_may_not_last_longer_than_the_plan_allows(tmp_path: Path) -> None:
    assert rejected(tmp_path, runner(), Limits(max_seconds=1.5)).reason == "too_long"


def nest(levels: int, width: int) -> bytes:
    """Compositions in compositions, each `width` times in the one around it."""
    inner = [{"id": "0", "layers": [shapes(rectangle(9, 9), fill(1, 0, 0))]}]
    inner += [{"id": str(n), "layers": [layer(0, refId=str(n - 1), w=9, h=9)] * width} for n in range(1, levels + 1)]
    return lottie([layer(0, refId=str(levels), w=9, h=9)], assets=inner)


def repeated(*copies: float) -> bytes:
    """A shape under repeaters."""
    repeaters = [{"ty": "rp", "c": constant(count), "o": constant(0), "tr": still()} for count in copies]
    return lottie([shapes(rectangle(9, 9), fill(1, 0, 0), *repeaters)])


def headed(width: int, height: int) -> bytes:
    """A PNG whose header promises more than there is."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def embedded(data: bytes, **fields: Any) -> bytes:
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    asset = {"id": "p", "w": 9, "h": 9, "u": "", "p": uri, "e": 1, **fields}
    return lottie([layer(2, refId="p")], assets=[asset])


STYLED = {"ty": 5, "ef": [], "mn": "ADBE Turbulent Displace", "nm": "Displace"}
ANIMATED = text("Hi")
ANIMATED["t"]["a"] = [{"a": {"o": constant(0)}}]
CHANGING = text("Hi")
CHANGING["t"]["d"]["k"] *= 2


@pytest.mark.parametrize(
    ("data", "reason", "says"),
    [
        (b'{"a": 1}', "unknown_type", "no Lottie"),
        (b"{" * 50_000, "damaged", "no valid JSON"),
        (b'{"layers":' * 50_000 + b"1" + b"}" * 50_000, "lottie_too_deep", "levels"),
        (b'{"layers": [], "v": "\xff"}', "damaged", "no valid JSON"),
        (runner().replace(b'"w": 100', b'"w": NaN'), "lottie_number", "NaN"),
        (runner().replace(b'"w": 100', b'"w": 1e999'), "lottie_number", "inf"),
        (runner().replace(b'"w": 100', b'"w": ' + b"9" * 3000), "lottie_number", "999"),
        (runner(w="wide"), "lottie_field", "'w'"),
        (runner(h=0), "lottie_field", "'h' is 0"),
        (runner(w=1e6), "lottie_field", "10000"),
        (runner(fr=0), "lottie_field", "'fr'"),
        (runner(fr=True), "lottie_field", "'fr'"),
        (runner(op=1e9), "too_long", "50000000 s"),
        (runner(op=0), "lottie_empty", "no frames"),
        (lottie([]), "lottie_empty", "no layers"),
        (lottie([1]), "lottie_field", "list of objects"),  # type: ignore[list-item]
        (lottie([layer(13)]), "lottie_unsupported", "'part' of the Lottie is a camera"),
        (lottie([layer(4, ddd=1, shapes=[])]), "lottie_unsupported", "3D"),
        (lottie([layer(3, ef=[STYLED])]), "lottie_unsupported", "'Displace'"),
        (lottie([layer(3, sy=[{"ty": 1}])]), "lottie_unsupported", "layer styles"),
        (lottie([shapes({"ty": "zz"})]), "lottie_unsupported", "Zig Zag"),
        (lottie([layer(3, ks=still(o={"a": 0, "k": 1, "x": "time * 9"}))]), "lottie_expression", "time * 9"),
        (lottie([ANIMATED]), "lottie_text", "letter by letter"),
        (lottie([CHANGING]), "lottie_unsupported", "changes over time"),
        (lottie([text("A\U000f0000")]), "lottie_text", "No font has"),
        (lottie([layer(5)]), "lottie_field", "has no text"),
        (lottie([layer(0, refId="no")]), "lottie_reference", "'no'"),
        (lottie([layer(2, refId="no")]), "lottie_reference", "not in it"),
        (embedded(b"", p="img/a.png"), "lottie_external", "img/a.png"),
        (embedded(b"", p="http://169.254.169.254/"), "lottie_external", "169.254"),
        (embedded(b"no picture"), "lottie_picture", "'p'"),
        (embedded(b"", w=-1, sid="a"), "lottie_field", "size"),
        (embedded(headed(30_000, 30_000)), "lottie_too_large", "16 million"),
        (nest(20, 1), "lottie_too_deep", "nested deeper"),
        (nest(6, 9), "lottie_too_complex", "5000 layers"),
        (lottie([layer(0, refId="a")], assets=[{"id": "a", "layers": [layer(0, refId="a")]}]), "lottie_cycle", "'a'"),
        (repeated(1e9), "lottie_too_complex", "200 copies"),
        (repeated(20, 20), "lottie_too_complex", "200 copies"),
        (lottie([shapes({"ty": "sr", "pt": constant(1e8)})]), "lottie_too_complex", "points"),
        (lottie([text("word " * 3000)]), "lottie_too_large", "10000 characters"),
        (lottie([layer(3, junk=[0] * 2_000_000)]), "lottie_too_large", "2000000 values"),
        (b'{"layers": "' + b"a" * (9 * 2**20) + b'"}', "too_large", "8 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_hostile_or_would_be_drawn_wrong_is_refused(
    tmp_path: Path, data: bytes, reason: str, says: str
) -> None:
    started = time.process_time()
    refusal = rejected(tmp_path, data)
    assert (refusal.reason, refusal.details) == (reason, {"reason": reason})
    assert says in refusal.text
    assert time.process_time() - started < 3


def test_looking_for_rest_takes_no_longer_than_it_may() -> None:
    path = [{"t": n, "s": [0, n], "i": {"x": [1], "y": [1]}, "o": {"x": [0], "y": [0]}} for n in range(5_000)]
    inner = {"id": "a", "layers": [layer(3, ks=still(p={"a": 1, "k": path}))]}
    data = lottie([layer(0, refId="a", w=9, h=9) for _ in range(2_000)], assets=[inner])
    started = time.process_time()
    assert rests(lottie_check.read(data))(7.25) == 7.25
    assert time.process_time() - started < 3


def test_hidden_layers_may_be_anything_that_is_not_drawn(tmp_path: Path) -> None:
    assert taken(tmp_path, lottie([layer(4, hd=True, ddd=1, shapes=[{"ty": "zz"}]), layer(3)])).kind == "lottie"


@pytest.mark.parametrize(
    "parts",
    [
        [{"ty": 4}],
        [{"ty": 4, "shapes": [{"ty": "gr"}, {"ty": "sh"}, {"ty": "fl"}, {"ty": "tm"}, {"ty": "gf", "g": {"p": 9}}]}],
        [layer(4, shapes=[{"ty": "sh", "ks": constant({"v": [[1, 1]] * 3, "i": [], "o": [[0, 0]]})}])],
        [layer(4, ks=None, shapes=[{"ty": "rc", "p": 1, "s": {"k": "no"}}])],
        [layer(1, sw=-5, sh=1e9, sc="#nothing")],
        [layer(3, parent=1, ind=1), layer(3, parent=1, ind=1)],
        [layer(4, ip=30, op=-30, tt=1, shapes=[])],
        [shapes(rectangle(1e9, 1e9), {"ty": "st", "w": constant(1e9), "c": {}, "o": constant(1e9)})],
    ],
    ids=range(8),
)
def test_what_lacks_fields_is_drawn_or_refused_but_harms_nobody(tmp_path: Path, parts: Any) -> None:
    started = time.monotonic()
    try:
        verdict: str = taken(tmp_path, lottie(parts)).kind
    except RejectedMedia as refusal:
        verdict = refusal.reason
    assert verdict == "lottie" or verdict.startswith("lottie_")
    assert time.monotonic() - started < 20
    assert taken(tmp_path, runner()).kind == "lottie"


def crashing() -> bytes:
    """A file that makes the library run through its stack: layers that are each other's parents."""
    return lottie([layer(3, ind=1, parent=2), layer(4, ind=2, parent=1, shapes=[rectangle(9, 9), fill(1, 1, 1)])])


def test_a_crash_is_a_refusal_and_the_next_file_is_taken(tmp_path: Path) -> None:
    refusal = rejected(tmp_path, crashing())
    assert refusal.reason == "lottie_failed"
    assert "crashes while it is opened (signal" in refusal.text
    assert taken(tmp_path, runner()).kind == "lottie"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A child that answers the first time and then never again."""
    script = tmp_path / "slow.py"
    script.write_text("import os, struct, time\nos.write(1, b'k' + struct.pack('<f', 40))\ntime.sleep(600)\n")
    monkeypatch.setattr(lottie_player, "_CHILD", script)
    monkeypatch.setattr(lottie_player, "FRAME_SECONDS", 0.3)
    return script


def test_a_child_that_hangs_is_stopped(slow: Path) -> None:
    player = Player(runner(), 10, 10)
    player.start()
    process = player._process
    with pytest.raises(PlayerFailed, match=r"takes longer than 0.3 s while frame 3 is drawn"):
        player.frame(3)
    assert process is not None
    assert process.returncode == -9
    assert slow.exists()


def test_a_child_gets_no_more_memory_than_it_may_have(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lottie_player, "MEMORY", 2**20)
    assert rejected(tmp_path, runner()).reason == "lottie_failed"


def test_a_child_gets_nothing_of_our_environment_and_ends_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    player = Player(runner(), 10, 10)
    player.start()
    process = player._process
    assert process is not None
    assert b"secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(5) == 0
    player.close()


def test_it_works_where_files_cannot_lie_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(_name: str) -> int:
        raise OSError

    monkeypatch.setattr("os.memfd_create", missing)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    player = Player(runner(), 100, 50)
    assert player.frame(0)[25, 10].tolist() == [0, 0, 255, 255]
    player.close()


def test_pixels_are_premultiplied_blue_green_red() -> None:
    half = {"ty": "fl", "c": constant([1, 0.5, 0, 1]), "o": constant(50), "r": 1}
    player = Player(lottie([shapes(rectangle(500, 500), half)]), 10, 5)
    assert player.frame(0)[2, 5].tolist() == pytest.approx([0, 64, 128, 128], abs=1)
    player.close()


def test_rest_is_found_between_movements() -> None:
    read = lottie_check.read(runner())
    same = rests(read)
    assert [same(frame) for frame in (0, 7.5, 20)] == [0, 7.5, 20]
    assert same(20.01) == same(39) == 30
    inside = json.loads(runner())["layers"]
    outer = layer(0, refId="run", st=10, sr=0.5, op=30)
    nested = rests(lottie_check.read(lottie([outer], assets=[{"id": "run", "layers": inside}])))
    assert nested(3) == nested(9.9) == 5
    assert nested(12) == 12
    assert nested(21) == nested(29) == 25
    assert nested(31) == nested(39) == 35
    remapped = rests(
        lottie_check.read(lottie([{**outer, "tm": constant(0)}], assets=[{"id": "run", "layers": inside}]))
    )
    assert remapped(3) == 3
    assert remapped(31) == remapped(39) == 35
