"""What the command line says and how it finds its way, without a network."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from flatrender_cli import checks, demo, endpoints, mailbox, main
from flatrender_cli.api import Api, ApiError
from flatrender_cli.curl import script
from flatrender_cli.endpoints import Endpoints
from flatrender_cli.errors import CliError

WHERE = Endpoints("http://127.0.0.1:1/api", "ws://127.0.0.1:1/socket", "http://127.0.0.1:1/mail")
TEMPLATE = {
    "code": "promo",
    "inputs": [
        {"type": "text", "name": "title"},
        {"type": "image", "name": "one"},
        {"type": "color", "name": "accent"},
        {"type": "image", "name": "two"},
    ],
}


def outputs(folder: Path, port: str = "4566") -> None:
    path = folder / ".build/local" / port / "outputs.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"ApiUrl": f"http://h:{port}/a/", "SocketUrl": "ws://h/s", "MailboxUrl": "http://h/m"}))


def test_options_win_over_the_environment_and_that_over_what_was_deployed(tmp_path: Path) -> None:
    outputs(tmp_path)
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    found = endpoints.resolve(environment={}, start=below)
    assert found == Endpoints("http://h:4566/a", "ws://h/s", "http://h/m")
    environment = {endpoints.API_VARIABLE: "https://env"}
    assert endpoints.resolve(environment=environment, start=below).api == "https://env"
    assert endpoints.resolve("https://option", environment=environment, start=below).api == "https://option"


def test_another_port_is_another_deployment(tmp_path: Path) -> None:
    outputs(tmp_path)
    outputs(tmp_path, "4600")
    assert endpoints.resolve(environment={"FLATRENDER_PORT": "4600"}, start=tmp_path).api == "http://h:4600/a"


@pytest.mark.parametrize("api", [None, "ftp://h", "h:80"])
def test_an_address_that_is_none_is_said_so(tmp_path: Path, api: str | None) -> None:
    with pytest.raises(CliError):
        endpoints.resolve(api, "ws://h", environment={}, start=tmp_path)


def test_the_code_is_read_from_both_kinds_of_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = "me@example.com", "you@example.com"
    ministack = {
        "000000000000": [
            {"To": [mine], "BodyText": "111111 is your code", "Timestamp": 1},
            {"To": [other], "BodyText": "222222 is your code", "Timestamp": 2},
            {"To": [mine], "BodyText": "333333 is your code, not 12345678", "Timestamp": 3},
        ]
    }
    localstack = [
        {"Destination": {"ToAddresses": [mine]}, "Body": {"text_part": "444444"}, "Timestamp": "2026-01-01T00:00:00"},
        {"Destination": {"ToAddresses": [other]}, "Body": {"text_part": "555555"}, "Timestamp": "2026-01-02T00:00:00"},
    ]
    for messages, code in ((ministack, "333333"), (localstack, "444444")):
        answer = httpx.Response(200, json={"messages": messages}, request=httpx.Request("GET", "http://m"))
        monkeypatch.setattr(httpx, "get", lambda *_, answer=answer, **__: answer)
        assert mailbox.code_for("http://m", mine, timeout=1) == code


def test_no_code_is_an_error_and_not_an_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(200, json={"messages": {}}, request=httpx.Request("GET", "http://m"))
    monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)
    with pytest.raises(CliError, match="No code came"):
        mailbox.code_for("http://m", "me@example.com", timeout=0.3)


def with_answers(*answers: httpx.Response | Exception) -> tuple[Api, list[httpx.Request]]:
    """An Api whose requests get these answers, in order; and the requests."""
    seen: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    api = Api("http://h")
    api._http = httpx.Client(transport=httpx.MockTransport(answer))
    return api, seen


def test_a_refusal_carries_status_code_and_every_fault() -> None:
    faults = [
        {"pointer": "/body/a", "code": "x", "message": "A is wrong."},
        {"pointer": "", "code": "y", "message": "B."},
    ]
    body = {"error": {"code": "validation_failed", "message": "No.", "details": {"faults": faults}, "trace_id": "1"}}
    api, _ = with_answers(httpx.Response(422, json=body))
    with pytest.raises(ApiError) as refusal:
        api.post("/v1/x", {})
    assert (refusal.value.status, refusal.value.code) == (422, "validation_failed")
    assert refusal.value.details == ("/body/a: A is wrong.", "/: B.")


def test_an_answer_that_is_not_ours_is_shown_as_it_is() -> None:
    api, _ = with_answers(httpx.Response(502, text="<html>Bad gateway</html>"))
    with pytest.raises(ApiError, match="Bad gateway"):
        api.get("/v1/x")


def test_only_what_may_arrive_twice_is_sent_again() -> None:
    broken = httpx.RemoteProtocolError("gone")
    api, seen = with_answers(broken, httpx.Response(200, json={"ok": True}))
    assert api.get("/v1/x") == {"ok": True}
    assert len(seen) == 2
    api, seen = with_answers(broken, httpx.Response(202, json={"id": "1"}))
    assert api.post("/v1/renders", {}, key="k") == {"id": "1"}
    api, seen = with_answers(broken, httpx.Response(201, json={}))
    with pytest.raises(CliError, match="broke off"):
        api.post("/v1/auth/register", {})
    assert len(seen) == 1


def test_a_download_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    api, _ = with_answers(httpx.ReadError("gone"))
    with pytest.raises(CliError):
        api.download("http://h/video", tmp_path / "video.mp4")
    assert not (tmp_path / "video.mp4").exists()


def test_pictures_go_into_the_image_inputs_and_the_title_into_the_first_text() -> None:
    assert demo.fill(TEMPLATE, ["a", "b"], "Hello") == {"title": "Hello", "one": "a", "two": "b"}
    with pytest.raises(CliError):
        demo.fill(TEMPLATE, ["a", "b", "c"], "Hello")


def test_the_script_is_good_shell_whatever_the_words_in_it(tmp_path: Path) -> None:
    photos = [tmp_path / "it's a photo.jpg", tmp_path / "b $HOME.jpg"]
    title = 'Don\'t `rm` "this" $HOME \\ ؟'
    text = script(
        WHERE,
        photos=photos,
        pictures=["id-one", "id-two"],
        template="promo",
        project={"name": "It's mine", "template_id": "t", "inputs": {"title": title, "one": "id-one", "two": "id-two"}},
        request={"project_id": "p", "output": {"resolution": "1080p"}},
    )
    path = tmp_path / "demo.sh"
    path.write_text(text, encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    assert "@" not in text.replace("@example.com", "").replace("[@]", "").replace('"file=@$1', "")
    line = next(line for line in text.splitlines() if "/v1/projects" in line)
    word = line.partition(" -d ")[2].partition(" | take")[0]
    shell = f"template=T photo1=P1 photo2=P2; printf %s {word}"
    sent: dict[str, Any] = json.loads(subprocess.run(["bash", "-c", shell], capture_output=True, check=True).stdout)
    assert sent == {"name": "It's mine", "template_id": "T", "inputs": {"title": title, "one": "P1", "two": "P2"}}
    assert shlex.quote(str(photos[0].resolve())) in text


def test_errors_are_one_message_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for arguments in (["render", "nope.json", "-o", "x.mp4"], ["render", "nope.json", "-o", "x.mp4", "--json"]):
        monkeypatch.setattr("sys.argv", ["flatrender", *arguments])
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main.run()
        assert ended.value.code == 1
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert "nope.json cannot be read" in said.out + said.err
    assert json.loads(said.out)["error"]["message"].startswith("nope.json")


def test_the_doctor_fails_when_something_needed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [checks.Finding("a", "ok", "here"), checks.Finding("b", "note", "not up", "make up")]
    monkeypatch.setattr(checks, "findings", lambda: iter(found))
    well = CliRunner().invoke(main.app, ["doctor", "--json"])
    assert well.exit_code == 0
    assert json.loads(well.stdout)["healthy"] is True
    found.append(checks.Finding("c", "missing", "not found", "apt-get install c"))
    ill = CliRunner().invoke(main.app, ["doctor"])
    assert ill.exit_code == 1
    assert "apt-get install c" in ill.stdout


@pytest.mark.parametrize("port", ["abc", "", "0", "70000", "-1"])
def test_the_doctor_says_what_is_no_port(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv(endpoints.PORT_VARIABLE, port)
    found = {finding.name: finding for finding in checks.findings()}["port"]
    assert (found.state, found.mend) == ("missing", "unset FLATRENDER_PORT")


def test_the_doctor_mends_a_wrong_fonts_folder_where_it_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FONTS_DIR", str(tmp_path))
    found = {finding.name: finding for finding in checks.findings()}["fonts"]
    assert (found.state, found.mend) == ("missing", "unset FONTS_DIR")


def test_the_doctor_finds_the_repository_from_anywhere_and_counts_every_font(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FONTS_DIR", raising=False)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    repository = Path(checks.__file__).resolve().parents[2]
    assert checks.root() == repository
    folder = repository / "layers/fonts"
    fonts = [path for path in folder.iterdir() if path.suffix in {".ttf", ".otf"}]
    assert {path.suffix for path in fonts} == {".ttf", ".otf"}
    assert checks._fonts() == checks.Finding("fonts", "ok", f"{len(fonts)} in {folder}")
    uv = checks._uv()
    assert (uv.state == "ok") == bool(list(repository.glob(".build/*/bin/uv"))), uv.found


def test_the_doctor_misses_a_font_that_is_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = {"fonts": [{"file": "a.ttf"}, {"file": "b.otf"}]}
    (tmp_path / "fonts.json").write_text(json.dumps(listed), encoding="utf-8")
    (tmp_path / "a.ttf").touch()
    monkeypatch.setenv("FONTS_DIR", str(tmp_path))
    assert checks._fonts().found == f"1 of 2 in {tmp_path}"
    assert checks._fonts().state == "missing"
    (tmp_path / "b.otf").touch()
    assert checks._fonts().found == f"2 in {tmp_path}"


@pytest.mark.parametrize(
    ("device", "state", "found"),
    [
        ("cpu", "ok", "cpu: FLATRENDER_DEVICE is cpu"),
        ("gl-software", "ok", "gl-software: FLATRENDER_DEVICE is gl-software"),
        ("banana", "missing", "FLATRENDER_DEVICE is 'banana'; it may be auto, cpu, gl-software"),
    ],
)
def test_the_doctor_says_what_draws_here_and_why(
    monkeypatch: pytest.MonkeyPatch, device: str, state: str, found: str
) -> None:
    monkeypatch.setenv("FLATRENDER_DEVICE", device)
    finding = checks._device()
    assert finding.state == state
    assert finding.found.startswith(found)
    assert finding.mend == (None if state == "ok" else "unset FLATRENDER_DEVICE")
