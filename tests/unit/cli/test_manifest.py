"""`flatrender verify-manifest`, as it is typed."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.support import signing
from typer.testing import CliRunner

from flatrender.render import manifest
from flatrender_cli.errors import CliError
from flatrender_cli.main import app


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a video, its manifest, and the service's keys."""
    signing.use(monkeypatch)
    video = b"a video" * 1000
    output = {"file": "video.mp4", "frames": 7, "size_bytes": len(video), "sha256": hashlib.sha256(video).hexdigest()}
    content = {
        "format": manifest.MANIFEST_FORMAT,
        "created_at": "2026-01-01",
        "issuer": "https://a.b",
        "job": {"id": "j"},
        "output": output,
    }
    (tmp_path / "video.mp4").write_bytes(video)
    (tmp_path / "manifest.json").write_bytes(manifest.signed(content))
    (tmp_path / "keys.json").write_text(json.dumps(signing.jwks()))
    return tmp_path


def run(folder: Path, *names: str, keys: str = "keys.json") -> str:
    """What it prints. Raises CliError."""
    arguments = ["verify-manifest", *(str(folder / name) for name in names), "--keys", str(folder / keys)]
    done = CliRunner().invoke(app, arguments)
    if isinstance(done.exception, CliError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_a_good_manifest_and_its_video(files: Path) -> None:
    assert "good: video.mp4 of job j, 7 frames" in run(files, "manifest.json")
    assert "https://a.b" in run(files, "manifest.json", "video.mp4")


def test_another_video_is_refused(files: Path) -> None:
    video = files / "video.mp4"
    video.write_bytes(video.read_bytes().replace(b"video", b"radio"))
    with pytest.raises(CliError, match="its content differs"):
        run(files, "manifest.json", "video.mp4")
    video.write_bytes(b"short")
    with pytest.raises(CliError, match="has 5 bytes"):
        run(files, "manifest.json", "video.mp4")


def test_what_is_no_manifest_and_keys_that_are_not_there(files: Path) -> None:
    with pytest.raises(CliError, match="no manifest"):
        run(files, "keys.json")
    with pytest.raises(CliError, match="cannot be read"):
        run(files, "manifest.json", keys="none.json")
