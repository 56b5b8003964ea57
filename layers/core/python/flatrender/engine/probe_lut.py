"""What an uploaded LUT is: read as strictly as when colours are looked up in it."""

from typing import Any, Final

from flatrender.composition import cube_file
from flatrender.engine.faults import RejectedMedia
from flatrender.engine.probe_foreign import Data, reject_foreign

LUT: Final = "application/x-cube-lut"


def is_lut(head: bytes) -> bool:
    """Whether the beginning of a file is that of a `.cube`."""
    return cube_file.detect(head)


def lut(data: Data) -> dict[str, Any]:
    """What is known of a LUT. Raises RejectedMedia with the first thing that is wrong, and the line."""
    if len(data) > cube_file.MAX_BYTES:
        raise RejectedMedia("too_large", f"A LUT may have at most {cube_file.MAX_BYTES / 1e6:.0f} MB.")
    # Titles and comments may say anything.
    reject_foreign(data, everywhere=True)
    try:
        cube_file.parse(bytes(data))
    except cube_file.CubeError as error:
        raise RejectedMedia("damaged", str(error)) from None
    return {"kind": "lut", "content_type": LUT, "codec": "cube"}
