"""Given a text, when it is read as an expression, then it is a formula of floats, or a sentence says why it is none."""

import math
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.composition.documents import document

from flatrender.composition.expressions import ExpressionError, Scope, noise, parse, random
from flatrender.composition.scopes import bound, expressions_in
from flatrender.composition.validate import validate
from flatrender.composition.values import Expression

VALUES = {"time": 2.0, "duration": 8.0, "progress": 0.25, "index": 3.0, "width": 640.0, "height": 360.0}
VALUES |= {"pi": math.pi, "input.gain": 5.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("-2 ^ 2", -4),
        ("2 ^ 3 ^ 2", 512),
        ("(1 + 2) * 3 - 10 % 4", 7),
        ("-7 % 3", 2),
        ("min(3, 1, 2) + max(4, 9)", 10),
        ("clamp(12, 0, 10) + lerp(0, 10, 0.25)", 12.5),
        ("sin(pi / 2) + cos(0) + abs(-3) + sign(-2)", 4),
        ("floor(2.7) + ceil(2.1) + round(2.5) + round(-2.5)", 6),
        ("mod(11, 4) + sqrt(16)", 7),
        ("step(2, 2) + step(2, 1.9) + smoothstep(0, 4, 2)", 1.5),
        ("if(time > 1, 10, 20) + if (index == 4, 1, 2)", 12),
        ("(1 < 2) + (2 <= 1) + (1 != 2) + (1 >= 1)", 3),
        ("width * progress + input.gain", 165),
        ("if(input.gain, 1, 0)", 1),
        ("1 / 0", 0),
        ("0 ^ -1 + (-8) ^ 0.5 + sqrt(-1) + mod(1, 0)", 0),
        ("10 ^ 300 * 10 ^ 300", 0),
        ("1 +\n 2", 3),
    ],
)
def test_expressions_have_the_value_that_arithmetic_gives(text: str, expected: float) -> None:
    assert parse(text).formula(VALUES) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1 +", "cannot be read"),
        ("", "cannot be read"),
        ("__import__('os')", "no function"),
        ("().__class__", "only numbers"),
        ("input.gain.real", "only numbers"),
        ("time.real", "only numbers"),
        ("[1, 2]", "only numbers"),
        ("lambda: 1", "only numbers"),
        ("'a' * 9", "only numbers"),
        ("True", "only numbers"),
        ("1j", "only numbers"),
        ("2 ** 3", "only numbers"),
        ("1 < 2 < 3", "only numbers"),
        ("min(1, *time)", "only numbers"),
        ("min(a=1)", "only numbers"),
        ("(x := 1)", "only numbers"),
        ("tim + 1", "no 'tim'"),
        ("sinus(1)", "no function 'sinus'"),
        ("lerp(1, 2)", "takes 3"),
        ("9" * 400, "too large"),
        ("1e999", "too large"),
        ("1" + "+1" * 240, "at most 200 parts"),
        ("-" * 60 + "1", "deep"),
        ("(" * 240 + "1" + ")" * 240, "cannot be read"),
        ("1 " * 300, "at most 500"),
        ("time\x00", "cannot be read"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_reason(text: str, word: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError, match=word.replace("(", r"\(")):
        parse(text)
    assert time.perf_counter() - started < 0.2


@given(st.text(alphabet="0123456789.+-*/%^()<>=, timenoisx", max_size=60))
def test_whatever_is_read_gives_a_finite_number(text: str) -> None:
    try:
        formula = parse(text).formula
    except ExpressionError:
        return
    assert math.isfinite(formula(VALUES))


def test_chance_is_the_same_everywhere_and_spread_evenly() -> None:
    drawn = [random(n) for n in range(2000)]
    assert drawn == [random(n) for n in range(2000)]
    assert random(7) == pytest.approx(0.622994, abs=1e-6)
    assert all(0 <= value < 1 for value in drawn)
    assert abs(sum(drawn) / len(drawn) - 0.5) < 0.03
    walk = [noise(n / 100, 4) for n in range(1000)]
    assert max(abs(b - a) for a, b in pairwise(walk)) < 0.04
    assert max(walk) - min(walk) > 0.8
    assert noise(0.5, 1) != noise(0.5, 2)


def text_with(expr: Any) -> dict[str, Any]:
    layer = {"type": "solid", "color": "#fff", "transform": {"opacity": expr}}
    return document(scenes=[{"duration": 6, "layers": [layer]}], audio=[])


def test_an_expression_stays_within_its_field_and_knows_its_layer() -> None:
    composition, faults = validate(text_with({"expr": "width / 100 + index"}), {})
    assert faults == []
    assert composition is not None
    layer = composition.scenes[0].layers[0]
    assert expressions_in(layer) == 1
    opacity = bound(layer, Scope(6, 2, 640, 360)).transform.opacity
    assert isinstance(opacity, Expression)
    assert opacity.at(0) == 1
    untied = layer.transform.opacity
    assert isinstance(untied, Expression)
    assert untied.at(0) == 0


@pytest.mark.parametrize(
    ("expr", "pointer", "word"),
    [
        ({"expr": "1 +"}, "/scenes/0/layers/0/transform/opacity", "cannot be read"),
        ({"expr": "input.gain"}, "/scenes/0/layers/0/transform/opacity", "input.gain has no value"),
        ({"expr": 3}, "/scenes/0/layers/0/transform/opacity/expr", "must be a text"),
        ({"expr": "1", "inputs": {"gain": "x"}}, "/scenes/0/layers/0/transform/opacity/inputs/gain", "must be"),
        ({"expr": "1", "input": {}}, "/scenes/0/layers/0/transform/opacity/input", "did you mean 'inputs'"),
    ],
)
def test_a_broken_expression_is_a_fault_at_its_place(expr: Any, pointer: str, word: str) -> None:
    _, faults = validate(text_with(expr), {})
    assert any(fault.pointer == pointer and word in fault.message for fault in faults), faults
