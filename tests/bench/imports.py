"""How long each function takes to import, cold, against its frameworks alone, and how large it is unpacked."""

import statistics
from collections.abc import Iterable

from tests.architecture.test_functions import FRAMEWORKS, HEAVY, load_as_lambda_does
from tests.bench.report import Line, Section
from tests.support.functions import Function, functions

ROUNDS = 5
TARGET_MILLISECONDS = 350
MEGABYTE = 1_000_000


def measure() -> Section:
    """Round by round over all functions, so that a slow minute falls on all of them alike."""
    section = Section(f"Cold import of each function, median of {ROUNDS} rounds; unpacked size with its layers")
    every = functions()
    rounds = [
        [(load_as_lambda_does(function), load_as_lambda_does(function, FRAMEWORKS)) for function in every]
        for _ in range(ROUNDS)
    ]
    heavy = []
    for function, *answers in zip(every, *rounds, strict=True):
        rendering = "render" in function.layers
        if answers[0][0]["heavy"] and not rendering:
            heavy.append(f"{function} imports {answers[0][0]['heavy']}")
        section.lines.append(
            Line(
                f"{function.name} ({size(function) / MEGABYTE:.0f} MB)",
                _milliseconds(own for own, _ in answers),
                "ms",
                baseline=_milliseconds(frameworks for _, frameworks in answers),
                target=None if rendering else TARGET_MILLISECONDS,
            )
        )
    section.lines.append(Line("functions with a heavy wheel that render nothing", len(heavy), "", target=0))
    section.note = "; ".join(heavy) or f"None of {', '.join(sorted(HEAVY))} outside the functions that render."
    return section


def _milliseconds(answers: Iterable[dict[str, object]]) -> float:
    return statistics.median(float(str(answer["seconds"])) for answer in answers) * 1000


def size(function: Function) -> int:
    """Bytes of a function's code and layers, unpacked."""
    folders = [function.source.parent, *function.layer_folders]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
