"""PNG sequences and single pictures, made from lossless chunks: each packet of those is a PNG file already."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import av

from flatrender.composition.profiles import Quality
from flatrender.engine.encode import replacing
from flatrender.engine.faults import AssemblyFailed
from flatrender.engine.outputs.animations import frames

JPEG_QUALITY: Final[dict[Quality, int]] = {"draft": 75, "standard": 88, "high": 95}
FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same frames make the same archive."""


def png_files(chunks: Sequence[Path]) -> Iterator[bytes]:
    """Every frame as a PNG file. Raises AssemblyFailed when a chunk cannot be read."""
    for path in chunks:
        count = 0
        try:
            with av.open(str(path)) as chunk:
                stream = chunk.streams.video[0]
                for packet in chunk.demux(stream):
                    if packet.pts is not None:
                        count += 1
                        yield bytes(packet)
                wanted = stream.frames
        except (av.error.FFmpegError, IndexError) as error:
            raise AssemblyFailed(f"Chunk {path.name} cannot be read: {error}") from error
        if count != wanted:
            raise AssemblyFailed(f"Chunk {path.name} is cut off: {count} of {wanted} frames are there.")


def sequence(chunks: Sequence[Path], out: Path, on_frame: Callable[[], None]) -> None:
    """Write `frame-00001.png` … into a ZIP archive."""
    with replacing(out) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(png_files(chunks), start=1):
            archive.writestr(zipfile.ZipInfo(frame_name(number), FIRST_DAY), picture)
            on_frame()


def frame_name(number: int) -> str:
    return f"frame-{number:05d}.png"


def png(chunks: Sequence[Path], out: Path) -> None:
    """Write the first frame."""
    with replacing(out) as partial:
        partial.write_bytes(next(png_files(chunks)))


def jpeg(chunks: Sequence[Path], out: Path, quality: Quality) -> None:
    """Write the first frame."""
    from flatrender.engine.pictures import jpeg as encoded

    with replacing(out) as partial:
        partial.write_bytes(encoded(next(frames(chunks)), None, JPEG_QUALITY[quality]))
