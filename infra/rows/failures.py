"""PostgreSQL's errors as ours, without its words: they can quote rows, values and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from domain.ports import RowsRefused, RowsUnavailable
from domain.rows import MAX_CHILDREN
from infra.rows.nesting import TOO_MANY

_REFUSALS: Final = {
    "42P01": "A table of the dataset isn't there. Check its name and schema.",
    "42703": "A column of the dataset isn't there. Check the names of its columns.",
    "42501": "The source's user may not read this. Grant it SELECT on the dataset's tables.",
    "42601": "The dataset's query is no valid SQL. Try it with psql.",
    "42883": "A field's type doesn't fit its column. Check the types in the dataset.",
    "25006": "The dataset's query writes. Only reading is possible.",
    "22P05": "The filter has characters that the source's encoding doesn't know. Leave them out.",
    "54000": "A row is larger than the database can hold (1 GB). Filter a nested relation, or"
    " leave fields out.",
    TOO_MANY: f"A row has more than {MAX_CHILDREN:,} rows of a nested relation, more than a value"
    " holds. Filter the relation, or export its dataset by itself.",
    "57014": "The database stopped the query: it took longer than its statement_timeout, or an"
    " administrator cancelled it. Narrow the filter, or allow it more time.",
}
_REFUSED: Final = "Try the dataset's table or query with psql."
_UNAVAILABLE: Final = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes of SQLSTATE (PostgreSQL manual, appendix A) that another attempt may not meet:
connection, rollback, resources, object in use, intervention, system error."""


@contextmanager
def source_failures() -> Iterator[None]:
    """Raises `RowsUnavailable` or `RowsRefused` for what psycopg raises inside."""
    try:
        yield
    except psycopg.Error as error:
        # `from None`: a log that prints causes would print the row after all.
        raise failure(error) from None


def failure(error: psycopg.Error) -> RowsUnavailable | RowsRefused:
    """What to tell: our words and the SQLSTATE, never PostgreSQL's message."""
    state = error.sqlstate
    if state is None:
        return RowsUnavailable(_lost(error))
    if state not in _REFUSALS and state[:2] in _UNAVAILABLE:
        return RowsUnavailable(
            f"The database can't go on now (SQLSTATE {state}). Check that it runs, then try again."
        )
    return RowsRefused(f"{_REFUSALS.get(state, _REFUSED)} (SQLSTATE {state})")


def _lost(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "The database doesn't answer. Check its address and that it runs."
    return (
        "There is no connection to the database. Check that it runs, its address, and that its"
        " user can log in."
    )
