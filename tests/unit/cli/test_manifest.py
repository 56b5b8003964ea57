"""`flatrender verify-manifest`, as it is typed."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.support import signing
from typer.testing import CliRunner

from flatrender.render import manifest
from flatrender_cli import endpoints
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


def refused(*arguments: object) -> CliError:
    """The one message that a command ends with."""
    done = CliRunner().invoke(app, ["verify-manifest", *map(str, arguments)])
    assert isinstance(done.exception, CliError), done.output
    assert done.output == ""
    return done.exception


def run(folder: Path, *names: str, keys: str = "keys.json") -> str:
    """What it prints. Raises CliError."""
    arguments = [
        "verify-manifest",
        *(name if name.startswith("-") else str(folder / name) for name in names),
        "--keys",
        str(folder / keys),
    ]
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


def test_what_was_found_as_json(files: Path) -> None:
    said = json.loads(run(files, "manifest.json", "video.mp4", "--json"))
    assert said == {
        "good": True,
        "result_checked": True,
        "file": "video.mp4",
        "job_id": "j",
        "frames": 7,
        "sha256": hashlib.sha256((files / "video.mp4").read_bytes()).hexdigest(),
        "created_at": "2026-01-01",
        "issuer": "https://a.b",
    }
    assert json.loads(run(files, "manifest.json", "--json"))["result_checked"] is False


def test_files_that_are_not_there_are_one_message_as_elsewhere(files: Path) -> None:
    keys = ("--keys", files / "keys.json")
    assert (
        refused(files / "none.json", *keys).message
        == f"{files / 'none.json'} cannot be read: No such file or directory."
    )
    assert refused(files, *keys).message == f"{files} cannot be read: Is a directory."
    missing = refused(files / "manifest.json", files / "none.mp4", *keys)
    assert missing.message == f"{files / 'none.mp4'} cannot be read: No such file or directory."


def test_without_keys_it_asks_for_them_and_for_nothing_that_it_does_not_take(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (endpoints.API_VARIABLE, endpoints.OUTPUTS_VARIABLE, endpoints.PORT_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(files)
    error = refused(files / "manifest.json")
    told = f"{error.message} {error.hint}"
    assert "--keys is not given" in told
    assert "--api" not in told
    assert "SOCKET" not in told
    monkeypatch.setenv(endpoints.API_VARIABLE, "http://127.0.0.1:1")
    assert refused(files / "manifest.json").message.endswith("from http://127.0.0.1:1: Connection refused.")


@pytest.mark.parametrize("content", ["[]", "{}", "nonsense", '{"keys": [1]}', '{"keys": null}', "[" * 100_000])
def test_what_is_no_key_set_is_said_so(files: Path, content: str) -> None:
    (files / "keys.json").write_text(content)
    error = refused(files / "manifest.json", "--keys", files / "keys.json")
    assert (
        error.message
        == f"The keys of the service cannot be read from {files / 'keys.json'}: this is no JSON Web Key Set."
    )
    none = refused(files / "manifest.json", "--keys", files / "none.json")
    assert none.message.endswith("none.json: No such file or directory.")
    assert refused(files / "manifest.json", "--keys", "http://a b/").message.startswith(
        "The keys of the service cannot"
    )
