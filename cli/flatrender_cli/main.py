"""`flatrender`: the commands, and how their errors are shown."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from flatrender_cli import endpoints
from flatrender_cli.console import errors
from flatrender_cli.errors import CliError
from flatrender_cli.manifest import verify_manifest
from flatrender_cli.templates.commands import app as templates

app = typer.Typer(
    name="flatrender",
    help="Render videos, through the deployed system or on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(templates)
app.command("verify-manifest")(verify_manifest)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on standard output.")]


@app.command("demo")
def _demo(
    *,
    api: Annotated[str | None, typer.Option(help="Address of the API.", envvar=endpoints.API_VARIABLE)] = None,
    socket: Annotated[str | None, typer.Option(help="Address of the socket.", envvar=endpoints.SOCKET_VARIABLE)] = None,
    mailbox: Annotated[
        str | None, typer.Option(help="Address of the local mailbox.", envvar=endpoints.MAILBOX_VARIABLE)
    ] = None,
    photo: Annotated[list[Path] | None, typer.Option(help="A photo of yours; give it twice.")] = None,
    title: Annotated[str, typer.Option(help="The text in the video.")] = "Spring is in the mountains",
    output: Annotated[Path, typer.Option("-o", "--out", help="Folder for the video and the poster.")] = Path("out"),
    backend: Annotated[str, typer.Option(help="auto, burst (Lambda) or batch.")] = "auto",
    as_json: Json = False,
) -> None:
    """Register, upload two photos, and render a first video through the deployed system."""
    from flatrender_cli.demo import demo, two_photos

    demo(
        endpoints.resolve(api, socket, mailbox),
        two_photos(photo or []),
        output,
        title=title,
        backend=backend,
        as_json=as_json,
    )


@app.command("render")
def _render(
    file: Annotated[Path, typer.Argument(help="A composition or a template, as JSON.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--out", help="The file to write; its ending says in which format.")],
    assets: Annotated[Path | None, typer.Option(help="Folder of the media; by default the file's own.")] = None,
    inputs: Annotated[Path | None, typer.Option(help="What fills the template's inputs, as JSON.")] = None,
    resolution: Annotated[str, typer.Option(help="source, 360p … 2160p, along the shorter side.")] = "source",
    quality: Annotated[str, typer.Option(help="draft, standard or high.")] = "standard",
    format: Annotated[str | None, typer.Option(help="mp4, webm, mov, gif, png-sequence …; by default from -o.")] = None,  # noqa: A002
    codec: Annotated[str | None, typer.Option(help="h264, hevc or av1 in mp4; vp9 or av1 in webm.")] = None,
    background: Annotated[str, typer.Option(help="Behind what is transparent, in formats without alpha.")] = "#000000",
    at: Annotated[float | None, typer.Option(help="Second of a png or jpeg; by default the middle.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Chunks drawn at a time.")] = None,
    as_json: Json = False,
) -> None:
    """Render a composition on this machine, with the engine that the cloud uses."""
    from flatrender_cli.render import Asked, render

    render(
        file,
        output,
        assets=assets,
        inputs=inputs,
        asked=Asked(resolution, quality, format, codec, background, at),
        processes=processes,
        as_json=as_json,
    )


@app.command("preview")
def _preview(
    file: Annotated[Path, typer.Argument(help="A composition or a template, as JSON.")],
    *,
    at: Annotated[list[float] | None, typer.Option(help="Second to show; several make a sheet.")] = None,
    sheet: Annotated[int | None, typer.Option(min=1, max=60, help="As many moments on a contact sheet.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--out", help="A .png, .jpg or .webp.")] = None,
    width: Annotated[int | None, typer.Option(min=16, max=4096, help="Pixels across the picture.")] = None,
    assets: Annotated[Path | None, typer.Option(help="Folder of the media; by default the file's own.")] = None,
    inputs: Annotated[Path | None, typer.Option(help="What fills the template's inputs, as JSON.")] = None,
    given: Annotated[list[str] | None, typer.Option("--input", help="name=value of one input; repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Draw one moment of a composition or template, or a contact sheet of several."""
    from flatrender_cli.stills import preview

    preview(
        file,
        output,
        at=at or (),
        sheet=sheet,
        width=width,
        assets=assets,
        inputs=inputs,
        given=given or (),
        as_json=as_json,
    )


@app.command("doctor")
def _doctor(*, as_json: Json = False) -> None:
    """Say what is missing on this machine, and what mends it."""
    from flatrender_cli.doctor import doctor

    doctor(as_json=as_json)


def run() -> None:
    """The console script: one clear message for what the user can mend, a traceback only for our own bugs."""
    try:
        app()
    except CliError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": {"message": error.message, "hint": error.hint, "details": list(error.details)}}))
        else:
            show(error)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("Stopped.")
        sys.exit(130)


def show(error: CliError) -> None:
    errors.print(f"[bold red]Error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
    for line in error.details:
        errors.print(f"  - {line}", highlight=False, markup=False, soft_wrap=True)
    if error.hint:
        errors.print(f"[dim]{escape(error.hint)}[/]", highlight=False, soft_wrap=True)
