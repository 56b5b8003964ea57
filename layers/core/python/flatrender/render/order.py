"""The work order: all that a worker needs to draw any part of a job. Stored once; messages only point at it."""

import gzip
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from flatrender.composition.assets import AssetInfo
from flatrender.composition.chunks import ChunkSpec, audio_key, plan
from flatrender.composition.profiles import Profile
from flatrender.composition.schemas import Composition


class Asset(BaseModel):
    """A file that a composition names, and the object in the media bucket that holds it."""

    model_config = ConfigDict(frozen=True)

    info: AssetInfo
    object_key: str


class WorkOrder(BaseModel):
    """A checked composition with what it needs.

    `chunk_seconds` is stored, so that a redeploy does not cut a running job differently.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    document: dict[str, Any]
    profile: Profile
    assets: dict[str, Asset]
    chunk_seconds: float

    @cached_property
    def composition(self) -> Composition:
        return Composition.model_validate(self.document)

    @property
    def infos(self) -> Mapping[str, AssetInfo]:
        return {asset_id: asset.info for asset_id, asset in self.assets.items()}

    def chunks(self) -> list[ChunkSpec]:
        return plan(self.composition, self.profile, self.infos, seconds=self.chunk_seconds)

    def audio_key(self) -> str | None:
        """The content key of the soundtrack; None for a silent composition."""
        return audio_key(self.composition, self.infos)

    def pack(self) -> bytes:
        return pack(self)

    @classmethod
    def unpack(cls, body: bytes) -> "WorkOrder":
        return cls.model_validate_json(gzip.decompress(body))


def pack(report: BaseModel) -> bytes:
    """Compressed JSON. Without a time stamp, so that the same content packs to the same bytes."""
    return gzip.compress(report.model_dump_json().encode(), 6, mtime=0)
