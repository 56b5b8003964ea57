"""What is stored comes back as it went in, or is refused with a reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatrender.studio import documents
from flatrender.studio.errors import ProjectTooLarge, ProjectUnstorable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_a_document_survives_storage(document: dict[str, Any]) -> None:
    assert documents.unpack(documents.pack(document, "composition")) == document


def nested(levels: int) -> Any:
    document: Any = {}
    for _ in range(levels - 1):
        document = {"inner": document}
    return document


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"x": float("nan")}, "not_finite"),
        ({"x": [float("inf")]}, "not_finite"),
        ({"x": "\ud800"}, "broken_text"),
        ({"\udfff": 1}, "broken_text"),
        (nested(documents.MAX_DEPTH + 1), "too_deep"),
        (nested(100_000), "too_deep"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_pointer(document: dict[str, Any], code: str) -> None:
    with pytest.raises(ProjectUnstorable) as refused:
        documents.pack(document, "inputs")
    [fault] = refused.value.details["faults"]
    assert (fault["pointer"], fault["code"]) == ("/body/inputs", code)


def test_the_limit_is_bytes_not_letters() -> None:
    room = documents.MAX_BYTES - len('{"x":""}')
    documents.pack({"x": "a" * room}, "inputs")
    documents.pack({"x": "س" * (room // 2)}, "inputs")
    documents.pack(nested(documents.MAX_DEPTH), "inputs")
    for text in ("a" * (room + 1), "س" * (room // 2 + 1)):
        with pytest.raises(ProjectTooLarge) as refused:
            documents.pack({"x": text}, "inputs")
        assert refused.value.details["limit"] == documents.MAX_BYTES


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # the examples of RFC 7396, appendix A, that are objects
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_its_standard_says(target: Any, patch: Any, result: Any) -> None:
    before = repr(target)
    assert documents.merged(target, patch) == result
    assert repr(target) == before
