"""GIF, APNG and animated WebP, made in one piece from lossless chunks. Memory holds some frames, never all of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
from av.container.output import OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from flatrender.composition.profiles import Quality
from flatrender.engine.encode import replacing
from flatrender.engine.faults import AssemblyFailed

PALETTE_FRAMES: Final = 200
"""How many frames the colours of a GIF are chosen from."""
OPAQUE_FROM: Final = 128
"""A GIF's pixels are there or not: those less opaque than this are not."""

_GIF: Final[dict[Quality, tuple[int, str]]] = {
    "draft": (128, "dither=none"),
    "standard": (256, "dither=bayer:bayer_scale=3"),
    "high": (256, "dither=sierra2_4a"),
}
_WEBP: Final[dict[Quality, dict[str, str]]] = {
    "draft": {"quality": "60", "compression_level": "1"},
    "standard": {"quality": "78", "compression_level": "3"},
    "high": {"quality": "92", "compression_level": "4"},
}
_APNG: Final[dict[Quality, dict[str, str]]] = {
    "draft": {"compression_level": "1", "pred": "sub"},
    "standard": {"compression_level": "5", "pred": "mixed"},
    "high": {"compression_level": "9", "pred": "mixed"},
}

Tick = Callable[[], None]


def gif(chunks: Sequence[Path], out: Path, quality: Quality, on_frame: Tick) -> None:
    """One palette for the whole, chosen in a first pass; what is transparent stays so. Loops for ever."""
    colors, dither = _GIF[quality]
    first, base = _first(chunks)
    palette = _palette(chunks, colors, on_frame)
    coloring = _Coloring(first, palette, f"{dither}:alpha_threshold={OPAQUE_FROM}:diff_mode=rectangle", base)
    with _writing(out, "gif", {}) as container:
        stream = _stream(container, "gif", "pal8", first, base, {})
        for number, frame in enumerate(frames(chunks)):
            on_frame()
            for shown in coloring.colored(frame, number):
                container.mux(stream.encode(shown))
        for shown in coloring.rest():
            container.mux(stream.encode(shown))
        container.mux(stream.encode(None))


def apng(chunks: Sequence[Path], out: Path, quality: Quality, on_frame: Tick) -> None:
    """Lossless; only what changes from frame to frame is stored. Loops for ever."""
    first, _ = _first(chunks)
    _straight(chunks, out, ("apng", "apng", first.format.name), {"plays": "0"}, _APNG[quality], on_frame)


def webp(chunks: Sequence[Path], out: Path, quality: Quality, on_frame: Tick) -> None:
    """Lossy, with lossless alpha. Loops for ever."""
    _straight(chunks, out, ("webp", "libwebp_anim", "bgra"), {"loop": "0"}, _WEBP[quality], on_frame)


def frames(chunks: Sequence[Path]) -> Iterator[VideoFrame]:
    """The frames of lossless chunks, in order. Raises AssemblyFailed when one cannot be read."""
    for path in chunks:
        count = 0
        try:
            with av.open(str(path)) as chunk:
                stream = chunk.streams.video[0]
                for frame in chunk.decode(stream):
                    count += 1
                    yield frame
                if count != stream.frames:
                    raise AssemblyFailed(f"Chunk {path.name} is cut off: {count} of {stream.frames} frames are there.")
        except (av.error.FFmpegError, IndexError) as error:
            raise AssemblyFailed(f"Chunk {path.name} cannot be read: {error}") from error


def _first(chunks: Sequence[Path]) -> tuple[VideoFrame, Fraction]:
    """The first frame, and the seconds from each to the next."""
    with av.open(str(chunks[0])) as chunk:
        rate = chunk.streams.video[0].average_rate
    return next(frames(chunks)), Fraction(rate.denominator, rate.numerator)


def _straight(  # noqa: PLR0917 - two calls, above
    chunks: Sequence[Path],
    out: Path,
    names: tuple[str, str, str],
    container_options: dict[str, str],
    options: dict[str, str],
    on_frame: Tick,
) -> None:
    name, encoder, pixel_format = names
    first, base = _first(chunks)
    with _writing(out, name, container_options) as container:
        stream = _stream(container, encoder, pixel_format, first, base, options)
        for number, frame in enumerate(frames(chunks)):
            on_frame()
            shown = frame.reformat(format=pixel_format, threads=1)
            shown.pts, shown.time_base = number, base
            container.mux(stream.encode(shown))
        container.mux(stream.encode(None))


@contextmanager
def _writing(out: Path, name: str, options: dict[str, str]) -> Iterator[OutputContainer]:
    with replacing(out) as partial, av.open(str(partial), "w", name, options) as container:
        yield container


def _stream(  # noqa: PLR0917 - two calls, above
    container: OutputContainer,
    encoder: str,
    pixel_format: str,
    first: VideoFrame,
    base: Fraction,
    options: dict[str, str],
) -> VideoStream:
    stream = cast(VideoStream, container.add_stream(encoder, rate=1 / base, options=options))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, pixel_format
    stream.codec_context.time_base = base
    return stream


_TICK: Final = Fraction(1, 1000)


def _palette(chunks: Sequence[Path], colors: int, on_frame: Tick) -> VideoFrame:
    graph = Graph()
    source = sink = None
    total = 0
    for path in chunks:
        with av.open(str(path)) as chunk:
            total += chunk.streams.video[0].frames
    every = max(1, -(-total // PALETTE_FRAMES))
    for number, frame in enumerate(frames(chunks)):
        on_frame()
        if number % every:
            continue
        picture = frame.reformat(format="bgra", threads=1)
        if source is None:
            transparent = int(frame.format.name == "rgba")
            source = graph.add_buffer(width=frame.width, height=frame.height, format="bgra", time_base=_TICK)
            choose = graph.add("palettegen", f"max_colors={colors}:reserve_transparent={transparent}")
            sink = graph.add("buffersink")
            source.link_to(choose)
            choose.link_to(sink)
            graph.configure()
        picture.pts, picture.time_base = number, _TICK
        source.push(picture)
    if source is None or sink is None:
        raise AssemblyFailed("There is no frame to choose colours from.")
    source.push(None)
    return cast(VideoFrame, sink.pull())


class _Coloring:
    """Frames in, frames of one palette out."""

    def __init__(self, first: VideoFrame, palette: VideoFrame, options: str, base: Fraction) -> None:
        self._base = base
        graph = self._graph = Graph()
        self._source = graph.add_buffer(width=first.width, height=first.height, format="bgra", time_base=base)
        colors = graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format.name, time_base=base
        )
        using = graph.add("paletteuse", options)
        self._sink = graph.add("buffersink")
        self._source.link_to(using, 0, 0)
        colors.link_to(using, 0, 1)
        using.link_to(self._sink)
        graph.configure()
        palette.pts, palette.time_base = 0, base
        colors.push(palette)
        colors.push(None)

    def colored(self, frame: VideoFrame, number: int) -> Iterator[VideoFrame]:
        picture = frame.reformat(format="bgra", threads=1)
        picture.pts, picture.time_base = number, self._base
        self._source.push(picture)
        yield from self._ready()

    def rest(self) -> Iterator[VideoFrame]:
        self._source.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while True:
            try:
                yield cast(VideoFrame, self._sink.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
