"""`flatrender template new`: a small template that works and looks like something, to be changed into one's own."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flatrender_cli.console import out
from flatrender_cli.errors import CliError

NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,47}")
RULE: Final = "2 to 48 small letters, digits and hyphens, beginning with a letter: my-promo."


@dataclass(frozen=True)
class Shape:
    """A canvas and where things lie on it: the column of text, its sizes, the frame of the photo."""

    width: int
    height: int
    text: tuple[float, float, float]
    """Left, width, and the middle of the column."""
    title: float
    body: float
    photo: tuple[float, float, float, float]


SHAPES: Final[dict[str, Shape]] = {
    "16:9": Shape(1920, 1080, (140, 900, 540), 108, 40, (1180, 130, 600, 820)),
    "9:16": Shape(1080, 1920, (100, 880, 1440), 104, 42, (100, 190, 880, 880)),
    "1:1": Shape(1080, 1080, (90, 900, 800), 84, 34, (90, 90, 900, 500)),
}
DURATION: Final = 6.0


def new(name: str, folder: Path, aspect: str) -> None:
    """Writes `<folder>/<name>/<name>.json` and a README beside it.

    Raises CliError: the name or the aspect is none, or the folder is there already.
    """
    if not NAME.fullmatch(name):
        raise CliError(f"{name} cannot be the code of a template.", hint=RULE)
    if aspect not in SHAPES:
        raise CliError(f"--aspect {aspect}: there are {', '.join(SHAPES)}.")
    home = folder / name
    try:
        home.mkdir(parents=True)
    except FileExistsError as error:
        raise CliError(f"{home} is there already.", hint="Choose another name, or --folder.") from error
    except OSError as error:
        raise CliError(f"{home} cannot be made: {error.strerror}.", hint="--folder names another place.") from error
    file = home / f"{name}.json"
    file.write_text(json.dumps(template(name, aspect), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (home / "README.md").write_text(readme(name), encoding="utf-8")
    out.print(f"{file} is ready. See it live: flatrender template preview {file}", highlight=False, soft_wrap=True)


def template(code: str, aspect: str) -> dict[str, Any]:
    """The document: a title that rises, a line below it, a photo or a pattern of circles beside them."""
    shape = SHAPES[aspect]
    title = " ".join(code.split("-")).capitalize()
    return {
        "format": "flatrender.template/1",
        "code": code,
        "name": {"en": title, "fa": title},
        "description": {
            "en": "A title and a line of text beside a photo.",
            "fa": "یک عنوان و یک جمله در کنار عکس.",
        },
        "category": "social",
        "tags": ["title", "photo"],
        "aspect": aspect,
        "duration": DURATION,
        "inputs": _inputs(),
        "composition": {
            "format": "flatrender.composition/1",
            "canvas": {"width": shape.width, "height": shape.height, "fps": 30, "background": "theme:ground"},
            "theme": {
                "colors": {
                    "ground": {"$input": "ground"},
                    "accent": {"$input": "accent"},
                    "paper": "#f7f3ea",
                },
                "fonts": {
                    "heading": {"family": "Outfit", "weight": 700},
                    "body": {"family": "Inter", "weight": 400},
                },
            },
            "scenes": [{"duration": DURATION, "layers": [*_ground(), *_picture(shape), *_text(shape)]}],
            "audio": [
                {
                    "asset": {"$input": "music"},
                    "when": {"input": "music", "set": True},
                    "loop": True,
                    "fade_in": 0.4,
                    "fade_out": 1.2,
                    "volume": 0.8,
                }
            ],
        },
    }


def _inputs() -> list[dict[str, Any]]:
    return [
        {
            "type": "text",
            "name": "title",
            "label": {"en": "Title", "fa": "عنوان"},
            "default": "Make something worth watching",
            "max_length": 60,
            "required": True,
        },
        {
            "type": "text",
            "name": "subtitle",
            "label": {"en": "Line below", "fa": "جملهٔ زیر"},
            "default": "Change the words, the colours and the photo. The rest follows.",
            "max_length": 140,
            "multiline": True,
        },
        {"type": "image", "name": "photo", "label": {"en": "Photo", "fa": "عکس"}},
        {
            "type": "choice",
            "name": "pace",
            "label": {"en": "Movement", "fa": "حرکت"},
            "choices": [
                {"value": "calm", "label": {"en": "Calm", "fa": "آرام"}},
                {"value": "lively", "label": {"en": "Lively", "fa": "پرتحرک"}},
            ],
            "default": "calm",
        },
        {"type": "color", "name": "ground", "label": {"en": "Background", "fa": "زمینه"}, "default": "#14213d"},
        {"type": "color", "name": "accent", "label": {"en": "Accent", "fa": "رنگ تأکید"}, "default": "#fca311"},
        {"type": "audio", "name": "music", "label": {"en": "Music", "fa": "موسیقی"}},
    ]


def _ground() -> list[dict[str, Any]]:
    return [
        {
            "id": "light",
            "type": "gradient",
            "gradient": {
                "type": "radial",
                "center": [0.75, 0.2],
                "radius": 0.9,
                "stops": [{"offset": 0, "color": "#ffffff26"}, {"offset": 1, "color": "#ffffff00"}],
            },
        }
    ]


def _picture(shape: Shape) -> list[dict[str, Any]]:
    x, y, width, height = shape.photo
    side = min(width, height)
    middle = [x + width / 2, y + height / 2]
    enter = {"preset": "zoom-in", "duration": 1.0, "easing": "ease-out-quint"}
    rings = [
        {
            "type": "shape",
            "box": [middle[0] - size / 2, middle[1] - size / 2, size, size],
            "geometry": {"type": "ellipse"},
            "fill": None,
            "stroke": {"color": "theme:accent" if index == 1 else "#ffffff40", "width": 10 if index == 1 else 3},
            "trim": {
                "end": {
                    "keyframes": [
                        {"time": 0.2 + 0.15 * index, "value": 0, "easing": "ease-out-quint"},
                        {"time": 1.8 + 0.15 * index, "value": 1},
                    ]
                },
                "offset": {"expr": f"{-0.25 if index != 1 else 0.25} + time * {0.02 * (index + 1):g}"},
            },
            "when": {"input": "photo", "set": False},
        }
        for index, size in enumerate((side * 0.9, side * 0.66, side * 0.42))
    ]
    photo = {
        "id": "photo",
        "type": "image",
        "asset": {"$input": "photo"},
        "when": {"input": "photo", "set": True},
        "box": [x, y, width, height],
        "fit": "cover",
        "radius": 36,
        "ken_burns": {"end": {"zoom": 1.12, "focus": [0.5, 0.4]}},
        "shadow": {"color": "#00000066", "y": 18, "blur": 40},
        "enter": enter,
    }
    return [*rings, photo]


def _text(shape: Shape) -> list[dict[str, Any]]:
    left, width, middle = shape.text
    title, body = shape.title * 2.5, shape.body * 4.2
    top = middle - (title + body + 70) / 2
    return [
        {
            "id": "title",
            "type": "text",
            "box": [left, top, width, title],
            "runs": [{"text": {"$input": "title"}}],
            "style": {"font": "theme:heading", "size": shape.title, "fill": "theme:paper", "line_height": 1.1},
            "vertical": "bottom",
            "wrap": "balance",
            "max_lines": 3,
            "min_size": shape.title / 3,
            "start": 0.3,
            "animation": {
                "by": "word",
                "preset": {"$input": "pace", "map": {"calm": "rise", "lively": "zoom"}},
                "stagger": {"$input": "pace", "map": {"calm": 0.12, "lively": 0.06}},
                "duration": 0.8,
            },
        },
        {
            "id": "rule",
            "type": "shape",
            "box": [left, top + title + 30, width, 6],
            "geometry": {"type": "rectangle", "radius": 3},
            "fill": "theme:accent",
            "start": 0.8,
            "enter": {"preset": "wipe-right", "duration": 1.0},
        },
        {
            "id": "subtitle",
            "type": "text",
            "box": [left, top + title + 70, width, body],
            "runs": [{"text": {"$input": "subtitle"}}],
            "when": {"input": "subtitle", "set": True},
            "style": {"font": "theme:body", "size": shape.body, "fill": "#ffffffd9", "line_height": 1.35},
            "wrap": "balance",
            "min_size": shape.body / 2,
            "start": 1.1,
            "enter": {"preset": "fade", "duration": 0.8},
        },
    ]


def readme(code: str) -> str:
    return f"""# {code}

A template for FlatRender. Look at it while you change it; the page shows every change as soon as the file is saved:

```
flatrender template preview {code}.json
```

| in `{code}.json` | |
|---|---|
| `name`, `description`, `inputs[].label` | what users read; every text in the same languages |
| `category`, `tags` | where the catalogue shows it |
| `inputs` | what users may fill in. Add one here, then use it in the composition as `{{"$input": "name"}}` |
| `composition.theme` | colours and fonts by role; layers name them as `theme:accent` |
| `composition.scenes[0].layers` | what is seen, the last on top: a light, the photo or rings, title, rule, subtitle |
| `"when"` | leaves a layer out unless it holds |
| `duration` | twice: of the template, and of the scene |

Photos and sounds that you put into this folder can be chosen in the preview. Before you publish:

```
flatrender template check {code}.json      format, languages, long and right-to-left texts, every choice
flatrender preview {code}.json --sheet 9   nine moments on one picture
flatrender render {code}.json -o {code}.mp4
```
"""
