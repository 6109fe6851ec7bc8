"""One connection, one transaction: everything in it sees the same instant and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import ClientCursor, IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL

from infra.rows.copied_rows import CopiedRows, copied_rows
from infra.rows.failures import source_failures
from infra.rows.sql import Statement

_CANCEL_SECONDS: Final = 2.0

_DEFAULTS: Final[Mapping[str, str]] = {
    "application_name": "waybill",
    "connect_timeout": "10",
    # A server that vanished without a word is noticed within a minute.
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    # What is encrypted by GSSAPI can't be told from what isn't, and TLS is what people use.
    "gssencmode": "disable",
}
"""What a dsn may set otherwise."""

_PINNED: Final[Mapping[str, str]] = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "jit": "off",
    "lock_timeout": "30s",
}
"""So that a value has one text, whatever the server, the database or the user has set."""

_NOTICES_A_LOST_CLIENT: Final = 140000
"""From here on PostgreSQL can stop working for a process that was killed while it sorted."""

_FOLDING: Final = """
(SELECT collname FROM pg_catalog.pg_collation
 WHERE collname IN ('pg_c_utf8', 'und-x-icu') AND pg_catalog.getdatabaseencoding() = 'UTF8'
 ORDER BY collname LIMIT 1)
"""


class Session:
    """`taken_at` is the database's clock at the instant that everything is seen as of. `folding`
    is the collation that knows all letters' cases on any server, None where there is none."""

    def __init__(self, connection: psycopg.Connection, timeout: float | None) -> None:
        self._connection = connection
        settings = dict(_PINNED)
        if connection.info.server_version >= _NOTICES_A_LOST_CLIENT:
            settings["client_connection_check_interval"] = "1s"
        if timeout is not None:
            settings["statement_timeout"] = f"{max(1, int(timeout * 1000))}ms"
        # One statement, the first of the transaction: it also takes the snapshot.
        pins = SQL(", ").join(
            SQL("pg_catalog.set_config({}, {}, true)").format(name, value)
            for name, value in settings.items()
        )
        row = self._row(SQL("SELECT statement_timestamp(), {}, {}").format(SQL(_FOLDING), pins))
        self.taken_at: datetime = row[0].astimezone(UTC)
        self.folding: str | None = row[1]

    def value(self, statement: Statement) -> Any:
        """The first value of the first row."""
        return self._row(statement.text, statement.parameters)[0]

    def types(self, statement: Statement) -> list[int]:
        """The types of the columns, by OID."""
        with source_failures():
            cursor = self._connection.execute(statement.text, statement.parameters)
            return [column.type_code for column in cursor.description or ()]

    @contextmanager
    def copying(self, statement: Statement) -> Iterator[CopiedRows]:
        """A COPY's rows. Left before its end, it ends the connection: psycopg would read on."""
        with source_failures():
            bound = self._bound(statement)
            self._pass_bytes_through()
            with copied_rows(self._connection, bound) as copied:
                try:
                    yield copied
                except BaseException:
                    self.end()
                    raise
            self._speak_utf8()

    def cancel(self) -> None:
        """Stops what the server is doing for this session; from any thread."""
        # That fails when the server is gone, and then nothing runs any more.
        with suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=_CANCEL_SECONDS)

    def end(self) -> None:
        """Stops the server's work, if there is some, and hangs up."""
        if self._connection.info.transaction_status is TransactionStatus.ACTIVE:
            self.cancel()
        self._connection.close()

    def _row(self, *statement: Any) -> tuple[Any, ...]:
        with source_failures():
            return self._connection.execute(*statement).fetchone() or (None,)

    def _bound(self, statement: Statement) -> bytes:
        # COPY takes no parameters from the protocol, so psycopg writes them in. That is safe:
        # each is one literal, quoted by libpq itself (PQescapeLiteral), which knows the
        # connection's encoding (UTF-8, strictly encoded here: no half characters) and whether
        # backslashes count. The parameters are texts, cast where they stand, so no number, date
        # or list is ever written bare; checks have let only digits and such into those anyway.
        cursor = ClientCursor(self._connection)
        return cursor.mogrify(statement.text, statement.parameters).encode()

    def _pass_bytes_through(self) -> None:
        """A database that doesn't know its own encoding may hold anything; who renders it says
        what can't be shown. As UTF-8 it would fail at the first such row."""
        if self._knows_no_encoding():
            self._connection.execute("SET LOCAL client_encoding = 'SQL_ASCII'")

    def _speak_utf8(self) -> None:
        if self._knows_no_encoding():
            self._connection.execute("SET LOCAL client_encoding = 'UTF8'")

    def _knows_no_encoding(self) -> bool:
        return self._connection.info.parameter_status("server_encoding") == "SQL_ASCII"


@contextmanager
def open_session(dsn: str, timeout: float | None) -> Iterator[Session]:
    """Raises `RowsUnavailable`, `RowsRefused`. `timeout` in seconds for each statement; None
    leaves it to the database."""
    with source_failures():
        connection = _connected(dsn)
    try:
        session = Session(connection, timeout)
    except BaseException:
        connection.close()
        raise
    try:
        yield session
    finally:
        session.end()


def _connected(dsn: str) -> psycopg.Connection:
    settings = {**_DEFAULTS, **conninfo_to_dict(dsn), "client_encoding": "UTF8"}
    connection = psycopg.connect(make_conninfo("", **settings), prepare_threshold=None)
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection
