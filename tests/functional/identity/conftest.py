"""A tenant, a signing key, and people who register and log in through the API."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest

from flatrender.identity import keys
from flatrender.kernel import clock
from flatrender.kernel.caller import Caller
from flatrender.kernel.ids import new_id
from flatrender.platform.settings import settings
from flatrender.tenants import service as tenants
from flatrender.tenants.schemas import Tenant

PASSWORD = "violet harbour seven"
Post = Callable[..., Any]


@pytest.fixture
def signing_key(aws: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """2048 bits, as a longer one takes seconds to make; the deployed key has 4096."""
    key_id: str = boto3.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    monkeypatch.setenv("SIGNING_KEY_ID", key_id)
    settings.cache_clear()
    keys.public_jwk.cache_clear()
    return key_id


@pytest.fixture
def tenant(aws: None) -> Tenant:
    return tenants.create(tenant_id=new_id(), slug="acme", name="Acme Video", contact_email="office@acme.example")


@pytest.fixture
def post(invoke: Post, tenant: Tenant) -> Post:
    """`post("login", {...})`: to /v1/auth/login, without a token."""

    def send(what: str, body: Any, **given: Any) -> Any:
        return invoke("identity/auth", "POST", f"/v1/auth/{what}", body=body, **given)

    return send


def registration(**given: Any) -> dict[str, Any]:
    known = {
        "tenant_slug": "acme",
        "email": "ada@example.com",
        "password": PASSWORD,
        "full_name": "Ada Lovelace",
        "accept_terms": True,
    }
    return known | given


@pytest.fixture
def register(post: Post) -> Post:
    """Registers and gives the answer's body."""

    def send(**given: Any) -> dict[str, Any]:
        answer = post("register", registration(**given))
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.json
        return made

    return send


@pytest.fixture
def code_for(mailbox: Callable[[], list[dict[str, str]]]) -> Callable[[str], str]:
    """The six digits in the latest message to an address."""

    def read(email: str) -> str:
        text = [message["text"] for message in mailbox() if message["to"] == email][-1]
        found = re.search(r"\b\d{6}\b", text)
        assert found, text
        return found[0]

    return read


@pytest.fixture
def login(post: Post, signing_key: str) -> Post:
    """Logs in and gives the tokens."""

    def send(email: str = "ada@example.com", **given: Any) -> dict[str, Any]:
        answer = post("login", {"tenant_slug": "acme", "email": email, "password": PASSWORD} | given)
        assert answer.status == 200, answer
        tokens: dict[str, Any] = answer.json
        return tokens

    return send


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`later(60)`: lets so many seconds pass."""

    def advance(seconds: int) -> None:
        start = clock.now
        monkeypatch.setattr(clock, "now", lambda: start() + timedelta(seconds=seconds))

    return advance


@dataclass(frozen=True)
class Someone:
    """Who has registered, verified the address and logged in."""

    caller: Caller
    tokens: dict[str, Any]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


@pytest.fixture
def authorize(load: Callable[[str], Any]) -> Callable[..., dict[str, Any]]:
    """The authorizer's answer for a token, as the REST API asks it."""

    def ask(token: str, method: str = "GET", path: str = "/v1/users/me") -> dict[str, Any]:
        event = {
            "type": "REQUEST",
            "methodArn": f"arn:aws:execute-api:eu-central-1:123456789012:api1/local/{method}{path}",
            "headers": {"authorization": f"Bearer {token}"},
            "requestContext": {},
        }
        answer: dict[str, Any] = load("identity/authorizer").handler(event, None)
        return answer

    return ask


@pytest.fixture
def someone(
    register: Post, post: Post, code_for: Callable[[str], str], login: Post, authorize: Callable[..., dict[str, Any]]
) -> Callable[..., Someone]:
    """`someone("ada@example.com")`: goes all the way from registering to a caller as the authorizer sees them."""

    def make(email: str = "ada@example.com", **device: str) -> Someone:
        token = register(email=email)["token"]
        assert post("verify/email", {"token": token, "code": code_for(email)}).status == 200
        tokens = login(email, **device)
        context = authorize(tokens["access_token"])["context"]
        return Someone(
            caller=Caller(
                **{name: context[name] for name in ("user_id", "tenant_id", "session_id", "tier")},
                scopes=frozenset(context["scopes"].split()),
                email_verified=context["email_verified"] == "true",
            ),
            tokens=tokens,
        )

    return make
