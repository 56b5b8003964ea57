"""Golden pictures of layer types."""

from typing import Any

from tests.golden.gallery import (
    BLUE,
    INK,
    MINT,
    ORANGE,
    PAPER,
    PINK,
    block,
    disc,
    hang,
    keys,
    linear,
    stops,
    tiled,
    tiles,
    words,
)  # fmt: skip
from tests.golden.materials import FRAMED, LOTTIE, PHOTO, PORTRAIT, SONG, SUBTITLES, SVG, VIDEO

STAR = "M50 5 L61 39 L97 39 L68 61 L79 95 L50 74 L21 95 L32 61 L3 39 L39 39 Z"
DROP = "M50 5 L75 30 L90 50 L80 75 L65 92 L50 95 L35 92 L20 75 L10 50 L25 30 Z"


def image(box: list[float] | None = None, **fields: Any) -> dict[str, Any]:
    return {"type": "image", "asset": PHOTO, **({"box": box} if box else {}), **fields}


def hang_pictures() -> None:
    hang("image-whole-canvas", image())
    hang(
        "image-fits",
        *[
            image(box, asset=asset, fit=fit, focus=focus)
            for box, (asset, fit, focus) in zip(
                tiles(3, 2),
                [(PHOTO, "cover", [0.5, 0.5]), (PHOTO, "contain", [0.5, 0.5]), (PHOTO, "cover", [1.0, 0.0]),
                 (PORTRAIT, "cover", [0.5, 0.5]), (PORTRAIT, "contain", [0.5, 0.5]), (PORTRAIT, "cover", [0.5, 1.0])],
                strict=True,
            )
        ],
    )  # fmt: skip
    hang("image-ken-burns", image(ken_burns={"start": {}, "end": {"zoom": 1.8, "focus": [0.9, 0.2]}}), at=1.5)
    hang("image-rounded", image([30, 14, 132, 80], radius=18.0, stroke={"color": PAPER, "width": 5.0}))
    hang("image-turned", image([40, 20, 110, 70], transform={"rotation": -14.0, "scale": 1.1, "opacity": 0.8}))
    video = {"type": "video", "asset": VIDEO}
    hang("video-cover", video, at=0.5)
    hang("video-contain-rounded", {**video, "fit": "contain", "box": [16, 8, 160, 92], "radius": 14.0}, at=1.0)
    hang("video-trimmed-loop", {**video, "trim_start": 0.5, "trim_end": 1.0, "speed": 2.0, "loop": True}, at=1.6)
    svg = {"type": "svg", "asset": SVG}
    hang("svg-fits", *tiled(["contain", "cover", "stretch"], 3, lambda fit, box: {**svg, "fit": fit, "box": box}))
    hang(
        "svg-colors",
        {**svg, "box": [4, 4, 90, 100], "colors": {"#ff0000": "theme:brand"}},
        {**svg, "box": [98, 4, 90, 100], "tint": PINK},
        words("themed", [4, 78, 100, 26], 16, style={"font": "theme:display", "fill": "theme:brand"}),
        theme={"colors": {"brand": MINT}, "fonts": {"display": {"family": "Anton"}}},
    )
    lottie = {"type": "lottie", "asset": LOTTIE}
    hang("lottie", lottie, at=0.5)
    hang(
        "lottie-slots",
        {
            **lottie,
            "font": "Outfit",
            "trim_start": 0.2,
            "speed": 2.0,
            "loop": True,
            "slots": {"brand": {"type": "color", "color": MINT}, "title": {"type": "text", "text": "سلام"}},
        },
        at=0.3,
    )
    hang(
        "lottie-fits",
        *tiled(["contain", "cover", "stretch"], 3, lambda fit, box: {**lottie, "fit": fit, "box": box}),
        at=0.5,
    )
    place = {"type": "image", "asset": FRAMED}
    hang(
        "lottie-pictures",
        *tiled(["cover", "contain"], 2, lambda fit, box: {
            **place, "type": "lottie", "box": box, "slots": {
                "photo": {"type": "image", "asset": PORTRAIT, "fit": fit}}}),
    )  # fmt: skip


def hang_shapes() -> None:
    path = {"type": "path", "data": STAR, "view_box": [0, 0, 100, 100]}
    hang(
        "shapes",
        block([6, 8, 54, 40], linear(ORANGE, PINK, angle=45), geometry={"type": "rectangle", "radius": 12.0}),
        disc([68, 8, 54, 40], {"type": "radial", "center": [0.35, 0.3], "radius": 1.0, "stops": stops(PAPER, BLUE)}),
        {"type": "shape", "box": [130, 6, 56, 46], "geometry": path, "fill": MINT},
        block([6, 58, 54, 42], None, stroke={"color": PAPER, "width": 5.0}),
        disc([68, 58, 54, 42], BLUE, stroke={"color": keys(ORANGE, PAPER), "width": 4.0}),
        {
            "type": "shape",
            "box": [130, 56, 56, 46],
            "geometry": path,
            "fill": None,
            "stroke": {"color": PINK, "width": 2.5},
        },
    )
    flowing = {**path, "data": keys(STAR, DROP)}
    hang("shape-flowing", {"type": "shape", "box": [46, 4, 100, 100], "geometry": flowing, "fill": ORANGE}, at=0.5)
    hang(
        "shape-trimmed",
        *tiled(
            ["butt", "round", "square"],
            3,
            lambda cap, box: disc(
                box,
                None,
                stroke={"color": MINT, "width": 9.0},
                trim={"start": keys(0.0, 0.1), "end": 0.7, "offset": 0.1, "cap": cap},
                transform={"scale": 0.8},
            ),
        ),
    )
    hang("solid", {"type": "solid", "color": keys(BLUE, ORANGE), "box": [20, 14, 152, 80]}, at=0.5)
    hang("gradient-linear", {"type": "gradient", "gradient": linear(BLUE, MINT, PAPER, angle=30)})
    hang(
        "gradient-radial",
        {
            "type": "gradient",
            "gradient": {"type": "radial", "center": [0.3, 0.4], "radius": 0.8, "stops": stops(PAPER, ORANGE, INK)},
        },
    )
    hang("gradient-background", words("On a gradient", size=20), background=linear("#203a6b", "#7a2f6b", angle=60))
    hang(
        "progress",
        *tiled(
            ["right", "left", "up", "down"], 2,
            lambda way, box: {"type": "progress", "box": box, "direction": way, "fill": MINT, "radius": 8.0},
        ),
        {"type": "progress", "box": [20, 50, 152, 8], "fill": linear(ORANGE, PINK), "track": INK,
         "value": keys(0.2, 0.9)},
        at=0.7,
    )  # fmt: skip


def hang_numbers_and_sound() -> None:
    counter = {"type": "counter", "to_value": 123456.0, "style": {"font": "Inter", "size": 26, "weight": 700}}
    hang(
        "counter",
        *[
            {**counter, "box": box, "digits": digits, "align": align, "vertical": vertical, "suffix": suffix}
            for box, digits, align, vertical, suffix in zip(
                tiles(1, 3), ["latin", "persian", "arabic"], ["left", "center", "right"],
                ["top", "middle", "bottom"], [" €", "", ""], strict=True,
            )
        ],
        at=1.2,
    )  # fmt: skip
    wave = {"type": "waveform", "asset": SONG, "fill": MINT, "bar_width": 3.0, "gap": 2.0}
    styles = ["bars", "mirror", "line", "radial"]
    for show in ("amplitude", "spectrum"):
        hang(
            f"waveform-{show}",
            *tiled(
                styles,
                2,
                lambda style, box, show=show: {**wave, "show": show, "style": style, "box": box, "window": 1.0},
            ),
            at=0.6,
        )
    hang(
        "waveform-played",
        {**wave, "box": [10, 20, 172, 68], "window": None, "played": linear(ORANGE, PINK), "asset": None, "track": 0},
        audio=[{"asset": SONG}],
    )


def hang_captions() -> None:
    said = {"start": 0.2, "end": 1.8, "words": [
        {"text": "Every", "start": 0.2}, {"text": "word", "start": 0.6}, {"text": "counts", "start": 1.2}]}  # fmt: skip
    style = {"font": "Inter", "size": 18, "weight": 700}
    near = {"fill": "#000000b3", "padding": [8.0, 4.0], "radius": 6.0}
    base = {"type": "captions", "cues": [said], "style": style, "plate": near, "min_size": 6.0}
    hang("captions", base)
    hang("captions-cut", {**base, "style": {**style, "size": 26}, "max_lines": 1, "min_size": 24.0})
    hang("captions-file", {**base, "cues": None, "asset": SUBTITLES})
    plate = {"fill": BLUE, "padding": [5.0, 2.0], "radius": 5.0}
    hang("captions-highlight", {**base, "plate": None, "highlight": {"fill": PAPER, "scale": 1.2, "plate": plate}})
    hang("captions-karaoke", {**base, "animation": "karaoke", "highlight": {}}, at=0.9)
    hang("captions-pop", {**base, "animation": "pop", "plate": None}, at=0.7)
    two = {"start": 0.0, "end": 2.0, "text": "right here"}
    small = {**base, "cues": [two], "style": {**style, "size": 11}, "plate": {"fill": BLUE, "padding": [4.0, 2.0]}}
    places = zip(tiles(2, 3), ["start", "end", "left", "right", "center", "start"],
                 ["top", "middle", "bottom", "top", "middle", "bottom"],
                 ["auto", "ltr", "rtl", "auto", "rtl", "rtl"], strict=True)  # fmt: skip
    hang("captions-places", *[block(box, "#222a38") for box in tiles(2, 3)], *[
        {**small, "box": box, "align": align, "vertical": vertical, "direction": way}
        for box, align, vertical, way in places
    ])  # fmt: skip
    farsi = {"start": 0.0, "end": 2.0, "words": [
        {"text": "هر", "start": 0.2}, {"text": "واژه", "start": 0.6}, {"text": "مهم‌است", "start": 1.2}]}  # fmt: skip
    karaoke = {"animation": "karaoke", "highlight": {}, "direction": "rtl"}
    hang("captions-persian", {**base, **karaoke, "cues": [farsi], "style": {**style, "font": "Vazirmatn"}}, at=0.9)


def hang_groups() -> None:
    inside = [block([0, 0, 60, 60], BLUE), disc([30, 30, 60, 60], ORANGE), words("in a group", [4, 4, 90, 40], 12)]
    group = {"type": "group", "box": [50, 14, 80, 80], "layers": inside}
    hang("group", {**group, "transform": {"rotation": 12.0, "opacity": 0.6}})
    hang("group-clipped", {**group, "clip": True})
    running = {"type": "solid", "color": MINT, "box": [0, 0, 20, 20], "transform": {"x": keys(0.0, 160.0)}}
    times: list[dict[str, Any]] = [
        {}, {"speed": 0.5}, {"reverse": True, "period": 1.0}, {"period": 0.5, "loop": "cycle", "count": 4},
        {"period": 0.5, "loop": "ping-pong"}, {"remap": keys(0.5, 0.0)},
    ]  # fmt: skip
    rows = [{"type": "group", "box": [6, 2 + 17.5 * row, 180, 20], "time": time, "layers": [
        {**running, "box": [0, 0, 14, 14]}]} for row, time in enumerate(times)]  # fmt: skip
    hang("group-times", *rows, at=0.7)
    card = {
        "duration": 1.0,
        "width": 100.0,
        "height": 100.0,
        "layers": [block([0, 0, 100, 100], PINK), words("Card", [5, 30, 90, 50], 36), {**running, "color": PAPER}],
    }
    hang(
        "composition",
        {"type": "composition", "composition": "card", "box": [6, 14, 80, 80]},
        {"type": "composition", "composition": "card", "box": [96, 24, 90, 60], "time": {"reverse": True}},
        at=0.3,
        compositions={"card": card},
    )
    hang(
        "timeline-and-overlay",
        timeline={"duration": 2.0, "background": BLUE, "layers": [words("Timeline", size=30)]},
        overlays=[{**words("overlay", [8, 84, 100, 20], 14), "transform": {"opacity": 0.7}}],
        scenes=[],
    )
    hang(
        "expressions",
        *[
            {
                **disc([86, 44, 20, 20], color),
                "transform": {"x": {"expr": f"70*cos(2*pi*(time+{n}/5))"}, "y": {"expr": f"36*sin(2*pi*(time+{n}/5))"}},
            }
            for n, color in enumerate([ORANGE, BLUE, MINT, PINK, PAPER])
        ],
    )


for _hang in (hang_pictures, hang_shapes, hang_numbers_and_sound, hang_captions, hang_groups):
    _hang()
