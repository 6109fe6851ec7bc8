"""Programs that pip can't bring. On Debian and its kin, root gets them; others are told how."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.dev.processes import ServerFailed

# default-jre-headless fails to configure where a slim image removed this folder.
_MANUALS = Path("/usr/share/man/man1")


def require_programs(packages: Mapping[str, str]) -> None:
    """Makes sure that every program (name -> its Debian package) is on the PATH."""
    missing = {program: name for program, name in packages.items() if not shutil.which(program)}
    _get("Not found on the PATH", missing)


def require_files(packages: Mapping[Path, str]) -> None:
    """Makes sure that every file (path -> its Debian package) is there."""
    missing = {str(path): name for path, name in packages.items() if not path.exists()}
    _get("Not found", missing)


def _get(what: str, missing: Mapping[str, str]) -> None:
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise ServerFailed(
            f"{what}: {', '.join(missing)}. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(missing.values())}"
        )
    _install(list(missing.values()))


def _install(packages: list[str]) -> None:
    print(f"Installing {' '.join(packages)} by apt-get", flush=True)
    _MANUALS.mkdir(parents=True, exist_ok=True)
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        result = subprocess.run(
            ["apt-get", *command],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode:
            raise ServerFailed(f"apt-get {command[0]} failed:\n{result.stdout}{result.stderr}")
