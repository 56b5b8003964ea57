"""The manifest of a real render, as whoever downloads it verifies it: over HTTP, with the service's published key."""

import json
from pathlib import Path

import httpx
import jwt
import pytest
from tests.support.people import User
from tests.unit.engine import media

from flatrender.kernel.canonical import sha256
from flatrender_cli.manifest import Unverified, check_file, read_keys, verified

from .test_outputs import counting, rendered


def test_a_real_results_manifest_is_good_and_a_changed_one_is_not(user: User, tmp_path: Path) -> None:
    (song,) = user.upload(media.tone(tmp_path / "tone.wav", 2.0))
    film = {**counting(2, 1.0), "audio": [{"asset": song}]}
    job, path = rendered(user, film, tmp_path)
    file = httpx.get(job["result"]["manifest_url"]).content

    keys = read_keys(user.api.url)
    found = verified(file, keys)

    check_file(found, path)
    assert (found["job"]["id"], found["issuer"]) == (job["id"], jwt.decode(
        json.loads(file)["signature"], options={"verify_signature": False})["iss"])  # fmt: skip
    assert found["composition"]["sha256"] == sha256(film)
    assert [asset["id"] for asset in found["assets"]] == [song]
    assert found["output"]["frames"] == sum(chunk["frames"] for chunk in found["chunks"]) == 48
    parts = [*found["chunks"], found["audio"]]
    assert all(len(part["sha256"]) == 64 and found["tools"][part["tools"]]["av"] for part in parts)

    with pytest.raises(Unverified, match="changed"):
        verified(file.replace(song.encode(), b"0" * len(song)), keys)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Unverified, match="bytes"):
        check_file(found, path)


def test_the_key_of_manifests_signs_no_tokens(user: User) -> None:
    keys = read_keys(user.api.url)["keys"]
    assert len({key["kid"] for key in keys}) >= 2
    header = jwt.get_unverified_header(user.account.access_token)
    assert header["kid"] == keys[0]["kid"]
