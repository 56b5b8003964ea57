"""`make bench`: every figure that has a target, with what it is held against, measured in one run.

Exits with 1 when a target is missed. `python -m tests.bench imports latency` measures only some of it.
"""

import statistics
import sys
from collections.abc import Callable

from rich.console import Console
from tests.bench import calls, imports, latency, pipeline
from tests.bench.engine import speed
from tests.bench.report import Line, Section, show
from tests.support.people import User
from tests.support.stack import Stack, deployed

from flatrender_cli import journey
from flatrender_cli.api import Api
from flatrender_cli.errors import CliError

ENGINE_TARGET = 1.5


def engine() -> Section:
    found = speed.measure()
    return Section(
        "The demo's scene, 10 s of 1080p30, against encoding alone with the same settings",
        [
            Line(
                "render: chunks, sound, assembly, verification",
                statistics.median(found.parallel),
                "s",
                baseline=statistics.median(found.limit),
                target=ENGINE_TARGET,
                of_ratio=True,
            )
        ],
        speed.table(found),
    )


def main(wanted: list[str]) -> int:
    console = Console(width=max(Console().width, 110))
    stack = deployed()
    user = _user(stack)
    parts: dict[str, Callable[[], Section]] = {
        "imports": imports.measure,
        "latency": lambda: latency.measure(user),
        "calls": lambda: calls.measure(stack, user),
        "pipeline": lambda: pipeline.measure(stack, user),
        "engine": engine,
    }
    unknown = set(wanted) - set(parts)
    if unknown:
        console.print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(parts)}.")
        return 2
    sections = []
    for name in wanted or parts:
        console.print(f"[dim]measuring {name} …[/]")
        sections.append(parts[name]())
    console.print()
    return 0 if show(sections, console) else 1


def _user(stack: Stack) -> User:
    api = Api(stack.addresses.api)
    return User(stack.addresses, api, journey.sign_up(api, str(stack.addresses.mailbox)))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CliError as error:
        sys.exit(f"{error.message} {error.hint or ''}".rstrip())
