"""Given what is made to break a worker, when it takes one after the other, then each ends in one clear fault, within
limits of time and memory, and the worker lives and renders what it rendered before.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.renders import composition
from tests.unit.engine_draw.vectors import fill, layer, lottie, rectangle, svg
from tests.unit.engine_hostile.worker import ASSET

ROOT: Final = Path(__file__).parents[3]
SECONDS: Final = 2.0
"""Of processor time, for one of them."""
GROWN_MEGABYTES: Final = 150
INSIDE: Final = "http://127.0.0.1:{port}/latest/meta-data"


def document(*layers: Any, **fields: Any) -> bytes:
    made = {**composition(scenes=1), **fields}
    if layers:
        made["scenes"] = [{"duration": 1.0, "layers": list(layers)}]
    return json.dumps(made).encode()


def groups(depth: int) -> Any:
    inner: Any = {"type": "solid", "color": "#fff"}
    for _ in range(depth):
        inner = {"type": "group", "layers": [inner]}
    return inner


def used(name: str) -> Any:
    return {"type": "composition", "composition": name}


def doubling() -> bytes:
    """Thirty-one compositions, each with the next one twice: two thousand million layers."""
    made = {f"c{n}": {"duration": 1.0, "layers": [used(f"c{n + 1}")] * 2} for n in range(30)}
    return document(used("c0"), compositions={**made, "c30": {"duration": 1.0, "layers": []}})


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, packed: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


BOMB: Final = zlib.compress(bytes(64 << 20), 9)
"""64 MiB in 64 KiB."""
SOLID: Final = {"type": "solid", "color": "#fff"}
TIMES: Final = [(at // 3600, at // 60 % 60, at % 60) for at in range(20_000)]
LAUGHS: Final = (
    "<!DOCTYPE svg [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def cases(inside: str) -> Iterator[tuple[str, str, str, bytes, str]]:
    """Name, kind (a composition, a file to upload, a file to draw), declared type, content, and the fault's code."""
    made = "composition"
    yield "ten-thousand-layers", made, "", document(*[SOLID] * 10_000), "too_long"
    yield "a-billion-seconds", made, "", document(scenes=[{"duration": 1e9}]), "less_than_equal"
    yield "a-billion-seconds-of-a-layer", made, "", document({**SOLID, "duration": 1e9}), "less_than_equal"
    yield "depth-500", made, "", document(groups(500)), "too_deep"
    yield "depth-20", made, "", document(groups(8)), "too_deep"
    yield "compositions-in-a-ring", made, "", document(
        used("a"),
        compositions={name: {"duration": 1, "layers": [used(other)]} for name, other in ("ab", "ba")},
    ), "composition"  # fmt: skip
    yield "compositions-that-double", made, "", doubling(), "too_deep"
    yield "a-100k-picture", made, "", document({"type": "image", "asset": ASSET}), "asset_too_large"
    yield "a-canvas-of-100k", made, "", document(canvas={"width": 100_000, "height": 100_000}), "less_than_equal"
    yield "a-url-for-a-file", made, "", document({"type": "image", "asset": inside}), "string_pattern_mismatch"
    yield "a-path-for-a-font", made, "", document(
        {"type": "text", "box": [0, 0, 9, 9], "runs": [{"text": "x"}], "style": {"font": "../../etc/passwd"}}
    ), "font_missing"  # fmt: skip
    yield (
        "an-expression-that-calls",
        made,
        "",
        document({**SOLID, "transform": {"x": {"expr": "__import__('os')"}}}),
        "expression",
    )
    yield "100k-png", "file", "image/png", png(100_000, 100_000, BOMB), "pixel_flood"
    # Whoever unpacks no more than the picture takes is not harmed.
    yield "bomb-behind-a-small-png", "file", "image/png", png(16, 16, BOMB), ""
    yield "bomb-png", "file", "image/png", png(9_000, 9_000, zlib.compress(bytes(81 << 20), 9)), "pixel_flood"
    yield "bomb-svgz", "file", "image/svg+xml", zlib.compress(svg("<rect/>" * 1_000_000), 9, 31), "unknown_type"
    yield (
        "svg-of-the-network",
        "file",
        "image/svg+xml",
        svg(f'<image href="{inside}" width="9" height="9"/>'),
        "svg_image",
    )
    yield (
        "svg-style-of-the-network",
        "file",
        "image/svg+xml",
        svg(f"<style>@import url({inside});</style>"),
        "svg_external",
    )
    yield "svg-of-a-file", "file", "image/svg+xml", svg('<use href="file:///etc/passwd#x"/>'), "svg_external"
    yield "svg-entities", "file", "image/svg+xml", svg("&i;", before=LAUGHS), "svg_entities"
    yield "lottie-that-crashes", "file", "video/lottie+json", lottie(
        [layer(3, ind=1, parent=2), layer(4, ind=2, parent=1, shapes=[rectangle(9, 9), fill(1, 1, 1)])]
    ), "lottie_failed"  # fmt: skip
    yield "lottie-of-the-network", "file", "video/lottie+json", lottie(
        [layer(2, refId="p")], assets=[{"id": "p", "w": 9, "h": 9, "u": inside, "p": "x.png", "e": 0}]
    ), "lottie_external"  # fmt: skip
    yield (
        "playlist",
        "file",
        "video/mp4",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{inside}\n".encode(),
        "unknown_type",
    )
    yield "concatenation", "file", "video/mp4", f"ffconcat version 1.0\nfile '{inside}'\n".encode(), "unknown_type"
    yield "lut-of-a-giant", "file", "application/x-cube-lut", b"LUT_3D_SIZE 100000\n0 0 0\n", "damaged"
    yield (
        "captions-without-end",
        "file",
        "text/vtt",
        b"WEBVTT\n\n" + b"".join(b"%02d:%02d:%02d.000 --> %02d:%02d:%02d.500\nha\n\n" % (*t, *t) for t in TIMES),
        "too_large",
    )
    yield "drawn-100k", "asset", "", png(100_000, 100_000, BOMB), "unreadable_media"
    yield "drawn-damage", "asset", "", b"\x89PNG\r\n\x1a\n" + b"\xff" * 9_000, "unreadable_media"
    yield "drawn-nothing", "asset", "", b"", "unreadable_media"


@dataclass(frozen=True)
class Told:
    """What the worker said, by name, what it was asked, and whether it knocked at a door inside."""

    lines: dict[str, dict[str, Any]]
    knocked: bool
    exit_code: int
    errors: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("hostile")
    knocks: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.2)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    knocks.append(door.accept())
                except TimeoutError:
                    continue

        listener = threading.Thread(target=listen)
        listener.start()
        table = list(cases(INSIDE.format(port=door.getsockname()[1])))
        for name, _, _, content, _ in table:
            (folder / name).write_bytes(content)
        order = [{"name": name, "kind": kind, "declared": declared} for name, kind, declared, _, _ in table]
        (folder / "cases.json").write_text(json.dumps(order))
        environment = {"PYTHONPATH": f"{ROOT / 'layers/core/python'}:{ROOT}", "FONTS_DIR": str(ROOT / "layers/fonts")}
        command = [sys.executable, "-m", "tests.unit.engine_hostile.worker", str(folder)]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
        )
        over.set()
        listener.join()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Told({line["name"]: line for line in lines}, bool(knocks), done.returncode, done.stderr)


EXPECTED: Final = {name: code for name, *_, code in cases("http://127.0.0.1:1/x")}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_ends_in_one_clear_fault_within_limits(told: Told, name: str) -> None:
    line = told.lines.get(name)
    assert line is not None, f"the worker died: {told.errors[-500:]}"
    assert line["code"] == EXPECTED[name], line
    assert line["seconds"] < SECONDS
    assert line["grown_megabytes"] < GROWN_MEGABYTES
    if not EXPECTED[name]:
        return
    assert 10 < len(line["message"]) < 400
    assert line["message"].endswith(".")
    assert "Traceback" not in line["message"]


def test_the_worker_lives_and_renders_as_before(told: Told) -> None:
    assert told.exit_code == 0, told.errors[-500:]
    assert told.lines["after"]["good"] == told.lines["before"]["good"]


def test_nothing_was_fetched_from_inside_the_network(told: Told) -> None:
    assert not told.knocked
