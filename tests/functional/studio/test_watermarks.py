"""Who bears which watermark: by tier, by tenant, by what the platform says, and with whose file."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import skia
from tests.functional.studio.conftest import Studio, composition
from tests.support.dynamodb import record_calls

from flatrender.composition.schemas import Canvas
from flatrender.files import service as files
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.kernel.plans import PLANS
from flatrender.platform import storage
from flatrender.studio import watermarks
from flatrender.studio.errors import WatermarkInvalid
from flatrender.tenants import service as tenants
from flatrender.tenants.errors import TenantNotFound
from flatrender.tenants.schemas import Tier, WatermarkPolicy

ROOT = Path(__file__).resolve().parents[3]
CANVAS = Canvas(width=640, height=360)


@pytest.fixture(autouse=True)
def _forgotten(aws: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("FONTS_DIR", str(ROOT / "layers/fonts"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    watermarks.forget()
    yield
    watermarks.forget()


def tenant(tenant_id: str, name: str = "Acme") -> str:
    tenants.create(tenant_id=tenant_id, slug=f"t-{tenant_id[:8]}", name=name, contact_email="office@acme.example")
    return tenant_id


def policy(*tiers: str, **mark: Any) -> WatermarkPolicy:
    return WatermarkPolicy.model_validate({"tiers": list(tiers), "mark": mark or {"text": "Acme Studio"}})


def said(caller: Caller) -> str | None:
    """What is written on the caller's renders."""
    found = watermarks.of(caller, CANVAS)
    return found.layer["runs"][0]["text"] if found else None


def test_the_tiers_are_the_plans() -> None:
    assert set(get_args(Tier)) == set(PLANS)


def test_without_a_policy_nobody_bears_a_mark(caller: Callable[..., Caller]) -> None:
    assert [said(caller(tenant_id=tenant(new_id()), tier=tier)) for tier in PLANS] == [None, None, None]
    assert said(caller()) is None


def test_the_tiers_of_the_policy_bear_it_and_no_other(caller: Callable[..., Caller]) -> None:
    tenant_id = tenant(new_id())
    watermarks.set_policy(tenant_id, policy("free"))
    assert said(caller(tenant_id=tenant_id, tier="free")) == "Acme Studio"
    assert said(caller(tenant_id=tenant_id, tier="pro")) is None
    assert said(caller(tenant_id=tenant_id, tier="nobody knows")) == "Acme Studio"
    assert said(caller(tenant_id=tenant_id, tier="free", is_admin=True, is_tenant_admin=True)) == "Acme Studio"
    assert said(caller(tier="free")) is None


def test_what_the_platform_marks_a_tenant_cannot_leave_unmarked_but_brand(caller: Callable[..., Caller]) -> None:
    tenant(SYSTEM_TENANT_ID, "FlatRender")
    one, other = tenant(new_id()), tenant(new_id())
    watermarks.set_policy(SYSTEM_TENANT_ID, policy("free", text="FlatRender"))
    watermarks.set_policy(other, policy("pro", text="Other"))
    assert [said(caller(tenant_id=one, tier=tier)) for tier in PLANS] == ["FlatRender", None, None]
    assert [said(caller(tenant_id=other, tier=tier)) for tier in PLANS] == ["Other", "Other", None]
    watermarks.set_policy(other, policy(text="Other"))
    assert [said(caller(tenant_id=other, tier=tier)) for tier in PLANS] == ["Other", None, None]
    watermarks.remove_policy(other)
    watermarks.remove_policy(SYSTEM_TENANT_ID)
    assert [said(caller(tenant_id=other, tier=tier)) for tier in PLANS] == [None, None, None]


def test_its_picture_is_any_user_s_of_the_tenant_and_no_other_tenant_s(
    caller: Callable[..., Caller], photo: Callable[..., str]
) -> None:
    tenant_id, stranger = tenant(new_id()), tenant(new_id())
    tenant(SYSTEM_TENANT_ID, "FlatRender")
    admin = new_id()
    own = photo(tenant_id=tenant_id, user_id=admin)
    foreign, system = photo(tenant_id=stranger, user_id=admin), photo(tenant_id=SYSTEM_TENANT_ID, user_id=admin)
    song, waiting = (
        photo(tenant_id=tenant_id, user_id=admin, **given) for given in ({"kind": "audio"}, {"status": "pending"})
    )
    watermarks.set_policy(tenant_id, policy("free", asset=own))
    user = caller(tenant_id=tenant_id)
    found = watermarks.of(user, CANVAS)
    assert found is not None
    assert (found.layer["asset"], list(found.assets)) == (own, [own])
    assert files.object_key(tenant_id, found.assets[own]) == storage.file_key(tenant_id, own)

    for unfit in (foreign, system, song, waiting, new_id()):
        with pytest.raises(WatermarkInvalid) as refused:
            watermarks.set_policy(tenant_id, policy("free", asset=unfit))
        assert [fault["pointer"] for fault in refused.value.details["faults"]] == ["/mark/asset"]
    still = watermarks.of(user, CANVAS)
    assert still is not None
    assert still.layer["asset"] == own


def test_a_foreign_picture_that_got_into_a_policy_is_not_drawn(
    caller: Callable[..., Caller], photo: Callable[..., str]
) -> None:
    tenant_id = tenant(new_id(), "Acme")
    foreign = photo(tenant_id=new_id(), user_id=new_id())
    tenants.set_watermark(tenant_id, policy("free", asset=foreign, opacity=0.4))
    found = watermarks.of(caller(tenant_id=tenant_id), CANVAS)
    assert found is not None
    assert (dict(found.assets), found.layer["runs"]) == ({}, [{"text": "Acme"}])
    assert found.layer["transform"] == {"opacity": 0.4}


@pytest.mark.parametrize(
    ("name", "shown"), [("Acme", "Acme"), ("A" * 100, "A" * 40), ("\U00012000 \ue000", "FlatRender")]
)
def test_when_its_picture_is_deleted_the_tenant_s_name_is_drawn(
    name: str, shown: str, caller: Callable[..., Caller], photo: Callable[..., str]
) -> None:
    owner = caller(tenant_id=tenant(new_id(), name))
    picture = photo(tenant_id=owner.tenant_id, user_id=owner.user_id)
    watermarks.set_policy(owner.tenant_id, policy("free", asset=picture))
    tenants_file = files.repository.get(owner.tenant_id, picture)
    assert tenants_file is not None
    tenants_file.delete()
    watermarks.forget()
    assert said(owner) == shown


def test_a_text_that_no_font_has_and_a_tenant_that_is_not_there_are_refused() -> None:
    with pytest.raises(WatermarkInvalid) as refused:
        watermarks.set_policy(tenant(new_id()), policy("free", text="Acme \U00012000"))
    assert [fault["code"] for fault in refused.value.details["faults"]] == ["glyph_missing"]
    with pytest.raises(TenantNotFound):
        watermarks.set_policy(new_id(), policy("free"))


def test_it_is_read_once_a_minute(
    caller: Callable[..., Caller], photo: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id = tenant(new_id())
    picture = photo(tenant_id=tenant_id, user_id=new_id())
    watermarks.set_policy(tenant_id, policy("free", asset=picture))
    calls = record_calls(monkeypatch)
    clock = [1000.0]
    monkeypatch.setattr("flatrender.studio.watermarks.time.monotonic", lambda: clock[0])
    user = caller(tenant_id=tenant_id)
    watermarks.of(user, CANVAS)
    assert calls == ["BatchGetItem", "BatchGetItem"]
    for _ in range(3):
        watermarks.of(user, CANVAS)
        watermarks.of(caller(tenant_id=tenant_id, tier="pro"), CANVAS)
    assert len(calls) == 2
    clock[0] += watermarks.KEPT_SECONDS
    watermarks.of(user, CANVAS)
    assert len(calls) == 4


def test_a_preview_bears_it(invoke: Callable[..., Any], studio: Studio, make: Callable[..., dict[str, Any]]) -> None:
    project = make(composition=composition(overlays=[{"type": "solid", "color": "#ff0000"}]))
    tenant(studio.caller.tenant_id)

    def shown(by: Caller) -> Any:
        answer = invoke(
            "studio/preview", "POST", f"/v1/projects/{project['id']}/preview", caller=by, query={"width": "320"}
        )
        assert answer.status == 200, answer
        return skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(base64.b64decode(answer.body))).toarray()

    plain = shown(studio.caller)
    watermarks.set_policy(studio.caller.tenant_id, policy("free", text="Acme", size=0.5))
    marked = shown(studio.caller)
    changed = abs(marked.astype(int) - plain.astype(int)).max(axis=2) > 60
    assert changed[90:, 160:].sum() > 100
    assert not changed[:80, :150].any()
    paid = studio.caller.model_copy(update={"tier": "pro"})
    assert (shown(paid) == plain).all()
