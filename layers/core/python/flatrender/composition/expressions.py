"""Expressions: small formulas that stand where an animated number may stand.

The text is read with Python's own grammar (`ast.parse` only builds a tree), and every node is turned into a function
of floats by the tables below; whatever is not in them is refused. Nothing is ever evaluated as code. What has no
finite value (a division by zero, an overflow, the root of a negative number) is 0, so that a picture can always be
drawn.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flatrender.composition import limits

INPUT: Final = re.compile(r"(?<![\w.])input\.([a-z][a-z0-9_]*)")
"""An input of the template within an expression."""
_CONDITION: Final = re.compile(r"\bif\s*\(")
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression knows of its layer: life in seconds, place among its siblings (0 is the first), and the size
    of what holds it, in canvas pixels.
    """

    duration: float = 0.0
    index: int = 0
    width: float = 0.0
    height: float = 0.0


type Values = Mapping[str, float]
type Formula = Callable[[Values], float]


class ExpressionError(ValueError):
    """Why a text is no expression, as a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression ready to be evaluated, and the names it uses (`input.x` for inputs)."""

    formula: Formula
    names: frozenset[str]

    @property
    def moves(self) -> bool:
        """Whether its value depends on the time."""
        return bool(self.names & {"time", "progress"})


def random(seed: float) -> float:
    """A number from 0 up to 1 that looks random; the same for the same seed, on every machine."""
    x = (hash_bits(seed) + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((x ^ (x >> 31)) >> 11) / 2**53


def hash_bits(value: float) -> int:
    """A whole number for a float: thousandths of it, so that rounding noise makes no other seed."""
    return round(value * 1000) & _MASK


def noise(x: float, seed: float = 0.0) -> float:
    """A smooth random walk between -1 and 1 along `x`; it takes a new direction at every whole number."""
    left = math.floor(x)
    p = x - left
    a, b = (2 * random(n * 7.919 + seed * 104_729) - 1 for n in (left, left + 1))
    return a + (b - a) * p * p * (3 - 2 * p)


def _smoothstep(low: float, high: float, x: float) -> float:
    if low == high:
        return 0.0 if x < low else 1.0
    p = min(1.0, max(0.0, (x - low) / (high - low)))
    return p * p * (3 - 2 * p)


def _mod(x: float, y: float) -> float:
    return x - y * math.floor(x / y)


_FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., float]]]] = {
    "min": (2, 8, min),
    "max": (2, 8, max),
    "clamp": (3, 3, lambda x, low, high: max(low, min(high, x))),
    "lerp": (3, 3, lambda a, b, p: a + (b - a) * p),
    "sin": (1, 1, math.sin),
    "cos": (1, 1, math.cos),
    "abs": (1, 1, abs),
    "sign": (1, 1, lambda x: float((x > 0) - (x < 0))),
    "sqrt": (1, 1, math.sqrt),
    "floor": (1, 1, math.floor),
    "ceil": (1, 1, math.ceil),
    "round": (1, 1, lambda x: math.floor(x + 0.5)),
    "mod": (2, 2, _mod),
    "step": (2, 2, lambda edge, x: float(x >= edge)),
    "smoothstep": (3, 3, _smoothstep),
    "random": (1, 1, random),
    "noise": (1, 2, noise),
    "if": (3, 3, lambda condition, a, b: a if condition else b),
}
"""Name: fewest and most arguments, and what it does."""
_OPERATORS: Final[Mapping[type[ast.AST], Callable[[float, float], float]]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: _mod,
    ast.Pow: math.pow,
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
}
VARIABLES: Final = frozenset({"time", "duration", "progress", "index", "width", "height", "pi"})


class _Builder:
    """Turns a tree into a formula, counting its nodes."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._nodes = 0

    def build(self, node: ast.AST, depth: int = 0) -> Formula:  # noqa: PLR0911  one case per kind of node
        self._nodes += 1
        if self._nodes > limits.MAX_EXPRESSION_NODES or depth > limits.MAX_EXPRESSION_DEPTH:
            raise ExpressionError(
                f"it may have at most {limits.MAX_EXPRESSION_NODES} parts, {limits.MAX_EXPRESSION_DEPTH} deep"
            )
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return _constant(value)
            case ast.Name(id=name):
                return self._variable(name)
            case ast.Attribute(value=ast.Name(id="input"), attr=name):
                return self._variable(f"input.{name}")
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
                inner = self.build(operand, depth + 1)
                return inner if isinstance(sign, ast.UAdd) else lambda values: -inner(values)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _finite(_OPERATORS[type(op)], [self.build(left, depth + 1), self.build(right, depth + 1)])
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                return _finite(_OPERATORS[type(op)], [self.build(left, depth + 1), self.build(right, depth + 1)])
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call("if" if name == "if_" else name, args, depth)
        raise ExpressionError("only numbers, names, + - * / % ^, comparisons and functions may stand in it")

    def _variable(self, name: str) -> Formula:
        if not name.startswith("input.") and name not in VARIABLES:
            raise ExpressionError(f"there is no {name!r}; there are: {', '.join(sorted(VARIABLES))}, input.<name>")
        self.names.add(name)
        return lambda values: values[name]

    def _call(self, name: str, args: list[ast.expr], depth: int) -> Formula:
        if name not in _FUNCTIONS:
            raise ExpressionError(f"there is no function {name!r}; there are: {', '.join(sorted(_FUNCTIONS))}")
        fewest, most, function = _FUNCTIONS[name]
        if not fewest <= len(args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise ExpressionError(f"{name!r} takes {wanted} values, not {len(args)}")
        return _finite(function, [self.build(arg, depth + 1) for arg in args])


def _constant(value: float) -> Formula:
    try:
        number = float(value)
    except OverflowError as error:
        raise ExpressionError("a number in it is too large") from error
    if not math.isfinite(number):
        raise ExpressionError("a number in it is too large")
    return lambda _values: number


def _finite(function: Callable[..., float], parts: list[Formula]) -> Formula:
    def formula(values: Values) -> float:
        try:
            result = float(function(*[part(values) for part in parts]))
        except (ArithmeticError, ValueError):
            return 0.0
        return result if math.isfinite(result) else 0.0

    return formula


@lru_cache(maxsize=512)
def parse(text: str) -> Parsed:
    """The expression of a text. ExpressionError with the reason when it is none."""
    if len(text) > limits.MAX_EXPRESSION:
        raise ExpressionError(f"it may have at most {limits.MAX_EXPRESSION} characters")
    if "**" in text or "if_" in text:
        raise ExpressionError("only numbers, names, + - * / % ^, comparisons and functions may stand in it")
    # The two places where the grammar differs from Python's.
    source = _CONDITION.sub("if_(", text.replace("^", "**")).strip().replace("\n", " ")
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("it cannot be read; is a bracket or an operator missing?") from error
    builder = _Builder()
    formula = builder.build(tree.body)
    return Parsed(formula, frozenset(builder.names))


def inputs_of(text: str) -> Iterator[str]:
    """The names of the inputs that a text mentions, each once, in order; whether it is an expression or not."""
    yield from dict.fromkeys(INPUT.findall(text))
