"""The template catalogue: what a tenant may use, and how it is published.

Templates of the system tenant are everybody's, a tenant's own are only its own.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from flatrender.content import repository, search
from flatrender.content.errors import TemplateInvalid, TemplateNotFound, TemplateTooLarge
from flatrender.content.model import HEAD, Entry, Posting, TemplateItem, template_pk
from flatrender.content.schemas import Categories, Category, InputField, TemplateDetail, TemplateFilter, TemplateSummary
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import SYSTEM_TENANT_ID, derived_id
from flatrender.kernel.paging import (
    Page,
    PageMeta,
    PageRequest,
    cursor_text,
    decode_cursor,
    encode_cursor,
    foreign_cursor,
)
from flatrender.platform import storage

if TYPE_CHECKING:
    from flatrender.composition.schemas import TemplateDefinition

MAX_BODY_BYTES: Final = 300_000
"""A definition as JSON; DynamoDB's items end at 400 KB."""
KEPT_DEFINITIONS: Final = 64
"""Versions that a container keeps parsed; they never change."""


@dataclass(frozen=True)
class Published:
    """The current version of a template; `is_new` is false when it had this content before."""

    template_id: str
    version: int
    is_new: bool


def templates(caller: Caller, wanted: TemplateFilter, paging: PageRequest) -> Page[TemplateSummary]:
    """The templates that the caller may use and that match, newest first."""
    postings = _postings(wanted)
    matches: list[Entry] = []
    if postings is not None:
        for tenant_id in _visible_to(caller.tenant_id):
            matches += repository.find(tenant_id, postings)
    matches.sort(reverse=True)
    start = _start(matches, paging)
    shown = matches[start : start + paging.page_size]
    has_more = start + len(shown) < len(matches)
    heads = repository.heads(shown)
    meta = PageMeta(
        page=start // paging.page_size + 1,
        page_size=paging.page_size,
        total=len(matches),
        has_more=has_more,
        cursor=encode_cursor({"after": [shown[-1].created_at, shown[-1].template_id]}) if has_more else None,
    )
    summaries = [_summary(heads[entry.template_id]) for entry in shown if entry.template_id in heads]
    return Page(data=summaries, meta=meta)


def detail(caller: Caller, template_id: str) -> TemplateDetail:
    """A template with all that can be filled in.

    Raises TemplateNotFound.
    """
    head = _head(caller.tenant_id, template_id)
    definition = _definition(head.tenant_id, template_id, int(head.version))
    return TemplateDetail(**_fields(head), inputs=[InputField(**field.model_dump()) for field in definition.inputs])


def categories(caller: Caller) -> Categories:
    """The categories that have templates which the caller may use, by code."""
    totals: dict[str, int] = {}
    for tenant_id in _visible_to(caller.tenant_id):
        for code, count in repository.categories(tenant_id).items():
            totals[code] = totals.get(code, 0) + count
    return Categories(data=[Category(code=code, templates=totals[code]) for code in sorted(totals)])


def current_version(tenant_id: str, template_id: str) -> int:
    """The version of a template that new projects are made from.

    Raises TemplateNotFound.
    """
    return int(_head(tenant_id, template_id).version)


def template(tenant_id: str, template_id: str, version: int | None = None) -> "TemplateDefinition":
    """A template that the tenant may use, as published; the current version unless one is named.

    Raises TemplateNotFound.
    """
    if version is None:
        head = _head(tenant_id, template_id)
        return _definition(head.tenant_id, template_id, int(head.version))
    return _visible_definition(tenant_id, template_id, version)


def publish(
    tenant_id: str,
    definition: "TemplateDefinition",
    preview_file_id: str | None = None,
    preview_clip_file_id: str | None = None,
) -> Published:
    """Publishes a template under its code; the same content again changes nothing, other content is a new version.

    `preview_file_id` names an image among the tenant's files, `preview_clip_file_id` a video.
    Raises TemplateInvalid with every fault, TemplateTooLarge; Conflict when someone else publishes the same template
    at once.
    """
    from flatrender.composition import bind

    if faults := bind.check(definition):
        raise TemplateInvalid(faults=faults)
    body = definition.model_dump_json()
    if len(body.encode()) > MAX_BODY_BYTES:
        raise TemplateTooLarge(f"A template may have at most {MAX_BODY_BYTES} bytes as JSON.", limit=MAX_BODY_BYTES)
    template_id = template_id_of(tenant_id, definition.code)
    digest = _digest(definition, preview_file_id, preview_clip_file_id)
    old = repository.head(tenant_id, template_id)
    if old is not None and old.digest == digest:
        return Published(template_id, int(old.version), is_new=False)
    moment = timestamp()
    new = TemplateItem(
        pk=template_pk(tenant_id, template_id),
        sk=HEAD,
        type="template",
        template_id=template_id,
        tenant_id=tenant_id,
        version=int(old.version) + 1 if old else 1,
        code=definition.code,
        name=definition.name,
        description=definition.description,
        category=definition.category,
        tags=definition.tags,
        aspect=definition.aspect,
        duration=definition.duration,
        input_count=len(definition.inputs),
        preview_file_id=preview_file_id,
        preview_clip_file_id=preview_clip_file_id,
        digest=digest,
        words=_index(definition),
        created_at=old.created_at if old else moment,
        published_at=moment,
    )
    repository.publish(new, body, old)
    return Published(template_id, int(new.version), is_new=True)


def template_id_of(tenant_id: str, code: str) -> str:
    """A tenant's template of this code; the id follows from the code, so a code is never given twice."""
    return derived_id(tenant_id, f"template:{code}")


def _visible_to(tenant_id: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((SYSTEM_TENANT_ID, tenant_id)))


def _head(tenant_id: str, template_id: str) -> TemplateItem:
    head = repository.visible_head(_visible_to(tenant_id), template_id)
    if head is None:
        raise TemplateNotFound
    return head


@lru_cache(maxsize=KEPT_DEFINITIONS)
def _definition(owner_id: str, template_id: str, version: int) -> "TemplateDefinition":
    return _parsed(repository.version((owner_id,), template_id, version))


@lru_cache(maxsize=KEPT_DEFINITIONS)
def _visible_definition(tenant_id: str, template_id: str, version: int) -> "TemplateDefinition":
    return _parsed(repository.version(_visible_to(tenant_id), template_id, version))


def forget_definitions() -> None:
    """Empties what this process keeps of published versions."""
    _definition.cache_clear()
    _visible_definition.cache_clear()


def _parsed(stored: repository.Stored | None) -> "TemplateDefinition":
    from flatrender.composition.schemas import TemplateDefinition

    if stored is None:
        raise TemplateNotFound
    return TemplateDefinition.model_validate_json(stored.body)


def _postings(wanted: TemplateFilter) -> list[Posting] | None:
    """What a match must be found under; None when nothing can match (a query without a letter)."""
    postings: list[Posting] = []
    if wanted.q and wanted.q.strip():
        words = search.words(wanted.q)[: search.MAX_QUERY_WORDS]
        if not words:
            return None
        postings += [Posting("WORD", word) for word in words]
    if wanted.tag:
        postings.append(Posting("TAG", search.tag(wanted.tag)))
    if wanted.category:
        postings.append(Posting("CATEGORY", wanted.category))
    if wanted.aspect:
        postings.append(Posting("ASPECT", wanted.aspect))
    return postings


def _start(matches: list[Entry], paging: PageRequest) -> int:
    if paging.cursor is None:
        return (paging.page - 1) * paging.page_size
    after = decode_cursor(paging.cursor).get("after")
    if not (isinstance(after, list) and len(after) == 2):
        raise foreign_cursor()
    last = (cursor_text(after[0]), cursor_text(after[1]))
    return sum((entry.created_at, entry.template_id) >= last for entry in matches)


def _fields(head: TemplateItem) -> dict[str, Any]:
    return {
        "id": head.template_id,
        "version": int(head.version),
        "code": head.code,
        "name": head.name,
        "description": head.description,
        "category": head.category,
        "tags": head.tags,
        "aspect": head.aspect,
        "duration": float(head.duration),
        "preview_url": _link(head.tenant_id, head.preview_file_id),
        "preview_clip_url": _link(head.tenant_id, head.preview_clip_file_id),
        "inputs_count": int(head.input_count),
        "published_at": head.published_at,
    }


def _link(tenant_id: str, file_id: str | None) -> str | None:
    return storage.link(storage.file_key(tenant_id, file_id)) if file_id else None


def _summary(head: TemplateItem) -> TemplateSummary:
    return TemplateSummary(**_fields(head))


def _index(definition: "TemplateDefinition") -> dict[str, list[str]]:
    """Tags and words under which the template is found: names first, descriptions as far as there is room."""
    tags = list(dict.fromkeys(tag for tag in map(search.tag, definition.tags) if tag))
    texts: Iterable[str] = (
        *definition.name.values(),
        *definition.tags,
        definition.category,
        *definition.description.values(),
    )
    return {"tags": tags, "words": search.index_words(texts, repository.MAX_POSTINGS - 3 - len(tags))}


def _digest(definition: "TemplateDefinition", *file_ids: str | None) -> str:
    content = [definition.model_dump(mode="json"), *file_ids]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
