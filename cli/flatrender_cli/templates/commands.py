"""`flatrender template …`: the commands."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="template", help="Write templates: start one, check it, see it live.", no_args_is_help=True)

Assets = Annotated[Path | None, typer.Option(help="Folder of the media; by default the file's own.")]


@app.command("check")
def _check(
    path: Annotated[Path, typer.Argument(help="A template, or a folder of templates.")],
    *,
    assets: Assets = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for what may be meant so, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Say all that is wrong with templates: format, inputs, languages, texts that do not fit or cannot be read."""
    from flatrender_cli.templates.checking import check

    check(path, assets, strict=strict, as_json=as_json)


@app.command("new")
def _new(
    name: Annotated[str, typer.Argument(help="The template's code, such as my-promo.")],
    *,
    aspect: Annotated[str, typer.Option(help="16:9, 9:16 or 1:1.")] = "16:9",
    folder: Annotated[Path, typer.Option(help="Where to make the template's folder.")] = Path(),
) -> None:
    """Start a template: a document that works, and a README of what to change in it."""
    from flatrender_cli.templates.starter import new

    new(name, folder, aspect)


@app.command("preview")
def _preview(
    file: Annotated[Path, typer.Argument(help="A template or a composition, as JSON.")],
    *,
    assets: Assets = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="By default 4680, or any that is free.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Show a template on a page of this machine that follows every change of its file."""
    from flatrender_cli.templates.server import preview

    preview(file, assets, port=port, show=show)
