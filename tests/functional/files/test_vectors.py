"""SVG and Lottie files from upload to what compositions know of them."""

from typing import Any

import pytest
from tests.functional.files.conftest import Bucket
from tests.unit.engine_draw.vectors import lottie, runner, svg, text

from flatrender.composition.limits import MAX_LOTTIE_BYTES, MAX_SVG_BYTES
from flatrender.files import service
from flatrender.platform import storage


@pytest.fixture
def uploaded(ask: Any, bucket: Bucket, probe: Any, read: Any, caller: Any) -> Any:
    """Uploads and examines; returns the file as its owner reads it, and its owner."""

    def make(body: bytes, content_type: str) -> tuple[dict[str, Any], Any]:
        who = caller()
        made = ask(who, size=len(body), content_type=content_type, filename="drawing")
        assert made.status == 201, made.json
        file_id = made.json["file"]["id"]
        key = storage.upload_key(who.tenant_id, file_id)
        bucket.put(key, body)
        assert probe(key) == []
        return read(who, file_id).json, who

    return make


def test_a_drawing_becomes_a_file(uploaded: Any, bucket: Bucket, told: Any) -> None:
    file, who = uploaded(svg(), "image/svg+xml")
    assert (file["status"], file["kind"], file["content_type"]) == ("ready", "svg", "image/svg+xml")
    assert (file["width"], file["height"], file["slots"]) == (100, 50, None)
    assert bucket.type_of(storage.file_key(who.tenant_id, file["id"])) == "image/svg+xml"
    info = service.assets(who.tenant_id, [file["id"]])[file["id"]]
    assert (info.kind, info.width, info.height, info.slots) == ("svg", 100, 50, None)
    assert [(event["type"], event["data"]["kind"]) for event in told()] == [("file.ready.v1", "svg")]


def test_an_animation_becomes_a_file_that_tells_its_slots(uploaded: Any, bucket: Bucket, told: Any) -> None:
    file, who = uploaded(lottie([text("Hi", "title")]), "application/json")
    assert (file["status"], file["kind"], file["content_type"]) == ("ready", "lottie", "video/lottie+json")
    assert (file["duration_seconds"], file["slots"]) == (2.0, {"title": "text"})
    assert bucket.type_of(storage.file_key(who.tenant_id, file["id"])) == "video/lottie+json"
    info = service.assets(who.tenant_id, [file["id"]])[file["id"]]
    assert (info.kind, info.duration, info.slots) == ("lottie", 2.0, {"title": "text"})
    assert [(event["type"], event["data"]["kind"]) for event in told()] == [("file.ready.v1", "lottie")]


def test_captions_become_a_file_that_remembers_what_not_every_font_has(uploaded: Any) -> None:
    body = "WEBVTT\n\n00:01.000 --> 00:02.500\nA bar \u2590\n"
    file, who = uploaded(body.encode(), "text/vtt")
    assert (file["status"], file["kind"]) == ("ready", "captions")
    info = service.assets(who.tenant_id, [file["id"]])[file["id"]]
    assert info.rare is not None
    assert [(one.text, one.cue, one.start) for one in info.rare] == [("\u2590", "A bar \u2590", 1.0)]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (svg("<text>Hi</text>"), "image/svg+xml", "svg_text"),
        (svg(), "image/png", "type_mismatch"),
        (runner(op=20 * 121), "video/lottie+json", "too_long"),
        (b'{"kind": "invoice"}', "application/json", "unknown_type"),
    ],
)
def test_what_cannot_be_drawn_is_rejected_with_the_reason(
    uploaded: Any, told: Any, body: bytes, content_type: str, code: str
) -> None:
    file, _ = uploaded(body, content_type)
    assert (file["status"], file["rejection"]["code"]) == ("rejected", code)
    assert [event["type"] for event in told()] == ["file.rejected.v1"]


@pytest.mark.parametrize(
    ("content_type", "most"), [("image/svg+xml", MAX_SVG_BYTES), ("application/json", MAX_LOTTIE_BYTES)]
)
def test_they_may_not_be_large(ask: Any, caller: Any, content_type: str, most: int) -> None:
    assert ask(caller(), size=most, content_type=content_type).status == 201
    refused = ask(caller(), size=most + 1, content_type=content_type)
    assert (refused.status, refused.json["error"]["code"]) == (413, "file_too_large")
    assert refused.json["error"]["details"] == {"max_bytes": most}
