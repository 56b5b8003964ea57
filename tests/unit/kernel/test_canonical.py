"""JSON in one form: the examples of RFC 8785, and what has no form at all."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatrender.kernel.canonical import canonical, sha256


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
        (1e-6, "0.000001"), (1e-7, "1e-7"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (333333333.3333332, "333333333.3333332"), (0.1 + 0.2, "0.30000000000000004"),
        (9007199254740992, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"), (True, "true"), (None, "null"), (4.5, "4.5"),
    ],
)  # fmt: skip
def test_numbers_are_those_of_ecmascript(value: object, text: str) -> None:
    assert canonical(value).decode() == text


def test_the_example_of_the_rfc() -> None:
    """Section 3.2.3: keys by UTF-16 code units, where an emoji comes before U+FB33."""
    value = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control",
             "\u00f6": "Latin Small Letter O With Diaeresis"}  # fmt: skip
    names = list(json.loads(canonical(value)))
    assert names == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical(['\u20ac$\u000f\nA\'B"\\\\"/']).decode() == '["€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"]'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, {1, 2}, b"x"])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises((ValueError, AttributeError)):
        canonical(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_it_says_the_same_however_often_it_is_read_and_written(value: object) -> None:
    once = canonical(value)
    again = json.loads(once)
    assert canonical(again) == once
    assert json.loads(once, parse_int=float) == value
    assert len(sha256(value)) == 64
