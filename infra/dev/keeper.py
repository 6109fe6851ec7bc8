"""The process that owns one shared server: `python -m infra.dev.keeper NAME RUN_DIR`.

It ends the server, and itself, when nobody holds the lock `users` any more, when the server dies,
or on SIGTERM. See `infra.dev.shared`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from infra.dev.containers import KafkaContainer, PostgresContainer, S3Container
from infra.dev.kafka import Kafka
from infra.dev.locks import Lock
from infra.dev.postgres import Postgres
from infra.dev.s3 import S3


class Server(Protocol):
    """A server of one folder. Its address is one line of text."""

    def start(self) -> str: ...
    def stop(self) -> None: ...
    def alive(self) -> bool: ...


SERVERS: Mapping[str, Callable[[Path], Server]] = {
    "kafka": Kafka,
    "postgres": Postgres,
    "s3": S3,
    "kafka-container": KafkaContainer,
    "postgres-container": PostgresContainer,
    "s3-container": S3Container,
}


def keep(name: str, run_dir: Path, keep_data: bool) -> None:
    """Runs the server for as long as it has users."""
    directory = run_dir / name
    alone = Lock(directory / "keeper")
    if not alone.take_from_lookers():
        return  # another keeper has it
    (directory / "keeper").write_text(str(os.getpid()))
    server = SERVERS[name](directory / "server")
    unused = Lock(directory / "users")
    try:
        _write(directory / "address", server.start())
        while server.alive() and not unused.take():
            time.sleep(0.1)
    except Exception as error:
        _write(directory / "failure", f"{name}: {error}")
        raise
    finally:
        (directory / "address").unlink(missing_ok=True)
        server.stop()
        if not keep_data:
            shutil.rmtree(directory / "server", ignore_errors=True)
        alone.release()


def _write(path: Path, text: str) -> None:
    """All at once, and for our eyes only: an address has a password in it."""
    unfinished = path.with_suffix(".new")
    unfinished.touch(0o600)
    unfinished.write_text(text)
    unfinished.replace(path)


def main() -> None:
    """Reads the command line. SIGTERM unwinds like any other end."""
    parser = argparse.ArgumentParser(prog="python -m infra.dev.keeper")
    parser.add_argument("name", choices=sorted(SERVERS))
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--keep-data", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        keep(options.name, options.run_dir, options.keep_data)


if __name__ == "__main__":
    main()
