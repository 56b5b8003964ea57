"""The watermark of a caller's renders and previews, as the tenant's policy and the caller's tier have it.

The one place where it is decided and made. A container remembers what holds in a tenant, its file included, for
`KEPT_SECONDS`: so it costs a request nothing most of the time, and one batch read (with a file, two) when it is time to
look again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flatrender.composition.limits import MAX_PICTURE_PIXELS
from flatrender.files import service as files
from flatrender.kernel.caller import Caller
from flatrender.kernel.faults import Fault
from flatrender.kernel.plans import plan_of
from flatrender.studio.errors import WatermarkInvalid
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import OwnedMark, WatermarkPolicy

if TYPE_CHECKING:
    from flatrender.composition.assets import AssetInfo
    from flatrender.composition.schemas import Canvas
    from flatrender.composition.watermark import Mark

KEPT_SECONDS: Final = 60.0
"""How long a changed policy may go unseen."""
KEPT_TENANTS: Final = 500
KINDS: Final = ("image", "svg")


@dataclass(frozen=True)
class Watermark:
    """`layer` is to be drawn above everything, `assets` is the file that it shows, by id; none for a text."""

    layer: dict[str, Any]
    assets: "Mapping[str, AssetInfo]"


@dataclass(frozen=True)
class _Known:
    until: float
    tiers: frozenset[str]
    mark: "Mark | None"
    file: "AssetInfo | None"


_known: dict[str, _Known] = {}


def of(caller: Caller, canvas: "Canvas") -> Watermark | None:
    """What a render or preview of the caller's bears on such a canvas; None when it bears no mark."""
    from flatrender.composition import watermark

    found = _holds(caller.tenant_id)
    if found.mark is None or plan_of(caller.tier).code not in found.tiers:
        return None
    layer = watermark.layer(found.mark, found.file, canvas.width, canvas.height)
    return Watermark(layer, {found.file.id: found.file} if found.file else {})


def set_policy(tenant_id: str, policy: WatermarkPolicy) -> None:
    """Checks a tenant's policy, and keeps it: from then on, within `KEPT_SECONDS`, it holds everywhere.

    Its asset is a ready picture or SVG among the tenant's own files.
    Raises WatermarkInvalid; TenantNotFound.
    """
    faults = _faults(tenant_id, policy.mark)
    if faults:
        raise WatermarkInvalid(faults=faults)
    tenants.set_watermark(tenant_id, policy)
    forget()


def remove_policy(tenant_id: str) -> None:
    """Leaves a tenant to the system tenant's policy."""
    tenants.remove_watermark(tenant_id)
    forget()


def forget() -> None:
    """Empties what this process remembers."""
    _known.clear()


def _holds(tenant_id: str) -> _Known:
    known = _known.get(tenant_id)
    if known is None or known.until <= time.monotonic():
        if len(_known) >= KEPT_TENANTS:
            _known.clear()
        known = _known[tenant_id] = _read(tenant_id)
    return known


def _read(tenant_id: str) -> _Known:
    until = time.monotonic() + KEPT_SECONDS
    found = tenants.watermark(tenant_id)
    if found.owned is None or not found.tiers:
        return _Known(until, frozenset(), None, None)
    mark = found.owned.mark
    file = _file(found.owned.owner_id, mark.asset) if mark.asset else None
    if mark.asset and file is None:
        mark = _name_instead(found.owned)
    return _Known(until, found.tiers, mark, file)


def _file(owner_id: str, file_id: str) -> "AssetInfo | None":
    """A ready picture or SVG of the tenant itself; what other tenants have, the system among them, is not found."""
    info = files.assets(owner_id, [file_id]).get(file_id)
    if not isinstance(info, files.StoredAsset) or info.tenant_id != owner_id:
        return None
    small = (info.width or 0) * (info.height or 0) <= MAX_PICTURE_PIXELS
    return info if info.ready and info.kind in KINDS and small else None


def _name_instead(owned: OwnedMark) -> "Mark":
    """A file may be deleted; the mark it was does not go with it, for the tenant's name takes its place."""
    from flatrender.composition import fonts, watermark

    drawn = "".join(letter for letter in owned.owner_name if letter.isprintable())
    for letter in fonts.shipped().missing(drawn, watermark.FONT):
        drawn = drawn.replace(letter, "")
    text = drawn.strip()[: watermark.MAX_TEXT].strip()
    fields = {**owned.mark.model_dump(exclude={"asset"}), "text": text or "FlatRender"}
    return watermark.Mark.model_validate(fields)


def _faults(tenant_id: str, mark: "Mark") -> list[Fault]:
    from flatrender.composition import fonts, watermark

    if mark.asset is not None:
        if _file(tenant_id, mark.asset) is not None:
            return []
        message = f"Among the tenant's files there is no ready picture or SVG {mark.asset}."
        return [Fault(pointer="/mark/asset", code="asset_missing", message=message)]
    missing = fonts.shipped().missing(mark.text or "", watermark.FONT)
    if not missing:
        return []
    message = f"No font has these characters: {fonts.named(missing)}."
    return [Fault(pointer="/mark/text", code="glyph_missing", message=message)]
