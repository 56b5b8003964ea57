"""Compositions and templates in files on this machine, with their media beside them.

A document names media by file id. Offline there are no ids, so a media file may also be named by its path under the
assets folder; it then gets an id made from its content.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flatrender.composition.assets import AssetInfo
from flatrender.composition.schema_faults import escape
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import SYSTEM_TENANT_ID, derived_id
from flatrender_cli.errors import CliError

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MEDIA_INPUTS = frozenset({"image", "video", "svg", "lottie", "audio", "captions", "lut"})
"""Types of inputs that are filled with a file."""


@dataclass
class Media:
    """The media files of a document: where each id lies, and what probing found in it."""

    paths: dict[str, Path] = field(default_factory=dict)
    infos: dict[str, AssetInfo] = field(default_factory=dict)

    def add(self, path: Path, asset_id: str | None = None) -> str:
        """Probes a file and returns its id.

        Raises CliError: the file cannot be used.
        """
        from flatrender_cli.media import inspect

        asset_id = asset_id or derived_id(SYSTEM_TENANT_ID, hashlib.sha256(path.read_bytes()).hexdigest())
        if asset_id not in self.infos:
            self.infos[asset_id] = inspect(path, asset_id)
            self.paths[asset_id] = path
        return asset_id


def read(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises CliError: there is none, with the place where it breaks.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CliError(f"{path} is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise CliError(f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise CliError(f"{path} is nested too deeply to be read.") from error
    if not isinstance(document, dict):
        raise CliError(f"{path} holds no JSON object.")
    return document


def load(path: Path, assets: Path, inputs: Mapping[str, Any]) -> tuple[Composition, Media]:
    """The composition in `path` (or the one that its template and `inputs` make), validated, with its media.

    Raises CliError: listing every fault with its JSON pointer.
    """
    document, media = read(path), Media()
    if inputs and not is_template(document):
        raise CliError(f"{path} is a composition; only a template takes --inputs.")
    try:
        composition, faults = compose(document, assets, inputs, media)
    except RecursionError as error:
        raise CliError(f"{path} is nested too deeply to be read.") from error
    if composition is None:
        raise faulty(path, faults)
    return composition, media


def is_template(document: Mapping[str, Any]) -> bool:
    return str(document.get("format", "")).startswith("flatrender.template/")


def faulty(path: Path, faults: list[Fault]) -> CliError:
    lines = tuple(f"{fault.pointer or '/'}: {fault.message}" for fault in faults)
    count = "1 thing is" if len(lines) == 1 else f"{len(lines)} things are"
    return CliError(f"{count} wrong with {path}:", details=lines)


def compose(
    document: dict[str, Any], assets: Path, inputs: Mapping[str, Any], media: Media, *, confined: bool = False
) -> tuple[Composition | None, list[Fault]]:
    """The composition that a document is, or that a template makes of `inputs`; or every fault, pointing into the
    document (`/inputs/<name>` for what is wrong with the inputs).

    `confined`: media outside of the folder `assets` do not exist. Raises CliError: a media file cannot be used.
    """
    if not is_template(document):
        missing = _resolve_all(document, assets, media, confined=confined)
        composition, faults = _validated(document, assets, media)
        return (None, missing + _but(faults, missing)) if missing else (composition, faults)
    template, faults = definition(document)
    if template is None:
        return None, faults
    return filled(template, assets, inputs, media, confined=confined)


def definition(document: dict[str, Any]) -> tuple[TemplateDefinition | None, list[Fault]]:
    """The template that a document is, or every fault that it has in itself."""
    from pydantic import ValidationError

    from flatrender.composition.bind import check
    from flatrender.composition.schema_faults import faults as schema_faults

    try:
        template = TemplateDefinition.model_validate(document)
    except ValidationError as error:
        return None, schema_faults(error, document, TemplateDefinition)
    faults = check(template)
    return (None, faults) if faults else (template, [])


def filled(
    template: TemplateDefinition, assets: Path, inputs: Mapping[str, Any], media: Media, *, confined: bool = False
) -> tuple[Composition | None, list[Fault]]:
    """`compose` for a template that is sound in itself."""
    from flatrender.composition.bind import bind, origin

    given, faults = dict(inputs), []
    for declared in template.inputs:
        value = given.get(declared.name)
        if declared.type in MEDIA_INPUTS and isinstance(value, str) and value:
            found = _resolve(value, assets, media, confined=confined)
            given[declared.name] = found or value
            if found is None:
                faults.append(_no_file(f"/inputs/{declared.name}", value, assets))
    bound, unbound = bind(template, given)
    if bound is None or faults:
        return None, faults + _but(unbound, faults)
    missing = _resolve_all(bound, assets, media, confined=confined)
    composition, faults = _validated(bound, assets, media)
    faults = [
        fault.model_copy(update={"pointer": origin(template, given, fault.pointer)})
        for fault in missing + _but(faults, missing)
    ]
    return (None if faults else composition), faults


def _validated(document: dict[str, Any], assets: Path, media: Media) -> tuple[Composition | None, list[Fault]]:
    """The composition, or its faults; a file that is not there is looked for here, and not uploaded."""
    from flatrender.composition.validate import validate

    composition, faults = validate(document, media.infos)
    told = [
        _no_file(fault.pointer, _at(document, fault.pointer), assets) if fault.code == "asset_missing" else fault
        for fault in faults
    ]
    return composition, told


def _at(document: object, pointer: str) -> str:
    """The text at a pointer that leads into the document."""
    node: Any = document
    for step in pointer.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step.replace("~1", "/").replace("~0", "~")]
    return str(node)


def _but(faults: list[Fault], known: list[Fault]) -> list[Fault]:
    """The faults at other places than those known already."""
    places = {fault.pointer for fault in known}
    return [fault for fault in faults if fault.pointer not in places]


def _resolve_all(document: dict[str, Any], assets: Path, media: Media, *, confined: bool) -> list[Fault]:
    """Puts ids in the place of the names of media files; a fault for each file that is not there."""
    faults = []
    for pointer, holder in _holders(document):
        found = _resolve(holder["asset"], assets, media, confined=confined)
        if found is None:
            faults.append(_no_file(f"{pointer}/asset", holder["asset"], assets))
        else:
            holder["asset"] = found
    return faults


def _no_file(pointer: str, name: str, assets: Path) -> Fault:
    message = f"There is no media file {name} in {assets}; --assets names the folder to look in."
    return Fault(pointer=pointer, code="asset_missing", message=message)


def _holders(node: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a document that names a media file, with its pointer."""
    nodes = [("", node)]
    while nodes:
        at, node = nodes.pop()
        inner: list[tuple[str, object]] = []
        if isinstance(node, dict):
            if isinstance(node.get("asset"), str):
                yield at, node
            inner = [(f"{at}/{escape(str(key))}", value) for key, value in node.items()]
        elif isinstance(node, list):
            inner = [(f"{at}/{index}", value) for index, value in enumerate(node)]
        nodes.extend(reversed([item for item in inner if isinstance(item[1], (dict, list))]))


def _resolve(name: str, assets: Path, media: Media, *, confined: bool) -> str | None:
    """The id of a media file given by id or by path; None when there is no such file.

    An id that is not found is left for validation to point at. Raises CliError: the file cannot be used.
    """
    if name in media.infos:
        return name
    path = assets / name
    if "\0" in name or (confined and not path.resolve().is_relative_to(assets.resolve())):
        return None
    if path.is_file():
        return media.add(path)
    if not _ID.fullmatch(name):
        return None
    by_id = next(iter(sorted(assets.glob(f"{name}.*"))), None) or _listed(name, assets)
    if by_id and confined and not by_id.resolve().is_relative_to(assets.resolve()):
        return name
    return media.add(by_id, name) if by_id else name


def _listed(asset_id: str, assets: Path) -> Path | None:
    """The file that the folder's own list, `assets.json`, gives this id: so lie the media that templates start with."""
    listing = assets / "assets.json"
    if not listing.is_file():
        return None
    try:
        entries = json.loads(listing.read_text(encoding="utf-8"))
        files = {entry["id"]: assets / entry["file"] for entry in entries}
    except (ValueError, TypeError, KeyError) as error:
        raise CliError(f'{listing} is not a list of objects with "id" and "file".') from error
    path = files.get(asset_id)
    return path if path and path.is_file() else None
