"""A way to a server that can be cut: what a network or a server that is away looks like."""

from __future__ import annotations

import contextlib
import socket
import threading


class CutOff:
    """Passes bytes on to `host:port` through a port of its own, until `cut`, and again from
    `mend` on."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._accept_in_thread()

    def cut(self) -> None:
        with self._lock:
            sockets, self._open = [self._listener, *self._open], []
        for each in sockets:
            _end(each)

    def mend(self) -> None:
        self._listener = self._listening(self.port)
        self._accept_in_thread()

    def _listening(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def _accept_in_thread(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                with self._lock:
                    self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(source)
    _end(target)


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
