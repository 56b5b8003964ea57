"""Requests and answers of /v1/files."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from flatrender.composition import limits
from flatrender.kernel.ids import Id
from flatrender.kernel.schemas import Request, Response

Kind = Literal["image", "video", "svg", "lottie", "audio", "captions", "lut"]
Status = Literal["pending", "ready", "rejected"]

TYPES: Final[dict[str, Kind]] = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "image/gif": "image",
    "image/svg+xml": "svg",
    "video/mp4": "video",
    "video/quicktime": "video",
    "video/webm": "video",
    "video/lottie+json": "lottie",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/wav": "audio",
    "audio/ogg": "audio",
    "text/vtt": "captions",
    "application/x-subrip": "captions",
    "application/x-cube-lut": "lut",
}
"""What can be uploaded, and what it is used as."""

KIND_BYTES: Final[dict[Kind, int]] = {"svg": limits.MAX_SVG_BYTES, "lottie": limits.MAX_LOTTIE_BYTES}
"""What files of a kind may have, in every plan."""

ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "video/x-m4v": "video/mp4",
    "application/json": "video/lottie+json",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "application/ogg": "audio/ogg",
    "text/srt": "application/x-subrip",
    "text/x-srt": "application/x-subrip",
    "application/srt": "application/x-subrip",
    "text/x-cube-lut": "application/x-cube-lut",
}
"""Other names that browsers give to the same types."""


def _plain_name(value: str) -> str:
    if any(not character.isprintable() or character in "/\\" for character in value):
        raise ValueError("must be a plain file name, without folders or control characters")
    return value


class UploadRequest(Request):
    """A file that is about to be uploaded. `size_bytes` is its exact size: S3 refuses more."""

    filename: Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_plain_name)]
    content_type: str = Field(min_length=3, max_length=100, examples=list(TYPES))
    size_bytes: int = Field(ge=1, strict=True)


class Rejection(Response):
    """Why an upload was refused: `code` for programs, `message` for people."""

    code: str
    message: str


class File(Response):
    """A file. Media facts are known once it is `ready`; links are given only when a single file is read.

    `width` and `height` are upright pixels. `slots` are what a Lottie lets be replaced, by name, and of which kind
    each is: text, color, image or other. `expires_at` is when a file that is not ready is forgotten.
    """

    id: Id
    filename: str
    kind: Kind
    content_type: str
    size_bytes: int
    status: Status
    created_at: str
    expires_at: str | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    has_audio: bool = False
    slots: dict[str, str] | None = None
    rejection: Rejection | None = None
    url: str | None = None
    download_url: str | None = None
    links_expire_at: str | None = None


class UploadForm(Response):
    """A form for multipart/form-data: send `fields` as they are, then the content as the last field, `file`."""

    url: str
    fields: dict[str, str]
    expires_at: str


class Upload(Response):
    file: File
    upload: UploadForm
