"""Golden pictures of what is done to layers: motion, easings, blending, masks, mattes, effects."""

from typing import Any, get_args

from tests.golden.gallery import (
    BLUE,
    HEIGHT,
    MINT,
    ORANGE,
    PAPER,
    PINK,
    block,
    hang,
    keys,
    linear,
    tiled,
    words,
)  # fmt: skip
from tests.golden.materials import CUBE, PHOTO, SCREEN

from flatrender.composition.effects import Look
from flatrender.composition.layers_base import BlendMode, Preset
from flatrender.composition.values import EasingName

PHOTOGRAPH = {"type": "image", "asset": PHOTO}
STAR = "M50 5 L61 39 L97 39 L68 61 L79 95 L50 74 L21 95 L32 61 L3 39 L39 39 Z"


def hang_motion() -> None:
    presets = list(get_args(Preset))
    motion = {"duration": 1.0, "distance": 14.0, "easing": "linear"}
    hang(
        "enter",
        *tiled(
            presets,
            4,
            lambda preset, box: block(box, MINT, enter={**motion, "preset": preset}, transform={"scale": 0.8}),
        ),
        at=0.4,
    )
    hang(
        "exit",
        *tiled(
            presets,
            4,
            lambda preset, box: block(box, PINK, exit={**motion, "preset": preset}, transform={"scale": 0.8}),
        ),
        at=1.4,
    )
    easings: list[Any] = [
        *get_args(EasingName),
        {"type": "cubic-bezier", "points": [0.7, -0.4, 0.3, 1.4]},
        {"type": "spring", "stiffness": 120.0, "damping": 9.0},
    ]
    row = (HEIGHT - 4) / len(easings)
    for moment in (0.25, 0.7):
        hang(
            f"easings-at-{round(moment * 100)}",
            *[
                {
                    **block([30, 2 + row * index, 8, row - 1], ORANGE if index % 2 else MINT),
                    "transform": {"x": keys(0.0, 120.0, easing=easing)},
                }
                for index, easing in enumerate(easings)
            ],
            at=moment,
        )
    loops = ["none", "cycle", "ping-pong"]
    hang(
        "keyframe-loops",
        *[
            block([8, 8 + 34 * index, 24, 24], BLUE, transform={"x": keys(0.0, 140.0, loop=loop)})
            for index, loop in enumerate(loops)
        ],
        at=1.4,
    )
    pose = {
        "x": 10.0,
        "y": -6.0,
        "anchor": [0.0, 1.0],
        "scale_x": 1.2,
        "scale_y": 0.7,
        "rotation": 25.0,
        "opacity": 0.7,
    }
    hang("transform", block([50, 30, 70, 50], "#33415c"), block([50, 30, 70, 50], ORANGE, transform=pose))


def hang_mixing() -> None:
    modes = list(get_args(BlendMode))

    def blended(mode: str, box: list[float]) -> dict[str, Any]:
        return {
            "type": "gradient",
            "gradient": linear("#ff3c3c", "#3cff8c", "#3c6cff", angle=90),
            "box": box,
            "blend": mode,
        }

    for number, some in enumerate((modes[:9], modes[9:])):
        hang(f"blend-{number + 1}", PHOTOGRAPH, *tiled(some, 3, blended))
    masks: list[dict[str, Any]] = [
        {"geometry": {"type": "ellipse"}},
        {"geometry": {"type": "ellipse"}, "feather": 6.0},
        {"geometry": {"type": "rectangle", "radius": 14.0}, "invert": True, "box": [12.0, 12.0, 30.0, 24.0]},
        {"geometry": {"type": "path", "data": STAR, "view_box": [0, 0, 100, 100]}},
        {"transform": {"rotation": 30.0, "scale": 0.7}},
    ]
    hang("masks", *tiled(masks, 3, lambda mask, box: {**PHOTOGRAPH, "box": box, "mask": mask}))
    second = {"geometry": {"type": "ellipse"}, "box": [70.0, 20.0, 80.0, 60.0]}
    first = {"geometry": {"type": "rectangle"}, "box": [30.0, 14.0, 80.0, 60.0]}
    for mode in ("add", "subtract", "intersect"):
        hang(f"masks-{mode}", {**PHOTOGRAPH, "masks": [first, {**second, "mode": mode}]})
    hang("masks-subtract-first", {**PHOTOGRAPH, "masks": [{**second, "mode": "subtract", "feather": 4.0}]})
    for mode in ("alpha", "alpha-inverted", "luma", "luma-inverted"):
        shown: dict[str, Any] = words("MATTE", size=52, align="center", vertical="middle", style={"weight": 800})
        if mode.startswith("luma"):
            shown = {"type": "gradient", "gradient": linear("#000000", "#ffffff", angle=20)}
        hang(f"matte-{mode}", {**PHOTOGRAPH, "matte": {"layer": shown, "mode": mode}}, background="#2b2140")


def hang_effects() -> None:
    star = {
        "type": "shape",
        "box": [56, 10, 80, 80],
        "geometry": {"type": "path", "data": STAR, "view_box": [0, 0, 100, 100]},
        "fill": ORANGE,
    }
    hang("blur", {**star, "blur": 4.0}, {**words("blur", [4, 70, 100, 36], 22), "blur": keys(0.0, 3.0)})
    hang("shadow", {**star, "shadow": {"color": "#000000c0", "x": 6.0, "y": 6.0, "blur": 6.0}}, background=PAPER)
    hang("glow", {**star, "effects": {"glow": {"radius": 10.0, "intensity": 1.5}}})
    hang("glow-colored", {**star, "effects": {"glow": {"color": BLUE, "radius": 14.0, "intensity": 2.0}}})
    adjusts = [
        {"brightness": 0.2},
        {"contrast": 1.8},
        {"saturation": 0.0},
        {"hue": 120.0},
        {"saturation": 2.0, "brightness": -0.1},
    ]
    hang(
        "adjust",
        *tiled([{}, *adjusts], 3, lambda adjust, box: {**PHOTOGRAPH, "box": box, "effects": {"adjust": adjust}}),
    )
    hang("vignette", {**PHOTOGRAPH, "effects": {"vignette": {"amount": 0.9, "softness": 0.7}}})
    hang("vignette-colored", {**PHOTOGRAPH, "effects": {"vignette": {"amount": 1.0, "softness": 0.4, "color": PINK}}})
    keyed = {"type": "image", "asset": SCREEN}
    hang("chroma-key", {**keyed, "effects": {"chroma_key": {}}}, background=linear(PINK, BLUE))
    loose = {"similarity": 0.25, "smoothness": 0.5, "spill": 0.0}
    hang("chroma-key-loose", {**keyed, "effects": {"chroma_key": loose}}, background=linear(PINK, BLUE))
    looks = [*get_args(Look), None]
    hang(
        "lut-looks",
        *tiled(
            looks,
            4,
            lambda look, box: {**PHOTOGRAPH, "box": box, **({"effects": {"lut": {"look": look}}} if look else {})},
        ),
    )
    hang("lut-file", {**PHOTOGRAPH, "effects": {"lut": {"asset": CUBE, "intensity": 0.7}}})
    hang(
        "grain", {"type": "solid", "color": "#6b7a90", "effects": {"grain": {"intensity": 0.6, "size": 2.0, "seed": 4}}}
    )
    hang(
        "grain-colored", {**PHOTOGRAPH, "effects": {"grain": {"intensity": 0.5, "monochrome": False, "moving": False}}}
    )
    every = {"adjust": {"contrast": 1.2}, "lut": {"look": "film"}, "vignette": {}, "glow": {"radius": 8.0}, "grain": {}}
    hang(
        "effects-together",
        {**PHOTOGRAPH, "box": [24, 12, 144, 84], "effects": every, "shadow": {"y": 6.0, "blur": 8.0}},
        background=PAPER,
    )


for _hang in (hang_motion, hang_mixing, hang_effects):
    _hang()
