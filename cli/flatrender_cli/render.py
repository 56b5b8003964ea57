"""`flatrender render`: a composition or template in a file, rendered on this machine."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from flatrender_cli import documents, engine
from flatrender_cli.console import errors, out
from flatrender_cli.errors import CliError
from flatrender_cli.stills import within

if TYPE_CHECKING:
    from flatrender.composition.outputs import Codec, FormatName
    from flatrender.composition.profiles import Profile, Quality, Resolution
    from flatrender.composition.schemas import Composition
    from flatrender_cli.offline import Wanted

STAGES = {"render": "Rendering", "assemble": "Assembling", "verify": "Verifying"}


@dataclass(frozen=True)
class Asked:
    """The output as the command line names it, not checked yet. `format` None: as the file's name says."""

    resolution: str = "source"
    quality: str = "standard"
    format: str | None = None
    codec: str | None = None
    background: str = "#000000"
    at: float | None = None


def render(
    file: Path,
    output: Path,
    *,
    assets: Path | None,
    inputs: Path | None,
    asked: "Asked",
    processes: int | None,
    as_json: bool,
) -> None:
    """Renders `file` into `output`; prints what came out."""
    form = _checked(asked, output)
    engine.ready()
    from flatrender_cli.offline import render as render_offline

    filled: dict[str, Any] = documents.read(inputs) if inputs else {}
    composition, media = documents.load(file, assets or file.parent, filled)
    if asked.at is not None:
        within(asked.at, composition.duration)
    profile, wanted = _wanted(composition, asked, form)
    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[frames]} frames"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    ) as bars:
        bar = bars.add_task("Rendering", frames="0")

        def progress(stage: str, done: int, total: int) -> None:
            bars.update(bar, description=STAGES[stage], completed=done, total=total, frames=f"{done}/{total}")

        rendered = render_offline(
            composition,
            media,
            profile,
            output,
            progress,
            wanted=wanted,
            processes=processes,
        )
    if as_json:
        print(json.dumps({"path": str(output), **dataclasses.asdict(rendered)}))
        return
    speed = rendered.frames / rendered.seconds
    out.print(
        f"{output}: {rendered.width}x{rendered.height}, {rendered.duration:.2f} s, {rendered.frames} frames, "
        f"{rendered.size_bytes / 2**20:.1f} MiB; rendered in {rendered.seconds:.1f} s ({speed:.0f} fps).",
        highlight=False,
        soft_wrap=True,
    )


def _checked(asked: "Asked", output: Path) -> "FormatName":
    """The form of delivery: as asked, else as the file's name says. Raises CliError."""
    from flatrender.composition.outputs import FORMATS, SUFFIXES
    from flatrender.composition.profiles import Quality, Resolution
    from flatrender.composition.values import COLOR

    _one_of("--resolution", asked.resolution, get_args(Resolution.__value__))
    _one_of("--quality", asked.quality, get_args(Quality.__value__))
    forms = tuple(name for name in FORMATS if name != "hls")
    suffix = output.suffix.removeprefix(".").lower()
    if asked.format is None and suffix not in SUFFIXES:
        hint = f"Name the file .{', .'.join(SUFFIXES)}, or give --format."
        raise CliError(f"{output.name} does not say what to make.", hint=hint)
    name = asked.format or SUFFIXES[suffix]
    _one_of("--format", name, forms)
    form = FORMATS[name]
    if suffix != form.suffix and SUFFIXES.get(suffix, name) != name:
        hint = f"Name the file .{form.suffix}, or leave out --format."
        raise CliError(f"{output.name} names {SUFFIXES[suffix]}, --format {name}.", hint=hint)
    if asked.at is not None and form.kind != "still":
        raise CliError(f"--at {asked.at:g}: only a png or jpeg is of one moment; leave it out.")
    if asked.codec is not None:
        if not form.codecs[1:]:
            raise CliError(f"--codec {asked.codec}: there is no choice for {name}.")
        _one_of("--codec", asked.codec, form.codecs)
    if not COLOR.fullmatch(asked.background) or asked.background.startswith("theme:"):
        raise CliError(f"--background {asked.background}: write a colour as #rrggbb.")
    return form.name


def _wanted(composition: "Composition", asked: "Asked", form: "FormatName") -> "tuple[Profile, Wanted]":
    from flatrender.composition.profiles import profile
    from flatrender_cli.offline import Wanted

    quality = cast("Quality", asked.quality)
    made = profile(
        composition,
        cast("Resolution", asked.resolution),
        quality,
        output=form,
        codec=cast("Codec | None", asked.codec),
        ground=asked.background[:7],
    )
    return made, Wanted(form, quality, asked.at)


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CliError(f"{option} {value}: there is no such thing; there are {', '.join(allowed)}.")
