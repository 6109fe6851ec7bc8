"""The canonical form is RFC 8785's, for the documents that it is allowed for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import LARGEST_INTEGER, NotCanonical, canonical

_texts = st.text(st.characters(exclude_categories=["Cs"]))
_documents = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | _texts,
    lambda inner: st.lists(inner) | st.dictionaries(_texts, inner),
    max_leaves=20,
)


def test_literals_are_written_without_white_space() -> None:
    assert canonical({"literals": [None, True, False]}) == b'{"literals":[null,true,false]}'


def test_strings_are_escaped_as_in_the_example_of_section_3_2_2() -> None:
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical(text).decode() == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


def test_members_are_sorted_as_in_the_example_of_section_3_2_3() -> None:
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical(names)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_only_what_must_be_escaped_is_escaped() -> None:
    assert canonical("\b\t\n\f\r\x00\x1f\x7f\u2028/<é") == (
        '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028/<é"'.encode()
    )


def test_integers_are_written_as_a_double_would_be() -> None:
    assert canonical([0, -0, -1, LARGEST_INTEGER]) == b"[0,0,-1,9007199254740991]"


@pytest.mark.parametrize(
    "document",
    [
        1.5,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        {"\udead": 1},
        {1: 2},
        b"x",
        {1},
        [object()],
    ],
)
def test_what_has_no_one_form_is_refused(document: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(document)


@given(_documents)
def test_nothing_is_lost(document: Any) -> None:
    assert json.loads(canonical(document)) == document


@given(_documents)
def test_the_form_of_the_form_is_the_form(document: Any) -> None:
    assert canonical(json.loads(canonical(document))) == canonical(document)


@given(st.dictionaries(_texts, st.integers(0, 9)), st.randoms())
def test_the_order_of_members_changes_nothing(document: dict[str, int], random: Any) -> None:
    pairs = list(document.items())
    random.shuffle(pairs)
    assert canonical(dict(pairs)) == canonical(document)
