"""Transitions: how one scene gives way to the next. All but the cut last a while, in which both scenes are shown."""

from typing import Annotated, Literal

from pydantic import Field

from flatrender.composition import limits
from flatrender.composition.values import AssetId, Color, Easing, Fraction, Strict

Overlap = Annotated[float, Field(gt=0, le=limits.MAX_TRANSITION)]
Direction = Literal["left", "right", "up", "down"]


class Cut(Strict):
    type: Literal["cut"]


class Lasting(Strict):
    """`easing` is how the way from 0 to 1 goes; each type has one of its own that suits it."""

    duration: Overlap = 0.8
    easing: Easing | None = None


class CrossFade(Lasting):
    type: Literal["cross-fade"]


class Push(Lasting):
    """The new scene pushes the old one out; `direction` is where things move to."""

    type: Literal["push"]
    direction: Direction = "left"


class Slide(Lasting):
    """Like a push; with `cover` the new scene moves over the old one, which stays."""

    type: Literal["slide"]
    direction: Direction = "left"
    cover: bool = False


class Wipe(Lasting):
    """The new scene is uncovered by an edge that moves towards `direction`."""

    type: Literal["wipe"]
    direction: Direction = "left"
    softness: Fraction = 0.1


class Zoom(Lasting):
    """The old scene grows and fades while the new one comes up from behind."""

    type: Literal["zoom"]
    amount: Annotated[float, Field(ge=0.05, le=2)] = 0.4


class Dip(Lasting):
    """The old scene fades into a colour, the new one out of it."""

    type: Literal["dip"]
    color: Color = "#000000"


class LumaMatte(Lasting):
    """The new scene is uncovered where the matte is dark first, where it is bright last (`invert`: the other way).

    `matte` is a built-in one: from the middle, like a clock's hand, in strips, from the top left corner, in specks.
    `asset` is a picture instead, of which the luma counts. `softness` is how wide the edge is.
    """

    type: Literal["luma-matte"]
    matte: Literal["radial", "clock", "blinds", "diagonal", "noise"] = "radial"
    asset: AssetId | None = None
    softness: Fraction = 0.15
    invert: bool = False


Transition = Annotated[
    Cut | CrossFade | Push | Slide | Wipe | Zoom | Dip | LumaMatte,
    Field(discriminator="type"),
]
