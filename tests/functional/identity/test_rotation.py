"""Signing keys come and go while tokens are about: who signed a token, and is that key still good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from flatrender.identity import keys
from flatrender.platform import signing
from flatrender.platform.settings import settings

from .conftest import Someone

Authorize = Callable[..., dict[str, Any]]
MakeSomeone = Callable[..., Someone]
Invoke = Callable[..., Any]


@dataclass(frozen=True)
class Deployment:
    """Two keys, and which of them the functions are started with."""

    old: str
    new: str
    environment: pytest.MonkeyPatch

    def use(self, current: str, *retired: str) -> None:
        self.environment.setenv("SIGNING_KEY_ID", current)
        self.environment.setenv("RETIRED_SIGNING_KEY_IDS", ",".join(retired))
        settings.cache_clear()
        keys.public_jwk.cache_clear()


@pytest.fixture
def deployment(signing_key: str, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """It has signed with `old` so far."""
    made = boto3.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    return Deployment(signing_key, made["KeyMetadata"]["KeyId"], monkeypatch)


def published(invoke: Invoke) -> list[str]:
    answer = invoke("identity/jwks", "GET", "/.well-known/jwks.json")
    assert answer.status == 200
    return [key["kid"] for key in answer.json["keys"]]


def test_a_retired_keys_token_is_good_and_a_removed_ones_is_not(
    someone: MakeSomeone,
    authorize: Authorize,
    deployment: Deployment,
) -> None:
    ada = someone()
    deployment.use(deployment.new, deployment.old)
    assert authorize(ada.tokens["access_token"])["principalId"] == ada.caller.user_id
    deployment.use(deployment.new)
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(ada.tokens["access_token"])


def test_the_current_key_signs_and_all_are_published(
    someone: MakeSomeone,
    login: Callable[..., dict[str, Any]],
    authorize: Authorize,
    invoke: Invoke,
    deployment: Deployment,
) -> None:
    ada = someone()
    [old_kid] = published(invoke)
    deployment.use(deployment.new, deployment.old)
    new_kid = keys.public_jwk().kid
    assert published(invoke) == [new_kid, old_kid]
    assert new_kid != old_kid
    deployment.use(deployment.new)
    assert authorize(login()["access_token"])["principalId"] == ada.caller.user_id
    assert published(invoke) == [new_kid]


def test_a_key_is_known_before_it_signs(
    someone: MakeSomeone,
    login: Callable[..., dict[str, Any]],
    authorize: Authorize,
    deployment: Deployment,
) -> None:
    """A function that was deployed a moment earlier signs with the new key already."""
    ada = someone()
    deployment.use(deployment.new, deployment.old)
    early = login()["access_token"]
    deployment.use(deployment.old, deployment.new)
    assert authorize(early)["principalId"] == ada.caller.user_id


def test_a_retired_key_that_could_not_be_read_for_a_moment_is_good_again(
    someone: MakeSomeone,
    authorize: Authorize,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = someone()
    deployment.use(deployment.new, deployment.old)
    fetched, refused, started = signing.fetched, [], keys.monotonic()

    def denied(key_id: str) -> signing.PublicKey:
        if key_id == deployment.old:
            refused.append(key_id)
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetPublicKey")
        return fetched(key_id)

    monkeypatch.setattr(signing, "fetched", denied)
    for seconds in (0, 30):
        monkeypatch.setattr(keys, "monotonic", lambda after=seconds: started + after)
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            authorize(ada.tokens["access_token"])
    assert len(refused) == 1, "a key that is gone for good is not asked for with each token"
    monkeypatch.setattr(signing, "fetched", fetched)
    monkeypatch.setattr(keys, "monotonic", lambda: started + 61)
    assert authorize(ada.tokens["access_token"])["principalId"] == ada.caller.user_id


@pytest.mark.parametrize("gone", ["unknown", "scheduled for deletion"])
def test_a_retired_key_that_is_gone_stops_nobody(
    someone: MakeSomeone,
    authorize: Authorize,
    invoke: Invoke,
    deployment: Deployment,
    gone: str,
) -> None:
    ada = someone()
    if gone == "unknown":
        missing = "00000000-0000-4000-8000-00000000dead"
    else:
        missing = deployment.new
        boto3.client("kms").schedule_key_deletion(KeyId=missing, PendingWindowInDays=7)
    deployment.use(deployment.old, missing)
    assert authorize(ada.tokens["access_token"])["principalId"] == ada.caller.user_id
    assert keys.public_jwk().kid in published(invoke)
    _head, claims, signature = ada.tokens["access_token"].split(".")
    stranger = keys.base64url(b'{"alg":"RS256","typ":"JWT","kid":"another"}')
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(f"{stranger}.{claims}.{signature}")
