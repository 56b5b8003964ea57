"""`flatrender preview`: one moment of a document as a picture, or several on a contact sheet."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from flatrender_cli import documents, engine
from flatrender_cli.console import out
from flatrender_cli.errors import CliError

if TYPE_CHECKING:
    from flatrender.composition.schemas import Composition
    from flatrender_cli.documents import Media

type Encoding = Literal["png", "jpeg", "webp"]

ENCODINGS: Final[dict[str, Encoding]] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
QUALITY: Final = 88
SHEET_WIDTH: Final = 1600
"""Pixels across a contact sheet."""
GAP: Final = 16
CAPTION: Final = 34
"""Height of a caption under a frame of a sheet."""


def preview(
    file: Path,
    output: Path | None,
    *,
    at: Sequence[float],
    sheet: int | None,
    width: int | None,
    assets: Path | None,
    inputs: Path | None,
    given: Sequence[str],
    as_json: bool,
) -> None:
    """Draws `file` into `output` (by default a PNG of its name here); prints what came out."""
    output = output or Path(f"{file.stem}.png")
    encoding = ENCODINGS.get(output.suffix.lower())
    if encoding is None:
        raise CliError(f"{output.name} does not say what to make.", hint=f"Name the file {', '.join(ENCODINGS)}.")
    if at and sheet is not None:
        raise CliError("--sheet chooses its moments itself: give it, or --at (several times for a sheet of those).")
    engine.ready()
    filled = {**(documents.read(inputs) if inputs else {}), **named(given, documents.read(file))}
    composition, media = documents.load(file, assets or file.parent, filled)
    times = moments(composition, at, sheet)
    if sheet is None and len(times) == 1:
        picture = still(composition, media, times[0], width, encoding)
    else:
        picture = contact_sheet(composition, media, times, width or SHEET_WIDTH, encoding)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(picture)
    except OSError as error:
        raise CliError(
            f"{output} cannot be written: {error.strerror}.", hint="Choose another place with -o."
        ) from error
    if as_json:
        print(json.dumps({"path": str(output), "at": times, "size_bytes": len(picture)}))
    else:
        shown = ", ".join(f"{time:g}" for time in times)
        out.print(f"{output}: at {shown} s of {composition.duration:g} s.", highlight=False, soft_wrap=True)


def named(given: Sequence[str], document: dict[str, Any]) -> dict[str, Any]:
    """Inputs written as `name=value`, each of the type that the template declares. Raises CliError."""
    declared = document.get("inputs")
    types = {
        entry.get("name"): entry.get("type")
        for entry in (declared if isinstance(declared, list) else [])
        if isinstance(entry, dict)
    }
    values: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise CliError(f"--input {text}: write name=value.")
        values[name] = _typed(name, value, types.get(name))
    return values


def _typed(name: str, value: str, kind: object) -> object:
    if kind == "toggle":
        if value.lower() not in {"true", "false"}:
            raise CliError(f"--input {name}={value}: a toggle is true or false.")
        return value.lower() == "true"
    if kind == "number":
        try:
            return float(value)
        except ValueError as error:
            raise CliError(f"--input {name}={value}: this is no number.") from error
    return value.replace("\\n", "\n") if kind == "text" else value


def within(at: float, duration: float) -> None:
    """Raises CliError: `at` is not a second of what lasts `duration` seconds."""
    if not 0 <= at <= duration:  # "not a number" is not either
        raise CliError(f"--at {at:g}: there is no such moment; it lasts from 0 to {duration:g} s.")


def moments(composition: "Composition", at: Sequence[float], sheet: int | None) -> list[float]:
    """The seconds to draw: those asked for, else as many as a sheet wants, else the middle. Raises CliError."""
    duration = composition.duration
    for time in at:
        within(time, duration)
    if at:
        return list(at)
    count = sheet or 1
    return [round(duration * (2 * index + 1) / (2 * count), 3) for index in range(count)]


def still(composition: "Composition", media: "Media", at: float, width: int | None, encoding: Encoding) -> bytes:
    """The encoded picture at `at` seconds, `width` pixels wide (by default the canvas' own width).

    Raises CliError: a file cannot be used.
    """
    from flatrender.engine.still import render_still
    from flatrender.kernel.errors import FlatRenderError

    try:
        return render_still(composition, media.paths, min(at, composition.duration), width, encoding, QUALITY)
    except FlatRenderError as error:
        raise CliError(error.text) from error


def contact_sheet(
    composition: "Composition", media: "Media", times: Sequence[float], width: int, encoding: Encoding
) -> bytes:
    """An encoded picture `width` pixels wide: the frames in reading order, each with its second below.

    Raises CliError: a file cannot be used.
    """
    import skia

    from flatrender.composition.outputs import frame_at
    from flatrender.composition.profiles import Profile
    from flatrender.engine.draw import FrameSource
    from flatrender.engine.fonts import default_dir, library
    from flatrender.kernel.errors import FlatRenderError

    canvas = composition.canvas
    columns = min(len(times), 3 if canvas.width > canvas.height else 4 if canvas.width == canvas.height else 5)
    rows = -(-len(times) // columns)
    wide = max(2, (width - GAP * (columns + 1)) // columns // 2 * 2)
    tall = max(2, round(wide * canvas.height / canvas.width / 2) * 2)
    profile = Profile(width=wide, height=tall, fps=canvas.fps)
    surface = skia.Surface(width, GAP + rows * (tall + CAPTION))
    font = skia.Font(library(default_dir()).provider.matchFamilyStyle("Inter", skia.FontStyle()), 17)
    ink = skia.Paint(Color=skia.Color(0x5A, 0x62, 0x6B), AntiAlias=True)
    with surface as sheet:
        sheet.clear(skia.Color(0xF4, 0xF5, 0xF6))
        try:
            source = FrameSource(composition, media.paths, profile)
            for index, time in enumerate(times):
                left = GAP + index % columns * (wide + GAP)
                top = GAP + index // columns * (tall + CAPTION)
                source.draw(frame_at(time, composition.duration, canvas.fps))
                image = skia.Image.fromarray(source.buffer, colorType=skia.kBGRA_8888_ColorType, copy=True)
                sheet.drawImage(image, left, top)
                sheet.drawString(f"{time:.2f} s", left, top + tall + 22, font, ink)
        except FlatRenderError as error:
            raise CliError(error.text) from error
    forms = {
        "png": skia.EncodedImageFormat.kPNG,
        "jpeg": skia.EncodedImageFormat.kJPEG,
        "webp": skia.EncodedImageFormat.kWEBP,
    }
    return bytes(surface.makeImageSnapshot().encodeToData(forms[encoding], QUALITY))
