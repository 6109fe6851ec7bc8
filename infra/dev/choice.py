"""Which kind of server tests get: a program of this machine, or a container.

WAYBILL_TEST_SERVERS is `native`, `docker`, or `auto` (the default: Kafka from a container where
Java is missing and a Docker engine answers, all else native).
"""

from __future__ import annotations

import os
import shutil
import subprocess

from infra.dev.processes import ServerFailed


def server_name(kind: str) -> str:
    """The key in `infra.dev.keeper.SERVERS` for "kafka", "postgres" or "s3"."""
    match os.environ.get("WAYBILL_TEST_SERVERS", "auto"):
        case "native":
            return kind
        case "docker":
            return f"{kind}-container"
        case "auto":
            needs_docker = kind == "kafka" and not shutil.which("java") and _docker_answers()
            return f"{kind}-container" if needs_docker else kind
        case other:
            raise ServerFailed(f"WAYBILL_TEST_SERVERS is {other!r}, not native, docker or auto.")


def _docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
