"""The benchmark's lines: what was measured, against what, and what it should be."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    """A measurement. `baseline` is what it is held against in the same run, `target` a bound on value or ratio."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    target: float | None = None
    of_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        measured = self.ratio if self.of_ratio else self.value
        return measured is not None and measured <= self.target


@dataclass
class Section:
    title: str
    lines: list[Line] = field(default_factory=list)
    note: str = ""


def show(sections: list[Section], console: Console) -> bool:
    """Prints all sections as tables; returns whether every target is met."""
    for section in sections:
        table = Table(title=section.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for heading, justify in (("", "left"), ("measured", "right"), ("baseline", "right"), ("ratio", "right")):
            table.add_column(heading, justify="left" if justify == "left" else "right")
        table.add_column("target", justify="right")
        table.add_column("")
        for line in section.lines:
            table.add_row(
                line.name,
                _number(line.value, line.unit),
                _number(line.baseline, line.unit),
                f"{line.ratio:.2f}" if line.ratio is not None else "",
                _target(line),
                {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[line.met],
            )
        console.print(table)
        if section.note:
            console.print(f"[dim]{section.note}[/]", highlight=False)
        console.print()
    return all(line.met is not False for section in sections for line in section.lines)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = {"s": 2, "ms": 1, "MB": 1}.get(unit, 0)
    return f"{value:.{digits}f} {unit}".rstrip()


def _target(line: Line) -> str:
    if line.target is None:
        return ""
    return f"≤ {line.target:g} times" if line.of_ratio else f"≤ {_number(line.target, line.unit)}"
