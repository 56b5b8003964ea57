"""How long each function takes to import, cold, and how large it is unpacked with its layers."""

import statistics

from tests.architecture.test_functions import COLD_IMPORT_SECONDS, HEAVY, load_as_lambda_does
from tests.bench.report import Line, Section
from tests.support.functions import Function, functions

ROUNDS = 5
MEGABYTE = 1_000_000


def measure() -> Section:
    section = Section("Cold import of each function, median of 5; unpacked size with its layers")
    heavy = []
    for function in functions():
        answers = [load_as_lambda_does(function) for _ in range(ROUNDS)]
        rendering = "render" in function.layers
        if answers[0]["heavy"] and not rendering:
            heavy.append(f"{function} imports {answers[0]['heavy']}")
        section.lines.append(
            Line(
                f"{function.name} ({size(function) / MEGABYTE:.0f} MB)",
                statistics.median(float(str(answer["seconds"])) for answer in answers) * 1000,
                "ms",
                target=None if rendering else COLD_IMPORT_SECONDS * 1000,
            )
        )
    section.lines.append(Line("functions with a heavy wheel that render nothing", len(heavy), "", target=0))
    section.note = "; ".join(heavy) or f"None of {', '.join(sorted(HEAVY))} outside the functions that render."
    return section


def size(function: Function) -> int:
    """Bytes of a function's code and layers, unpacked."""
    folders = [function.source.parent, *function.layer_folders]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
