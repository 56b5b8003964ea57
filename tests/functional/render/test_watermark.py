"""Renders under a tenant's watermark: told by the quote, part of what is drawn, and out of the document's reach."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.dynamodb import record_calls
from tests.support.renders import composition, finish, pointer, render_chunks, submit

from flatrender.composition.limits import MAX_LAYERS
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.platform import storage
from flatrender.render import drafts, service
from flatrender.render.schemas import RenderRequest
from flatrender.studio import watermarks
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import WatermarkPolicy

TINY = {"type": "solid", "color": "#ffffff", "box": [0, 0, 1, 1]}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    watermarks.forget()
    yield
    watermarks.forget()


@pytest.fixture
def free(rich: Callable[..., Caller]) -> Caller:
    """A free user of a tenant whose free users bear its mark."""
    made = rich(tier="free")
    tenants.create(tenant_id=made.tenant_id, slug="acme", name="Acme", contact_email="office@acme.example")
    mark(made)
    return made


def mark(owner: Caller, *tiers: str, **given: Any) -> None:
    fields = {"text": "Acme", "size": 0.5, "opacity": 1.0} | given
    made = WatermarkPolicy.model_validate({"tiers": tiers or ("free",), "mark": fields})
    watermarks.set_policy(owner.tenant_id, made)


def paid(user: Caller) -> Caller:
    return user.model_copy(update={"tier": "pro"})


def keys(caller: Caller, document: dict[str, Any] | None = None) -> list[str]:
    request = RenderRequest(composition=document or composition())
    return [chunk.key for chunk in drafts.draft(caller, request).order.chunks()]


def test_a_quote_tells_of_it(free: Caller, rich: Callable[..., Caller], invoke: Callable[..., Any]) -> None:
    def quoted(by: Caller, **output: Any) -> Any:
        body = {"composition": composition(), "output": output}
        answer = invoke("render/quotes", "POST", "/v1/renders/quote", body=body, caller=by)
        assert answer.status == 200, answer
        return answer.json["watermark"]

    assert quoted(free) is True
    assert quoted(free, format="png") is True
    assert quoted(paid(free)) is False
    assert quoted(rich(tier="free")) is False


def test_it_costs_a_warm_function_no_read(free: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RenderRequest(composition=composition())
    drafts.draft(free, request)
    calls = record_calls(monkeypatch)
    drafts.draft(free, request)
    marked = list(calls)
    watermarks.remove_policy(free.tenant_id)
    drafts.draft(free, request)
    calls.clear()
    drafts.draft(free, request)
    assert calls == marked == ["BatchGetItem"]


def test_keys_are_those_of_what_is_drawn(free: Caller, rich: Callable[..., Caller]) -> None:
    plain, first = keys(paid(free)), keys(free)
    assert plain == keys(rich(tier="free"))
    assert not set(plain) & set(first)
    mark(free, text="Acme Films")
    second = keys(free)
    assert not set(second) & {*plain, *first}
    mark(free)
    assert keys(free) == first


@pytest.mark.parametrize("form", ["mp3", "m4a"])
def test_sound_alone_bears_none(form: str, free: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RenderRequest.model_validate({"composition": composition(), "output": {"format": form}})
    orders = []
    plain = drafts.WorkOrder
    monkeypatch.setattr(drafts, "WorkOrder", lambda **given: orders.append(plain(**given)) or orders[-1])
    with pytest.raises(drafts.InvalidRender):  # it is silent, too
        drafts.draft(free, request)
    assert [order.watermark for order in orders] == [None]


def test_a_document_cannot_use_up_its_place_or_speak_of_it(free: Caller) -> None:
    hostile = composition(scenes=1) | {"overlays": [TINY] * (MAX_LAYERS - 1)}
    order = drafts.draft(free, RenderRequest(composition=hostile)).order
    assert len(order.composition.overlays) == MAX_LAYERS
    assert order.composition.overlays[-1].type == "text"
    assert order.document == hostile
    again = type(order).unpack(order.pack())
    assert again.composition == order.composition
    assert [chunk.key for chunk in again.chunks()] == [chunk.key for chunk in order.chunks()]

    for field in ("watermark", "mark"):
        with pytest.raises(drafts.InvalidRender):
            drafts.draft(free, RenderRequest(composition=composition() | {field: None}))
    over = composition() | {"overlays": [TINY] * MAX_LAYERS}
    with pytest.raises(drafts.InvalidRender) as refused:
        drafts.draft(free, RenderRequest(composition=over))
    assert [fault["code"] for fault in refused.value.details["faults"]] == ["too_many_layers"]


def test_the_video_shows_it_from_the_first_frame_to_the_last(free: Caller, tmp_path: Any) -> None:
    import av

    found = {}
    for by in (free, paid(free)):
        job = submit(by)
        step = pointer(by, job)
        render_chunks(step)
        assert finish(step) == {"outcome": "ok"}
        assert service.get(by, job.id).status == "completed"
        prefix = storage.result_prefix(by.tenant_id, job.id)
        manifest = json.loads(storage.read(prefix + "manifest.json"))["manifest"]
        assert manifest["watermark"] == drafts.draft(by, RenderRequest(composition=composition())).order.watermark
        assert (manifest["watermark"] is None) == (by.tier == "pro")
        path = tmp_path / f"{new_id()}.mp4"
        storage.download(prefix + "video.mp4", path)
        with av.open(str(path)) as film:
            found[by.tier] = [shown.to_ndarray(format="rgb24").astype(int) for shown in film.decode(video=0)]
    assert len(found["free"]) == len(found["pro"]) == 24
    for marked, plain in zip(found["free"], found["pro"], strict=True):
        lit = abs(marked - plain).max(axis=2) > 60
        assert lit[60:, 100:].sum() > 20
        assert not lit[:60, :100].any()
