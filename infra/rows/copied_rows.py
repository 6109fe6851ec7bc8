"""The rows of a COPY TO STDOUT, many at a time. psycopg's own loop costs as much as the server's
work, as it sets up a wait for every row; here one is set up only when no row has arrived."""

from __future__ import annotations

from psycopg import Copy, errors
from psycopg.abc import Buffer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn


class CopiedRows:
    """Raises what psycopg raises, such as `psycopg.Error` for one that the server sent."""

    def __init__(self, copy: Copy, connection: PGconn) -> None:
        self._copy = copy
        self._connection = connection
        self._ended = False

    def take(self, most: int) -> list[Buffer]:
        """The next rows with their line ends: fewer than `most`, or none, at the end only."""
        taken: list[Buffer] = []
        get = self._connection.get_copy_data
        while len(taken) < most and not self._ended:
            size, row = get(1)
            if size > 0:
                taken.append(row)
            elif size == 0:
                self._wait(taken)
            else:
                self._end()
        return taken

    def _wait(self, taken: list[Buffer]) -> None:
        """No row is here yet: psycopg waits for it, or meets the end."""
        if row := self._copy.read():
            taken.append(row)
        else:
            self._ended = True

    def _end(self) -> None:
        """(libpq, "Receiving COPY Data": after -1 come the results.)"""
        self._ended = True
        while (result := self._connection.get_result()) is not None:
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)
