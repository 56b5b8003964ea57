"""What is delivered, made of chunks and the soundtrack: stitched where the form allows it, else encoded."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import av

from flatrender.composition.outputs import FORMATS, FormatName
from flatrender.composition.profiles import Quality
from flatrender.engine.assemble import assemble
from flatrender.engine.encode import replacing
from flatrender.engine.faults import AssemblyFailed, EncodeFailed
from flatrender.engine.outputs import animations, stills


def finish(
    form: FormatName,
    quality: Quality,
    chunks: Iterable[Path],
    audio: Path | None,
    out: Path,
    *,
    counts: Sequence[int] | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> None:
    """Write `chunks` (in timeline order) and `audio` to `out` in the form `form`.

    `counts` says how many frames each chunk must have. A video is stitched of one chunk after another: each must be
    there only until the next is asked for. `on_frame` is called for each frame that is encoded anew; whatever it raises
    ends the work and leaves no file. Raises AssemblyFailed when a part cannot be read or does not fit, EncodeFailed
    when an encoder or the disk fails.
    """
    try:
        match FORMATS[form].kind:
            case "audio":
                if audio is None:
                    raise AssemblyFailed("There is no sound to deliver.")
                with replacing(out) as partial:
                    shutil.copyfile(audio, partial)
            case "video":
                assemble(chunks, audio, out, FORMATS[form].suffix, counts)
            case "animation":
                {"gif": animations.gif, "apng": animations.apng, "webp": animations.webp}[form](
                    list(chunks), out, quality, on_frame
                )
            case "sequence":
                stills.sequence(list(chunks), out, on_frame)
            case "still" if form == "png":
                stills.png(list(chunks), out)
            case "still":
                stills.jpeg(list(chunks), out, quality)
    except av.error.FFmpegError as error:
        raise EncodeFailed(f"Encoding failed: {error}") from error
