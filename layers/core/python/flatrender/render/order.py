"""The work order: all that a worker needs to draw any part of a job. Stored once; messages only point at it."""

import gzip
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import ChunkSpec, audio_key, files, plan, sound_files
from flatrender.composition.outputs import CHUNK_SUFFIX, FORMATS, SOUND_SUFFIX, FormatName
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition
from flatrender.composition.watermark import marked
from flatrender.render.sizing import AUDIO_INDEX


class Asset(BaseModel):
    """A file that a composition names, and the object in the media bucket that holds it."""

    model_config = ConfigDict(frozen=True)

    info: AssetInfo
    object_key: str


class TemplateSource(BaseModel):
    """The version of a template that a document was made from."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int


class WorkOrder(BaseModel):
    """A checked composition with what it needs.

    `chunk_seconds` is stored, so that a redeploy does not cut a running job differently.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    document: dict[str, Any]
    profile: Profile
    assets: dict[str, Asset]
    chunk_seconds: float
    form: FormatName = "mp4"
    only: int | None = None
    """The one frame of a still."""
    template: TemplateSource | None = None
    watermark: dict[str, Any] | None = None
    """The layer above all those of the document, which does not know of it."""

    @cached_property
    def composition(self) -> Composition:
        """What is drawn: the document, and the watermark."""
        composition = Composition.model_validate(self.document)
        return composition if self.watermark is None else marked(composition, self.watermark)

    @property
    def infos(self) -> Mapping[str, AssetInfo]:
        return {asset_id: asset.info for asset_id, asset in self.assets.items()}

    @property
    def sound_only(self) -> bool:
        return FORMATS[self.form].kind == "audio"

    def chunks(self) -> list[ChunkSpec]:
        """What is billed: the chunks; where only the sound was ordered that, as if it were one (index -1)."""
        if not self.sound_only:
            return plan(self.composition, self.profile, self.infos, seconds=self.chunk_seconds, only=self.only)
        key, frames = self.audio_key(), self.profile.frame_count(self.composition.duration)
        return [ChunkSpec(index=AUDIO_INDEX, first_frame=0, frame_count=frames, key=key)] if key else []

    def audio_key(self) -> str | None:
        """The content key of the soundtrack; None for a silent composition or output."""
        return audio_key(self.composition, self.infos, self.profile)

    def files(self, spans: Iterable[tuple[int, int]]) -> list[set[str]]:
        """The ids of the files that are needed to draw each of `spans` (first frame, frames)."""
        return files(self.composition, self.profile, self.infos, spans)

    def sound_files(self) -> set[str]:
        """The ids of the files that are needed for the soundtrack."""
        return sound_files(self.composition, self.infos)

    def on(self, device: str) -> "WorkOrder":
        """The same work for another class of devices. Its chunks have other keys."""
        return self.model_copy(update={"profile": self.profile.model_copy(update={"device": device})})

    def suffix(self, item: int) -> str:
        """The container that a chunk, or the soundtrack (-1), lies in."""
        if item >= 0:
            return CHUNK_SUFFIX[self.profile.codec]
        return SOUND_SUFFIX[self.profile.audio_codec or "aac"]

    def pack(self) -> bytes:
        return pack(self)

    @classmethod
    def unpack(cls, body: bytes) -> "WorkOrder":
        return cls.model_validate_json(gzip.decompress(body))


def pack(report: BaseModel) -> bytes:
    """Compressed JSON. Without a time stamp, so that the same content packs to the same bytes."""
    return gzip.compress(report.model_dump_json().encode(), 6, mtime=0)
