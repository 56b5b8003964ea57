"""Lets a function that raised live on, as Lambda does.

ministack ends the process of a Python function whose handler raised, and starts another for the next invocation. An
authorizer says "no" by raising, so each refused request would cost a cold start.
"""

from typing import Any

from ministack.core import lambda_runtime

_AS_MINISTACK_SAYS = '{"status": "error", "error": str(e), "trace"'
_AS_WE_SAY = '{"status": "ok", "raised": True, "error": str(e), "trace"'
"""ministack ends a worker that says "error", and waits on for one that says neither that nor "ok"."""

_original_invoke = lambda_runtime.Worker.invoke


def _invoke(self: lambda_runtime.Worker, *arguments: Any, **named: Any) -> dict[str, Any]:
    response: dict[str, Any] = _original_invoke(self, *arguments, **named)
    if response.pop("raised", False):
        response["status"] = "error"
    return response


def install() -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001 - ministack has no extension points
    if _AS_MINISTACK_SAYS not in script:
        raise RuntimeError("this ministack's worker reports exceptions in another way; see emulated_errors.py")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_AS_MINISTACK_SAYS, _AS_WE_SAY)  # noqa: SLF001
    lambda_runtime.Worker.invoke = _invoke
