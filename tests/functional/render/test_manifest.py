"""Given a published result, when its manifest is read, then it is signed, true, and enough to make the same bytes."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import signing
from tests.support.renders import Compute, composition, finish, objects, pointer, render_chunks, submit

from flatrender.composition import fonts
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.version import ENGINE_VERSION
from flatrender.engine.render import render_chunk
from flatrender.kernel.caller import Caller
from flatrender.kernel.canonical import sha256
from flatrender.ledger import service as ledger
from flatrender.platform import storage
from flatrender.render import manifest, repository, service
from flatrender.render.errors import RenderEnded
from flatrender.render.pipeline import assemble, publish, verify
from flatrender.render.steps import Step
from flatrender_cli.manifest import Unverified, check_file, verified

Rich = Callable[..., Caller]


def film() -> dict[str, Any]:
    made = composition()
    words = {
        "type": "text",
        "box": [0, 50, 160, 40],
        "runs": [{"text": "سلام 1"}],
        "style": {"font": "Inter", "size": 20},
    }
    made["scenes"][0]["layers"].append(words)
    return made


def published(caller: Caller, document: dict[str, Any]) -> tuple[Step, bytes]:
    """The pointer to a finished job, and its manifest.json."""
    step = pointer(caller, submit(caller, document))
    render_chunks(step)
    assert finish(step) == {"outcome": "ok"}
    return step, storage.read(storage.result_prefix(step.tenant_id, step.job_id) + publish.MANIFEST)


def test_a_result_has_a_manifest_that_is_true(rich: Rich, recorded: Compute, tmp_path: Path) -> None:
    caller, document = rich(), film()
    step, file = published(caller, document)

    found = verified(file, signing.jwks())

    video = tmp_path / "result.mp4"
    storage.download(storage.result_prefix(step.tenant_id, step.job_id) + "video.mp4", video)
    check_file(found, video)
    assert found["job"] == {"id": step.job_id, "tenant_id": step.tenant_id, "project_id": None}
    assert found["engine"]["version"] == ENGINE_VERSION
    assert found["composition"] == {"sha256": sha256(document)}
    assert (found["output"]["frames"], found["output"]["profile"]["codec"]) == (24, "h264")
    assert {face["family"] for face in found["fonts"]} == {"Inter", "Vazirmatn"}
    shipped = {face.sha256 for family in fonts.shipped().families.values() for face in family.faces}
    assert {face["sha256"] for face in found["fonts"]} <= shipped
    assert [(chunk["first_frame"], chunk["frames"]) for chunk in found["chunks"]] == [(0, 12), (12, 12)]
    for chunk in found["chunks"]:
        stored = storage.read(storage.chunk_key(step.tenant_id, chunk["key"]))
        assert hashlib.sha256(stored).hexdigest() == chunk["sha256"]
        tools = found["tools"][chunk["tools"]]
        assert {"av", "libavcodec", "skia-python", "x264", "machine", "encoder_threads"} <= set(tools)
    assert (found["audio"], found["watermark"], found["template"]) == (None, None, None)
    link = service.get(caller, step.job_id).result
    assert link is not None
    assert "manifest.json" in str(link.manifest_url)


def test_the_same_manifest_renders_the_same_bytes(rich: Rich, recorded: Compute, tmp_path: Path) -> None:
    """Once more by another tenant, which shares no cache, and offline from nothing but manifest and composition."""
    _, first = published(rich(), film())
    _, second = published(rich(), film())
    one, other = (verified(file, signing.jwks()) for file in (first, second))
    assert [chunk["sha256"] for chunk in one["chunks"]] == [chunk["sha256"] for chunk in other["chunks"]]
    assert one["output"]["sha256"] == other["output"]["sha256"]
    profile = Profile.model_validate(one["output"]["profile"])
    for chunk in one["chunks"]:
        out = tmp_path / "chunk.mp4"
        threads = int(one["tools"][chunk["tools"]]["encoder_threads"])
        made = Composition.model_validate(film())
        render_chunk(made, {}, profile, chunk["first_frame"], chunk["frames"], out, lambda _: None, threads=threads)
        assert hashlib.sha256(out.read_bytes()).hexdigest() == chunk["sha256"]


def test_what_is_cached_is_named_with_what_made_it(rich: Rich, recorded: Compute) -> None:
    caller = rich()
    _, first = published(caller, film())
    _, again = published(caller, film())
    assert verified(first, signing.jwks())["chunks"] == verified(again, signing.jwks())["chunks"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda file: file["manifest"]["output"].update(sha256="0" * 64), "changed"),
        (lambda file: file["manifest"]["chunks"][0].update(key="0" * 64), "changed"),
        (lambda file: file["manifest"].update(more=1), "changed"),
        (lambda file: file.update(signature=file["signature"][:-8] + "AAAAAAAA"), "not good"),
        (lambda file: file.update(signature="x"), "no manifest"),
        (lambda file: file.pop("signature"), "no manifest"),
        (lambda file: file["manifest"].update(created_at=float("nan")), "no manifest"),
    ],
)
def test_a_manifest_that_was_tampered_with_is_refused(
    change: Callable[[dict[str, Any]], Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing.use(monkeypatch)
    content = {
        "format": "flatrender.manifest/1",
        "issuer": "",
        "output": {"sha256": "1" * 64},
        "chunks": [{"key": "2"}],
    }
    file = json.loads(manifest.signed(content))
    assert verified(json.dumps(file).encode(), signing.jwks()) == content
    change(file)
    with pytest.raises(Unverified, match=why):
        verified(json.dumps(file).encode(), signing.jwks())


def test_no_other_token_of_the_service_passes_for_a_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    signing.use(monkeypatch)
    content = {"format": "flatrender.manifest/1"}
    claims = {"iss": "", "sha256": sha256(content)}
    token = {"manifest": content, "signature": signing.signing.jws("any", "JWT", claims)}
    with pytest.raises(Unverified, match="not that of a manifest"):
        verified(json.dumps(token).encode(), signing.jwks())
    unknown = {"keys": [{**signing.jwks()["keys"][0], "kid": "other"}]}
    with pytest.raises(Unverified, match="does not know the key"):
        verified(manifest.signed({**content, "issuer": ""}), unknown)


def test_a_job_that_ends_while_it_is_published_leaves_no_manifest(
    rich: Rich, recorded: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rich()
    step = pointer(caller, submit(caller))
    render_chunks(step)
    assert assemble.run(step) == {"outcome": "ok"}
    verified_step = publish.Verified(**step.model_dump(), result=verify.run(step)["result"])

    def cancelled(*_: Any) -> list[Any]:
        service.cancel(caller, step.job_id)
        raise RenderEnded

    monkeypatch.setattr(ledger, "settle", cancelled)
    assert publish.run(verified_step) == {"outcome": "ended"}
    assert repository.status(step.tenant_id, step.job_id) == "cancelled"
    assert not [key for key in objects() if step.job_id in key]
