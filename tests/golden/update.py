"""`python -m tests.golden.update [NAME…]`: draw the golden pictures anew, and contact sheets to look at them.

Only what looks different is written, so that a change shows which pictures it touches. Look at the sheets in
`.build/golden` before you commit: from then on this is what is right.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import skia
from tests.golden.collection import FOLDER, GALLERY, path, read, write
from tests.golden.compare import compare
from tests.golden.gallery import HEIGHT, WIDTH, Picture
from tests.golden.materials import make

SHEETS: Final = Path(__file__).parents[2] / ".build" / "golden"
COLUMNS: Final = 5
ROWS: Final = 7
LABEL: Final = 16
GAP: Final = 6


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(GALLERY))
    if unknown:
        print(f"There is no golden picture {', '.join(unknown)}.", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    drawn = {}
    with tempfile.TemporaryDirectory() as folder:
        assets = make(Path(folder))
        for name in names or GALLERY:
            drawn[name] = GALLERY[name].draw(assets)
            known = read(path(name)) if path(name).exists() else None
            if known is None or compare(known, drawn[name]).seen:
                write(path(name), drawn[name])
                print(f"{'new' if known is None else 'changed'}: {name}")
    for old in set(FOLDER.glob("*.png")) - {path(name) for name in GALLERY}:
        old.unlink()
        print(f"gone: {old.stem}")
    for sheet in contact_sheets(drawn, SHEETS):
        print(sheet)
    return 0


def contact_sheets(pictures: dict[str, Picture], folder: Path) -> list[Path]:
    """The pictures with their names, on as many sheets as it takes."""
    folder.mkdir(parents=True, exist_ok=True)
    names, sheets = list(pictures), []
    font = skia.Font(skia.Typeface.MakeFromFile(str(Path(__file__).parents[2] / "layers/fonts/Inter-Regular.ttf")), 11)
    for number, first in enumerate(range(0, len(names), COLUMNS * ROWS), 1):
        surface = skia.Surface(GAP + COLUMNS * (WIDTH + GAP), GAP + ROWS * (HEIGHT + LABEL + GAP))
        canvas = surface.getCanvas()
        canvas.clear(skia.Color(52, 54, 60))
        for place, name in enumerate(names[first : first + COLUMNS * ROWS]):
            left = GAP + place % COLUMNS * (WIDTH + GAP)
            top = GAP + place // COLUMNS * (HEIGHT + LABEL + GAP)
            alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
            image = skia.Image.fromarray(np.dstack([pictures[name], alpha]), skia.kRGBA_8888_ColorType)
            canvas.drawImage(image, left, top)
            canvas.drawString(name, left, top + HEIGHT + 12, font, skia.Paint(Color=skia.ColorWHITE))
        sheets.append(folder / f"sheet-{number}.png")
        surface.makeImageSnapshot().save(str(sheets[-1]), skia.kPNG)
    return sheets


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
