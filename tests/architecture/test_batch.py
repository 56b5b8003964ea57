"""Batch's queue and what is submitted to it agree: only a queue that has shares takes a job with one, and no other."""

import pytest
from tests.support.functions import ROOT

SHARES_IN_USE = 500
"""Most that a queue has at a time: https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html"""


@pytest.mark.usefixtures("infra")
def test_the_queue_has_shares_where_jobs_name_theirs() -> None:
    from cfn_yaml import load, long_form

    resources = load(ROOT / "template.yaml")["Resources"]
    condition, shares, none = long_form(
        resources["DispatchFunction"]["Properties"]["Environment"]["Variables"]["BATCH_SHARES"]
    )["Fn::If"]
    assert (condition, none) == ("OnAws", "0")
    assert 100 < int(shares) < SHARES_IN_USE
    policy = long_form(resources["RenderJobQueue"]["Properties"]["SchedulingPolicyArn"])["Ref"]
    assert resources[policy]["Type"] == "AWS::Batch::SchedulingPolicy"
    assert {resources[name]["Condition"] for name in ("RenderJobQueue", policy)} == {"OnAws"}
