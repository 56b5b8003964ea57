"""The state machine as AWS would get it, in both modes of its map."""

import json
import re
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.support.functions import ROOT

from flatrender.render.errors import WorkersSpent

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:flatrender-step"
THROTTLED = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
}
"""Lambda has no room, or a fault of its own: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html"""
ROLE = "arn:aws:iam::123456789012:role/flatrender"
PROCESSORS = {"INLINE": '{"Mode": "INLINE"}', "DISTRIBUTED": '{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}'}


@pytest.fixture(name="definition", params=PROCESSORS)
def deployed(request: pytest.FixtureRequest) -> str:
    """What CloudFormation makes of the template's `!Sub`."""
    from cfn_yaml import load, long_form

    template = load(ROOT / "template.yaml")
    text, values = template["Resources"]["RenderStateMachine"]["Properties"]["DefinitionString"].value
    processors = long_form(values["MapProcessor"])["Fn::If"]
    given = dict.fromkeys(values, "10") | {name: FUNCTION for name in values if name.endswith("Arn")}
    given["MapProcessor"] = processors[1 if request.param == "INLINE" else 2]
    assert given["MapProcessor"] == PROCESSORS[request.param]
    return re.sub(r"\$\{(\w+)\}", lambda match: given[match[1]], text)


def tasks(states: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every task, those of maps too."""
    found = {name: state for name, state in states.items() if state["Type"] == "Task"}
    for state in states.values():
        found |= tasks(state.get("ItemProcessor", {}).get("States", {}))
    return found


@pytest.mark.usefixtures("infra")
def test_it_is_a_valid_definition(definition: str) -> None:
    template = {
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": definition, "RoleArn": ROLE},
            }
        }
    }
    assert lint(yaml.safe_dump(template), config=ManualArgs(regions=["us-east-1"])) == []
    broken = definition.replace('"Type": "Map"', '"Type": "Fan"')
    template["Resources"]["Machine"]["Properties"]["DefinitionString"] = broken
    assert lint(yaml.safe_dump(template), config=ManualArgs(regions=["us-east-1"])) != []


@pytest.mark.usefixtures("infra")
def test_every_step_is_tried_again_and_ends_in_fail(definition: str) -> None:
    machine = json.loads(definition)
    assert tasks(machine["States"])
    for name, task in tasks(machine["States"]).items():
        assert "Retry" in task, name
    for name, state in machine["States"].items():
        if state["Type"] in {"Task", "Map"} and name != "Fail":
            assert [catch["Next"] for catch in state["Catch"]] == ["Fail"], name


def waits(retrier: dict[str, Any]) -> float:
    """Seconds between all its attempts, at most."""
    delays = (retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n for n in range(retrier["MaxAttempts"]))
    return sum(min(delay, retrier.get("MaxDelaySeconds", delay)) for delay in delays)


@pytest.mark.usefixtures("infra")
def test_every_step_waits_for_its_turn_when_lambda_has_no_room(definition: str) -> None:
    machine = json.loads(definition)
    for name, task in tasks(machine["States"]).items():
        first = task["Retry"][0]
        assert set(first["ErrorEquals"]) == THROTTLED, name
        # Long chunks may take all the room for minutes: who asks must not do so in step with others, nor seldom.
        assert first["JitterStrategy"] == "FULL", name
        assert first["MaxDelaySeconds"] <= 30, name
        assert waits(first) / 2 > 20 * 60, name
    # A job takes one of the ways that a chunk can go. `Fail` may be needed after all the others.
    whole = sum(waits(task["Retry"][0]) for name, task in tasks(machine["States"]).items() if name != "OnBatch")
    assert whole < machine["TimeoutSeconds"]


@pytest.mark.usefixtures("infra")
def test_a_chunk_may_wait_for_a_machine_on_batch_nearly_as_long_as_a_job_may_take(definition: str) -> None:
    from cfn_yaml import load

    machine = json.loads(definition)
    retriers = tasks(machine["States"])["OnBatch"]["Retry"]
    errors = [retrier["ErrorEquals"] for retrier in retriers]
    (silence,) = (retrier for retrier in retriers if retrier["ErrorEquals"] == ["States.HeartbeatTimeout"])
    assert errors.index(["States.HeartbeatTimeout"]) < errors.index(["States.ALL"])
    heartbeat = load(ROOT / "template.yaml")["Parameters"]["RenderBatchHeartbeatSeconds"]["Default"]
    whole = (silence["MaxAttempts"] + 1) * heartbeat + waits(silence)
    assert 0.9 * machine["TimeoutSeconds"] < whole < machine["TimeoutSeconds"]
    # Workers that stand still end the waiting sooner: `dispatch` counts them.
    assert any(WorkersSpent.__name__ in retrier["ErrorEquals"] for retrier in retriers if not retrier["MaxAttempts"])


@pytest.mark.usefixtures("infra")
def test_what_waits_for_a_token_does_not_wait_for_ever(definition: str) -> None:
    waiting = {
        name: task
        for name, task in tasks(json.loads(definition)["States"]).items()
        if task["Resource"].endswith(".waitForTaskToken")
    }
    assert waiting
    for name, task in waiting.items():
        assert task["HeartbeatSeconds"] < task["TimeoutSeconds"], name
