"""The render engine on this machine: that it loads, and finds its fonts."""

import os

from flatrender_cli import checks
from flatrender_cli.errors import CliError


def ready() -> None:
    """Loads the engine, with the repository's fonts unless `FONTS_DIR` names others.

    Raises CliError: it does not load, or there are no fonts.
    """
    try:
        import flatrender.engine.render  # noqa: F401 - the import is the check
        from flatrender.engine.fonts import FontMissing, default_dir
    except ImportError as error:
        raise CliError(f"The render engine does not load: {error}.", hint="`flatrender doctor` says why.") from error
    repository = checks.root()
    if repository and "FONTS_DIR" not in os.environ:
        os.environ["FONTS_DIR"] = str(repository / "layers/fonts")
    try:
        default_dir()
    except FontMissing as error:
        raise CliError(str(error)) from error
