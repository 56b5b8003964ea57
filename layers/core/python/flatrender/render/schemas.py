"""What goes into and comes out of the render endpoints.

Seconds are of finished video, prices in minor units of `currency`.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.outputs import Codec, FormatName
from flatrender.kernel.ids import Id
from flatrender.kernel.schemas import Request, Response

type Resolution = Literal["source", "360p", "480p", "720p", "1080p", "1440p", "2160p"]
type Quality = Literal["draft", "standard", "high"]
"""As in `composition.profiles`, which takes too long to load for a cold start."""

type Status = Literal["queued", "running", "completed", "failed", "cancelled"]
type StatusFilter = Literal["active", "completed", "failed", "cancelled"]
"""`active` is queued or running."""


class Output(Request):
    """What is wanted. `resolution` counts along the shorter side; `fps` replaces the composition's own."""

    format: FormatName = "mp4"
    codec: Codec | None = None
    """h264, hevc or av1 in mp4; vp9 or av1 in webm. Null: the first of these."""
    resolution: Resolution = "source"
    quality: Quality = "standard"
    fps: int | None = Field(default=None, ge=limits.MIN_FPS, le=limits.MAX_FPS)
    hls: bool = False
    """The video, an mp4 of H.264 or HEVC, can be watched while it renders: see `playlist_path`."""
    background: str = Field(default="#000000", pattern=r"^#[0-9a-fA-F]{6}$")
    """What lies behind a transparent composition in a format without alpha."""
    at: float | None = Field(default=None, ge=0, le=limits.MAX_DURATION)
    """Second of a png or jpeg; the middle when not given."""


class RenderRequest(Request):
    """What to render: a project, or a composition document; exactly one of them."""

    project_id: Id | None = None
    composition: dict[str, Any] | None = None
    output: Output = Output()
    backend: Literal["auto", "burst", "batch"] = "auto"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.project_id is None) == (self.composition is None):
            raise PydanticCustomError(
                "one_source", "Send either 'project_id' or 'composition', not both and not neither"
            )
        return self


class BackendChoice(Response):
    name: Literal["burst", "batch"]
    reason: str


class Chunks(Response):
    """`cached` of `total` need not be rendered."""

    total: int
    cached: int


class Quote(Response):
    """What a render would cost now. `seconds_billable` are reserved at submit."""

    seconds_total: int
    seconds_billable: int
    price_minor: int
    currency: str
    chunks: Chunks
    backend: BackendChoice
    width: int
    height: int
    fps: int
    duration_seconds: float
    watermark: bool
    """Whether it would bear the tenant's watermark, which is by the caller's plan."""
    available_seconds: int
    """On the caller's balance; the render can be submitted while it is not less than `seconds_billable`."""


class RenderOutput(Response):
    format: FormatName
    codec: Codec | None
    """Null for sound alone, animations and stills."""
    transparent: bool
    hls: bool
    resolution: Resolution
    quality: Quality
    width: int
    height: int
    fps: int
    duration_seconds: float


class Seconds(Response):
    """`reserved` at submit; `billed` once completed, or cancelled after some of it was watched; null before."""

    reserved: int
    billed: int | None


class Sprite(Response):
    """The hover sprite: a grid of `count` pictures, `columns` in a row, one for each `interval` seconds.

    `vtt_path`, below the API's address, is its index as WebVTT, for players that show it above their timeline.
    """

    url: str
    vtt_path: str
    columns: int
    count: int
    width: int
    height: int
    interval: float


class RenderResult(Response):
    """Links that work for `expires_in` seconds; ask again for new ones.

    `url` is what was ordered, in any format; `video_url` is the same for mp4, webm and mov. There are poster and
    thumbnails of whatever moves, and a sprite of videos.
    """

    url: str
    file_name: str
    content_type: str
    video_url: str | None
    poster_url: str | None
    thumbnail_urls: Sequence[str]
    sprite: Sprite | None
    size_bytes: int
    manifest_url: str | None
    """What the result was made of, signed; null for results from before there were manifests."""
    expires_in: int


class RenderError(Response):
    code: str
    message: str


class Render(Response):
    id: str
    status: Status
    stage: str
    project_id: str | None
    output: RenderOutput
    backend: BackendChoice
    chunks: Chunks
    seconds: Seconds
    price_minor: int
    currency: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    playlist_path: str | None = None
    """HLS that grows while the video renders, where `output.hls` asked for it. Below the API's address, for players: it
    needs no token, and works for some hours. None once the parts it is made of are gone: a week after submission at
    most."""
    result: RenderResult | None = None
    """With the links only where a single completed render is asked for."""
    error: RenderError | None = None
