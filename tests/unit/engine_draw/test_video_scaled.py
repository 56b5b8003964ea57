"""Given a video that is shown smaller than it is, when a frame is drawn again, then it is the same picture."""

import ast
from pathlib import Path

import av
import numpy as np
import pytest
from tests.unit.engine_draw.scenes import VIDEO, composition, source

import flatrender.engine

ENGINE = Path(flatrender.engine.__file__ or "").parent
WIDTH, HEIGHT = 1068, 600
"""Even, but no multiple of eight pixels: there, rows of pixels end within what is written at once."""


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frame in which every pixel differs from its neighbours."""
    path = tmp_path_factory.mktemp("scaled") / "noise.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        pixels = np.random.default_rng(5).integers(0, 255, (720, 1280, 3), np.uint8)
        for number in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_frame_is_scaled_the_same_each_time(noise: Path) -> None:
    canvas = {"width": WIDTH, "height": HEIGHT, "fps": 20, "background": "#000000"}
    made = composition({"type": "video", "asset": VIDEO}, canvas=canvas)
    first = None
    for _ in range(25):
        drawn = source(made, {VIDEO: noise})
        drawn.draw(0)
        first = drawn.buffer.copy() if first is None else first
        assert np.array_equal(drawn.buffer, first)


def test_no_picture_is_scaled_by_several_threads_at_once() -> None:
    """They write over each other's first pixels, where there are several cores, and now and then."""
    seen, bare = 0, []
    for path in sorted(ENGINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reformat":
                seen += 1
                threads = next((word.value for word in node.keywords if word.arg == "threads"), None)
                if not isinstance(threads, ast.Constant) or threads.value != 1:
                    bare.append(f"{path.name}:{node.lineno}")
    assert seen > 0
    assert not bare
