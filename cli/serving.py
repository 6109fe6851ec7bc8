"""The HTTP server in a thread of its own, on a port that is taken before anything else starts."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from cli.exits import Code, Refused
from infra.settings import Settings
from processors.fault_points import Point, reach

_PATIENCE = 30.0


def bind(host: str, port: int, instead: str = "--port 8300") -> socket.socket:
    """A port that clients can connect to from now on. Raises `Refused` when it is in use, with
    `instead`, an example of how to choose another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Refused(_why_not_bound(f"{host}:{port}", error, instead), Code.BUSY) from error
    return listener


def bound(settings: Settings, listener: socket.socket) -> Settings:
    """The settings with the port that was really taken."""
    return settings.model_copy(update={"port": listener.getsockname()[1]})


class HttpServer:
    """Serves from `start` to `stop`."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True
        )

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Refused("The HTTP server could not start; the log says why.")
            time.sleep(0.01)

    @property
    def failure(self) -> BaseException | None:
        if self._thread.is_alive():
            return None
        return RuntimeError("the HTTP server has ended")

    def stop(self) -> bool:
        """Streams are ended, downloads get their time."""
        self._server.handle_exit(signal.SIGTERM, None)
        self._thread.join(_PATIENCE)
        return not self._thread.is_alive()


Answer = Callable[[Mapping[str, Callable[[], None]], Callable[[], bool]], None]


@contextmanager
def operating(settings: Settings) -> Iterator[Answer]:
    """Takes the port for /metrics, /livez and /readyz, where the settings name one, before anything
    is in hand; they are answered from when the block says what to ask, until it ends."""
    if settings.operations_port is None:
        yield lambda checks, alive: None
        return
    from api.operations import operations_app

    def answer(checks: Mapping[str, Callable[[], None]], alive: Callable[[], bool]) -> None:
        app = operations_app(checks, alive)
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
        server = HttpServer(uvicorn.Server(config), listener)
        server.start()
        ending.callback(server.stop)

    host, port = settings.operations_host, settings.operations_port
    instead = f"WAYBILL_OPERATIONS_PORT={port + 1}"
    with bind(host, port, instead) as listener, ExitStack() as ending:
        yield answer


def stored() -> None:
    """A request for an export is stored and not answered yet (docs/faults.md)."""
    reach(Point.ANSWER)


def tell_ready(path: Path | None, text: str) -> None:
    """Writes the file that says that the process serves, whole or not at all."""
    if path is None:
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(f"{text}\n")
    beside.replace(path)


def _why_not_bound(where: str, error: OSError, instead: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {where} is in use. End what uses it, or choose another: {instead}."
    return f"{where} can't be listened on: {error.strerror}. Choose another place: {instead}."
