"""What is kept of an error."""

from __future__ import annotations

import psycopg

from infra.streams.failures import Failure, describe


def test_an_error_is_its_class_and_the_line_that_raised_it() -> None:
    try:
        int("Frau Müller")
    except ValueError as error:
        failure = describe(error)
    assert failure.type == "ValueError"
    assert failure.place.startswith("tests.unit.infra.streams.test_failures:")
    assert "Müller" not in str(failure)


def test_the_class_is_named_with_its_module() -> None:
    assert describe(psycopg.DataError("row 7")) == Failure(type="psycopg.DataError", place="")
