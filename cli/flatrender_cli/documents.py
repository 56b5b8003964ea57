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
from flatrender.composition.schemas import Composition
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import SYSTEM_TENANT_ID, derived_id
from flatrender_cli.errors import CliError

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
    from flatrender.composition.validate import validate

    document = read(path)
    media = Media()
    if str(document.get("format", "")).startswith("flatrender.template/"):
        document = _bound(path, document, assets, dict(inputs), media)
    elif inputs:
        raise CliError(f"{path} is a composition; only a template takes --inputs.")
    for holder in _holders(document):
        holder["asset"] = _resolve(holder["asset"], assets, media)
    composition, faults = validate(document, media.infos)
    if composition is None:
        raise faulty(path, faults)
    return composition, media


def faulty(path: Path, faults: list[Fault]) -> CliError:
    lines = tuple(f"{fault.pointer or '/'}: {fault.message}" for fault in faults)
    count = "1 thing is" if len(lines) == 1 else f"{len(lines)} things are"
    return CliError(f"{count} wrong with {path}:", details=lines)


def _bound(path: Path, document: dict[str, Any], assets: Path, inputs: dict[str, Any], media: Media) -> dict[str, Any]:
    from pydantic import ValidationError

    from flatrender.composition.bind import bind, check
    from flatrender.composition.schemas import TemplateDefinition

    try:
        template = TemplateDefinition.model_validate(document)
    except ValidationError as error:
        faults = [
            Fault(pointer="".join(f"/{part}" for part in found["loc"]), code=found["type"], message=found["msg"])
            for found in error.errors()
        ]
        raise faulty(path, faults) from error
    try:
        faults = check(template)
    except RecursionError as error:
        raise CliError(f"{path} is nested too deeply to be read.") from error
    if faults:
        raise faulty(path, faults)
    for declared in template.inputs:
        if declared.type in {"image", "video", "svg", "lottie", "audio"} and isinstance(inputs.get(declared.name), str):
            inputs[declared.name] = _resolve(inputs[declared.name], assets, media)
    bound, faults = bind(template, inputs)
    if bound is None:
        raise faulty(path, faults)
    return bound


def _holders(node: object) -> Iterator[dict[str, Any]]:
    """Every object in a document that names a media file."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("asset"), str):
                yield node
            nodes.extend(reversed(node.values()))
        elif isinstance(node, list):
            nodes.extend(reversed(node))


def _resolve(name: str, assets: Path, media: Media) -> str:
    """The id of a media file given by id or by path. An id that is not found is left for validation to point at.

    Raises CliError: it is not an id, and there is no such file.
    """
    if name in media.infos:
        return name
    path = assets / name
    if path.is_file():
        return media.add(path)
    if not _ID.fullmatch(name):
        raise CliError(f"There is no media file {name} in {assets}.", hint="--assets names the folder to look in.")
    by_id = next(iter(sorted(assets.glob(f"{name}.*"))), None) or _listed(name, assets)
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
