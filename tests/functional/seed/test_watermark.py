"""The command that sets a tenant's watermark."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from flatrender.composition.schemas import Canvas
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.studio import watermarks
from flatrender.tenants import service as tenants

ROOT = Path(__file__).resolve().parents[3]
TENANT = new_id()


@pytest.fixture
def command(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    tenants.create(tenant_id=TENANT, slug="demo", name="Demo Studio", contact_email="office@demo.example")
    monkeypatch.syspath_prepend(str(ROOT / "infra/seed"))
    monkeypatch.setenv("CONTENT_TABLE", "content")  # as inside a deployment: nothing is looked up
    spec = importlib.util.spec_from_file_location("seed_watermark", ROOT / "infra/seed/watermark.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    watermarks.forget()
    yield module
    watermarks.forget()
    sys.modules.pop("deployment", None)


def written(folder: Path, **policy: object) -> str:
    path = folder / "policy.json"
    path.write_text(json.dumps(policy))
    return str(path)


def test_it_sets_and_removes(
    command: ModuleType, caller: Callable[..., Caller], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user, canvas = caller(tenant_id=TENANT), Canvas(width=640, height=360)
    policy = written(tmp_path, tiers=["free"], mark={"text": "Made with Demo Studio", "position": "tile"})
    assert command.main(["demo", policy]) == 0
    assert "Demo Studio marks these tiers: free." in capsys.readouterr().out
    made = watermarks.of(user, canvas)
    assert made is not None
    assert made.layer["type"] == "group"
    assert command.main(["demo", "--remove"]) == 0
    assert watermarks.of(user, canvas) is None


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"tiers": ["gold"], "mark": {"text": "A"}}, "/tiers/0: "),
        ({"tiers": ["free"], "mark": {}}, "Give either 'asset' or 'text'"),
        ({"tiers": ["free"], "mark": {"asset": TENANT}}, "there is no ready picture or SVG"),
    ],
)
def test_it_says_what_is_wrong(
    policy: dict[str, object], told: str, command: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["demo", written(tmp_path, **policy)]) == 1
    assert told in capsys.readouterr().err


def test_a_tenant_that_is_not_there_is_told(
    command: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["nobody", written(tmp_path, tiers=["free"], mark={"text": "A"})]) == 1
    assert "There is no tenant of this name." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["demo"])


def test_the_policy_in_the_guide_can_be_set(command: ModuleType, caller: Callable[..., Caller], tmp_path: Path) -> None:
    guide = (ROOT / "docs/guide/watermarks.md").read_text("utf-8")
    policy = json.loads(guide.split("```json\n")[1].split("```")[0])
    assert command.main(["demo", written(tmp_path, **policy)]) == 0
    made = watermarks.of(caller(tenant_id=TENANT), Canvas(width=640, height=360))
    assert made is not None
    assert made.layer["runs"] == [{"text": policy["mark"]["text"]}]
