"""What is waited out and what is given up: the world may be away for long, a poison message not.

An outage (the database, the file store, a lost race) says nothing about the message in hand, so
it is waited out however long it lasts. Any other error gets a few more tries.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

import psycopg

from domain.ports import FilesUnavailable, StoreUnavailable, VersionConflict
from infra.projections.tables import ReadModelFault
from infra.streams import lag

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Away(Exception):
    """Something that this service needs doesn't answer now."""


_OUTAGES = (
    Away,
    StoreUnavailable,
    VersionConflict,
    FilesUnavailable,
    ReadModelFault,  # it is the whole model's, so parking its events one by one would not help
    psycopg.OperationalError,
)
_LIMIT_EXCEEDED = "54"  # SQLSTATE class: an OperationalError that waiting doesn't cure


class Interrupted(Exception):
    """The transport was asked to stop while it waited. What it was doing is not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds between tries double from `first` to `longest`, to `outage` while the world is
    away. `tries` counts how often a message is offered before its key is parked."""

    tries: int = 5
    first: float = 0.1
    longest: float = 2.0
    outage: float = 5.0

    def before_try(self, number: int) -> float:
        return self._doubled(number, self.longest)

    def in_outage(self, number: int) -> float:
        return self._doubled(number, self.outage)

    def _doubled(self, number: int, longest: float) -> float:
        return min(self.first * 2.0 ** min(number - 1, 30), longest)


def is_outage(error: Exception) -> bool:
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(_LIMIT_EXCEEDED):
        return False
    return isinstance(error, _OUTAGES)


def outlast(
    action: Callable[[], Result],
    *,
    patience: Patience,
    stopping: Event,
    what: str,
    heard: Callable[[], None] = lambda: None,
) -> Result:
    """The action's result, however long the world is away. Raises `Interrupted` when `stopping`
    is set meanwhile, and at once what is no outage. Each try says `heard`."""
    tries = 0
    while True:
        try:
            result = action()
        except Exception as error:
            if not is_outage(error):
                raise
            tries += 1
            heard()
            lag.blocked.labels(what).set(1)
            log.error(  # noqa: TRY400 - the error's text has no place in a log
                "%s waits out %s (try %d)", what, type(error).__name__, tries
            )
            if stopping.wait(patience.in_outage(tries)):
                raise Interrupted from error
        else:
            if tries:
                lag.blocked.labels(what).set(0)
            return result
