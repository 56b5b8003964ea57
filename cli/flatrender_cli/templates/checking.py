"""`flatrender template check`: all that is wrong with a template, and what may be, with the places in its file."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from flatrender.composition import limits
from flatrender.composition.schemas import Composition
from flatrender.composition.template import ChoiceInput, TemplateDefinition
from flatrender.kernel.faults import Fault
from flatrender_cli import documents, engine
from flatrender_cli.console import out
from flatrender_cli.documents import Media
from flatrender_cli.errors import CliError
from flatrender_cli.templates.samples import Variant, variants

MAX_BYTES: Final = 300_000
"""What the catalogue stores of a definition."""
MAX_DEPTH: Final = 2 * limits.MAX_DOCUMENT_DEPTH
"""What `map` and `$input` add is left out of the composition itself, which has a limit of its own."""
_STAND_INS: Final[dict[str, Any]] = {
    "code": "sample", "name": {"en": "-"}, "description": {"en": "-"}, "category": "sample", "tags": [],
    "aspect": "1:1", "duration": 1.0, "format": "flatrender.template/1",
}  # fmt: skip
"""What takes the place of what is broken around the composition, so that the rest can be looked at too."""


@dataclass(frozen=True)
class Finding:
    """An `error` must be mended before the template is published; a `warning` may be meant so."""

    level: Literal["error", "warning"]
    pointer: str
    code: str
    message: str


def check(path: Path, assets: Path | None, *, strict: bool, as_json: bool) -> None:
    """Checks a template, or all in a folder, and prints what it found.

    Raises CliError: something is wrong with one of them, or (`strict`) may be.
    """
    engine.ready()
    files = found_in(path)
    results = {file: examine(file, assets or file.parent) for file in files}
    for file, others in _same_codes(files):
        message = f"{', '.join(other.name for other in others)} has this code too: one would replace the other."
        results[file].append(Finding("error", "/code", "duplicate_code", message))
    if as_json:
        shown = [
            {"file": str(file), "findings": [asdict(finding) for finding in found]} for file, found in results.items()
        ]
        print(json.dumps({"templates": shown}, ensure_ascii=False))
    else:
        for file, found in results.items():
            _show(file, found)
    failing = [file for file, found in results.items() if any(one.level == "error" or strict for one in found)]
    if failing and as_json:
        raise SystemExit(1)
    if failing:
        count = "1 template has" if len(failing) == 1 else f"{len(failing)} templates have"
        raise CliError(f"{count} to be mended: {', '.join(file.name for file in failing)}.")


def found_in(path: Path) -> list[Path]:
    """The file itself, or the templates in a folder. Raises CliError: there are none."""
    if not path.exists():
        raise CliError(f"{path} is not there.", hint="`flatrender template new NAME` makes one.")
    if not path.is_dir():
        return [path]
    files = []
    for file in sorted(path.glob("*.json")):
        try:
            document = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            document = {"format": "flatrender.template/"}  # reported when it is read as one
        if isinstance(document, dict) and documents.is_template(document):
            files.append(file)
    if not files:
        raise CliError(f"There is no template in {path}.", hint="`flatrender template new NAME` makes one.")
    return files


def examine(path: Path, assets: Path, media: Media | None = None, *, confined: bool = False) -> list[Finding]:
    """Everything that was found, errors first. Media are looked for in the folder `assets`."""
    try:
        document = documents.read(path)
    except CliError as error:
        return [Finding("error", "", "document", error.message)]
    if not documents.is_template(document):
        message = "This is no template: its 'format' is not 'flatrender.template/1'."
        return [Finding("error", "/format", "format", message)]
    found = list(findings(document, assets, media or Media(), confined=confined))
    unique = {(finding.pointer, finding.message): finding for finding in found}
    return sorted(unique.values(), key=lambda finding: finding.level)


def findings(document: dict[str, Any], assets: Path, media: Media, *, confined: bool) -> Iterator[Finding]:
    """What is found in a template document, in no order and some of it twice."""
    from flatrender.composition.bind import check as check_template

    if _deeper(document, MAX_DEPTH):
        yield Finding("error", "", "too_deep", f"The document is nested deeper than {MAX_DEPTH} levels.")
        return
    template, faults = _template(document)
    yield from map(_error, faults)
    if template is None:
        return
    faults = check_template(template)
    yield from map(_error, faults)
    yield from _languages(document, template)
    if len(template.model_dump_json().encode()) > MAX_BYTES:
        message = f"A template may have at most {MAX_BYTES} bytes as JSON, spaces not counted."
        yield Finding("error", "", "too_large", message)
    if any(fault.code in {"template_form", "unknown_input", "input_type"} for fault in faults):
        return
    known: set[str] = set()
    for variant in variants(template):
        composition, faults = _filled(template, assets, variant, media, confined=confined)
        for fault in faults:
            finding = _error(_declared(fault, template), variant.told)
            if fault.message not in known:
                yield finding
            known.add(fault.message)
        if composition is not None:
            yield from _looks(template, composition, variant, media)


def _deeper(document: object, depth: int) -> bool:
    """Whether values lie more than `depth` levels down."""
    level: list[object] = [document]
    for _ in range(depth):
        inner: list[object] = []
        for value in level:
            if isinstance(value, (dict, list)):
                inner += value.values() if isinstance(value, dict) else value
        level = inner
    return bool(level)


def _template(document: dict[str, Any]) -> tuple[TemplateDefinition | None, list[Fault]]:
    from flatrender.composition.schema_faults import faults as schema_faults

    try:
        return TemplateDefinition.model_validate(document), []
    except ValidationError as error:
        faults = schema_faults(error, document, TemplateDefinition)
    broken = {fault.pointer.split("/")[1] for fault in faults if fault.pointer}
    kept = {name: value for name, value in document.items() if name not in broken}
    try:
        return TemplateDefinition.model_validate({**_STAND_INS, **kept}), faults
    except ValidationError:
        return None, faults


def _filled(
    template: TemplateDefinition, assets: Path, variant: Variant, media: Media, *, confined: bool
) -> tuple[Composition | None, list[Fault]]:
    try:
        return documents.filled(template, assets, variant.inputs, media, confined=confined)
    except CliError as error:
        return None, [Fault(pointer="", code="media", message=error.message)]


def _declared(fault: Fault, template: TemplateDefinition) -> Fault:
    """A fault of an input points at its declaration."""
    if not fault.pointer.startswith("/inputs/"):
        return fault
    name = fault.pointer.split("/")[2]
    index = next((index for index, spec in enumerate(template.inputs) if spec.name == name), None)
    if index is None:
        return fault
    message = fault.message
    if fault.code == "required":
        message = "It is required and has no default; a template must make a video as it comes."
    return fault.model_copy(update={"pointer": f"/inputs/{index}/default", "message": message})


def _error(fault: Fault, told: str = "") -> Finding:
    message = f"{fault.message.rstrip('.')} ({told})." if told else fault.message
    return Finding("error", fault.pointer, fault.code, message)


def _languages(document: Mapping[str, Any], template: TemplateDefinition) -> Iterator[Finding]:
    """Texts that lack a language in which others are written."""
    texts: dict[str, Mapping[str, str]] = {}
    if "name" in document and "description" in document:
        texts |= {"/name": template.name, "/description": template.description}
    for index, spec in enumerate(template.inputs):
        texts[f"/inputs/{index}/label"] = spec.label
        if spec.help:
            texts[f"/inputs/{index}/help"] = spec.help
        if isinstance(spec, ChoiceInput):
            for number, choice in enumerate(spec.choices):
                texts[f"/inputs/{index}/choices/{number}/label"] = choice.label
    languages = dict.fromkeys(language for text in texts.values() for language in text)
    for pointer, text in texts.items():
        for language in languages:
            if not text.get(language, "").strip():
                message = f"It has no text in {language!r}, which others have."
                yield Finding("warning", pointer, "language", message)


def _looks(template: TemplateDefinition, composition: Composition, variant: Variant, media: Media) -> Iterator[Finding]:
    from flatrender_cli.templates import texts

    if variant.kind == "defaults":
        yield from _promises(template, composition)
        yield from texts.contrast(template, composition, media)
    if variant.kind in {"defaults", "longest", "rtl"}:
        yield from texts.fits(template, composition, variant)
    if variant.kind == "rtl":
        yield from texts.sides(template, composition, variant)


def _promises(template: TemplateDefinition, composition: Composition) -> Iterator[Finding]:
    """Whether the composition is what the catalogue says of it."""
    canvas = composition.canvas
    across, down = (int(side) for side in template.aspect.split(":"))
    if canvas.width * down != canvas.height * across:
        divisor = math.gcd(canvas.width, canvas.height)
        is_so = f"{canvas.width // divisor}:{canvas.height // divisor}"
        yield Finding("error", "/aspect", "aspect", f"It says {template.aspect}; the canvas is {is_so}.")
    if abs(composition.duration - template.duration) > 0.5 / canvas.fps:
        message = f"It says {template.duration:g} s; the composition lasts {composition.duration:g} s."
        yield Finding("error", "/duration", "duration", message)


def _same_codes(files: list[Path]) -> Iterator[tuple[Path, list[Path]]]:
    codes: dict[str, list[Path]] = {}
    for file in files:
        try:
            code = json.loads(file.read_text("utf-8")).get("code")
        except (OSError, ValueError, AttributeError, RecursionError):
            continue
        codes.setdefault(str(code), []).append(file)
    for same in codes.values():
        for file in same if len(same) > 1 else ():
            yield file, [other for other in same if other != file]


def _show(file: Path, found: list[Finding]) -> None:
    errors = sum(one.level == "error" for one in found)
    warnings = len(found) - errors
    if not found:
        out.print(f"[green]ok[/]    {file}", highlight=False, soft_wrap=True)
        return
    counts = [f"{errors} to mend"] * bool(errors) + [f"{warnings} to look at"] * bool(warnings)
    out.print(f"[bold]{file}[/]: {', '.join(counts)}", highlight=False, soft_wrap=True)
    for one in found:
        mark = "[red]mend[/]" if one.level == "error" else "[yellow]look[/]"
        out.print(f"  {mark}  ", end="", highlight=False)
        out.print(f"{one.pointer or '/'}: {one.message}", highlight=False, markup=False, soft_wrap=True)
