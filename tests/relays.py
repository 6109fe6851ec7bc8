"""A Unix socket in front of a TCP server, for servers that listen on loopback only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def socket_before(path: Path, host: str, port: int) -> Iterator[None]:
    """Every connection to the socket goes on to the server, until the block ends."""
    open_ends: list[socket.socket] = []
    with ThreadPoolExecutor(64) as threads, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            with suppress(OSError):  # the listener was shut down
                while True:
                    near, _ = listener.accept()
                    far = socket.create_connection((host, port))
                    open_ends.extend([near, far])
                    threads.submit(_pass_on, near, far)
                    threads.submit(_pass_on, far, near)

        threads.submit(serve)
        try:
            yield
        finally:
            for end in (listener, *open_ends):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
    for end in open_ends:
        end.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
