"""A worker's process with a limit of memory: takes one hostile thing after the other, says what it makes of each, and
in the end renders a good video.

`python -m tests.unit.engine_hostile.worker FOLDER`; in the folder are `cases.json` (`[{name, kind, declared}]`) and a
file per case. A line of JSON per case comes out.
"""

import hashlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

from tests.support.memory import peak_megabytes
from tests.support.renders import composition

from flatrender.composition.assets import AssetInfo
from flatrender.composition.profiles import profile
from flatrender.composition.schemas import Composition
from flatrender.composition.validate import validate
from flatrender.engine.faults import EngineError, RejectedMedia
from flatrender.engine.probe import probe
from flatrender.engine.render import render_chunk

MEMORY: Final = 4 * 2**30
"""Address space; the libraries alone take up one and a half."""
ASSET: Final = "00000000-0000-4000-8000-0000000000a1"
ASSETS: Final = {ASSET: AssetInfo(id=ASSET, sha256="a" * 64, kind="image", width=100_000, height=100_000)}


def judged(folder: Path, name: str, kind: str, declared: str) -> tuple[str, str]:
    """Code and message of the fault; empty when nothing was wrong with it."""
    path = folder / name
    if kind == "file":
        try:
            probe(path, declared)
        except RejectedMedia as refusal:
            return refusal.reason, refusal.text
        return "", ""
    if kind == "asset":
        return unreadable(path)
    _, faults = validate(json.loads(path.read_text("utf-8")), ASSETS)
    return (faults[0].code, faults[0].message) if faults else ("", "")


def unreadable(path: Path) -> tuple[str, str]:
    """A file that got past every check, as far as the drawing."""
    layer = {"type": "image", "asset": ASSET}
    made = Composition.model_validate({**composition(scenes=1), "overlays": [layer]})
    try:
        render_chunk(made, {ASSET: path}, profile(made), 0, 6, path.with_suffix(".mp4"), lambda _: None)
    except EngineError as error:
        return error.code, error.text
    return "", ""


def good(folder: Path) -> str:
    made = Composition.model_validate(composition())
    out = folder / "good.mp4"
    render_chunk(made, {}, profile(made), 0, 12, out, lambda _: None, threads=1)
    return hashlib.sha256(out.read_bytes()).hexdigest()


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    say(name="before", good=good(folder))
    for case in json.loads((folder / "cases.json").read_text("utf-8")):
        before, started = peak_megabytes(), time.process_time()
        try:
            code, message = judged(folder, case["name"], case["kind"], case["declared"])
        except Exception as error:  # noqa: BLE001 - the test says that there must be none
            code, message = "", f"{type(error).__name__}: {error}"[:500]
        grown = peak_megabytes() - before
        say(name=case["name"], code=code, message=message, seconds=time.process_time() - started, grown_megabytes=grown)
    say(name="after", good=good(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
