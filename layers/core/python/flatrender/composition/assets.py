"""What the composition package knows about an uploaded file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class AssetInfo(BaseModel):
    """A file that a composition may name: its content hash, and what probing found. `width`/`height` are upright
    pixels, `duration` seconds; `slots` are what may be replaced in a Lottie, by name, and of which kind each is;
    `ready` is false while the file is not yet probed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    sha256: str
    kind: Literal["image", "video", "audio", "svg", "lottie", "captions", "lut"]
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    has_audio: bool = False
    slots: dict[str, str] | None = None
    ready: bool = True
