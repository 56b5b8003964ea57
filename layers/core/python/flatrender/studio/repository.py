"""Reads and writes of the studio table. Every call names the tenant and the user."""

from typing import Any

from pynamodb.expressions.update import Action

from flatrender.platform import queries, transactions
from flatrender.studio.errors import ProjectChanged, ProjectNotFound, TooManyProjects
from flatrender.studio.model import (
    COUNT,
    ProjectCardItem,
    ProjectCountItem,
    ProjectItem,
    list_pk,
    list_sk,
    project_pk,
    project_sk,
)

MAX_PROJECTS = 1000
"""Of one user. Each may take 300 KB, and nobody pays for them."""

COUNT_TYPE = "project_count"
CARD = ("project_id", "name", "template_id", "template_version", "revision", "created_at", "updated_at")


def get(tenant_id: str, user_id: str, project_id: str) -> ProjectItem:
    """The project with its document. Raises ProjectNotFound."""
    try:
        return ProjectItem.get(project_pk(tenant_id, user_id), project_sk(project_id), consistent_read=True)
    except ProjectItem.DoesNotExist as error:
        raise ProjectNotFound from error


def create(tenant_id: str, user_id: str, **fields: Any) -> ProjectItem:
    """Writes a new project, its place in the list and the count, all at once. Raises TooManyProjects."""
    project_id, created_at = fields["project_id"], fields["created_at"]
    project = ProjectItem(
        pk=project_pk(tenant_id, user_id), sk=project_sk(project_id), type="project", revision=1, **fields
    )
    card = ProjectCardItem(
        pk=list_pk(tenant_id, user_id),
        sk=list_sk(created_at, project_id),
        type="project_card",
        **{name: getattr(project, name) for name in CARD},
    )
    transactions.commit(
        [
            transactions.put(project, ProjectItem.pk.does_not_exist()),
            transactions.put(card),
            _counted(tenant_id, user_id, 1),
        ]
    )
    return project


def save(tenant_id: str, user_id: str, project: ProjectItem, expected: int) -> None:
    """Writes a changed project over revision `expected`.

    Raises ProjectChanged: the stored project has another revision, or is gone.
    """
    changed: list[Action] = [
        ProjectItem.name.set(project.name),
        ProjectItem.document.set(project.document),
        ProjectItem.revision.set(project.revision),
        ProjectItem.updated_at.set(project.updated_at),
    ]
    card = ProjectCardItem(pk=list_pk(tenant_id, user_id), sk=list_sk(project.created_at, project.project_id))
    shown: list[Action] = [
        ProjectCardItem.name.set(project.name),
        ProjectCardItem.revision.set(project.revision),
        ProjectCardItem.updated_at.set(project.updated_at),
    ]
    transactions.commit(
        [
            transactions.update(project, changed, ProjectItem.revision == expected, ProjectChanged()),
            transactions.update(card, shown, refused=ProjectChanged()),
        ]
    )


def remove(tenant_id: str, user_id: str, project_id: str) -> None:
    """Raises ProjectNotFound."""
    pk, sk = project_pk(tenant_id, user_id), project_sk(project_id)
    try:
        project = ProjectItem.get(pk, sk, consistent_read=True, attributes_to_get=["pk", "sk", "created_at"])
    except ProjectItem.DoesNotExist as error:
        raise ProjectNotFound from error
    card = ProjectCardItem(pk=list_pk(tenant_id, user_id), sk=list_sk(project.created_at, project_id))
    transactions.commit(
        [
            transactions.delete(project, ProjectItem.pk.exists(), ProjectNotFound()),
            transactions.delete(card),
            _counted(tenant_id, user_id, -1),
        ]
    )


def newest(
    tenant_id: str, user_id: str, limit: int, after: str | None = None
) -> tuple[list[ProjectCardItem], int | None]:
    """At least `limit` cards where there are, newest first, and how many there are in all, in one call.

    With `after`, the cards that follow that sort key; their number is not read then.
    """
    pk = list_pk(tenant_id, user_id)
    behind = ProjectCardItem.sk < after if after else None
    cards, total = [], None if after else 0
    for raw in queries.newest(ProjectCardItem, pk, limit if after else limit + 1, after=behind):
        if raw["type"]["S"] == COUNT_TYPE:
            total = int(ProjectCountItem.from_raw_data(raw).projects)
        else:
            cards.append(ProjectCardItem.from_raw_data(raw))
    return cards, total


def _counted(tenant_id: str, user_id: str, change: int) -> transactions.Operation:
    counter = ProjectCountItem(pk=list_pk(tenant_id, user_id), sk=COUNT)
    added = [ProjectCountItem.projects.add(change), ProjectCountItem.type.set(COUNT_TYPE)]
    room = ProjectCountItem.projects.does_not_exist() | (ProjectCountItem.projects < MAX_PROJECTS)
    return transactions.upsert(counter, added, room if change > 0 else None, TooManyProjects(limit=MAX_PROJECTS))
