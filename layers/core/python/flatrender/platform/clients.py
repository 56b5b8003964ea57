"""AWS clients, made on first use.

botocore alone: boto3 adds 70 ms to a cold start and nothing that a function needs.
"""

from functools import cache
from typing import Any

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 10


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@cache
def client(service: str, *, endpoint_url: str | None = None, read_timeout: int = READ_TIMEOUT) -> Any:
    """A client for `service` with short timeouts and bounded retries.

    The region comes from the Lambda environment, the endpoint from AWS_ENDPOINT_URL unless one is named.
    """
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 3},
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path"} if service == "s3" else None,
    )
    return _session().create_client(service, endpoint_url=endpoint_url, config=config)
