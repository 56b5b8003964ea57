"""`flatrender render`: a composition or template in a file, rendered on this machine."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any, get_args

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from flatrender_cli import checks, documents
from flatrender_cli.console import errors, out
from flatrender_cli.errors import CliError

STAGES = {"render": "Rendering", "assemble": "Assembling", "verify": "Verifying"}


def render(
    file: Path,
    output: Path,
    *,
    assets: Path | None,
    inputs: Path | None,
    resolution: str,
    quality: str,
    processes: int | None,
    as_json: bool,
) -> None:
    """Renders `file` into `output`; prints what came out."""
    try:
        from flatrender.composition.profiles import Quality, Resolution, profile
        from flatrender.engine.fonts import FontMissing, default_dir
        from flatrender_cli.offline import render as render_offline
    except ImportError as error:
        raise CliError(f"The render engine does not load: {error}.", hint="`flatrender doctor` says why.") from error
    _one_of("--resolution", resolution, get_args(Resolution.__value__))
    _one_of("--quality", quality, get_args(Quality.__value__))
    _set_fonts_folder()
    try:
        default_dir()
    except FontMissing as error:
        raise CliError(str(error)) from error
    filled: dict[str, Any] = documents.read(inputs) if inputs else {}
    composition, media = documents.load(file, assets or file.parent, filled)
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
            profile(composition, resolution, quality),  # type: ignore[arg-type] # checked against the literals above
            output,
            progress,
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


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CliError(f"{option} {value}: there is no such thing; there are {', '.join(allowed)}.")


def _set_fonts_folder() -> None:
    repository = checks.root()
    if repository and "FONTS_DIR" not in os.environ:
        os.environ["FONTS_DIR"] = str(repository / "layers/fonts")
