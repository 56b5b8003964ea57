"""Sound as a picture: how loud it is over time, or how its frequencies dance."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from flatrender.composition import limits
from flatrender.composition.layers_base import LayerBase
from flatrender.composition.values import AssetId, Box, Fraction, Length, Paint, Seconds

MAX_BARS: Final = 400
"""Drawn at once; where there is room for more, bars and gaps grow."""
MAX_STANDING: Final = 600.0
"""Seconds of sound shown at once."""


class WaveformLayer(LayerBase):
    """Shows the sound of a file (`asset`, from its second `trim_start` on) or of a track (the index in `audio`).

    `show: amplitude` runs through the box, `window` seconds wide, what is heard now in the middle; without `window` the
    whole life of the layer stands still (up to ten minutes), and `played` paints what has been heard. `show: spectrum`
    has low frequencies on the left and high ones on the right.

    `style`: `bars` stand on the lower edge, `mirror` bars grow from the middle both ways, `line` joins the values, and
    `radial` bars stand on a circle, `inner` times as large as the box. `smoothing` evens out neighbours in an
    amplitude, and makes a spectrum come down slowly. `gain` is in dB.
    """

    type: Literal["waveform"]
    asset: AssetId | None = None
    track: Annotated[int, Field(ge=0, lt=limits.MAX_AUDIO_TRACKS)] | None = None
    trim_start: Seconds = 0.0
    box: Box
    show: Literal["amplitude", "spectrum"] = "amplitude"
    style: Literal["bars", "mirror", "line", "radial"] = "mirror"
    window: Annotated[float, Field(ge=0.5, le=60)] | None = 4.0
    bar_width: Annotated[float, Field(ge=1, le=500)] = 8.0
    gap: Annotated[float, Field(ge=0, le=500)] = 6.0
    radius: Length | None = None
    inner: Annotated[float, Field(ge=0.1, le=0.95)] = 0.55
    fill: Paint = "#ffffff"
    played: Paint | None = None
    smoothing: Fraction = 0.5
    gain: Annotated[float, Field(ge=-40, le=40)] = 0.0

    @model_validator(mode="after")
    def _one_source(self) -> "WaveformLayer":
        if (self.asset is None) == (self.track is None):
            raise PydanticCustomError("waveform", "needs either an 'asset' or a 'track', and not both")
        if self.track is not None and self.trim_start:
            raise PydanticCustomError("waveform", "has 'trim_start', which a 'track' has itself")
        return self
