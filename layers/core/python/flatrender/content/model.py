"""The content table: templates, their immutable versions, and the inverted index that lists and finds them.

| pk | sk | item |
|---|---|---|
| `TENANT#t#TEMPLATE#id` | `HEAD` | what a list shows, and which version is current |
| `TENANT#t#TEMPLATE#id` | `VERSION#000001` | a published definition; never changes |
| `TENANT#t#CATALOG#facet` | `value#created_at#id` | a posting: the template has this value of the facet |
| `TENANT#t#CATALOG#CATEGORIES` | `category` | how many templates the category has |
"""

from typing import Final, Literal, NamedTuple

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from flatrender.platform.tables import Item, meta, tenant_key

type Facet = Literal["ALL", "CATEGORY", "TAG", "ASPECT", "WORD"]

HEAD: Final = "HEAD"


class Posting(NamedTuple):
    """A template is found under `value` of `facet`."""

    facet: Facet
    value: str


class Entry(NamedTuple):
    """A template in a list; entries compare by time of first publication."""

    created_at: str
    template_id: str
    tenant_id: str


class TemplateItem(Item):
    Meta = meta("content")

    template_id = UnicodeAttribute()
    tenant_id = UnicodeAttribute()
    version = NumberAttribute()
    code = UnicodeAttribute()
    name = JSONAttribute()
    description = JSONAttribute()
    category = UnicodeAttribute()
    tags = JSONAttribute()
    aspect = UnicodeAttribute()
    duration = NumberAttribute()
    input_count = NumberAttribute()
    preview_file_id = UnicodeAttribute(null=True)
    preview_clip_file_id = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    words = JSONAttribute()
    created_at = UnicodeAttribute()
    published_at = UnicodeAttribute()


class VersionItem(Item):
    Meta = meta("content")

    body = UnicodeAttribute()
    """A TemplateDefinition as JSON text: DynamoDB's own numbers would not give floats back as they were."""
    digest = UnicodeAttribute()
    published_at = UnicodeAttribute()


class PostingItem(Item):
    Meta = meta("content")


class CategoryItem(Item):
    Meta = meta("content")

    templates = NumberAttribute()


def template_pk(tenant_id: str, template_id: str) -> str:
    return tenant_key(tenant_id, "TEMPLATE", template_id)


def version_sk(version: int) -> str:
    return f"VERSION#{version:06d}"


def catalog_pk(tenant_id: str, part: str) -> str:
    return tenant_key(tenant_id, "CATALOG", part)
