"""How long the picture of a video is: what it repeats by, and its sound with it."""

import av
from av.container.input import InputContainer


def picture_length(container: InputContainer) -> float | None:
    """Seconds of the first video stream, or of the file where that does not say; None when it has none."""
    if not container.streams.video:
        return None
    stream = container.streams.video[0]
    if stream.duration:
        return float(stream.duration) * float(stream.time_base or 1 / 90_000)
    return float(container.duration or 0) / av.time_base
