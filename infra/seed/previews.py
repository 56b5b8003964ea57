"""Draws the preview picture and the preview clip of every built-in template from its defaults, with the product's own
engine, and the small picture for `docs/guide/gallery.md`.

Run it with `layers/core/python` on PYTHONPATH after a template or the engine has changed; it takes the codes of those
to draw, by default all.
"""

import json
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import av

from flatrender.composition.assets import AssetInfo
from flatrender.composition.bind import bind, check
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.composition.transparency import transparent
from flatrender.composition.validate import validate
from flatrender.engine.draw import FrameSource
from flatrender.engine.still import render_still

SEED = Path(__file__).resolve().parent
SIDE: Final = 1280
"""Pixels of the longer side of a picture."""
GALLERY: Final = SEED.parents[1] / "docs" / "images" / "templates"
GALLERY_SIDE: Final = 480
CLIP_SIDE: Final = 640
CLIP_RATE: Final = 24
CLIP_BYTES: Final = 300_000
"""A clip is made coarser until it is no larger."""


class Moments(NamedTuple):
    """When a template shows itself best: the second of its picture, and first second and length of its clip."""

    picture: float
    start: float
    seconds: float


MOMENTS: Final[Mapping[str, Moments]] = {
    "promo": Moments(2.4, 0.0, 5.5),
    "story": Moments(2.6, 0.0, 5.5),
    "quote": Moments(4.5, 0.0, 5.0),
    "nowruz-greeting": Moments(3.6, 0.0, 5.0),
    "event-invitation": Moments(7.5, 0.0, 5.0),
    "product-promo": Moments(6.0, 1.2, 6.0),
    "slideshow": Moments(2.5, 2.0, 6.0),
    "countdown": Moments(1.4, 0.0, 6.0),
    "logo-reveal": Moments(4.5, 0.0, 5.0),
    "data-bars": Moments(7.0, 0.0, 5.0),
    "lower-third": Moments(3.0, 0.0, 5.0),
    "audiogram": Moments(4.0, 1.0, 5.0),
}
BACKDROP: Final = "c2a9b7de-90b1-4e0f-a3d7-1d4e6b7f5a03"
"""The photo behind what is transparent."""


def templates() -> dict[str, TemplateDefinition]:
    """The built-in templates by code."""
    found = [
        TemplateDefinition.model_validate(json.loads(path.read_text("utf-8")))
        for path in (SEED / "templates").glob("*.json")
    ]
    return {template.code: template for template in sorted(found, key=lambda template: template.code)}


def files() -> dict[str, Path]:
    """The default assets by id."""
    listed = json.loads((SEED / "assets" / "assets.json").read_text("utf-8"))
    return {entry["id"]: SEED / "assets" / entry["file"] for entry in listed}


def infos() -> dict[str, AssetInfo]:
    """The default assets as validation wants them."""
    listed = json.loads((SEED / "assets" / "assets.json").read_text("utf-8"))
    return {entry["id"]: AssetInfo(id=entry["id"], sha256=entry["id"], kind=entry["kind"]) for entry in listed}


def compose(template: TemplateDefinition, inputs: Mapping[str, Any], backdrop: str | None = None) -> Composition:
    """The composition of a template with these inputs; ValueError with all faults when there is any.

    `backdrop` is the id of a photo to lay behind a template that is transparent.
    """
    document, faults = bind(template, inputs)
    faults = [*check(template), *faults]
    composition = None
    if not faults:
        composition, faults = validate(document, infos())
    if composition is None:
        raise ValueError("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
    if backdrop and document and transparent(composition):
        for scene in document["scenes"]:
            scene["layers"].insert(0, {"type": "image", "asset": backdrop})
        composition, _ = validate({**document, "canvas": {**document["canvas"], "background": "#000000"}}, infos())
        assert composition is not None  # noqa: S101  one picture more makes no fault
    return composition


def size(composition: Composition, side: int) -> tuple[int, int]:
    """Width and height, both even, of which the longer one is `side`."""
    canvas = composition.canvas
    scale = side / max(canvas.width, canvas.height)
    return round(canvas.width * scale / 2) * 2, round(canvas.height * scale / 2) * 2


def write_clip(composition: Composition, moments: Moments, path: Path) -> None:
    """Some seconds as a small MP4 without sound, which plays before all of it is there."""
    width, height = size(composition, CLIP_SIDE)
    source = FrameSource(composition, files(), Profile(width=width, height=height, fps=CLIP_RATE))
    seconds = min(moments.seconds, composition.duration - moments.start)
    frames = []
    for number in range(round(seconds * CLIP_RATE)):
        source.draw(round(moments.start * CLIP_RATE) + number)
        frames.append(av.VideoFrame.from_ndarray(source.buffer, "bgra").reformat(format="yuv420p"))
    for quality in range(24, 52, 2):
        _encode(frames, (width, height), quality, path)
        if path.stat().st_size <= CLIP_BYTES:
            return
    raise ValueError(f"{path.name} does not get smaller than {CLIP_BYTES} bytes.")


def _encode(frames: list[av.VideoFrame], frame_size: tuple[int, int], quality: int, path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        options = {"crf": str(quality), "preset": "slower", "tune": "animation"}
        stream = container.add_stream("libx264", rate=CLIP_RATE, options=options)
        stream.width, stream.height = frame_size
        stream.pix_fmt = "yuv420p"
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, CLIP_RATE), 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(codes: list[str]) -> None:
    for code, template in templates().items():
        if codes and code not in codes:
            continue
        composition = compose(template, {}, BACKDROP)
        moments, stem = MOMENTS[code], SEED / "templates" / code
        picture = render_still(composition, files(), moments.picture, size(composition, SIDE)[0], quality=82)
        stem.with_suffix(".jpg").write_bytes(picture)
        small = render_still(composition, files(), moments.picture, size(composition, GALLERY_SIDE)[0], quality=80)
        (GALLERY / f"{code}.jpg").write_bytes(small)
        write_clip(composition, moments, stem.with_suffix(".mp4"))
        clip = stem.with_suffix(".mp4").stat().st_size
        print(f"{code}: {len(picture) // 1024} KiB, clip {clip // 1024} KiB, {composition.duration:g} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
