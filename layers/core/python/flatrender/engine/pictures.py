"""Stills of a finished video: the poster and the thumbnails, as JPEG."""

from pathlib import Path
from typing import Final

import av
import skia
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from flatrender.engine.faults import UnreadableMedia
from flatrender.engine.outputs.sprite import Sheet, Sprite

POSTER_QUALITY: Final = 90
THUMBNAIL_QUALITY: Final = 82


def poster(video: Path, at: float, out: Path, width: int | None = None) -> None:
    """Write the frame shown `at` seconds (the last one, when that is past the end), `width` pixels wide if given."""
    out.write_bytes(jpeg(_frame_at(video, at), width, POSTER_QUALITY))


def thumbnails(video: Path, count: int, width: int, out_dir: Path) -> list[Path]:
    """Write `count` stills, evenly spread, as thumb-1.jpg … thumb-N.jpg; each a key frame before its time."""
    paths = []
    try:
        with av.open(str(video)) as container:
            duration = (container.duration or 0) / av.time_base
            container.streams.video[0].codec_context.skip_frame = "NONKEY"
            for number, at in enumerate(spread(count, duration), start=1):
                container.seek(round(at * av.time_base))
                path = out_dir / f"thumb-{number}.jpg"
                path.write_bytes(jpeg(next(container.decode(video=0)), width, THUMBNAIL_QUALITY))
                paths.append(path)
    except (av.error.FFmpegError, StopIteration, IndexError) as error:
        raise UnreadableMedia(f"{video.name} has no picture to show: {error}") from error
    return paths


def spread(count: int, duration: float) -> list[float]:
    """The middle of each of `count` equal parts of `duration` seconds."""
    return [(part + 0.5) * duration / count for part in range(count)]


def jpeg(frame: VideoFrame, width: int | None = None, quality: int = POSTER_QUALITY) -> bytes:
    """A frame (BT.709, or RGB) as a JPEG in sRGB, scaled to `width` pixels (keeping its shape) if that is smaller.

    What is transparent lies on black.
    """
    return bytes(picture(frame, width).encodeToData(skia.kJPEG, quality))


def picture(frame: VideoFrame, width: int | None = None) -> skia.Image:
    """As `jpeg`, not encoded yet."""
    width = min(width or frame.width, frame.width)
    height = max(1, round(frame.height * width / frame.width))
    rgb = not frame.format.name.startswith(("yuv", "nv12"))
    converted = frame.reformat(
        width=width,
        height=height,
        format="bgra",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG if rgb else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.AREA if width < frame.width else Interpolation.BICUBIC,
        threads=1,
    )
    pixels = converted.to_ndarray()
    alpha = "a" in frame.format.name.removeprefix("gray")
    if not alpha:
        return skia.Image.fromarray(pixels, colorType=skia.kBGRA_8888_ColorType, alphaType=skia.kOpaque_AlphaType)
    shown = skia.Image.fromarray(pixels, colorType=skia.kBGRA_8888_ColorType, alphaType=skia.kUnpremul_AlphaType)
    surface = skia.Surface(width, height)
    surface.getCanvas().clear(skia.ColorBLACK)
    surface.getCanvas().drawImage(shown, 0, 0)
    return surface.makeImageSnapshot()


def _frame_at(video: Path, at: float) -> VideoFrame:
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            half_frame = 0.5 / float(stream.average_rate)
            container.seek(max(0, round((at - half_frame) * av.time_base)))
            shown: VideoFrame | None = None
            for frame in container.decode(stream):
                if shown is not None and frame.time > at + half_frame / 10:
                    break
                shown = frame
    except (av.error.FFmpegError, IndexError) as error:
        raise UnreadableMedia(f"{video.name} has no picture to show: {error}") from error
    if shown is None:
        raise UnreadableMedia(f"{video.name} has no picture to show.")
    return shown


class Album:
    """Collects the poster and thumbnails while `verify` decodes anyway, so that nothing is decoded twice.

    The poster is exact; a thumbnail is the decoded frame nearest to its time. Holds one frame per picture. With
    `sprite` it makes a hover sprite as well; `sheet` says how that is laid out, once it is written.
    """

    def __init__(self, poster_at: float, count: int, width: int, *, sprite: bool = False) -> None:
        self.poster_at, self.count, self.width = poster_at, count, width
        self.sheet: Sheet | None = None
        self._with_sprite = sprite
        self._sprite: Sprite | None = None
        self._times: list[float] = []
        self._frames: list[tuple[float, VideoFrame] | None] = []

    def begin(self, duration: float) -> list[float]:
        """Start on a video of `duration` seconds; answers when the frames are that must be shown to `see`."""
        last = max(0.0, min(self.poster_at, duration - 1e-3))
        self._times = [last, *spread(self.count, duration)]
        self._frames = [None] * len(self._times)
        self._sprite = Sprite(duration) if self._with_sprite else None
        return [last, *(self._sprite.exact if self._sprite else [])]

    def see(self, at: float, frame: VideoFrame) -> None:
        """A decoded frame and its time in seconds."""
        for slot, time in enumerate(self._times):
            held = self._frames[slot]
            if held is None or abs(at - time) < abs(held[0] - time):
                self._frames[slot] = at, frame
        if self._sprite:
            self._sprite.see(at, frame)

    def write(self, out_dir: Path) -> list[Path]:
        """Write poster.jpg, thumb-1.jpg … thumb-N.jpg and sprite.jpg; what was never seen is left out."""
        paths = []
        for slot, held in enumerate(self._frames):
            if held is None:
                continue
            frame = held[1]
            path = out_dir / (f"thumb-{slot}.jpg" if slot else "poster.jpg")
            data = jpeg(frame, self.width, THUMBNAIL_QUALITY) if slot else jpeg(frame)
            path.write_bytes(data)
            paths.append(path)
        if self._sprite:
            self.sheet = self._sprite.write(out_dir / "sprite.jpg")
            paths += [out_dir / "sprite.jpg"] if self.sheet else []
        return paths
