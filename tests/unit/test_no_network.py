"""The guard of tests/unit/conftest.py."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.unit.conftest import NetworkInUnitTest


def test_a_network_socket_is_refused() -> None:
    with pytest.raises(NetworkInUnitTest):
        socket.create_connection(("127.0.0.1", 9))
    with pytest.raises(NetworkInUnitTest):
        socket.socket()


def test_an_event_loop_runs() -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_unix_sockets_are_open() -> None:
    with socket.socket(socket.AF_UNIX) as one:
        assert one.family == socket.AF_UNIX
