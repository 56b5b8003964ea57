"""Templates, files and projects to work with."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flatrender.composition.schemas import TemplateDefinition
from flatrender.content import service as content
from flatrender.files.model import FILE, FileItem
from flatrender.files.repository import file_pk, owner_of
from flatrender.kernel.caller import Caller
from flatrender.kernel.clock import timestamp
from flatrender.kernel.ids import SYSTEM_TENANT_ID, new_id
from flatrender.platform import storage

PHOTO_TEMPLATE: dict[str, Any] = {
    "code": "photo-card",
    "name": {"en": "Photo card"},
    "description": {"en": "A photo with a title."},
    "category": "promo",
    "tags": ["photo"],
    "aspect": "16:9",
    "duration": 4.0,
    "inputs": [
        {"name": "title", "type": "text", "label": {"en": "Title"}, "default": "Hello", "max_length": 20},
        {"name": "photo", "type": "image", "label": {"en": "Photo"}, "required": True},
        {"name": "color", "type": "color", "label": {"en": "Colour"}, "default": "#204060"},
    ],
    "composition": {
        "canvas": {"width": 640, "height": 360, "fps": 25, "background": {"$input": "color"}},
        "scenes": [
            {
                "duration": 4.0,
                "layers": [
                    {"type": "image", "asset": {"$input": "photo"}},
                    {"type": "text", "box": [20, 20, 600, 100], "runs": [{"text": {"$input": "title"}}]},
                ],
            }
        ],
    },
}


def composition(**given: Any) -> dict[str, Any]:
    """A valid composition: two seconds of red, then two of blue."""
    scenes = [{"duration": 2.0, "background": color} for color in ("#ff0000", "#0000ff")]
    return {"canvas": {"width": 320, "height": 180}, "scenes": scenes} | given


class Studio:
    """`studio("GET", "/id/validate", …)`: calls the projects function, as the same user unless `by` another."""

    def __init__(self, invoke: Callable[..., Any], caller: Caller) -> None:
        self.invoke = invoke
        self.caller = caller

    def __call__(self, method: str, path: str = "", *, by: Caller | None = None, **given: Any) -> Any:
        return self.invoke("studio/projects", method, f"/v1/projects{path}", caller=by or self.caller, **given)


@pytest.fixture
def studio(invoke: Callable[..., Any], caller: Callable[..., Caller]) -> Studio:
    return Studio(invoke, caller())


@pytest.fixture
def template(aws: None) -> Iterator[Callable[..., str]]:
    """`template(tenant_id=…, inputs=…) -> template id`: publishes the photo card, the system's by default."""

    def publish(*, tenant_id: str = SYSTEM_TENANT_ID, **given: Any) -> str:
        return content.publish(tenant_id, TemplateDefinition.model_validate(PHOTO_TEMPLATE | given)).template_id

    content.forget_definitions()
    yield publish
    content.forget_definitions()


@pytest.fixture
def photo(studio: Studio) -> Callable[..., str]:
    """`photo(tenant_id=…, user_id=…, body=…, kind="video", …) -> file id`: a ready file, the caller's by default."""

    def make(*, tenant_id: str | None = None, user_id: str | None = None, body: bytes = b"", **given: Any) -> str:
        tenant_id, user_id = tenant_id or studio.caller.tenant_id, user_id or studio.caller.user_id
        file_id, moment = new_id(), timestamp()
        known: dict[str, Any] = {
            "tier": "free",
            "filename": "photo.jpg",
            "kind": "image",
            "content_type": "image/jpeg",
            "size_bytes": len(body),
            "status": "ready",
            "sha256": file_id.replace("-", "") * 2,
            "width": 640,
            "height": 480,
        }
        FileItem(
            pk=file_pk(tenant_id, file_id),
            sk=FILE,
            type="file",
            owner=owner_of(tenant_id, user_id),
            created=f"{moment}#{file_id}",
            file_id=file_id,
            tenant_id=tenant_id,
            user_id=user_id,
            created_at=moment,
            **known | given,
        ).save()
        if body:
            storage.write(storage.file_key(tenant_id, file_id), body, "image/jpeg")
        return file_id

    return make


@pytest.fixture
def make(studio: Studio) -> Callable[..., dict[str, Any]]:
    """`make(name=…, composition=… | template_id=…, inputs=…) -> project`."""

    def create(*, by: Caller | None = None, **body: Any) -> dict[str, Any]:
        body = {"name": "Mine"} | body
        if "template_id" not in body:
            body.setdefault("composition", composition())
        answer = studio("POST", by=by, body=body)
        assert answer.status == 201, answer
        project: dict[str, Any] = answer.json
        return project

    return create
