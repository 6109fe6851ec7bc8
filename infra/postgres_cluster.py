"""Makes a PostgreSQL data directory: encoding, locale, password, settings."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from infra.postgres_place import Place, initdb_uid

USER = "waybill"
_MAJOR = "18"

# The builtin C.UTF-8 sorts and folds the same on every machine and after every upgrade of the
# system's libraries; a libc or ICU locale can corrupt indexes by changing its order.
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")

# Written to postgresql.conf once; there an operator may change them.
_SETTINGS = {
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",  # compiling costs more than our queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedPostgresFailed(Exception):
    """The embedded PostgreSQL does not start. Remove the reason above, or set
    WAYBILL_DATABASE_URL to a PostgreSQL that runs already."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}\n{' '.join((self.__doc__ or '').split())}")


def make_cluster(place: Place, connections: int) -> None:
    """Makes the data directory, for so many connections at once, if there is none, all or nothing:
    a crash in the middle leaves only `data.new`, which the next try removes."""
    if place.data.exists():
        _check_version(place.data)
        return
    try:
        _make(place, connections)
    except PermissionError as error:
        raise EmbeddedPostgresFailed(
            f"{error}. As root, the server must run as another user ({place.uid}), "
            "and this system does not let us hand the files over."
        ) from error


def password(place: Place) -> str:
    """The server's password, random per data directory."""
    try:
        return place.password_file.read_text()
    except FileNotFoundError:
        raise EmbeddedPostgresFailed(f"The password file {place.password_file} is gone.") from None


def server_environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT or a locale would change what the server does."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _check_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != _MAJOR:
        raise EmbeddedPostgresFailed(
            f"{data} was made by PostgreSQL {made_by}, the embedded one is {_MAJOR}. "
            "Dump it with the older version and load it into an empty directory."
        )


def _make(place: Place, connections: int) -> None:
    unfinished, secret = place.root / "data.new", place.root / "password.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    secret.unlink(missing_ok=True)
    _write_secret(place.password_file, secrets.token_urlsafe(24))
    _write_secret(secret, password(place))
    unfinished.mkdir(0o700)
    maker = None if place.uid is None else initdb_uid(place.uid)
    _give([unfinished, secret], maker)
    _run_initdb(place, unfinished, secret, maker, connections)
    secret.unlink()
    _give([unfinished, *unfinished.rglob("*")], place.uid)
    unfinished.rename(place.data)


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600, exist_ok=False)
    path.write_text(text)


def _give(paths: Iterable[Path], uid: int | None) -> None:
    if uid is not None:
        for path in paths:
            os.chown(path, uid, uid, follow_symlinks=False)


def _run_initdb(place: Place, data: Path, secret: Path, uid: int | None, connections: int) -> None:
    wanted = {"max_connections": str(connections), **_SETTINGS}
    settings = [f"--set={name}={value}" for name, value in wanted.items()]
    result = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [
            place.programs / "initdb", "-D", data, f"--username={USER}", f"--pwfile={secret}",
            "--auth=scram-sha-256", *_LOCALE, *settings,
        ],
        cwd=place.root, env=server_environment(), check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        user=uid, group=uid, extra_groups=None if uid is None else [],
    )  # fmt: skip
    if result.returncode:
        raise EmbeddedPostgresFailed(result.stdout.decode(errors="replace"))
