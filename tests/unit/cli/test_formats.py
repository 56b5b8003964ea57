"""`flatrender render` in every format: which one, and what it says when there is no such file to make."""

import json
from pathlib import Path
from typing import Any

import av
import pytest
from typer.testing import CliRunner

from flatrender_cli import main
from flatrender_cli.errors import CliError

FILM = {
    "format": "flatrender.composition/1",
    "canvas": {"width": 160, "height": 90, "fps": 12, "background": "transparent"},
    "scenes": [
        {
            "duration": 1.0,
            "layers": [
                {
                    "type": "solid",
                    "color": "#ff000080",
                    "box": [0, 0, 40, 90],
                    "transform": {"x": {"keyframes": [{"time": 0, "value": 0}, {"time": 1, "value": 100}]}},
                }
            ],
        }
    ],
}


def render(folder: Path, name: str, *options: str, film: Any = FILM) -> Any:
    document = folder / "film.json"
    document.write_text(json.dumps(film), encoding="utf-8")
    asked = ["render", str(document), "-o", str(folder / name), "--json", *options]
    answer = CliRunner().invoke(main.app, asked)
    if isinstance(answer.exception, CliError):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout[answer.stdout.index("{") :])


@pytest.mark.parametrize(
    ("name", "options", "codec", "frames"),
    [
        ("film.webm", (), "vp9", 12),
        ("film.bin", ("--format", "gif"), "gif", 12),
        ("film.mp4", ("--codec", "av1", "--quality", "draft", "--background", "#00ff00"), "av1", 12),
        ("film.jpg", ("--at", "0.5"), "mjpeg", 1),
        ("film.jpeg", ("--at", "1", "--format", "jpeg"), "mjpeg", 1),
        ("film.png", ("--format", "apng"), "apng", 12),
    ],
)
def test_the_name_or_the_option_says_the_format(
    tmp_path: Path, name: str, options: tuple[str, ...], codec: str, frames: int
) -> None:
    said = render(tmp_path, name, *options)
    assert (said["frames"], said["width"], said["size_bytes"]) == (frames, 160, (tmp_path / name).stat().st_size)
    with av.open(str(tmp_path / name)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.codec.canonical_name == codec
        shown = list(container.decode(stream))
    assert len(shown) == frames
    if "#00ff00" in options:
        ground = shown[0].to_ndarray(format="rgb24")[45, 150]
        assert (ground[1] > 200, ground[0] < 60) == (True, True)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("film", (), "does not say what to make"),
        ("film.avi", (), "does not say what to make"),
        ("film.mp4", ("--format", "flv"), "there is no such thing"),
        ("film.mp4", ("--codec", "vp9"), "there is no such thing; there are h264, hevc, av1"),
        ("film.gif", ("--codec", "h264"), "there is no choice for gif"),
        ("film.mp3", (), "Nothing is heard"),
        ("film.mp4", ("--background", "green"), "write a colour as #rrggbb"),
        ("film.mp4", ("--format", "png"), "film.mp4 names mp4, --format png"),
        ("film.apng", ("--format", "png"), "film.apng names apng, --format png"),
        ("film.mp4", ("--at", "0.5"), "only a png or jpeg is of one moment"),
        ("film.png", ("--at", "-0.1"), "--at -0.1: there is no such moment; it lasts from 0 to 1 s"),
        ("film.png", ("--at", "1.1"), "there is no such moment"),
        ("film.jpg", ("--at", "nan"), "--at nan: there is no such moment"),
        ("film.jpg", ("--at", "inf"), "--at inf: there is no such moment"),
    ],
)
def test_what_cannot_be_made_is_said_at_once(tmp_path: Path, name: str, options: tuple[str, ...], says: str) -> None:
    with pytest.raises(CliError, match=says):
        render(tmp_path, name, *options)
    assert not (tmp_path / name).exists()


def test_what_a_format_cannot_hold_is_said_before_anything_is_drawn(tmp_path: Path) -> None:
    long = {**FILM, "scenes": [{"duration": 61.0}]}
    with pytest.raises(CliError) as refused:
        render(tmp_path, "film.gif", film=long)
    assert refused.value.details == ("gif holds at most 60 seconds; this lasts 61.00. Make it shorter.",)
