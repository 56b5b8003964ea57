"""`make up CLOUD=localstack` against a LocalStack that cannot carry the stack: refused at once, with the reason."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.functions import ROOT

NEEDED = (
    *("apigateway", "apigatewayv2", "batch", "cloudformation", "dynamodb", "dynamodbstreams", "events", "iam"),
    *("kms", "lambda", "logs", "s3", "ses", "sns", "sqs", "stepfunctions"),
)
# What LocalStack 2026.3 says of itself without a licence, as far as it concerns us.
FREE = dict.fromkeys(set(NEEDED) - {"apigatewayv2", "batch"}, "available")


@contextmanager
def localstack(services: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """An endpoint that answers the health check with these services; and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"services": services}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def up(endpoint: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CLOUD": "localstack", "FLATRENDER_ENDPOINT": endpoint}
    command = [sys.executable, str(ROOT / "infra/local/main.py"), "up"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_free_edition_is_refused_naming_what_it_lacks_before_anything_is_deployed() -> None:
    with localstack(FREE) as (endpoint, asked):
        done = up(endpoint)
    assert done.returncode == 1
    assert "does not offer WebSocket API (apigatewayv2), Batch (batch). Nothing was deployed." in done.stderr
    assert "Traceback" not in done.stderr
    assert set(asked) == {"/_localstack/health"}


def test_service_that_is_switched_off_counts_as_lacking() -> None:
    complete = dict.fromkeys(NEEDED, "available") | {"kms": "disabled"}
    with localstack(complete) as (endpoint, asked):
        done = up(endpoint)
    assert done.returncode == 1
    assert "does not offer KMS (kms)." in done.stderr
    assert set(asked) == {"/_localstack/health"}
