"""What may lie in the media bucket: keys, roles, lifecycle rules and the document say the same."""

import re

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


def test_the_document_lists_the_prefixes_that_are_written() -> None:
    document = (ROOT / "docs/architecture.md").read_text()
    section = document.partition("## Files in the media bucket")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)/\{tenant\}", section, re.MULTILINE)) == PREFIXES
