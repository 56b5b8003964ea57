"""The deployed stack of the end-to-end tests, as its operator sees it: for inspection and for making faults."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from flatrender_cli import endpoints

ENDPOINT_VARIABLE = "FLATRENDER_ENDPOINT"


@dataclass(frozen=True)
class Stack:
    """`endpoint` is the local cloud's address, or None on AWS; `addresses` where users reach the system."""

    endpoint: str | None
    name: str
    addresses: endpoints.Endpoints

    def client(self, service: str) -> Any:
        """A client with the operator's rights."""
        # Batch and others put a prefix before the host, which an address of numbers cannot take.
        local = {
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "region_name": "us-east-1",
        }
        config = Config(inject_host_prefix=False, s3={"addressing_style": "path"}, retries={"total_max_attempts": 2})
        return boto3.client(service, config=config, **(local if self.endpoint else {}))

    @cached_property
    def resources(self) -> dict[str, str]:
        """Logical id to physical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def table(self, context: str) -> str:
        return self.resources[f"{context.capitalize()}Table"]

    @property
    def bucket(self) -> str:
        return self.resources["MediaBucket"]

    def items(self, context: str) -> Iterator[dict[str, Any]]:
        """Every item of a context's table. A scan: this is a test's right only."""
        decode = TypeDeserializer().deserialize
        scan = self.client("dynamodb").get_paginator("scan")
        for page in scan.paginate(TableName=self.table(context), ConsistentRead=True):
            for item in page["Items"]:
                yield {name: decode(value) for name, value in item.items()}

    def item(self, context: str, pk: str, sk: str) -> dict[str, Any] | None:
        found = self.client("dynamodb").get_item(
            TableName=self.table(context), Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        )
        decode = TypeDeserializer().deserialize
        return {name: decode(value) for name, value in found["Item"].items()} if "Item" in found else None

    def objects(self, prefix: str = "") -> set[str]:
        """The keys of the media bucket."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", ())}

    def invoke(self, logical_id: str, event: dict[str, Any]) -> Any:
        """Calls a function as its event source would.

        Raises AssertionError: the function failed.
        """
        name = self.resources[logical_id]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        body = answer["Payload"].read()
        assert "FunctionError" not in answer, body
        return json.loads(body) if body else None


def deployed() -> Stack:
    """The stack named by the environment, by default the one that `make up` started."""
    port = os.environ.get(endpoints.PORT_VARIABLE, endpoints.DEFAULT_PORT)
    endpoint = os.environ.get(ENDPOINT_VARIABLE, f"http://127.0.0.1:{port}") or None
    root = Path(__file__).resolve().parents[2]
    return Stack(endpoint, os.environ.get("FLATRENDER_STACK", "flatrender-local"), endpoints.resolve(start=root))
