"""Unit tests reach no network: a test that needs one belongs to tests/integration."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from tests.wires import WIRE


class NetworkInUnitTest(Exception):
    """A unit test opened a network socket. Give it a fake, or move it to tests/integration."""


class _UnixSocketsOnly(socket.socket):
    def __init__(self, family: int = -1, *rest: Any, **named: Any) -> None:
        opened = "fileno" in named  # by somebody else, who was asked
        if family != socket.AF_UNIX and not opened and not _of_a_wire():
            raise NetworkInUnitTest
        super().__init__(family, *rest, **named)


def _of_a_wire() -> bool:
    """Another test's, which lives as long as the session, may be at work beside this one."""
    return threading.current_thread().name.startswith(WIRE)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses every socket but Unix ones, which an event loop needs for itself."""
    monkeypatch.setattr(socket, "socket", _UnixSocketsOnly)
