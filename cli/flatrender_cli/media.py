"""Media files: their type by name, and what the engine's probe finds in them."""

from pathlib import Path
from typing import TYPE_CHECKING

from flatrender_cli.errors import CliError

if TYPE_CHECKING:
    from flatrender.composition.assets import AssetInfo

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".svg": "image/svg+xml",
    ".json": "video/lottie+json",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".cube": "application/x-cube-lut",
}


def type_of(path: Path) -> str:
    """The media type that a file's name stands for.

    Raises CliError: it is none that can be used.
    """
    found = TYPES.get(path.suffix.lower())
    if found is None:
        raise CliError(f"{path.name} is not a kind of file that can be used.", hint=f"These are: {' '.join(TYPES)}")
    return found


def inspect(path: Path, asset_id: str) -> "AssetInfo":
    """What is in a file, found by decoding it. Needs the render engine, which the demo does without.

    Raises CliError: it cannot be used.
    """
    from flatrender.composition.assets import AssetInfo
    from flatrender.engine.faults import RejectedMedia
    from flatrender.engine.probe import probe

    try:
        found = probe(path, type_of(path))
    except RejectedMedia as rejection:
        raise CliError(f"{path}: {rejection.text}") from rejection
    return AssetInfo(id=asset_id, **found.model_dump(include=set(AssetInfo.model_fields) - {"id", "ready"}))
