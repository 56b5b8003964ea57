"""What may lie in the media bucket: keys, roles, lifecycle rules and the document say the same."""

import re

import pytest
from tests.support.functions import ROOT

from flatrender.platform import storage

BUILT = {
    storage.upload_key("t", "f"),
    storage.file_key("t", "f"),
    storage.chunk_key("t", "k"),
    storage.result_prefix("t", "j"),
}
PREFIXES = {key.partition("/")[0] for key in BUILT}


def test_roles_and_lifecycle_rules_name_the_prefixes_that_are_written() -> None:
    template = (ROOT / "template.yaml").read_text()
    granted = set(re.findall(r"\$\{MediaBucket\.Arn\}/(\w+)", template))
    listed = {name for found in re.findall(r"s3:prefix:((?:\s+- \w+/\*)+)", template) for name in found.split()}
    listed = {name.removesuffix("/*") for name in listed - {"-"}}
    expired = set(re.findall(r"Prefix: (\w+)/", template))

    assert granted == PREFIXES
    assert listed
    assert listed <= PREFIXES
    assert expired
    assert expired <= PREFIXES


def test_who_uploads_in_parts_may_abort_and_s3_removes_what_is_left_of_the_killed() -> None:
    template = (ROOT / "template.yaml").read_text()
    statements = re.findall(r"Action:\n((?:\s+- [\w:]+\n)+)\s+Resource: !Sub \$\{MediaBucket\.Arn\}/(\S+)", template)
    videos = {"chunks/*", "results/*"}
    actions = [set(re.findall(r"s3:\w+", found)) for found, objects in statements if objects in videos]
    writers = [found for found in actions if "s3:PutObject" in found]
    assert len(writers) >= 4
    assert all("s3:AbortMultipartUpload" in found for found in writers)
    assert "AbortIncompleteMultipartUpload" in template


@pytest.mark.usefixtures("infra")
def test_results_of_a_stopped_job_are_removed_again_when_its_steps_are_over() -> None:
    from cfn_yaml import load, long_form

    template = long_form(load(ROOT / "template.yaml"))
    longest = max(
        template["Resources"][name]["Properties"]["Timeout"] for name in ("AssembleFunction", "VerifyFunction")
    )
    assert template["Parameters"]["RenderLeftoversSeconds"]["Default"] > longest


def test_the_document_lists_the_prefixes_that_are_written() -> None:
    document = (ROOT / "docs/architecture.md").read_text()
    section = document.partition("## Files in the media bucket")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)/\{tenant\}", section, re.MULTILINE)) == PREFIXES
