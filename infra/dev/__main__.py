"""`python -m infra.dev up | env | down`: Kafka, PostgreSQL and S3 for a day's work.

`prepare` only fetches what they need, so that no test has to wait for a download.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from infra.dev.choice import server_name
from infra.dev.debian import require_programs
from infra.dev.kafka_jars import kafka_jars
from infra.dev.locks import Lock, is_held
from infra.dev.processes import ServerFailed
from infra.dev.s3 import S3Address
from infra.dev.shared import running_address, shared, wait_until_ended

NAMES = ("kafka", "postgres", "s3")
BUCKET = "waybill"


def main() -> int:
    """Reads the command line; the exit code is 1 when it could not be done."""
    parser = argparse.ArgumentParser(prog="python -m infra.dev", description=__doc__)
    parser.add_argument("command", choices=["up", "env", "down", "prepare"])
    parser.add_argument("--dir", type=Path, default=_default_directory())
    options = parser.parse_args()
    commands = {"up": up, "env": env, "down": down, "prepare": prepare}
    try:
        return commands[options.command](options.dir.absolute())
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return 1


def up(directory: Path) -> int:
    """Runs the three servers until Ctrl-C, SIGTERM or `down`. Their data are kept."""
    directory.mkdir(parents=True, exist_ok=True)
    alone = Lock(directory / "up")
    if not alone.take_from_lookers():
        raise ServerFailed("They run already; `python -m infra.dev env` prints their settings.")
    (directory / "up.pid").write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), ExitStack() as servers:
        servers.callback(wait_until_ended, directory)
        _start_all(directory, servers)
        env(directory)
        print("\n# Ctrl-C stops them.", flush=True)
        while True:
            time.sleep(3600)
    alone.release()
    return 0


def env(directory: Path) -> int:
    """Prints the settings that make Waybill use the servers, for `eval`."""
    addresses = {name: running_address(name, directory) for name in NAMES}
    missing = [name for name, address in addresses.items() if not address]
    if missing:
        raise ServerFailed(
            f"Not running: {', '.join(missing)}. `python -m infra.dev up` runs them."
        )
    for name, value in _settings(**{k: v or "" for k, v in addresses.items()}).items():
        print(f"export {name}={value}")
    sys.stdout.flush()
    return 0


def down(directory: Path) -> int:
    """Ends `up`, wherever it runs, and its servers."""
    if not is_held(directory / "up"):
        raise ServerFailed("They don't run.")
    os.kill(int((directory / "up.pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 30
    while is_held(directory / "up"):
        if time.monotonic() > deadline:
            raise ServerFailed("They don't end.")
        time.sleep(0.05)
    return 0


def prepare(_directory: Path) -> int:
    """Installs Java where that is ours to do, and fetches Kafka."""
    if server_name("kafka") == "kafka":
        require_programs({"java": "default-jre-headless"})
        kafka_jars()
    return 0


def _default_directory() -> Path:
    return Path(os.environ.get("WAYBILL_DEV_DIR") or ".cache/dev")


def _start_all(directory: Path, servers: ExitStack) -> None:
    def enter(name: str) -> AbstractContextManager[str]:
        lease = shared(name, directory, keep_data=True)
        lease.__enter__()
        return lease

    with ThreadPoolExecutor() as threads:
        for started in [threads.submit(enter, name) for name in NAMES]:
            servers.push(started.result().__exit__)


def _settings(*, kafka: str, postgres: str, s3: str) -> dict[str, str]:
    address = S3Address.parse(s3)
    return {
        "WAYBILL_TRANSPORT": "kafka",
        "WAYBILL_KAFKA_BOOTSTRAP": kafka,
        "WAYBILL_DATABASE_URL": postgres,
        "WAYBILL_FILES": f"s3://{BUCKET}",
        "WAYBILL_S3_ENDPOINT": address.endpoint,
        "WAYBILL_S3_ACCESS_KEY": address.access_key,
        "WAYBILL_S3_SECRET_KEY": address.secret_key,
        "WAYBILL_S3_REGION": address.region,
        "WAYBILL_S3_SECURE": str(address.secure).lower(),
    }


if __name__ == "__main__":
    sys.exit(main())
