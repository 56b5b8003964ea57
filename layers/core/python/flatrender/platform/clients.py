"""AWS clients, made on first use.

botocore alone: boto3 adds 70 ms to a cold start and nothing that a function needs.
"""

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Final

CONNECT_TIMEOUT: Final = 1


@dataclass(frozen=True)
class Patience:
    """How often to ask, and how many seconds to wait for an answer each time."""

    read_timeout: float = 10
    attempts: int = 3


DEFAULT: Final = Patience()
PATIENCE: Final = {
    # Answers in milliseconds; one that takes longer will not come.
    "dynamodb": Patience(2),
    "kms": Patience(2),
    # For small requests. Large objects are streamed by a client that waits longer for each piece.
    "s3": Patience(3),
    # A registration waits for it, and the code can be asked for again.
    "ses": Patience(3, attempts=1),
}
"""Whoever waits for a service must not be killed while it does: a function's timeout is longer than all attempts."""


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@cache
def _make(service: str, endpoint_url: str | None, read_timeout: float, attempts: int) -> Any:
    from botocore.config import Config

    from flatrender.platform import connections

    connections.install()
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        signature_version="s3v4" if service == "s3" else None,
        # Left alone, botocore puts its name together anew for each request, for a tenth of the time that one takes.
        user_agent=_session().user_agent(),
        s3={"addressing_style": "path"} if service == "s3" else None,
    )
    return _session().create_client(service, endpoint_url=endpoint_url, config=config)


class _Clients:
    """Clients by what they were asked for, each made once, one at a time.

    A session may not make two at once, and workers whose first call is from many threads would make one per thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    def __call__(self, service: str, *, endpoint_url: str | None = None, read_timeout: float | None = None) -> Any:
        """A client for `service` with short timeouts and bounded retries, as `PATIENCE` has them.

        The region comes from the Lambda environment, the endpoint from AWS_ENDPOINT_URL unless one is named.
        """
        patience = PATIENCE.get(service, DEFAULT)
        seconds = patience.read_timeout if read_timeout is None else read_timeout
        with self._lock:
            return _make(service, endpoint_url, seconds, patience.attempts)

    def cache_clear(self) -> None:
        _make.cache_clear()


client: Final = _Clients()
