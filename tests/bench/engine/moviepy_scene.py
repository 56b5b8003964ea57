"""The reference scene as a user of MoviePy would write it, run in an environment of its own (requirements/bench.in).

    python moviepy_scene.py PHOTO PHOTO FONT OUT

Prints the seconds that writing the video took.
"""

import sys
import time
from pathlib import Path

import numpy as np
from moviepy import AudioClip, ColorClip, CompositeVideoClip, ImageClip, TextClip, VideoClip, vfx
from PIL import Image, ImageFilter

SIZE = WIDTH, HEIGHT = 1920, 1080
FPS = 30
SCENE, OVERLAP, WHOLE = 5.4, 0.8, 10.0


def photo(path: str, end: float) -> VideoClip:
    """A photo that covers the canvas and grows slowly: cut out and scaled in one step, the fastest way that PIL has."""
    picture = Image.open(path).convert("RGB")
    scale = max(WIDTH / picture.width, HEIGHT / picture.height)

    def seen(t: float) -> np.ndarray:
        zoom = scale * (1 + (end - 1) * t / SCENE)
        width, height = WIDTH / zoom, HEIGHT / zoom
        left, top = (picture.width - width) / 2, (picture.height - height) / 2
        box = (left, top, left + width, top + height)
        return np.asarray(picture.resize(SIZE, Image.Resampling.BILINEAR, box))

    return VideoClip(seen, duration=SCENE)


def soft(clip: VideoClip, radius: float) -> VideoClip:
    """A clip that starts blurred and is sharp after 0.8 s."""

    def blurred(get_frame, t):  # noqa: ANN001, ANN202 - as MoviePy calls it
        frame, left = get_frame(t), radius * max(0.0, 1 - t / 0.8)
        if left < 0.2:
            return frame
        kind = Image.fromarray((frame * 255).astype(np.uint8)) if frame.ndim == 2 else Image.fromarray(frame)
        result = np.asarray(kind.filter(ImageFilter.GaussianBlur(left)))
        return result / 255 if frame.ndim == 2 else result

    made = clip.transform(blurred)
    made.mask = clip.mask.transform(blurred)
    return made


def title(font: str) -> list[VideoClip]:
    def slid(t: float) -> tuple[float, float]:
        return 120 + 200 * max(0.0, 1 - t / 0.8) ** 5, 400

    text = TextClip(font, text="Winter in the mountains", font_size=110, color="white", size=(1680, 180))
    shade = TextClip(font, text="Winter in the mountains", font_size=110, color="black", size=(1680, 180))
    shadow = ImageClip(
        np.asarray(
            Image.fromarray((shade.mask.get_frame(0) * 128).astype(np.uint8)).filter(ImageFilter.GaussianBlur(8))
        )
        / 255,
        is_mask=True,
    )
    dark = ColorClip((1680, 180), (0, 0, 0)).with_mask(shadow)
    clips = []
    for clip, below in ((dark, 4), (soft(text, 10), 0)):
        placed = clip.with_start(0.5).with_duration(4).with_effects([vfx.CrossFadeOut(0.5)])
        clips.append(placed.with_position(lambda t, below=below: (slid(t)[0], slid(t)[1] + below)))
    return clips


def lower_third(font: str) -> list[VideoClip]:
    def slid(left: float, top: float):  # noqa: ANN202
        return lambda t: (left - 300 * max(0.0, 1 - t / 0.7) ** 5, top)

    plate = ColorClip((900, 130), (11, 31, 51)).with_opacity(0.8).with_position(slid(100, 850))
    text = TextClip(font, text="سلام دنیا — FlatRender ۱۴۰۵", font_size=52, color="white", size=(840, 90))
    clips = [plate, text.with_position(slid(130, 870))]
    return [clip.with_start(2).with_duration(7).with_effects([vfx.CrossFadeOut(0.6)]) for clip in clips]


def main(first: str, second: str, font: str, out: str) -> None:
    ramp = np.tile(np.linspace(0, 176 / 255, 380)[:, None], (1, WIDTH))
    shade = ColorClip((WIDTH, 380), (0, 0, 0)).with_mask(ImageClip(ramp, is_mask=True))
    background = ColorClip(SIZE, (16, 24, 32)).with_duration(WHOLE)
    later = photo(second, 1.25).with_start(SCENE - OVERLAP).with_effects([vfx.CrossFadeIn(OVERLAP)])
    video = CompositeVideoClip(
        [
            background,
            photo(first, 1.2),
            later,
            *title(font),
            shade.with_position((0, 700)).with_duration(WHOLE),
            *lower_third(font),
        ],
        size=SIZE,
    ).with_duration(WHOLE)

    def chord(t):  # noqa: ANN001, ANN202 - seconds, a number or an array of them
        wave = sum(np.sin(2 * np.pi * pitch * np.asarray(t)) for pitch in (220.0, 277.2, 329.6)) * 0.16
        return np.stack([wave, wave], axis=-1)

    sounding = video.with_audio(AudioClip(chord, duration=WHOLE, fps=48_000))
    started = time.perf_counter()
    sounding.write_videofile(
        out, fps=FPS, codec="libx264", audio_codec="aac", preset="veryfast", threads=2, logger=None,
        ffmpeg_params=["-crf", "20"],
    )  # fmt: skip
    print(time.perf_counter() - started)


if __name__ == "__main__":
    photo_a, photo_b, family, target = sys.argv[1:]
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    main(photo_a, photo_b, family, target)
