"""Sound that is seen and captions: the workers of picture chunks fetch what they draw, and nothing more."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.renders import Compute, composition, finish, pointer, render_chunks, submit, task
from tests.support.uploaded import ready
from tests.unit.engine import media

from flatrender.kernel.caller import Caller
from flatrender.render import machine, service, worker
from flatrender.render.pipeline import plan

WORDS = b"WEBVTT\n\n00:00.200 --> 00:01.500\nHello there\n"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The content hashes of what workers fetch."""
    seen: list[str] = []
    original = machine.Workspace.asset

    def asset(self: machine.Workspace, sha256: str, key: str) -> Path:
        seen.append(sha256)
        return original(self, sha256, key)

    monkeypatch.setattr(machine.Workspace, "asset", asset)
    return seen


def film(*layers: Any, audio: list[Any]) -> dict[str, Any]:
    document = composition()
    document["overlays"] = list(layers)
    document["audio"] = audio
    return document


def test_a_waveform_and_captions_are_drawn_from_their_files(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, fetched: list[str]
) -> None:
    caller = rich(seconds=10)
    sound = media.tone(tmp_path / "tone.wav", 2.0).read_bytes()
    song = ready(caller, "audio", "audio/wav", sound, 2.0)
    words = ready(caller, "captions", "text/vtt", WORDS, 1.5)
    waveform = {"type": "waveform", "track": 0, "box": [10, 50, 140, 30], "bar_width": 4, "gap": 2}
    captions = {"type": "captions", "asset": words, "style": {"font": "Inter", "size": 10}}
    job = submit(caller, film(waveform, captions, audio=[{"asset": song}]))
    step = pointer(caller, job)
    items = render_chunks(step)
    pictures = sum(item >= 0 for item in items)
    assert len(items) == pictures + 1
    assert not recorded.failed
    assert finish(step) == {"outcome": "ok"}
    assert service.get(caller, job.id).status == "completed"
    hashes = [hashlib.sha256(body).hexdigest() for body in (sound, WORDS)]
    assert fetched.count(hashes[0]) == pictures + 1, "for the pictures and for the sound"
    assert fetched.count(hashes[1]) == pictures, "for the pictures alone"


def test_sound_that_is_only_heard_is_not_fetched_for_pictures(
    rich: Callable[..., Caller], recorded: Compute, tmp_path: Path, fetched: list[str]
) -> None:
    caller = rich(seconds=10)
    song = ready(caller, "audio", "audio/wav", media.tone(tmp_path / "tone.wav", 2.0).read_bytes(), 2.0)
    step = pointer(caller, submit(caller, film(audio=[{"asset": song}])))
    for item in plan.run(step)["items"]:
        if item >= 0:
            worker.run(task(step, item))
    assert fetched == []
    assert not recorded.failed
