"""Tenants: found by slug in one read, made once."""

from collections.abc import Callable
from typing import Any

import pytest

from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.tenants import service
from flatrender.tenants.errors import SlugTaken, TenantNotFound, TenantSuspended
from flatrender.tenants.model import TenantItem
from flatrender.tenants.schemas import Tenant

pytestmark = pytest.mark.usefixtures("aws")
Invoke = Callable[..., Any]


def make(**given: Any) -> Tenant:
    known: dict[str, Any] = {
        "tenant_id": new_id(),
        "slug": "acme",
        "name": "Acme Video",
        "contact_email": "office@acme.example",
    }
    return service.create(**known | given)


def test_a_tenant_is_found_by_slug_and_by_id() -> None:
    tenant = make(kind="Enterprise", status="Trial")
    assert service.by_slug("acme") == tenant
    assert service.by_id(tenant.id) == tenant
    assert (tenant.kind, tenant.status) == ("Enterprise", "Trial")


def test_a_slug_costs_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    reads: list[str] = []
    plain = TenantItem.get.__func__  # type: ignore[attr-defined]

    def counted(cls: type[TenantItem], *args: Any, **given: Any) -> Any:
        reads.append(args[0])
        return plain(cls, *args, **given)

    monkeypatch.setattr(TenantItem, "get", classmethod(counted))
    service.by_slug("acme")
    assert reads == ["SLUG#acme"]


def test_making_it_again_changes_nothing() -> None:
    first = make(tenant_id=SYSTEM_TENANT_ID, slug="system", name="FlatRender", kind="Internal")
    again = make(tenant_id=SYSTEM_TENANT_ID, slug="system", name="Renamed", kind="Internal")
    assert again == first


def test_a_slug_belongs_to_one_tenant() -> None:
    first = make()
    with pytest.raises(SlugTaken):
        make()
    assert service.by_slug("acme") == first


def test_an_id_keeps_its_slug() -> None:
    tenant = make()
    with pytest.raises(SlugTaken):
        make(tenant_id=tenant.id, slug="other")
    with pytest.raises(TenantNotFound):
        service.by_slug("other")


@pytest.mark.parametrize(
    ("status", "opens"), [("Active", True), ("Trial", True), ("Suspended", False), ("Cancelled", False)]
)
def test_only_active_tenants_let_people_in(status: str, opens: bool) -> None:
    tenant = make(status=status)
    if opens:
        assert service.ensure_open(tenant) is tenant
    else:
        with pytest.raises(TenantSuspended):
            service.ensure_open(tenant)


def test_anybody_may_look_a_slug_up(invoke: Invoke) -> None:
    tenant = make()
    answer = invoke("tenants/tenants", "GET", "/v1/tenants/by-slug/acme")
    assert answer.status == 200
    assert answer.json == {
        "id": tenant.id,
        "slug": "acme",
        "name": "Acme Video",
        "kind": "Reseller",
        "status": "Active",
        "custom_domain": None,
        "domain_verified": False,
    }
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_a_slug_is_not_case_sensitive(invoke: Invoke) -> None:
    tenant = make()
    assert invoke("tenants/tenants", "GET", "/v1/tenants/by-slug/AcMe").json["id"] == tenant.id


def test_an_unknown_slug_is_a_404(invoke: Invoke) -> None:
    answer = invoke("tenants/tenants", "GET", "/v1/tenants/by-slug/nobody")
    assert answer.status == 404
    assert answer.error["code"] == "tenant_not_found"
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize("slug", ["-acme", "acme-", "a_b", "ä", "a" * 64, "a%20b", "a.b"])
def test_what_is_no_slug_is_refused(invoke: Invoke, slug: str) -> None:
    answer = invoke("tenants/tenants", "GET", f"/v1/tenants/by-slug/{slug}")
    assert answer.status == 400
    assert answer.error["details"]["faults"][0]["pointer"] == "/path/slug"
