"""Value types of the composition format: colours, paints, easings, keyframes.

Any number or colour marked *animated* is either a constant or `{"keyframes": [{"time", "value", "easing"}, …]}`,
with times in seconds from the start of the layer; the easing of a keyframe leads from it to the next one. A number may
also be an expression, `{"expr": "…"}` (see `expressions`).
"""

import math
import re
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from flatrender.composition import expressions, limits

COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|theme:[a-z][a-z0-9_-]{0,31}|transparent")


class Strict(BaseModel):
    """Base of every model of the format: unknown fields and wrong types are faults."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


def _color(value: str) -> str:
    if not COLOR.fullmatch(value):
        raise PydanticCustomError("color", "must be a colour: #rgb, #rrggbb, #rrggbbaa, theme:<name> or transparent")
    return value


Color = Annotated[str, StringConstraints(max_length=40), AfterValidator(_color), Field(title="Color")]
"""`#rgb`, `#rrggbb`, `#rrggbbaa`, `transparent`, or `theme:<name>` for a colour of the theme."""
ASSET_ID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
AssetId = Annotated[str, StringConstraints(pattern=ASSET_ID)]
"""The id of an uploaded file (UUID)."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Seconds = Annotated[float, Field(title="Seconds", ge=0, le=limits.MAX_DURATION)]
Coordinate = Annotated[float, Field(title="Coordinate", ge=-limits.MAX_COORDINATE, le=limits.MAX_COORDINATE)]
Length = Annotated[float, Field(title="Length", ge=0, le=limits.MAX_COORDINATE)]
Fraction = Annotated[float, Field(title="Fraction", ge=0, le=1)]
Scale = Annotated[float, Field(title="Scale", ge=0, le=20)]
Angle = Annotated[float, Field(title="Angle", ge=-36_000, le=36_000)]
Weight = Annotated[int, Field(ge=100, le=900)]
Box = Annotated[list[Coordinate], Field(min_length=4, max_length=4)]
"""`[x, y, width, height]` in canvas pixels, from the top left of the canvas or of the enclosing group."""
Point = Annotated[list[Fraction], Field(min_length=2, max_length=2)]
"""`[x, y]` as fractions of a box."""

EasingName = Literal[
    "linear", "hold", "ease", "ease-in", "ease-out", "ease-in-out",
    "ease-in-quad", "ease-out-quad", "ease-in-out-quad", "ease-in-quint", "ease-out-quint", "ease-in-out-quint",
    "ease-in-expo", "ease-out-expo", "ease-in-out-expo", "ease-in-back", "ease-out-back", "ease-in-out-back",
    "ease-out-bounce", "ease-out-elastic", "spring",
]  # fmt: skip


class CubicBezier(Strict):
    """A CSS cubic-bezier: `points` are x1, y1, x2, y2 with both x in 0…1."""

    type: Literal["cubic-bezier"]
    points: Annotated[list[Annotated[float, Field(ge=-10, le=10)]], Field(min_length=4, max_length=4)]

    @model_validator(mode="after")
    def _x_in_range(self) -> "CubicBezier":
        if not (0 <= self.points[0] <= 1 and 0 <= self.points[2] <= 1):
            raise PydanticCustomError("cubic_bezier", "the x values of a cubic-bezier must lie between 0 and 1")
        return self


class Spring(Strict):
    """A damped spring that starts at rest; it is stretched over the whole step and ends exactly on the value."""

    type: Literal["spring"]
    stiffness: Annotated[float, Field(ge=1, le=1000)] = 170
    damping: Annotated[float, Field(ge=1, le=200)] = 18
    mass: Annotated[float, Field(ge=0.1, le=20)] = 1


def _easing_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "=name"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return {"cubic-bezier": "=cubic-bezier", "spring": "=spring"}.get(str(kind))


Easing = Annotated[
    Annotated[EasingName, Tag("=name")]
    | Annotated[CubicBezier, Tag("=cubic-bezier")]
    | Annotated[Spring, Tag("=spring")],
    Discriminator(
        _easing_tag,
        custom_error_type="easing",
        custom_error_message="must be the name of an easing, or an object of type cubic-bezier or spring",
    ),
]


class Named(Strict):
    """Gives generic models names that can be read: `ColorKeyframes` and not the whole annotation."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        titles = [part.title for part in getattr(params[0], "__metadata__", ()) if isinstance(part, FieldInfo)]
        return f"{next(filter(None, titles), 'Any')}{cls.__name__}"


class Keyframe[T](Named):
    time: Seconds
    value: T
    easing: Easing = "ease-in-out"


class Keyframes[T](Named):
    """`loop` repeats them after the last one: from the first again (`cycle`), or back and forth (`ping-pong`)."""

    keyframes: Annotated[list[Keyframe[T]], Field(min_length=1, max_length=limits.MAX_KEYFRAMES)]
    loop: Literal["none", "cycle", "ping-pong"] = "none"

    @model_validator(mode="after")
    def _in_order(self) -> "Keyframes[T]":
        times = [keyframe.time for keyframe in self.keyframes]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise PydanticCustomError(
                "keyframe_order", "keyframes must be in order of time, each later than the one before"
            )
        return self


class Expression[T](Named):
    """A number as a formula of `time`, `duration`, `progress`, `index`, `width`, `height` and `input.<name>`.

    `inputs` holds the values of the inputs it names; a template fills them in. The result is kept within what the
    field may hold.
    """

    expr: Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_EXPRESSION)]
    inputs: Annotated[dict[Name, float | bool], Field(max_length=limits.MAX_INPUTS)] = Field(default_factory=dict)
    _scope: expressions.Scope | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _readable(self) -> "Expression[T]":
        try:
            names = expressions.parse(self.expr).names
        except expressions.ExpressionError as error:
            raise PydanticCustomError("expression", "is no expression: {why}", {"why": str(error)}) from error
        for name in sorted(names):
            if name.startswith("input.") and name.removeprefix("input.") not in self.inputs:
                raise PydanticCustomError("expression", "is no expression: {name} has no value", {"name": name})
        return self

    @property
    def moves(self) -> bool:
        """Whether its value changes over time."""
        return expressions.parse(self.expr).moves

    @property
    def scope(self) -> expressions.Scope:
        return self._scope or expressions.Scope()

    def within(self, scope: expressions.Scope) -> "Expression[T]":
        """The same expression for a layer; itself when it has one already."""
        if self._scope is not None:
            return self
        own = self.model_copy()
        own._scope = scope  # noqa: SLF001  its own copy
        return own

    def at(self, t: float) -> float:
        """The value at `t` seconds from the start of the layer."""
        scope = self.scope
        values = {f"input.{name}": float(value) for name, value in self.inputs.items()}
        values |= {"time": t, "progress": min(1.0, max(0.0, t / scope.duration)) if scope.duration else 1.0}
        values |= {"duration": scope.duration, "index": float(scope.index), "pi": math.pi}
        values |= {"width": scope.width, "height": scope.height}
        low, high = self._range()
        return min(high, max(low, expressions.parse(self.expr).formula(values)))

    @classmethod
    def _range(cls) -> tuple[float, float]:
        """What the field that it stands in may hold."""
        low, high = -limits.MAX_COORDINATE, limits.MAX_COORDINATE
        args = cls.__pydantic_generic_metadata__["args"]
        for part in getattr(args[0], "__metadata__", ()) if args else ():
            for bound in getattr(part, "metadata", ()):
                low, high = getattr(bound, "ge", low), getattr(bound, "le", high)
        return low, high


def _animated_tag(value: Any) -> str:
    if isinstance(value, Expression) or (isinstance(value, dict) and "expr" in value):
        return "=expression"
    return "=keyframes" if isinstance(value, (dict, Keyframes)) else "=constant"


Animated = Discriminator(_animated_tag)
AnimatedNumber = Annotated[
    Annotated[Coordinate, Tag("=constant")]
    | Annotated[Keyframes[Coordinate], Tag("=keyframes")]
    | Annotated[Expression[Coordinate], Tag("=expression")],
    Animated,
]
AnimatedLength = Annotated[
    Annotated[Length, Tag("=constant")]
    | Annotated[Keyframes[Length], Tag("=keyframes")]
    | Annotated[Expression[Length], Tag("=expression")],
    Animated,
]
AnimatedFraction = Annotated[
    Annotated[Fraction, Tag("=constant")]
    | Annotated[Keyframes[Fraction], Tag("=keyframes")]
    | Annotated[Expression[Fraction], Tag("=expression")],
    Animated,
]
AnimatedScale = Annotated[
    Annotated[Scale, Tag("=constant")]
    | Annotated[Keyframes[Scale], Tag("=keyframes")]
    | Annotated[Expression[Scale], Tag("=expression")],
    Animated,
]
AnimatedAngle = Annotated[
    Annotated[Angle, Tag("=constant")]
    | Annotated[Keyframes[Angle], Tag("=keyframes")]
    | Annotated[Expression[Angle], Tag("=expression")],
    Animated,
]
Blur = Annotated[float, Field(title="Blur", ge=0, le=limits.MAX_BLUR)]
AnimatedBlur = Annotated[
    Annotated[Blur, Tag("=constant")]
    | Annotated[Keyframes[Blur], Tag("=keyframes")]
    | Annotated[Expression[Blur], Tag("=expression")],
    Animated,
]
Smear = Annotated[float, Field(title="Smear", ge=0, le=limits.MAX_SMEAR)]
AnimatedSmear = Annotated[
    Annotated[Smear, Tag("=constant")]
    | Annotated[Keyframes[Smear], Tag("=keyframes")]
    | Annotated[Expression[Smear], Tag("=expression")],
    Animated,
]
Volume = Annotated[float, Field(title="Volume", ge=0, le=4)]
AnimatedVolume = Annotated[
    Annotated[Volume, Tag("=constant")]
    | Annotated[Keyframes[Volume], Tag("=keyframes")]
    | Annotated[Expression[Volume], Tag("=expression")],
    Animated,
]
AnimatedColor = Annotated[Annotated[Color, Tag("=constant")] | Annotated[Keyframes[Color], Tag("=keyframes")], Animated]


class Stop(Strict):
    offset: Fraction
    color: Color


Stops = Annotated[list[Stop], Field(min_length=2, max_length=limits.MAX_STOPS)]


class LinearGradient(Strict):
    """Runs across the box at `angle` degrees: 0 from left to right, 90 from top to bottom."""

    type: Literal["linear"]
    angle: Angle = 90
    stops: Stops


class RadialGradient(Strict):
    """Runs from `center` (fractions of the box) outwards; `radius` 1 reaches the farthest corner."""

    type: Literal["radial"]
    center: Point = Field(default_factory=lambda: [0.5, 0.5])
    radius: Annotated[float, Field(gt=0, le=4)] = 1
    stops: Stops


Gradient = Annotated[LinearGradient | RadialGradient, Field(discriminator="type")]


def _paint_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "=constant"
    if isinstance(value, Keyframes) or (isinstance(value, dict) and "keyframes" in value):
        return "=keyframes"
    if isinstance(value, (dict, LinearGradient, RadialGradient)):
        return "=gradient"
    return None


Paint = Annotated[
    Annotated[Color, Tag("=constant")]
    | Annotated[Keyframes[Color], Tag("=keyframes")]
    | Annotated[Gradient, Tag("=gradient")],
    Discriminator(
        _paint_tag,
        custom_error_type="paint",
        custom_error_message="must be a colour, keyframes of colours, or a gradient of type linear or radial",
    ),
]
"""A colour (constant or keyframes) or a gradient."""
