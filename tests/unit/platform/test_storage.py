"""The media bucket's answers that look like success."""

from typing import Any

import pytest

from flatrender.kernel.errors import Unavailable
from flatrender.platform import storage


class Keeping:
    """An S3 that removes all but one object, and says so in an answer of status 200."""

    def delete_objects(self, **asked: Any) -> dict[str, Any]:
        key = asked["Delete"]["Objects"][-1]["Key"]
        return {"Errors": [{"Key": key, "Code": "InternalError", "Message": "We encountered an internal error."}]}


def test_an_object_that_s3_did_not_remove_is_not_taken_for_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "client", lambda _: Keeping())

    with pytest.raises(Unavailable):
        storage.remove("results/t/j/video.mp4", "results/t/j/poster.jpg")


def test_a_prefix_ends_in_a_slash() -> None:
    with pytest.raises(ValueError, match="must end"):
        storage.remove_prefix("results/t/j")
