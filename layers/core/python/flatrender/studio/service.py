"""Projects: drafts of videos, made from a template or from a composition of the user's own.

A project may be saved while something is wrong with it; `validate` says what, and only a valid one is drawn.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flatrender.content import service as content
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.faults import Fault
from flatrender.kernel.ids import new_id
from flatrender.kernel.paging import (
    Page,
    PageMeta,
    PageRequest,
    cursor_number,
    cursor_text,
    decode_cursor,
    encode_cursor,
)
from flatrender.studio import documents, repository
from flatrender.studio.errors import ProjectChanged, ProjectInvalid, ProjectSourceMismatch
from flatrender.studio.model import ProjectCardItem, ProjectItem
from flatrender.studio.schemas import NamedAsset, Project, ProjectCreate, ProjectPatch, ProjectSummary, Validation

if TYPE_CHECKING:
    from flatrender.composition.assets import AssetInfo
    from flatrender.composition.schemas import Composition
    from flatrender.studio.checking import Checked


def create(caller: Caller, body: ProjectCreate) -> Project:
    """Makes a project; one of a template keeps to the template's version of today.

    Raises TemplateNotFound, ProjectTooLarge, ProjectUnstorable, TooManyProjects.
    """
    version = content.current_version(caller.tenant_id, body.template_id) if body.template_id else None
    if body.composition is not None:
        document = documents.pack(body.composition, "composition")
    else:
        document = documents.pack(documents.merged({}, body.inputs or {}), "inputs")
    moment = timestamp()
    item = repository.create(
        caller.tenant_id,
        caller.user_id,
        project_id=new_id(),
        name=body.name,
        template_id=body.template_id,
        template_version=version,
        document=document,
        created_at=moment,
        updated_at=moment,
    )
    return _project(item)


def projects(caller: Caller, paging: PageRequest) -> Page[ProjectSummary]:
    """The caller's projects, newest first. Deep pages are for the cursor: a numbered one reads those before it."""
    skipped = 0 if paging.cursor else (paging.page - 1) * paging.page_size
    after, counted = _after(paging.cursor) if paging.cursor else (None, 0)
    cards, total = repository.newest(caller.tenant_id, caller.user_id, skipped + paging.page_size + 1, after)
    total = counted if total is None else total
    shown, has_more = cards[skipped : skipped + paging.page_size], len(cards) > skipped + paging.page_size
    meta = PageMeta(
        page=paging.page,
        page_size=paging.page_size,
        total=total,
        has_more=has_more,
        cursor=encode_cursor({"after": shown[-1].sk, "total": total}) if has_more else None,
    )
    return Page(data=[ProjectSummary(**_fields(card)) for card in shown], meta=meta)


def get(caller: Caller, project_id: str) -> Project:
    """Raises ProjectNotFound."""
    return _project(repository.get(caller.tenant_id, caller.user_id, project_id))


def change(caller: Caller, project_id: str, patch: ProjectPatch) -> Project:
    """Changes a project on the revision that the caller has seen.

    Raises ProjectNotFound, ProjectChanged, ProjectSourceMismatch, ProjectTooLarge, ProjectUnstorable.
    """
    item = repository.get(caller.tenant_id, caller.user_id, project_id)
    if item.revision != patch.revision:
        raise ProjectChanged(revision=int(item.revision))
    if patch.inputs is not None:
        if not item.template_id:
            raise ProjectSourceMismatch(faults=[_mismatch("inputs", "composition")])
        item.document = documents.pack(documents.merged(documents.unpack(item.document), patch.inputs), "inputs")
    if patch.composition is not None:
        if item.template_id:
            raise ProjectSourceMismatch(faults=[_mismatch("composition", "inputs")])
        item.document = documents.pack(patch.composition, "composition")
    item.name = patch.name or item.name
    item.revision = patch.revision + 1
    item.updated_at = timestamp()
    repository.save(caller.tenant_id, caller.user_id, item, patch.revision)
    return _project(item)


def remove(caller: Caller, project_id: str) -> None:
    """Removes a project for good; renders of it stay. Raises ProjectNotFound."""
    repository.remove(caller.tenant_id, caller.user_id, project_id)


def validate(caller: Caller, project_id: str) -> Validation:
    """Everything that is wrong with a project, at once; pointers start at `/inputs` or `/composition`.

    Raises ProjectNotFound.
    """
    checked = _check(caller, project_id)
    composition = checked.composition
    return Validation(
        valid=composition is not None,
        faults=checked.faults,
        duration=composition.duration if composition else None,
        assets=[_named(asset_id, checked.assets.get(asset_id)) for asset_id in checked.wanted],
    )


def drawable(caller: Caller, project_id: str) -> "tuple[Composition, Mapping[str, AssetInfo]]":
    """The composition of a valid project with its files, under the caller's watermark if there is one.

    Raises ProjectNotFound, ProjectInvalid with every fault.
    """
    from flatrender.composition.watermark import marked
    from flatrender.studio import watermarks

    checked = _check(caller, project_id)
    if checked.composition is None:
        raise ProjectInvalid(faults=checked.faults)
    mark = watermarks.of(caller, checked.composition.canvas)
    if mark is None:
        return checked.composition, checked.assets
    return marked(checked.composition, mark.layer), {**checked.assets, **mark.assets}


def composition_of(caller: Caller, project_id: str) -> "tuple[dict[str, Any], Mapping[str, AssetInfo]]":
    """The composition document of a valid project with its files.

    Raises ProjectNotFound, ProjectInvalid with every fault.
    """
    document, assets, _ = source_of(caller, project_id)
    return document, assets


def source_of(
    caller: Caller, project_id: str
) -> "tuple[dict[str, Any], Mapping[str, AssetInfo], tuple[str, int] | None]":
    """`composition_of`, and the id and version of the template that the document was made from."""
    item = repository.get(caller.tenant_id, caller.user_id, project_id)
    checked = _checked(caller, item)
    if checked.composition is None:
        raise ProjectInvalid(faults=checked.faults)
    template = (item.template_id, int(item.template_version)) if item.template_id else None
    return checked.document, checked.assets, template


def _check(caller: Caller, project_id: str) -> "Checked":
    return _checked(caller, repository.get(caller.tenant_id, caller.user_id, project_id))


def _checked(caller: Caller, item: ProjectItem) -> "Checked":
    # Only those who draw or validate pay for loading the composition format.
    from flatrender.studio import checking

    stored = documents.unpack(item.document)
    if not item.template_id:
        return checking.check_composition(caller.tenant_id, caller.user_id, stored)
    template = content.template(caller.tenant_id, item.template_id, int(item.template_version))
    return checking.check_inputs(caller.tenant_id, caller.user_id, template, stored)


def _after(cursor: str) -> tuple[str, int]:
    """The sort key to go on behind, and how many projects there were on the first page."""
    key = decode_cursor(cursor)
    return cursor_text(key.get("after")), cursor_number(key.get("total"))


def _fields(item: ProjectItem | ProjectCardItem) -> dict[str, Any]:
    return {
        "id": item.project_id,
        "name": item.name,
        "template_id": item.template_id,
        "template_version": None if item.template_version is None else int(item.template_version),
        "revision": int(item.revision),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def _project(item: ProjectItem) -> Project:
    document = documents.unpack(item.document)
    of_template = bool(item.template_id)
    return Project(
        **_fields(item), inputs=document if of_template else None, composition=None if of_template else document
    )


def _mismatch(given: str, holds: str) -> Fault:
    message = f"This project has {holds} to change, not {given}. Make a new project to start from {given}."
    return Fault(pointer=f"/body/{given}", code="not_applicable", message=message)


def _named(asset_id: str, info: "AssetInfo | None") -> NamedAsset:
    if info is None or not info.ready:
        return NamedAsset(id=asset_id, available=False)
    return NamedAsset(
        id=asset_id, available=True, kind=info.kind, width=info.width, height=info.height, duration=info.duration
    )
