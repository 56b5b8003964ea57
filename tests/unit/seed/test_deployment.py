"""The seed finds a stack's tables as the stack's own functions do."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def deployment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("seed_deployment", ROOT / "infra/seed/deployment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def resource(logical: str, kind: str) -> dict[str, str]:
    return {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": f"stack-{logical}"}


def test_tables_and_bucket_by_the_names_that_functions_read(deployment: ModuleType) -> None:
    found = deployment.environment(
        [
            resource("ContentTable", "AWS::DynamoDB::Table"),
            resource("MediaBucket", "AWS::S3::Bucket"),
            resource("TemplatesFunction", "AWS::Lambda::Function"),
            resource("SamArtifacts", "AWS::S3::Bucket"),
        ]
    )
    assert found == {"CONTENT_TABLE": "stack-ContentTable", "MEDIA_BUCKET": "stack-MediaBucket"}


def test_an_environment_that_names_the_deployment_is_believed(
    deployment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTENT_TABLE", "given")
    monkeypatch.setattr(deployment, "_resources", lambda stack: pytest.fail("it asked CloudFormation"))
    deployment.enter("any")


def test_a_stack_that_is_not_ready_is_named(deployment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pages:
        def get_paginator(self, _: str) -> "Pages":
            return self

        def paginate(self, **_: str) -> list[dict[str, list[dict[str, str]]]]:
            return [{"StackResourceSummaries": [resource("A", "x") | {"PhysicalResourceId": ""}]}]

    monkeypatch.delenv("CONTENT_TABLE", raising=False)
    monkeypatch.setattr("boto3.client", lambda _: Pages())
    with pytest.raises(SystemExit, match="'half' is not ready: A"):
        deployment.enter("half")
