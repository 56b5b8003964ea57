"""What holds for the repository as a whole: generated files are fresh, files are short, events are described."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.support.functions import ROOT

MAX_FILE_LINES = 400
MAX_FRAGMENT_LINES = 250
MAX_RESOURCES = 450
EVENT_TYPE = re.compile(r"\"((?:render|file|identity)(?:\.[a-z_]+)+\.v[1-9])\"")


def tracked(*patterns: str) -> list[Path]:
    """Files that git has or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("script", ["assemble.py", "generate_api.py"])
def test_generated_files_are_what_their_sources_say(script: str) -> None:
    command = [sys.executable, str(ROOT / "infra" / script), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_operation_that_takes_something_says_how_it_refuses_what_is_malformed() -> None:
    paths = json.loads((ROOT / "docs/reference/openapi.json").read_text())["paths"]
    taking = {
        f"{method.upper()} {path}": operation
        for path, item in paths.items()
        for method, operation in item.items()
        if operation.get("parameters") or "requestBody" in operation
    }
    assert len(taking) > 20
    assert [name for name, operation in taking.items() if "400" not in operation["responses"]] == []


def test_no_file_written_by_hand_is_long() -> None:
    written = tracked("*.py", "*.html", "*.css", "*.js", "*.sh", "*.c", "*.h", "*/Dockerfile", ".ci/*", "Makefile")
    assert {".py", ".html", ".sh", ".c"} <= {path.suffix for path in written}
    long = {path.name: lines for path in written if (lines := len(path.read_text().splitlines())) > MAX_FILE_LINES}
    assert long == {}


def test_no_template_fragment_is_long() -> None:
    fragments = tracked("infra/contexts/*.yaml")
    assert fragments
    assert [path.name for path in fragments if len(path.read_text().splitlines()) > MAX_FRAGMENT_LINES] == []


@pytest.mark.usefixtures("infra")
def test_the_stack_stays_well_below_cloudformations_limit() -> None:
    assert 0 < len(expanded()["Resources"]) <= MAX_RESOURCES


NEW_ACCOUNT_MEGABYTES = 3008
"""What AWS lets a function of a new account have."""


@pytest.mark.usefixtures("infra")
def test_the_functions_that_a_new_account_cannot_have_are_named_where_one_reads_before_deploying() -> None:
    from cfn_yaml import load

    large = {
        name: path.name
        for path in tracked("infra/contexts/*.yaml")
        for name, resource in (load(path).get("Resources") or {}).items()
        if int(resource.get("Properties", {}).get("MemorySize") or 0) > NEW_ACCOUNT_MEGABYTES
    }
    quotas = (ROOT / "docs/operations.md").read_text().partition("- **Quotas.**")[2].partition("\n- **")[0]
    assert large
    assert set(re.findall(r"`(\w+Function)`", quotas)) == set(large)
    assert {file for file in large.values() if file not in quotas} == set()


@pytest.mark.usefixtures("infra")
def test_every_variable_that_the_stack_sets_is_told_of() -> None:
    from cfn_yaml import load

    files = [ROOT / "infra/header.yaml", *tracked("infra/contexts/*.yaml")]
    ours = {name for path in files for name in _variables(load(path)) if not name.startswith(("AWS_", "POWERTOOLS_"))}
    table = (ROOT / "docs/architecture.md").read_text().partition("| environment variable |")[2].partition("\n\n")[0]
    told = set(re.findall(r"[A-Z][A-Z_]+", "".join(row.split("|")[1] for row in table.splitlines()[2:])))
    assert len(ours) > 15
    assert {name for name in ours - told if not name.endswith("_TABLE")} == set()


def _variables(node: object) -> Iterator[str]:
    """Names of environment variables: of functions, and of containers, which have them as a list."""
    if isinstance(node, dict):
        variables, listed = node.get("Variables"), node.get("Environment")
        yield from variables if isinstance(variables, dict) else ()
        yield from (entry["Name"] for entry in (listed if isinstance(listed, list) else ()))
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _variables(inner)


def expanded() -> dict[str, Any]:
    """template.yaml after SAM's transform."""
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    from cfn_yaml import load, long_form

    template = long_form(load(ROOT / "template.yaml"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if key in properties:
                properties[key] = "s3://bucket/key"
    template["Resources"]["Api"]["Properties"]["DefinitionBody"] = {"openapi": "3.0.1", "paths": {}}
    values = {name: str(given.get("Default", "x")) for name, given in template["Parameters"].items()}
    session = boto3.Session(region_name="us-east-1")
    result: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(template, parameter_values=values)
    return result


def test_every_event_has_a_schema_and_every_schema_an_event() -> None:
    text = "".join(path.read_text() for path in (ROOT / "layers/core/python/flatrender").rglob("*.py"))
    described = {path.stem for path in (ROOT / "events/catalog").glob("*.v*.json")}
    assert set(EVENT_TYPE.findall(text)) <= described
    assert described
    assert {kind for kind in described if not published(kind, text)} == set()


def published(kind: str, text: str) -> bool:
    """Whether the code names the event, in one piece or as `f"render.job.{event}.v1"` and `"started"`."""
    prefix, event, version = kind.rsplit(".", 2)
    return f'"{kind}"' in text or (f'f"{prefix}.{{event}}.{version}"' in text and f'"{event}"' in text)


def test_every_event_schema_is_a_schema() -> None:
    from jsonschema import Draft202012Validator

    for path in (ROOT / "events/catalog").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_no_package_index_is_named_in_a_lock() -> None:
    locks = tracked("requirements/*.txt")
    assert locks
    for lock in locks:
        named = re.findall(r"^(?:--|\s*-i\b|.*(?:https?|file)://).*$", lock.read_text(), re.MULTILINE)
        assert named == [], lock.name
        assert "--hash=sha256:" in lock.read_text()
