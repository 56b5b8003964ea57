"""Where a deployed stack has its tables and its bucket, as the environment that its functions have."""

import os
import re
from typing import Any

TYPES = {"AWS::DynamoDB::Table": "Table", "AWS::S3::Bucket": "Bucket"}


def enter(stack: str) -> None:
    """Makes this process one of the stack's: `<CONTEXT>_TABLE` and `MEDIA_BUCKET` are set, unless they are already.

    Must come before anything of flatrender is imported, for models read their table's name when they are made.
    Raises SystemExit with a sentence: there is no such stack, or it is not ready.
    """
    if "CONTENT_TABLE" not in os.environ:
        os.environ.update(environment(_resources(stack)))


def environment(resources: list[dict[str, Any]]) -> dict[str, str]:
    """`FilesTable` is named by `FILES_TABLE`, `MediaBucket` by `MEDIA_BUCKET`."""
    found: dict[str, str] = {}
    for resource in resources:
        suffix = TYPES.get(resource["ResourceType"])
        name = resource["LogicalResourceId"]
        if suffix and name.endswith(suffix):
            found["_".join(re.findall(r"[A-Z][a-z0-9]*", name)).upper()] = resource["PhysicalResourceId"]
    return found


def _resources(stack: str) -> list[dict[str, Any]]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        resources: list[dict[str, Any]] = [
            dict(resource) for page in pages for resource in page["StackResourceSummaries"]
        ]
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"The stack '{stack}' cannot be read: {error}") from error
    unfinished = [resource["LogicalResourceId"] for resource in resources if not resource.get("PhysicalResourceId")]
    if unfinished:
        raise SystemExit(f"The stack '{stack}' is not ready: {', '.join(unfinished)} are not there yet.")
    return resources
