"""Golden pictures of transitions, each a little before its middle."""

from typing import Any, get_args

from tests.golden.gallery import PAPER, hang, linear, words
from tests.golden.materials import MATTE, PHOTO

from flatrender.composition.transitions import Direction

OLD = {"duration": 1.5, "background": linear("#ffb36b", "#d6455d", angle=60), "layers": [words("OLD", size=60)]}
NEW = {
    "duration": 1.5,
    "layers": [{"type": "image", "asset": PHOTO}, words("NEW", size=60, align="end", vertical="bottom")],
}


def passing(name: str, at: float = 0.9, **transition: Any) -> None:
    """Seen at 0.4 of its way, which is linear; it begins at second 0.5."""
    how = {"duration": 1.0, "easing": "linear", **transition}
    hang(f"transition-{name}", scenes=[OLD, {**NEW, "transition": how}], at=at)


hang("transition-cut", scenes=[OLD, {**NEW, "transition": {"type": "cut"}}], at=1.5)
passing("cross-fade", type="cross-fade")
for _way in get_args(Direction):
    passing(f"push-{_way}", type="push", direction=_way)
    passing(f"cover-{_way}", type="slide", direction=_way, cover=True)
    passing(f"wipe-{_way}", type="wipe", direction=_way, softness=0.2)
passing("slide", type="slide")
passing("wipe-sharp", type="wipe", softness=0.0)
passing("zoom", type="zoom")
passing("zoom-own-easing", type="zoom", easing=None, amount=1.0)
passing("dip", type="dip", color=PAPER, at=0.75)
for _matte in ("radial", "clock", "blinds", "diagonal", "noise"):
    passing(f"luma-{_matte}", type="luma-matte", matte=_matte)
passing("luma-inverted", type="luma-matte", matte="radial", invert=True, softness=0.5)
passing("luma-file", type="luma-matte", asset=MATTE)
