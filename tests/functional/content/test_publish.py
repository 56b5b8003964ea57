"""Publishing: versions never change, and the index follows."""

from collections.abc import Callable
from typing import Any

import pytest

from flatrender.content import repository, service
from flatrender.content.errors import TemplateInvalid, TemplateNotFound, TemplateTooLarge
from flatrender.content.model import PostingItem, catalog_pk
from flatrender.kernel.caller import Caller
from flatrender.kernel.errors import Conflict
from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.kernel.paging import PageRequest

type Publish = Callable[..., service.Published]


def found(caller: Caller, **wanted: str) -> list[str]:
    page = service.templates(caller, service.TemplateFilter(**wanted), PageRequest())
    return [template.code for template in page.data]


def postings(facet: str) -> set[str]:
    return {item.sk.split("#")[0] for item in PostingItem.query(catalog_pk(SYSTEM_TENANT_ID, facet))}


def test_the_same_content_is_no_new_version(publish: Publish) -> None:
    first, again = publish("shop"), publish("shop")
    assert (first.version, first.is_new) == (1, True)
    assert (again.version, again.is_new) == (1, False)
    preview = new_id()
    assert publish("shop", preview_file_id=preview).version == 2
    assert publish("shop", preview_file_id=preview, preview_clip_file_id=new_id()).version == 3


def test_a_version_stays_as_it_was(publish: Publish, caller: Callable[..., Caller]) -> None:
    tenant_id = caller().tenant_id
    first = publish("shop", duration=2.0)
    second = publish("shop", duration=3.0)
    assert second.template_id == first.template_id
    assert service.template(tenant_id, first.template_id).duration == 3.0
    assert service.template(tenant_id, first.template_id, 1).duration == 2.0
    with pytest.raises(TemplateNotFound):
        service.template(tenant_id, first.template_id, 3)


def test_another_tenant_gets_no_version_even_when_it_was_read_before(publish: Publish) -> None:
    owner = new_id()
    theirs = publish("theirs", tenant_id=owner)
    assert service.template(owner, theirs.template_id, 1).code == "theirs"
    assert service.template(owner, theirs.template_id).code == "theirs"
    for version in (None, 1):
        with pytest.raises(TemplateNotFound):
            service.template(new_id(), theirs.template_id, version)


def test_the_index_moves_with_the_content(publish: Publish, caller: Callable[..., Caller]) -> None:
    someone = caller()
    publish("shop", name={"en": "Shop"}, tags=["old"], category="promo")
    publish("shop", name={"en": "Store"}, tags=["new"], category="social")
    assert (found(someone, q="shop"), found(someone, q="store")) == ([], ["shop"])
    assert (found(someone, tag="old"), found(someone, tag="new")) == ([], ["shop"])
    assert (found(someone, category="promo"), found(someone, category="social")) == ([], ["shop"])
    assert [(item.code, item.templates) for item in service.categories(someone).data] == [("social", 1)]
    assert postings("TAG") == {"new"}


def test_the_largest_change_fits_one_transaction(publish: Publish, caller: Callable[..., Caller]) -> None:
    def words(prefix: str) -> dict[str, Any]:
        text = " ".join(f"{prefix}{number}" for number in range(100))
        return {
            "description": {"en": text},
            "tags": [f"{prefix}tag{n}" for n in range(20)],
            "category": f"{prefix}category",
            "aspect": "1:1" if prefix == "a" else "4:5",
        }

    publish("shop", **words("a"))
    publish("shop", **words("b"))
    someone = caller()
    assert found(someone, q="b1") == ["shop"]
    assert found(someone, q="a1") == []
    # three of the category's, the aspect's and the whole list's, the rest are tags and words
    assert len(postings("WORD")) + len(postings("TAG")) + 3 == repository.MAX_POSTINGS


def test_two_publishers_do_not_overwrite_each_other(publish: Publish) -> None:
    publish("shop")
    stale = repository.head(SYSTEM_TENANT_ID, service.template_id_of(SYSTEM_TENANT_ID, "shop"))
    assert stale is not None
    publish("shop", duration=3.0)
    second = repository.head(SYSTEM_TENANT_ID, stale.template_id)
    assert second is not None
    with pytest.raises(Conflict):
        repository.publish(second, "{}", stale)
    assert service.template(SYSTEM_TENANT_ID, stale.template_id).duration == 3.0


def test_a_template_that_cannot_be_stored_is_refused(publish: Publish) -> None:
    with pytest.raises(TemplateTooLarge):
        publish("shop", inputs=[], composition={"padding": "x" * 300_000})


def test_the_same_code_of_two_tenants_is_two_templates(publish: Publish) -> None:
    assert publish("shop").template_id != publish("shop", tenant_id=new_id()).template_id


def test_a_template_at_odds_with_itself_is_refused_with_every_fault(publish: Publish) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        publish("shop", composition={"title": {"$input": "titel"}})
    found = {fault["pointer"]: fault["code"] for fault in refused.value.details["faults"]}
    assert found == {"/composition/title/$input": "unknown_input", "/inputs/0": "unused_input"}
