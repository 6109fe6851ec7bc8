"""Where rows come from: a database and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

KINDS: Final = ("postgresql",)


class SourceInvalid(Exception):
    """This is no connection string of PostgreSQL. Write a URI such as
    postgresql://user@host:5432/database, or `host=... dbname=...`, with a password by ${NAME}."""

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`statement_timeout` is in seconds; None leaves it to the database, as its administrator
    set it. The dsn may hold a password: it is never shown."""

    kind: str
    dsn: str = field(repr=False)
    statement_timeout: int | None = None

    def __post_init__(self) -> None:
        try:
            conninfo_to_dict(self.dsn)
        except psycopg.ProgrammingError:
            raise SourceInvalid from None
