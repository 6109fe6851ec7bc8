"""Ports of this machine's loopback that nobody listens on, for servers that we start ourselves.

Another process can take a port between the answer and its use, so whoever starts a server on it
tries again with another one.
"""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that the kernel says is free."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_ports_below(limit: int, count: int, also: int = 0) -> list[int]:
    """`count` free ports below `limit`, each with port + `also` free too.

    They come from below Linux's range for outgoing connections, so that no client is given one
    in the meantime."""
    candidates = random.sample(range(20_000, min(limit, 32_000)), k=50 * count)
    free = (port for port in candidates if is_free(port) and is_free(port + also))
    return [next(free) for _ in range(count)]


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # Connections of a server that has just ended linger; they don't hinder a new one.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
