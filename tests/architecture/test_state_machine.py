"""The state machine as AWS would get it, in both modes of its map."""

import json
import re
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.support.functions import ROOT

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:flatrender-step"
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
