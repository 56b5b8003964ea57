"""What is wrong with a project, all of it at once, in terms of what its user filled in.

The composition of a template's project is made, not written: a fault in it that stems from an input (a picture that is
gone, a character that no font has) is shown at that input.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flatrender.composition import bind, fonts, validate
from flatrender.composition.assets import AssetInfo
from flatrender.composition.limits import MAX_AUDIO_TRACKS, MAX_LAYERS
from flatrender.composition.schemas import Composition, TemplateDefinition
from flatrender.files import service as files
from flatrender.kernel.faults import Fault

_FILE_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_FILES: Final = MAX_LAYERS + MAX_AUDIO_TRACKS
"""No valid composition names more."""


@dataclass(frozen=True)
class Checked:
    """A project's composition as far as it could be made, and everything that is wrong with it.

    `composition` is None exactly when there are faults. `wanted` are the ids of all files that it names, `assets` those
    of them that can be used.
    """

    document: dict[str, Any]
    composition: Composition | None
    wanted: Collection[str]
    assets: Mapping[str, AssetInfo]
    faults: list[Fault]


def check_composition(tenant_id: str, user_id: str, document: dict[str, Any]) -> Checked:
    """Pointers start with `/composition`."""
    checked = _validated(tenant_id, user_id, document)
    faults = [_under("/composition", fault) for fault in checked.faults]
    return Checked(document, checked.composition, checked.wanted, checked.assets, faults)


def check_inputs(tenant_id: str, user_id: str, template: TemplateDefinition, inputs: dict[str, Any]) -> Checked:
    """Pointers start with `/inputs`, or with `/composition` where no input is to blame."""
    document, faults = bind.bind(template, inputs)
    if document is not None:
        checked = _validated(tenant_id, user_id, document)
        found = [shown for fault in checked.faults for shown in _blamed(fault, document, template, inputs)]
        return Checked(document, checked.composition, checked.wanted, checked.assets, _each_once(found))
    # Look at the rest as if what is wrong had been left out: of that, only what is to blame on an input is real.
    broken = {fault.pointer.removeprefix("/inputs/") for fault in faults}
    lenient = template.model_copy(
        update={"inputs": [field.model_copy(update={"required": False}) for field in template.inputs]}
    )
    declared = {field.name for field in template.inputs}
    rest = {name: value for name, value in inputs.items() if name in declared - broken}
    partial, _ = bind.bind(lenient, rest)
    if partial is None:
        return Checked({}, None, (), {}, faults)
    checked = _validated(tenant_id, user_id, partial)
    more = [shown for fault in checked.faults for shown in _blamed(fault, partial, lenient, rest)]
    faults = _each_once([*faults, *(fault for fault in more if fault.pointer.startswith("/inputs/"))])
    return Checked(partial, None, checked.wanted, checked.assets, faults)


def _validated(tenant_id: str, user_id: str, document: dict[str, Any]) -> Checked:
    named = (asset_id for asset_id in validate.asset_ids(document) if _FILE_ID.fullmatch(asset_id))
    wanted = sorted(named)[:MAX_FILES]
    assets = files.assets(tenant_id, wanted, user_id=user_id) if wanted else {}
    composition, faults = validate.validate(document, assets, fonts.shipped())
    return Checked(document, composition, wanted, assets, faults)


def _blamed(fault: Fault, document: Any, template: TemplateDefinition, inputs: Mapping[str, Any]) -> list[Fault]:
    """The fault at each input whose value is what it is about; below `/composition` when there is none."""
    value = _resolve(document, fault.pointer)
    if isinstance(value, str) and value.strip():
        words = value.split()
        guilty = [field.name for field in template.inputs if _words(inputs.get(field.name) or field.default) == words]
        if guilty:
            return [fault.model_copy(update={"pointer": f"/inputs/{name}"}) for name in guilty]
    return [_under("/composition", fault)]


def _words(value: Any) -> list[str] | None:
    """Binding trims and joins lines, so values are compared by their words."""
    return value.split() if isinstance(value, str) else None


def _resolve(document: Any, pointer: str) -> Any:
    node = document
    for step in pointer.split("/")[1:]:
        if isinstance(node, dict):
            node = node.get(step.replace("~1", "/").replace("~0", "~"))
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def _under(root: str, fault: Fault) -> Fault:
    return fault.model_copy(update={"pointer": root + fault.pointer})


def _each_once(faults: list[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))
