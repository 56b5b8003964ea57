"""The Lambda authorizer, and the keys it verifies with."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from tests.support.tokens import forged

from flatrender.identity import keys
from flatrender.identity.model import SessionItem
from flatrender.kernel.ids import new_id
from flatrender.kernel.scopes import USER_SCOPES
from flatrender.platform import clients
from flatrender.platform.settings import settings

from .conftest import Someone

SAMPLES = Path(__file__).resolve().parents[3] / "events/samples"
Authorize = Callable[..., dict[str, Any]]
MakeSomeone = Callable[..., Someone]
Load = Callable[[str], Any]


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return found


def signed(claims: dict[str, Any], **header: Any) -> str:
    """A token with our own signature over any claims."""
    head = {"alg": "RS256", "kid": keys.public_jwk().kid, "typ": "JWT"} | header
    message = ".".join(keys.base64url(json.dumps(part).encode()) for part in (head, claims))
    return f"{message}.{keys.base64url(keys.sign(message.encode()))}"


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def test_a_good_token_opens_the_whole_stage(someone: MakeSomeone, authorize: Authorize) -> None:
    ada = someone()
    answer = authorize(ada.tokens["access_token"], "POST", "/v1/renders/quote")
    assert answer["policyDocument"]["Statement"] == [
        {
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": "arn:aws:execute-api:eu-central-1:123456789012:api1/local/*",
        }
    ]
    assert answer["principalId"] == ada.caller.user_id
    assert answer["context"] == {
        "user_id": ada.caller.user_id,
        "tenant_id": ada.caller.tenant_id,
        "session_id": ada.caller.session_id,
        "scopes": USER_SCOPES,
        "tier": "free",
        "email_verified": "true",
        "is_admin": "false",
        "is_tenant_admin": "false",
    }
    assert all(isinstance(value, str) for value in answer["context"].values())


@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_rest_apis_event(someone: MakeSomeone, load: Load, header: str, scheme: str) -> None:
    event = sample("identity-authorizer-rest")
    del event["headers"]["Authorization"]
    event["headers"][header] = f"{scheme} {someone().tokens['access_token']}"
    answer = load("identity/authorizer").handler(event, None)
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/local/*"


def test_the_sockets_event(someone: MakeSomeone, load: Load) -> None:
    event = sample("identity-authorizer-socket")
    event["queryStringParameters"]["token"] = someone().tokens["access_token"]
    answer = load("identity/authorizer").handler(event, None)
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:eu-central-1:123456789012:f6g7h8i9j0/local/*"


def test_the_rest_api_takes_no_token_from_the_address(someone: MakeSomeone, load: Load) -> None:
    event = sample("identity-authorizer-rest")
    event["headers"] = {}
    event["queryStringParameters"] = {"token": someone().tokens["access_token"]}
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        load("identity/authorizer").handler(event, None)


@pytest.mark.parametrize("query", [None, {}, {"token": ""}, {"token": None}, {"token": "abc"}])
def test_a_socket_without_a_token_is_refused(signing_key: str, load: Load, query: dict[str, Any] | None) -> None:
    event = sample("identity-authorizer-socket") | {"queryStringParameters": query}
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        load("identity/authorizer").handler(event, None)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YWRhOnB3", "abc"])
def test_a_request_without_a_token_is_refused(signing_key: str, load: Load, header: str | None) -> None:
    event = sample("identity-authorizer-rest")
    event["headers"]["Authorization"] = header
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        load("identity/authorizer").handler(event, None)


def test_no_forged_token_gets_in(someone: MakeSomeone, authorize: Authorize) -> None:
    token = someone().tokens["access_token"]
    for what, bad in forged(token).items():
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            pytest.fail(f"{what} was let in: {authorize(bad)}")
    assert authorize(token)


def test_the_public_key_is_no_shared_secret(someone: MakeSomeone, authorize: Authorize, signing_key: str) -> None:
    """HS256 over the public key: what verifiers fall for that let the token choose its algorithm."""
    import hmac

    token = someone().tokens["access_token"]
    public = boto3.client("kms").get_public_key(KeyId=signing_key)["PublicKey"]
    head = keys.base64url(json.dumps({"alg": "HS256", "kid": keys.public_jwk().kid, "typ": "JWT"}).encode())
    message = f"{head}.{token.split('.')[1]}"
    for secret in (public, keys.public_jwk().n.encode()):
        forgery = f"{message}.{keys.base64url(hmac.digest(secret, message.encode(), 'sha256'))}"
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            authorize(forgery)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-api"},
        {"exp": int(time.time()) - 1},
        {"exp": "soon"},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sid": new_id()},
        {"sub": new_id()},
        {"tenant_id": new_id()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_our_signature_alone_is_not_enough(someone: MakeSomeone, authorize: Authorize, change: dict[str, Any]) -> None:
    claims = claims_of(someone().tokens["access_token"])
    assert authorize(signed(claims))
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(signed(claims | change))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "tenant_id", "sid", "jti", "scopes", "tier", "iat", "exp"])
def test_every_claim_is_needed(someone: MakeSomeone, authorize: Authorize, claim: str) -> None:
    claims = claims_of(someone().tokens["access_token"])
    del claims[claim]
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(signed(claims))


@pytest.mark.parametrize("kid", [None, "", "another", ["x"]])
def test_the_key_must_be_named(someone: MakeSomeone, authorize: Authorize, kid: Any) -> None:
    claims = claims_of(someone().tokens["access_token"])
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(signed(claims, kid=kid))


def test_an_expired_session_is_over(someone: MakeSomeone, authorize: Authorize) -> None:
    ada = someone()
    item = SessionItem(f"TENANT#{ada.caller.tenant_id}#USER#{ada.caller.user_id}", f"SESSION#{ada.caller.session_id}")
    item.update([SessionItem.valid_until.set(int(time.time()) - 1)])
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(ada.tokens["access_token"])


def test_a_fault_of_ours_is_not_taken_for_a_bad_token(
    someone: MakeSomeone, authorize: Authorize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise everybody would be logged out while the table does not answer."""
    token = someone().tokens["access_token"]
    boto3.client("dynamodb").delete_table(TableName="flatrender-identity")
    with pytest.raises(Exception, match=r"ResourceNotFound|not found") as failure:
        authorize(token)
    assert str(failure.value) != "Unauthorized"


def test_the_key_is_fetched_once(someone: MakeSomeone, authorize: Authorize) -> None:
    token = someone().tokens["access_token"]
    authorize(token)
    keys.public_jwk.cache_clear()
    calls: list[str] = []
    clients.client("kms").meta.events.register("before-call.kms.*", lambda model, **_: calls.append(model.name))
    for _ in range(3):
        authorize(token)
    assert calls == ["GetPublicKey"]


def test_anybody_can_verify_with_the_published_key(someone: MakeSomeone, invoke: Callable[..., Any]) -> None:
    answer = invoke("identity/jwks", "GET", "/.well-known/jwks.json")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=3600"
    [key] = answer.json["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    token = someone().tokens["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    claims = jwt.decode(
        token, jwt.PyJWK(key), algorithms=["RS256"], audience="flatrender", issuer=settings().public_api_url
    )
    assert claims["tier"] == "free"
