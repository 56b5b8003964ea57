"""A tenant's watermark, set as an operator sets it, is on what its users render, and on nobody else's."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from tests.support import photos, tenants
from tests.support.functions import ROOT
from tests.support.people import User, film
from tests.support.stack import Stack
from tests.support.video import picture, share_of

from flatrender_cli.api import Api


def set_watermark(stack: Stack, slug: str, policy: Path) -> None:
    command = [sys.executable, str(ROOT / "infra/seed/watermark.py"), slug, str(policy), "--stack", stack.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers/core/python")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def preview(api: Api, project_id: str, token: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Accept": "image/jpeg"}
    answer = httpx.post(f"{api.url}/v1/projects/{project_id}/preview?width=640", headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_it_is_quoted_previewed_and_rendered(
    stack: Stack, make_user: Callable[..., User], two_photos: tuple[Path, Path], tmp_path: Path
) -> None:
    slug = tenants.another(stack)
    user, elsewhere = make_user(slug), make_user()
    (logo,) = user.upload(two_photos[1])
    policy = tmp_path / "policy.json"
    mark = {"asset": logo, "position": "bottom-right", "size": 0.5, "margin": 0, "opacity": 1}
    policy.write_text(json.dumps({"tiers": ["free"], "mark": mark}))
    set_watermark(stack, slug, policy)

    request = {"composition": film(0.5)}
    assert [one.api.post("/v1/renders/quote", request)["watermark"] for one in (user, elsewhere)] == [True, False]
    project = user.api.post("/v1/projects", {"name": "Marked", **request})
    seen = picture(preview(user.api, project["id"], user.account.access_token))
    job = user.wait(user.submit({"project_id": project["id"]})["id"])
    assert job["status"] == "completed", job
    poster = picture(httpx.get(job["result"]["poster_url"], timeout=30).content)
    for shown in (seen, poster):
        height, width = shown.shape[:2]
        side = min(height, width)
        corner = shown[height - side // 4 :, width - side // 4 :]
        assert share_of(corner, photos.GREEN) > 0.8
        assert share_of(shown[: height // 3, : width // 3], photos.GREEN) < 0.05
