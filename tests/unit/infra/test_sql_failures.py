"""What is told of PostgreSQL's errors, and what is not."""

from __future__ import annotations

import traceback

import psycopg
import pytest
from psycopg import errors

from domain.ports import RowsRefused, RowsUnavailable
from infra.rows.failures import source_failures

SECRET = "jane@example.org"


def raised(error: psycopg.Error) -> RowsRefused | RowsUnavailable:
    with pytest.raises((RowsRefused, RowsUnavailable)) as caught, source_failures():
        raise error
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert isinstance(caught.value, RowsRefused | RowsUnavailable)
    return caught.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.UndefinedTable(SECRET), "table"),
        (errors.UndefinedColumn(SECRET), "column"),
        (errors.InsufficientPrivilege(SECRET), "GRANT|Grant"),
        (errors.SyntaxError(SECRET), "valid SQL"),
        (errors.UndefinedFunction(SECRET), "type"),
        (errors.ReadOnlySqlTransaction(SECRET), "reading"),
        (errors.QueryCanceled(SECRET), "statement_timeout"),
        (errors.ProgramLimitExceeded(SECRET), "1 GB"),
        (errors.InvalidArgumentForWidthBucketFunction(SECRET), "100,000 rows of a nested"),
        (errors.DivisionByZero(SECRET), "22012"),
        (errors.InvalidTextRepresentation(SECRET), "22P02"),
        (errors.DataCorrupted(SECRET), "XX001"),
    ],
)
def test_what_another_attempt_meets_again_is_refused(error: psycopg.Error, words: str) -> None:
    failure = raised(error)
    assert isinstance(failure, RowsRefused)
    assert any(word in str(failure) for word in words.split("|"))
    assert f"SQLSTATE {error.sqlstate}" in str(failure)


@pytest.mark.parametrize(
    "error",
    [
        errors.AdminShutdown(SECRET),
        errors.CrashShutdown(SECRET),
        errors.TooManyConnections(SECRET),
        errors.LockNotAvailable(SECRET),
        errors.SerializationFailure(SECRET),
        errors.ConnectionFailure(SECRET),
        errors.IoError(SECRET),
    ],
)
def test_what_passes_is_unavailable(error: psycopg.Error) -> None:
    failure = raised(error)
    assert isinstance(failure, RowsUnavailable)
    assert f"SQLSTATE {error.sqlstate}" in str(failure)


def test_a_lost_connection_is_unavailable() -> None:
    assert isinstance(raised(psycopg.OperationalError(SECRET)), RowsUnavailable)
    assert "address" in str(raised(errors.ConnectionTimeout(SECRET)))
