"""The studio table. A project is private to the user who made it.

| pk | sk | item |
|---|---|---|
| `TENANT#t#USER#u#PROJECT` | `PROJECT#id` | the project with its document |
| `TENANT#t#USER#u#PROJECTS` | `created_at#id` | what a list shows of it, so that lists do not read documents |
| `TENANT#t#USER#u#PROJECTS` | `~` | how many there are |

The count sorts behind every card, so that it comes first in a newest-first query: a list is one call.
"""

from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from flatrender.platform.tables import Item, meta, tenant_key

COUNT: Final = "~"
"""Sorts behind every timestamp."""


class ProjectItem(Item):
    Meta = meta("studio")

    project_id = UnicodeAttribute()
    name = UnicodeAttribute()
    template_id = UnicodeAttribute(null=True)
    template_version = NumberAttribute(null=True)
    document = UnicodeAttribute()
    """JSON text: the inputs of a template's project, otherwise the composition. DynamoDB's numbers are not JSON's."""
    revision = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class ProjectCardItem(Item):
    Meta = meta("studio")

    project_id = UnicodeAttribute()
    name = UnicodeAttribute()
    template_id = UnicodeAttribute(null=True)
    template_version = NumberAttribute(null=True)
    revision = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class ProjectCountItem(Item):
    Meta = meta("studio")

    projects = NumberAttribute()


def project_pk(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "PROJECT")


def project_sk(project_id: str) -> str:
    return f"PROJECT#{project_id}"


def list_pk(tenant_id: str, user_id: str) -> str:
    return tenant_key(tenant_id, "USER", user_id, "PROJECTS")


def list_sk(created_at: str, project_id: str) -> str:
    return f"{created_at}#{project_id}"
