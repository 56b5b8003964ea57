"""Handlers and repositories against an in-process AWS (moto).

`aws`       an empty AWS with every context's table (made from its `model.py`), the media bucket and the event bus
`invoke`    calls a function's handler with the event that API Gateway would send
`caller`    makes the caller that the authorizer would have established
"""

import asyncio
import importlib
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

# Before anything of ours: models read their table's name, and clients the region, when they are made.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "BCRYPT_COST": "4",
    "PUBLIC_API_URL": "https://api.flatrender.test",
    "MAIL_FROM": "no-reply@flatrender.test",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "FlatRender",
}
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.kernel.scopes import USER_SCOPES
from flatrender.platform.settings import settings
from flatrender.platform.tables import Item

ROOT = Path(__file__).resolve().parents[2]
CONTEXTS = ("identity", "tenants", "files", "content", "studio", "render", "ledger", "progress")


@pytest.fixture(scope="session", autouse=True)
def _atomic_requests() -> Iterator[None]:
    """DynamoDB runs each request, a transaction too, as if it were alone. moto takes no lock: threads get one here."""
    lock = threading.Lock()
    plain = DynamoHandler.call_action

    def alone(handler: DynamoHandler) -> Any:
        with lock:
            return plain(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoHandler, "call_action", alone)
        yield


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS. Clients hold nothing of it, and take longer to make than most tests: all tests share them."""
    with mock_aws():
        settings.cache_clear()
        _make_tables()
        _owner("s3").create_bucket(
            Bucket=settings().media_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        _owner("events").create_event_bus(Name=settings().event_bus)
        _owner("ses").verify_email_identity(EmailAddress=settings().mail_from)
        yield
        settings.cache_clear()


@cache
def _owner(service: str) -> Any:
    """A client of the account's owner, who sets things up."""
    return boto3.client(service)


def _items_of(context: str) -> list[type[Item]]:
    name = f"flatrender.{context}.model"
    if importlib.util.find_spec(name) is None:
        return []
    module = importlib.import_module(name)
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Item)]
    return [item for item in found if item is not Item and hasattr(item, "Meta")]


def _make_tables() -> None:
    """A table per context, with the union of the indexes that its items declare."""
    dynamodb = _owner("dynamodb")
    for context in CONTEXTS:
        tables: dict[str, list[dict[str, Any]]] = {}
        for item in _items_of(context):
            tables.setdefault(item.Meta.table_name, []).append(item._get_schema())
        for table, schemas in tables.items():
            types = {
                definition["AttributeName"]: definition["AttributeType"]
                for schema in schemas
                for definition in schema["attribute_definitions"]
            }
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                **_indexes(schemas, "global_secondary_indexes", "GlobalSecondaryIndexes"),
                **_indexes(schemas, "local_secondary_indexes", "LocalSecondaryIndexes"),
            )


def _indexes(schemas: list[dict[str, Any]], kind: str, parameter: str) -> dict[str, list[dict[str, Any]]]:
    found = {
        index["index_name"]: {
            "IndexName": index["index_name"],
            "KeySchema": index["key_schema"],
            "Projection": index["projection"],
        }
        for schema in schemas
        for index in schema[kind]
    }
    return {parameter: list(found.values())} if found else {}


@dataclass(frozen=True)
class Answer:
    """What a function gave back. `json` is the parsed body (None when there is none), `body` the raw text."""

    status: int
    headers: Mapping[str, str]
    body: str
    is_base64: bool
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def error(self) -> dict[str, Any]:
        """The inside of the error envelope."""
        assert self.status >= 400, self
        found: dict[str, Any] = self.json["error"]
        assert set(found) == {"code", "message", "details", "trace_id"}, found
        return found


class LambdaContext:
    """As much of Lambda's context object as Powertools and our handlers read."""

    function_name = "test"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:test"

    def __init__(self) -> None:
        self.aws_request_id = new_id()

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def function(name: str) -> ModuleType:
    """The module of `functions/<context>/<endpoint>.py`, for `name` = "<context>/<endpoint>"; loaded once."""
    alias = "functions_" + name.replace("/", "_")
    if alias not in sys.modules:
        spec = importlib.util.spec_from_file_location(alias, ROOT / "functions" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[alias] = module
    return sys.modules[alias]


def authorizer_context(caller: Caller) -> dict[str, str]:
    """What the authorizer returns for a caller; API Gateway makes every value a string."""
    return {
        "principalId": caller.user_id,
        "user_id": caller.user_id,
        "tenant_id": caller.tenant_id,
        "session_id": caller.session_id,
        "scopes": " ".join(sorted(caller.scopes)),
        "tier": caller.tier,
        "email_verified": str(caller.email_verified).lower(),
        "is_admin": str(caller.is_admin).lower(),
        "is_tenant_admin": str(caller.is_tenant_admin).lower(),
    }


def api_event(
    method: str,
    path: str,
    *,
    body: Any = None,
    caller: Caller | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    address: str = "192.0.2.7",
) -> dict[str, Any]:
    """The event of API Gateway's Lambda proxy integration (REST, payload 1.0), from a client at `address`.

    `body` is text or made into JSON.
    """
    sent = {"Host": "api.flatrender.test", "User-Agent": "pytest", "X-Forwarded-For": address}
    if body is not None:
        sent["Content-Type"] = "application/json"
    sent |= dict(headers or {})
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "path": path,
            "httpMethod": method,
            "stage": "local",
            "requestId": new_id(),
            "identity": {"sourceIp": address, "userAgent": sent["User-Agent"]},
            **({"authorizer": authorizer_context(caller)} if caller else {}),
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def _own_event_loop() -> None:
    """Mangum wants one per thread; `entrypoint` makes it for the thread that imports the function."""
    if threading.current_thread() is not threading.main_thread():
        asyncio.set_event_loop(asyncio.new_event_loop())


def _invoke(name: str, method: str, path: str, **given: Any) -> Answer:
    handler = function(name).handler
    _own_event_loop()
    answer = handler(api_event(method, path, **given), LambdaContext())
    headers = {key.lower(): value for key, value in (answer.get("headers") or {}).items()}
    headers |= {key.lower(): values[-1] for key, values in (answer.get("multiValueHeaders") or {}).items()}
    return Answer(answer["statusCode"], headers, answer.get("body") or "", answer.get("isBase64Encoded", False), answer)


@pytest.fixture
def invoke(aws: None) -> Callable[..., Answer]:
    """`invoke("identity/auth", "POST", "/v1/auth/login", body={…}, caller=…, headers=…, query=…) -> Answer`."""
    return _invoke


@pytest.fixture
def load() -> Callable[[str], ModuleType]:
    """`load("events/relay")`: a function's module, for handlers that API Gateway does not call."""
    return function


@pytest.fixture
def lambda_context() -> LambdaContext:
    return LambdaContext()


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """`caller(tenant_id=…, tier="pro", email_verified=False …)`: a new verified free user unless said otherwise."""

    def make(**given: Any) -> Caller:
        known: dict[str, Any] = {
            "user_id": new_id(),
            "tenant_id": new_id(),
            "session_id": new_id(),
            "scopes": frozenset(USER_SCOPES.split()),
            "tier": "free",
            "email_verified": True,
        }
        return Caller(**known | given)

    return make


@pytest.fixture
def mailbox(aws: None) -> Callable[[], list[dict[str, str]]]:
    """`mailbox() -> [{"to", "subject", "text"}]`: what was sent, oldest first. Addresses are accepted unverified."""

    def read() -> list[dict[str, str]]:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.ses.models import ses_backends

        sent = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
        return [
            {"to": message.destinations["ToAddresses"][0], "subject": message.subject, "text": message.body}
            for message in sent
        ]

    return read


@pytest.fixture
def refuse_updates(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """`refuse_updates(3)`: so many UpdateItems meet a transaction, which moto never does. The tables, as it happens."""
    from botocore.exceptions import ClientError
    from pynamodb.connection import Connection
    from pynamodb.exceptions import UpdateError

    def arrange(times: int) -> list[str]:
        update, refused = Connection.update_item, []
        busy = ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")

        def contended(connection: Connection, table: str, *given: Any, **named: Any) -> Any:
            if len(refused) < times:
                refused.append(table)
                raise UpdateError("busy", busy)
            return update(connection, table, *given, **named)

        monkeypatch.setattr(Connection, "update_item", contended)
        return refused

    return arrange
