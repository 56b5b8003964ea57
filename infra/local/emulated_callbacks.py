"""Makes ministack's `.waitForTaskToken` tasks end as they do on AWS.

ministack waits for the Lambda to return before it waits for the token, forgets it when the Lambda fails, knows no
heartbeats, uses one token for all attempts, and lets the tasks of a stopped execution go on. Here

- the clock runs from the moment the task is scheduled; `HeartbeatSeconds` and `TimeoutSeconds` end the attempt;
- a Lambda that fails or dies fails the task at once;
- every attempt has a token of its own, and a token that nobody waits for any more is unknown to workers;
- stopping an execution ends its tasks.
"""

import contextvars
import json
import threading
import time
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions

LOOK_SECONDS = 0.2
CALLBACK = ".waitForTaskToken"

_original_task = stepfunctions._execute_task  # noqa: SLF001 - ministack has no extension points
_original_invoke = stepfunctions._invoke_with_callback  # noqa: SLF001
_original_arguments = stepfunctions._apply_jsonata_arguments  # noqa: SLF001
_Failure = stepfunctions._ExecutionError  # noqa: SLF001
_running = threading.local()


def install() -> None:
    stepfunctions._execute_task = _execute_task  # noqa: SLF001
    stepfunctions._invoke_with_callback = _invoke  # noqa: SLF001
    stepfunctions._apply_jsonata_arguments = _arguments  # noqa: SLF001


def _execute_task(state: dict[str, Any], raw_input: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
    _running.execution = execution
    return _original_task(state, raw_input, execution, context)


def _arguments(state: dict[str, Any], raw_input: Any, context: dict[str, Any] | None = None) -> Any:
    """Evaluated once per attempt, so this is where an attempt gets its token."""
    if context is not None and CALLBACK in state.get("Resource", ""):
        context["Task"] = {"Token": new_uuid()}
    return _original_arguments(state, raw_input, context)


def _invoke(resource: str, arguments: Any, token: str, state: dict[str, Any]) -> Any:
    execution = _running.execution
    if execution["status"] != "RUNNING":
        raise _Failure("States.TaskFailed", "The execution was stopped.")
    if "states:::lambda:invoke" not in resource:
        return _original_invoke(resource, arguments, token, state)
    function = stepfunctions._resolve_lambda_function_ref(arguments.get("FunctionName", ""), optimized=True)  # noqa: SLF001
    task: dict[str, Any] = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    stepfunctions._task_tokens[token] = task  # noqa: SLF001
    call = threading.Thread(
        target=contextvars.copy_context().run, args=(_call, function, arguments.get("Payload"), task), daemon=True
    )
    call.start()
    try:
        _wait(task, execution, _number(state, "HeartbeatSeconds"), _number(state, "TimeoutSeconds"))
    finally:
        stepfunctions._task_tokens.pop(token, None)  # noqa: SLF001
    if task["error"]:
        raise _Failure(task["error"].get("Error", "TaskFailed"), task["error"].get("Cause", ""))
    return json.loads(task["result"])


def _call(function: str, payload: Any, task: dict[str, Any]) -> None:
    try:
        stepfunctions._call_lambda(function, payload)  # noqa: SLF001
    except _Failure as failure:
        if not task["event"].is_set():
            task["error"] = {"Error": failure.error, "Cause": failure.cause}
            task["event"].set()


def _wait(task: dict[str, Any], execution: dict[str, Any], heartbeat: float, timeout: float) -> None:
    """Until the task is answered. Raises _Failure: it timed out, or its execution was stopped."""
    started = last = time.monotonic()
    seen = None
    while not task["event"].wait(LOOK_SECONDS):
        now = time.monotonic()
        if task["heartbeat"] != seen:
            seen, last = task["heartbeat"], now
        if execution["status"] != "RUNNING":
            raise _Failure("States.TaskFailed", "The execution was stopped.")
        if now - last > heartbeat:
            raise _Failure("States.HeartbeatTimeout", f"No heartbeat for {heartbeat:g} seconds")
        if now - started > timeout:
            raise _Failure("States.Timeout", f"Task timed out after {timeout:g} seconds")


def _number(state: dict[str, Any], field: str) -> float:
    """A number of seconds, which may be a JSONata expression; without one, a task may take for ever."""
    if field not in state:
        return float("inf")
    return float(stepfunctions._apply_jsonata_template(state[field], None, {}))  # noqa: SLF001
