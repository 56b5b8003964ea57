"""Templates to publish, and a catalogue to publish them into."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flatrender.composition.schemas import TemplateDefinition
from flatrender.content import service
from flatrender.kernel.ids import SYSTEM_TENANT_ID

COMPOSITION = {
    "canvas": {"width": 640, "height": 360},
    "scenes": [
        {
            "duration": 2.0,
            "layers": [{"type": "text", "box": [0, 0, 640, 360], "runs": [{"text": {"$input": "title"}}]}],
        }
    ],
}


def definition(code: str, **given: Any) -> TemplateDefinition:
    known: dict[str, Any] = {
        "code": code,
        "name": {"en": f"{code.replace('-', ' ').title()}"},
        "description": {"en": "For tests."},
        "category": "promo",
        "tags": ["photo"],
        "aspect": "16:9",
        "duration": 2.0,
        "inputs": [{"name": "title", "type": "text", "label": {"en": "Title"}, "default": "Hello", "max_length": 40}],
        "composition": COMPOSITION,
    }
    return TemplateDefinition.model_validate(known | given)


@pytest.fixture
def publish(aws: None) -> Iterator[Callable[..., service.Published]]:
    """`publish("code", tenant_id=…, preview_file_id=…, category=…)`: by the system tenant unless said otherwise."""

    def make(
        code: str,
        *,
        tenant_id: str = SYSTEM_TENANT_ID,
        preview_file_id: str | None = None,
        preview_clip_file_id: str | None = None,
        **given: Any,
    ) -> service.Published:
        return service.publish(tenant_id, definition(code, **given), preview_file_id, preview_clip_file_id)

    service.forget_definitions()
    yield make
    service.forget_definitions()
