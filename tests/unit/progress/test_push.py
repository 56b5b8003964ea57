"""What API Gateway's answers to a message mean."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from flatrender.kernel.errors import FlatRenderError, Unavailable
from flatrender.progress import push
from flatrender.progress.errors import Undeliverable


class Gateway:
    """Answers every call with the same failure."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def post_to_connection(self, **_given: Any) -> None:
        raise self._failure

    delete_connection = post_to_connection


def refusal(status: int, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PostToConnection")


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (refusal(403, "ForbiddenException"), Undeliverable),
        (refusal(413, "PayloadTooLargeException"), Undeliverable),
        (refusal(400, "BadRequestException"), Undeliverable),
        (refusal(400, "ThrottlingException"), Unavailable),
        (refusal(429, "LimitExceededException"), Unavailable),
        (refusal(500, "InternalServerError"), Unavailable),
        (refusal(503, "ServiceUnavailable"), Unavailable),
        (ReadTimeoutError(endpoint_url="https://callback"), Unavailable),
    ],
)
def test_what_stays_refused_is_told_from_what_may_work_later(
    failure: Exception, raised: type[FlatRenderError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_api", lambda: Gateway(failure))
    with pytest.raises(FlatRenderError) as refused:
        push.post("connection", {"type": "progress"})
    assert refused.type is raised


def test_a_connection_that_is_gone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "_api", lambda: Gateway(refusal(410, "GoneException")))
    assert push.post("connection", {"type": "progress"}) is False
    push.end("connection")
