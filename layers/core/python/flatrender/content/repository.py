"""Reads and writes of the content table. Every call names its tenant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flatrender.content.model import (
    HEAD,
    CategoryItem,
    Entry,
    Posting,
    PostingItem,
    TemplateItem,
    VersionItem,
    catalog_pk,
    template_pk,
    version_sk,
)
from flatrender.kernel.errors import Conflict
from flatrender.platform import transactions

MAX_POSTINGS: Final = 48
"""Postings of one template, so that replacing all of them fits one transaction with head, version and both counters."""


@dataclass(frozen=True)
class Stored:
    """A published version: the tenant that owns it and the definition's JSON."""

    tenant_id: str
    version: int
    body: str


def head(tenant_id: str, template_id: str) -> TemplateItem | None:
    try:
        return TemplateItem.get(template_pk(tenant_id, template_id), HEAD, consistent_read=True)
    except TemplateItem.DoesNotExist:
        return None


def heads(entries: Iterable[Entry]) -> dict[str, TemplateItem]:
    """The heads of at most 100 entries by template id, in one batch read."""
    keys = [(template_pk(entry.tenant_id, entry.template_id), HEAD) for entry in entries]
    return {item.template_id: item for item in TemplateItem.batch_get(keys)} if keys else {}


def visible_head(tenant_ids: Sequence[str], template_id: str) -> TemplateItem | None:
    """The head of a template that belongs to one of the tenants, in one batch read."""
    return heads(Entry("", template_id, tenant_id) for tenant_id in tenant_ids).get(template_id)


def version(tenant_ids: Sequence[str], template_id: str, number: int) -> Stored | None:
    """A version of a template that belongs to one of the tenants, in one batch read."""
    owners = {template_pk(tenant_id, template_id): tenant_id for tenant_id in tenant_ids}
    for item in VersionItem.batch_get([(pk, version_sk(number)) for pk in owners]):
        return Stored(owners[item.pk], number, item.body)
    return None


def find(tenant_id: str, wanted: Sequence[Posting]) -> set[Entry]:
    """The tenant's templates that have every posting wanted (all of its templates when nothing is).

    Words match by their beginning, other values as a whole. One query per posting, ended early when nothing is left.
    """
    found: set[Entry] | None = None
    for posting in wanted or (Posting("ALL", ""),):
        entries = set(_entries(tenant_id, posting))
        found = entries if found is None else found & entries
        if not found:
            break
    return found or set()


def _entries(tenant_id: str, posting: Posting) -> Iterator[Entry]:
    is_word = posting.facet == "WORD"
    prefix = posting.value if is_word else f"{posting.value}#"
    partition = catalog_pk(tenant_id, posting.facet)
    for item in PostingItem.query(partition, PostingItem.sk.startswith(prefix), attributes_to_get=["sk"]):
        value, created_at, template_id = item.sk.rsplit("#", 2)
        if is_word or value == posting.value:
            yield Entry(created_at, template_id, tenant_id)


def categories(tenant_id: str) -> dict[str, int]:
    """How many templates each of the tenant's categories has."""
    items = CategoryItem.query(catalog_pk(tenant_id, "CATEGORIES"))
    return {item.sk: int(item.templates) for item in items if item.templates > 0}


def publish(new: TemplateItem, body: str, old: TemplateItem | None) -> None:
    """Makes `new` the current version and moves the index over to it, all at once.

    Raises Conflict: someone else published this template since `old` was read.
    """
    number = int(new.version)
    stored = VersionItem(
        pk=new.pk,
        sk=version_sk(number),
        type="template_version",
        body=body,
        digest=new.digest,
        published_at=new.published_at,
    )
    moved = Conflict("The template was published by someone else at the same time. Read it again and retry.")
    unchanged = TemplateItem.pk.does_not_exist() if old is None else TemplateItem.version == old.version
    before, after = (postings(old) if old else set()), postings(new)
    transactions.commit(
        [
            transactions.put(new, unchanged, moved),
            transactions.put(stored, VersionItem.pk.does_not_exist(), moved),
            *(transactions.put(_item(new, posting)) for posting in sorted(after - before)),
            *(transactions.delete(_item(new, posting)) for posting in sorted(before - after)),
            *_counted(new.tenant_id, new.category, old.category if old else None),
        ]
    )


def postings(template: TemplateItem) -> set[Posting]:
    """Everything that the template is found under."""
    return {
        Posting("ALL", ""),
        Posting("CATEGORY", template.category),
        Posting("ASPECT", template.aspect),
        *(Posting("TAG", tag) for tag in template.words["tags"]),
        *(Posting("WORD", word) for word in template.words["words"]),
    }


def _item(template: TemplateItem, posting: Posting) -> PostingItem:
    return PostingItem(
        pk=catalog_pk(template.tenant_id, posting.facet),
        sk=f"{posting.value}#{template.created_at}#{template.template_id}",
        type="posting",
    )


def _counted(tenant_id: str, category: str, left: str | None) -> Iterator[transactions.Operation]:
    if category == left:
        return
    for code, change in ((category, 1), (left, -1)):
        if code is not None:
            counter = CategoryItem(pk=catalog_pk(tenant_id, "CATEGORIES"), sk=code)
            added = [CategoryItem.templates.add(change), CategoryItem.type.set("category")]
            yield transactions.upsert(counter, added)
