"""`make bench`: every figure that has a target, with what it is held against, measured in one run.

Exits with 1 when a target is missed. `python -m tests.bench imports latency` measures only some of it.
"""

import sys
from collections.abc import Callable

from rich.console import Console
from tests.bench import calls, imports, latency, pipeline
from tests.bench.engine import edits, growth, kinds, others, speed
from tests.bench.report import Section, show
from tests.support.people import User
from tests.support.stack import Stack, deployed

from flatrender_cli import journey
from flatrender_cli.api import Api
from flatrender_cli.errors import CliError


def _engine() -> list[Section]:
    """The reference scene at the presets that have a target, and by other means."""
    fast, slow = speed.measure("veryfast"), speed.measure("medium")
    return [fast.section(), slow.section(), others.measure(fast)]


def main(wanted: list[str]) -> int:
    console = Console(width=max(Console().width, 110))
    parts: dict[str, Callable[[], list[Section]]] = {
        "imports": lambda: [imports.measure()],
        "latency": lambda: [latency.measure(_user(deployed()))],
        "calls": lambda: [calls.measure(deployed(), _user(deployed()))],
        "pipeline": lambda: [pipeline.measure(deployed(), _user(deployed()))],
        "engine": _engine,
        "layers": lambda: [kinds.measure()],
        "growth": growth.measure,
        "edits": lambda: [edits.measure()],
    }
    unknown = set(wanted) - set(parts)
    if unknown:
        console.print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(parts)}.")
        return 2
    sections: list[Section] = []
    for name in wanted or parts:
        console.print(f"[dim]measuring {name} …[/]")
        sections += parts[name]()
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
