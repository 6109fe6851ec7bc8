"""A way to a server that can be cut, stalled, or answered in the server's place: what a network,
or a server in trouble, looks like to whoever is at the other end.

Plain sockets and threads. It knows no protocol but, for `answer` and `shorten`, that a request is
followed by its answer. To put one before a Kafka broker, have the broker advertise the wire's port.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PIECE = 65_536
WIRE = "wire"
"""What the names of its threads begin with."""


class Wire:
    """Passes bytes on to `host:port` through a port of its own. `mend` ends whatever was done to
    it, with the connections that were open by then."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._instead: bytes | None = None
        self._longest: int | None = None
        self._listener: socket.socket | None = self._listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._accept_in_thread(self._listener)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Ends every connection and refuses new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            _end(listener)
        self._hang_up()

    def stall(self) -> None:
        """Keeps connections, also new ones, and passes nothing on any more."""
        self._flowing.clear()

    def forget(self) -> None:
        """Passes nothing more on for who is connected now, and says nothing of it; new connections
        are served. What a firewall does that has forgotten them."""
        forgotten, self._flowing = self._flowing, threading.Event()
        forgotten.clear()
        self._flowing.set()

    def answer(self, instead: bytes) -> None:
        """Gives every HTTP request this answer; the server gets none of them."""
        self._instead = instead
        self._hang_up()

    def shorten(self, longest: int) -> None:
        """Breaks off every answer of the server after so many bytes."""
        self._longest = longest

    def mend(self) -> None:
        """Back to passing everything on."""
        was_stalled = not self._flowing.is_set()
        replaced, self._instead, self._longest = self._instead is not None, None, None
        if replaced or was_stalled:
            self._hang_up()
        self._flowing.set()
        with self._lock:
            if self._listener is None:
                self._listener = self._listening(self.port)
                self._accept_in_thread(self._listener)

    def _hang_up(self) -> None:
        with self._lock:
            ends, self._open = self._open, []
        for each in ends:
            _end(each)

    def _listening(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def _accept_in_thread(self, listener: socket.socket) -> None:
        _started(self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                with self._lock:
                    self._open.append(near)
                _started(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        if self._instead is not None:
            _answer_one(near, self._instead)
            return
        try:
            far = socket.create_connection(self._target)
        except OSError:
            _end(near)
            return
        with self._lock:
            self._open.append(far)
        talk = _Talk(flowing=self._flowing)
        _started(self._pass_on, far, near, talk, True)
        self._pass_on(near, far, talk, False)

    def _pass_on(
        self, source: socket.socket, target: socket.socket, talk: _Talk, answers: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                talk.flowing.wait()
                talk.answered = talk.answered + len(data) if answers else 0
                beyond = talk.answered - self._longest if self._longest is not None else 0
                if beyond > 0:
                    target.sendall(data[: max(0, len(data) - beyond)])
                    break
                target.sendall(data)
        _end(source)
        _end(target)


@dataclass(slots=True)
class _Talk:
    """`answered` counts the bytes of the answer under way, which waits while it isn't `flowing`."""

    flowing: threading.Event
    answered: int = 0


def _answer_one(near: socket.socket, instead: bytes) -> None:
    """Reads one whole request, so that its sender gets the answer instead of a broken pipe."""
    with contextlib.suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request:
            if not (data := near.recv(_PIECE)):
                break
            request += data
        head, _, body = request.partition(b"\r\n\r\n")
        missing = _content_length(head) - len(body)
        while missing > 0 and (data := near.recv(min(_PIECE, missing))):
            missing -= len(data)
        near.sendall(instead)
    _end(near)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _started(work: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(
        target=work, args=arguments, name=f"{WIRE} {work.__name__}", daemon=True
    ).start()


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
