"""The render context against moto, with the real engine on small videos; Step Functions and Batch are recorded."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import signing
from tests.support.renders import MACHINE, Compute

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.ledger import service as ledger
from flatrender.render import compute, machine, sizing, worker

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> Compute:
    stand_in = Compute()
    for name in ("start", "stop", "succeed", "fail", "heartbeat", "submit", "is_queued", "order_of", "terminate"):
        monkeypatch.setattr(compute, name, getattr(stand_in, name))
    return stand_in


@pytest.fixture(autouse=True)
def _facts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("RENDER_CHUNK_SECONDS", "1")
    monkeypatch.setenv("BATCH_QUEUE", "flatrender-render")
    monkeypatch.setenv("RENDER_STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("FONTS_DIR", str(ROOT / "layers/fonts"))
    monkeypatch.setattr(machine, "folder", lambda: tmp_path)
    signing.use(monkeypatch)
    sizing.sizing.cache_clear()
    worker._orders.clear()
    yield
    sizing.sizing.cache_clear()


@pytest.fixture
def rich(aws: None, caller: Callable[..., Caller]) -> Callable[..., Caller]:
    """`rich(seconds=100, tier="pro")`: a new caller with render seconds."""

    def make(seconds: int = 100, **given: Any) -> Caller:
        made = caller(**given)
        assert ledger.credit(made.tenant_id, made.user_id, seconds, "test", new_id())
        return made

    return make
