"""`flatrender doctor`: what is missing on this machine, each with the command that mends it."""

import dataclasses
import json

import typer
from rich.markup import escape
from rich.table import Table

from flatrender_cli import checks
from flatrender_cli.console import out

_SIGNS = {"ok": "[green]ok[/]", "missing": "[bold red]missing[/]", "note": "[yellow]not up[/]"}


def doctor(*, as_json: bool) -> None:
    """Prints every finding; exits with 1 when something needed is missing."""
    found = list(checks.findings())
    healthy = all(finding.state != "missing" for finding in found)
    if as_json:
        findings = [dataclasses.asdict(finding) for finding in found]
        print(json.dumps({"healthy": healthy, "findings": findings}, indent=2))
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in found:
            mend = f"[cyan]{escape(finding.mend)}[/]" if finding.mend else ""
            table.add_row(finding.name, _SIGNS[finding.state], escape(finding.found), mend)
        out.print(table)
        out.print("All that is needed is there." if healthy else "Something is missing; the last column mends it.")
    if not healthy:
        raise typer.Exit(1)
