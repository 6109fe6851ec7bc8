"""Ranges of bytes as RFC 9110 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ranges import NotSatisfiable, Span, wanted


@pytest.mark.parametrize(
    ("header", "first", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 10),
        ("bytes=3-5", 3, 3),
        ("bytes=3-99", 3, 7),
        ("bytes=-3", 7, 3),
        ("bytes=-99", 0, 10),
        ("BYTES= 1 - 2 ", 1, 2),
    ],
)
def test_one_range(header: str, first: int, length: int) -> None:
    assert wanted(header, 10) == Span(first=first, length=length)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "bytes=0-1,3-4",
        "rows=0-1", "bytes=--3", "bytes=1-2-3", "bytes=\u0661-\u0662", "bytes=" + "9" * 30 + "-",
    ],
)  # fmt: skip
def test_what_is_no_single_range_is_ignored(header: str | None) -> None:
    assert wanted(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99-100"])
def test_a_range_behind_the_end(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        wanted(header, 10)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_an_empty_file_has_no_range(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        wanted(header, 0)


@given(first=st.integers(0, 30), last=st.integers(0, 30), size=st.integers(1, 20))
def test_a_range_is_what_slicing_gives(first: int, last: int, size: int) -> None:
    data = bytes(range(size))
    try:
        span = wanted(f"bytes={first}-{last}", size)
    except NotSatisfiable:
        assert first >= size
        return
    if span is None:
        assert last < first
        return
    assert data[span.first :][: span.length] == data[first : last + 1] != b""
