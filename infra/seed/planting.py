"""What a new deployment starts with, each part safe to plant again: what is there already stays as it is.

Imports flatrender, so the environment must name the deployment before this module is imported (see deployment.enter).
"""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from flatrender.composition.bind import bind
from flatrender.composition.schemas import TemplateDefinition
from flatrender.composition.validate import asset_ids, validate
from flatrender.content import service as content
from flatrender.files import service as files
from flatrender.identity.service import administrators as identity
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import SYSTEM_TENANT_ID, derived_id
from flatrender.tenants import service as tenants

SEED = Path(__file__).resolve().parent
DEMO_TENANT_ID = derived_id(SYSTEM_TENANT_ID, "tenant:demo")
ADMIN_EMAIL = "admin@flatrender.example"
CONTACT = "ops@flatrender.example"


class Unfit(Exception):
    """A seed file is not what it should be; the message names it and says why."""


def plant_tenants() -> Iterator[str]:
    """The platform's own tenant, and a reseller to try things with."""
    tenants.create(
        tenant_id=SYSTEM_TENANT_ID, slug="flatrender", name="FlatRender", contact_email=CONTACT, kind="Internal"
    )
    tenants.create(tenant_id=DEMO_TENANT_ID, slug="demo", name="Demo Studio", contact_email=CONTACT, kind="Reseller")
    yield "Tenants: flatrender, demo"


def plant_admin(*, reset: bool, keep: Callable[[str, str], None]) -> Iterator[str]:
    """An administrator with a random password. Only its hash is stored; `keep(email, password)` is told it, once."""
    password = secrets.token_urlsafe(18)
    admin = identity.create_admin(SYSTEM_TENANT_ID, ADMIN_EMAIL, password)
    if not admin.created and reset:
        identity.reset_admin_password(SYSTEM_TENANT_ID, ADMIN_EMAIL, password)
    if admin.created or reset:
        keep(ADMIN_EMAIL, password)
        yield f"Admin: {ADMIN_EMAIL} of tenant flatrender, password {password} (shown this once)"
    else:
        yield f"Admin: {ADMIN_EMAIL} is there; `infra/seed/seed.py --reset-admin-password` gives a new password"


def plant_assets(folder: Path = SEED / "assets") -> Iterator[str]:
    """The photos and the music that templates start with, for every tenant."""
    listed = json.loads((folder / "assets.json").read_text("utf-8"))
    for entry in listed:
        files.register_system_file(
            f"asset:{entry['file']}", folder / entry["file"], entry["content_type"], file_id=entry["id"]
        )
    yield f"Assets: {len(listed)}"


def plant_templates(folder: Path = SEED / "templates") -> Iterator[str]:
    """The built-in templates, each with the picture and the clip of the same name as its previews."""
    shown = []
    for path in sorted(folder.glob("*.json")):
        definition = TemplateDefinition.model_validate_json(path.read_bytes())
        _refuse(path, _faults(definition))
        picture = path.with_suffix(".jpg")
        preview = files.register_system_file(f"preview:{definition.code}", picture, "image/jpeg")
        clip = files.register_system_file(f"preview-clip:{definition.code}", path.with_suffix(".mp4"), "video/mp4")
        published = content.publish(SYSTEM_TENANT_ID, definition, preview, clip)
        shown.append(f"{definition.code} v{published.version}{' (new)' if published.is_new else ''}")
    yield f"Templates: {', '.join(shown)}"


def _faults(definition: TemplateDefinition) -> list[Fault]:
    """What would be wrong with a video made of the template as it comes."""
    document, faults = bind(definition, {})
    if document is None:
        return faults
    return validate(document, files.assets(SYSTEM_TENANT_ID, asset_ids(document)))[1]


def _refuse(path: Path, faults: list[Fault]) -> None:
    if faults:
        reasons = "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)
        raise Unfit(f"{path.name} cannot be published: {reasons}")
