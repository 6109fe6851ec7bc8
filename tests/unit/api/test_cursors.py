"""Cursors are only taken back by the list that gave them out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import cursors
from api.problems import Problem

SECRET = b"s" * 32
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ROW = str(UUID(int=7))


@given(at=st.datetimes(timezones=st.just(UTC)), row=st.uuids().map(str))
def test_a_cursor_comes_back_as_it_was(at: datetime, row: str) -> None:
    assert cursors.read(SECRET, "a", cursors.issue(SECRET, "a", at, row)) == (at, row)


def test_every_changed_character_is_noticed() -> None:
    cursor = cursors.issue(SECRET, "a", AT, ROW)
    for place in range(len(cursor)):
        other = "A" if cursor[place] != "A" else "B"
        changed = cursor[:place] + other + cursor[place + 1 :]
        try:
            found = cursors.read(SECRET, "a", changed)
        except Problem:
            continue
        assert found == (AT, ROW)  # spare bits of the last character


@pytest.mark.parametrize(("secret", "of"), [(b"x" * 32, "a"), (SECRET, "b")])
def test_a_cursor_belongs_to_its_secret_and_list(secret: bytes, of: str) -> None:
    with pytest.raises(Problem):
        cursors.read(secret, of, cursors.issue(SECRET, "a", AT, ROW))
