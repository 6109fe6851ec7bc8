"""What PostgreSQL says of the rows that were exported."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.stacks import Client


def said(client: Client, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(client.stack.database_url) as connection:
        return connection.execute(query.encode()).fetchall()
