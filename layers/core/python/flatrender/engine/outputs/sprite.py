"""The hover sprite: small pictures of a video in one JPEG, which players show above their timeline."""

import math
from pathlib import Path
from typing import Final

import skia
from av.video.frame import VideoFrame
from pydantic import BaseModel, ConfigDict

TILE_WIDTH: Final = 160
COLUMNS: Final = 10
MAX_TILES: Final = 100
SHORT_SECONDS: Final = 20.0
"""Up to this length there is a tile for every second; beyond, one for every key frame at most."""
QUALITY: Final = 75


class Sheet(BaseModel):
    """A grid of `count` tiles, `columns` in a row, each `width` x `height` pixels and for `interval` seconds."""

    model_config = ConfigDict(frozen=True)

    columns: int
    count: int
    width: int
    height: int
    interval: float


class Sprite:
    """Collects a tile for each part of a video, from the decoded frame nearest to its middle."""

    def __init__(self, duration: float) -> None:
        self._interval = max(duration / MAX_TILES, 1.0 if duration <= SHORT_SECONDS else 2.0)
        count = max(1, math.ceil(duration / self._interval - 1e-6))
        ends = [min(duration, (part + 1) * self._interval) for part in range(count)]
        self._times = [(part * self._interval + end) / 2 for part, end in enumerate(ends)]
        self._tiles: list[tuple[float, skia.Image] | None] = [None] * count
        self.exact = self._times if duration <= SHORT_SECONDS else []
        """When the frames are that must be seen, in seconds; key frames do for the others."""

    def see(self, at: float, frame: VideoFrame) -> None:
        """A decoded frame and its time in seconds."""
        from flatrender.engine.pictures import picture

        tile: skia.Image | None = None
        for slot, time in enumerate(self._times):
            held = self._tiles[slot]
            if held is None or abs(at - time) < abs(held[0] - time):
                tile = tile or picture(frame, TILE_WIDTH)
                self._tiles[slot] = at, tile

    def write(self, out: Path) -> Sheet | None:
        """Write the sheet as JPEG; None when nothing was seen."""
        tiles = [tile[1] for tile in self._tiles if tile is not None]
        if not tiles:
            return None
        width, height, count = tiles[0].width(), tiles[0].height(), len(tiles)
        columns = min(COLUMNS, count)
        surface = skia.Surface(columns * width, -(-count // columns) * height)
        with surface as canvas:
            canvas.clear(skia.ColorBLACK)
            for place, tile in enumerate(tiles):
                canvas.drawImage(tile, place % columns * width, place // columns * height)
        out.write_bytes(bytes(surface.makeImageSnapshot().encodeToData(skia.kJPEG, QUALITY)))
        return Sheet(columns=columns, count=count, width=width, height=height, interval=self._interval)
