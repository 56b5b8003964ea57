"""How long the picture of a video is: what it repeats by, and its sound with it."""

from pathlib import Path

from av.container.input import InputContainer

from flatrender.engine.media_length import length


def picture_length(container: InputContainer, path: Path) -> float | None:
    """Seconds of the first video stream, or of the file at `path` where that does not say; None when it has none."""
    if not container.streams.video:
        return None
    return length(container, container.streams.video[0], path)
