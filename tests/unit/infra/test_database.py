"""How the service's own database is connected to."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from infra.database import open_pool, watchful
from infra.store import EventStoreOnPostgresql

NOWHERE = "postgresql://127.0.0.1:1/nowhere"
GIVES_UP = {"keepalives_idle": "10", "keepalives_interval": "5", "tcp_user_timeout": "10000"}


@pytest.mark.parametrize("opening", [EventStoreOnPostgresql, open_pool])
def test_whoever_connects_gives_up_a_server_that_vanished_without_a_word(
    opening: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a call would hang until the kernel gives up, a quarter of an hour later."""
    asked: list[dict[str, str]] = []

    def opened(pool: Any, *_: object, **__: object) -> None:
        known = {**conninfo_to_dict(pool.conninfo), **pool.kwargs}
        asked.append({name: str(value) for name, value in known.items()})
        raise InterruptedError

    monkeypatch.setattr(ConnectionPool, "open", opened)
    with pytest.raises(InterruptedError):
        opening(NOWHERE)  # type: ignore[operator] # both take a URL
    assert asked[0].items() >= GIVES_UP.items()


def test_a_url_may_say_otherwise() -> None:
    found = watchful(f"{NOWHERE}?tcp_user_timeout=60000", connect_timeout=1)
    assert (found["tcp_user_timeout"], found["connect_timeout"]) == ("60000", 1)
    assert found["keepalives_idle"] == 10
