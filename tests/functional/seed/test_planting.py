"""The real seed into an empty AWS, twice."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flatrender.content import service as content
from flatrender.files import service as files
from flatrender.identity import passwords
from flatrender.identity.repository import email_state
from flatrender.kernel.ids import SYSTEM_TENANT_ID
from flatrender.platform import storage

ROOT = Path(__file__).resolve().parents[3]
BUILT_IN = {path.stem for path in (ROOT / "infra/seed/templates").glob("*.json")}


@pytest.fixture
def planting(aws: None) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("planting", ROOT / "infra/seed/planting.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    content.forget_definitions()
    yield module
    content.forget_definitions()


def plant(planting: ModuleType) -> tuple[list[str], list[tuple[str, str]]]:
    """What was said, and which passwords were told."""
    told: list[tuple[str, str]] = []
    said = [
        *planting.plant_tenants(),
        *planting.plant_admin(reset=False, keep=lambda email, password: told.append((email, password))),
        *planting.plant_assets(),
        *planting.plant_templates(),
    ]
    return said, told


def test_a_new_deployment_has_what_it_needs_and_a_second_seed_changes_nothing(
    planting: ModuleType, invoke: Callable[..., Any], caller: Callable[..., Any]
) -> None:
    _, [(_, password)] = plant(planting)
    said, told = plant(planting)
    assert told == []
    assert not any(password in line for line in said)
    assert any("--reset-admin-password" in line for line in said)
    listed = invoke("content/templates", "GET", "/v1/templates", caller=caller()).json["data"]
    assert len(BUILT_IN) == 12
    assert {template["code"] for template in listed} == BUILT_IN
    assert {template["version"] for template in listed} == {1}
    for template in listed:
        for field, kind in (("preview_url", "jpg"), ("preview_clip_url", "mp4")):
            key = "files/" + template[field].partition("?")[0].partition("/files/")[2]
            assert storage.read(key) == (ROOT / f"infra/seed/templates/{template['code']}.{kind}").read_bytes()


def test_a_project_of_every_template_is_valid_as_it_comes(
    planting: ModuleType, invoke: Callable[..., Any], caller: Callable[..., Any]
) -> None:
    plant(planting)
    someone = caller()
    for template in invoke("content/templates", "GET", "/v1/templates", caller=someone).json["data"]:
        detail = invoke("content/templates", "GET", f"/v1/templates/{template['id']}", caller=someone).json
        declared = json.loads((ROOT / f"infra/seed/templates/{template['code']}.json").read_text())["inputs"]
        assert [(field["name"], field["type"]) for field in detail["inputs"]] == [
            (field["name"], field["type"]) for field in declared
        ]
        body = {"name": "New", "template_id": template["id"]}
        project = invoke("studio/projects", "POST", "/v1/projects", caller=someone, body=body).json
        path = f"/v1/projects/{project['id']}/validate"
        validation = invoke("studio/projects", "POST", path, caller=someone).json
        assert (validation["valid"], validation["faults"]) == (True, [])
        assert validation["duration"] == pytest.approx(template["duration"])


def test_the_administrator_logs_in_and_the_password_can_be_reset(
    planting: ModuleType, invoke: Callable[..., Any]
) -> None:
    told: list[tuple[str, str]] = []
    list(planting.plant_tenants())
    for reset in (False, True):
        list(planting.plant_admin(reset=reset, keep=lambda email, password: told.append((email, password))))
    [(email, first), (_, second)] = told
    kept = email_state(SYSTEM_TENANT_ID, email).password_hash
    assert not passwords.matches(first, kept)
    assert passwords.matches(second, kept)


def test_new_content_of_an_asset_replaces_the_old(planting: ModuleType, tmp_path: Path) -> None:
    entry = json.loads((ROOT / "infra/seed/assets/assets.json").read_text())[0]
    (tmp_path / "assets.json").write_text(json.dumps([entry]))
    hashes = set()
    for source in ("mountains.jpg", "dogs.jpg"):
        (tmp_path / entry["file"]).write_bytes((ROOT / "infra/seed/assets" / source).read_bytes())
        list(planting.plant_assets(tmp_path))
        info = files.assets(SYSTEM_TENANT_ID, [entry["id"]])[entry["id"]]
        stored = storage.read(storage.file_key(SYSTEM_TENANT_ID, entry["id"]))
        assert stored == (tmp_path / entry["file"]).read_bytes()
        hashes.add(info.sha256)
    assert len(hashes) == 2


def test_a_template_that_would_not_render_is_not_published(planting: ModuleType, tmp_path: Path) -> None:
    promo = (ROOT / "infra/seed/templates/promo.json").read_text()
    (tmp_path / "promo.json").write_text(promo)
    with pytest.raises(planting.Unfit, match=r"promo.json cannot be published: /scenes/.*There is no file"):
        list(planting.plant_templates(tmp_path))
