"""Queues: how long what fails is tried again."""

from typing import Any

import pytest
from tests.support.functions import ROOT

from flatrender.files.service import PENDING_SECONDS
from flatrender.platform.batches import retry_seconds
from flatrender.platform.storage import LINK_SECONDS

pytestmark = pytest.mark.usefixtures("infra")


def retried_for(name: str) -> int:
    """Seconds from the first to the last attempt at a message of a queue whose function fails at once, each time."""
    from cfn_yaml import load

    queue: dict[str, Any] = load(ROOT / "template.yaml")["Resources"][name]["Properties"]
    return sum(retry_seconds(received) for received in range(1, queue["RedrivePolicy"]["maxReceiveCount"]))


def test_an_upload_outlasts_trouble_of_ours() -> None:
    assert retried_for("UploadsQueue") >= 40 * 60


def test_an_upload_is_given_up_before_it_lapses() -> None:
    """Also one that is sent with a form in its last second."""
    assert LINK_SECONDS + retried_for("UploadsQueue") < PENDING_SECONDS
