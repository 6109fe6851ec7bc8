"""What only a folder can do wrong: permissions, a full disk, rests of killed writers."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.ports import FileMissing, FilesFull, FilesUnavailable
from infra.files.folder import FolderFiles
from infra.files.names import KeyRefused

KEY = "exports/a/1"


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    files = FolderFiles(tmp_path / "files")
    files.prepare()
    return files


def failing(number: int) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_only_the_owner_can_read(files: FolderFiles) -> None:
    files.put(KEY, b"x")
    modes = {path.stat().st_mode & 0o777 for path in files.root.rglob("*") if path.is_dir()}
    assert modes == {0o700}
    assert files.root.stat().st_mode & 0o777 == 0o700
    assert (files.root / KEY).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["write", "fsync", "mkdir", "open"])
def test_a_full_disk_is_said_and_leaves_nothing(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    monkeypatch.setattr(os, call, failing(number))
    with pytest.raises(FilesFull):
        files.put(KEY, b"x" * 1000)
    monkeypatch.undo()
    assert everything_in(files.root) == []
    files.put(KEY, b"x")
    assert files.get(KEY) == b"x"


def test_a_disk_that_fills_up_in_the_middle_keeps_the_earlier_object(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.put(KEY, b"earlier")
    write, calls = os.write, iter(range(100))

    def fills_up(descriptor: int, data: bytes) -> int:
        if next(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, memoryview(data)[:10])

    monkeypatch.setattr(os, "write", fills_up)
    with pytest.raises(FilesFull):
        files.put(KEY, b"later" * 100)
    assert files.get(KEY) == b"earlier"
    assert everything_in(files.root) == [files.root / KEY]


def test_short_writes_are_gone_on_with(files: FolderFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(
        os, "write", lambda descriptor, data: write(descriptor, memoryview(data)[:7])
    )
    files.put(KEY, b"0123456789" * 10)
    assert files.get(KEY) == b"0123456789" * 10


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.EACCES])
def test_a_broken_disk_is_unavailable(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "write", failing(number))
    with pytest.raises(FilesUnavailable):
        files.put(KEY, b"x")
    assert everything_in(files.root) == []


def test_an_interrupted_put_leaves_nothing(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    files.root.joinpath("exports/a").mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt):
        files.put(KEY, b"x")
    assert everything_in(files.root) == []


def test_a_folder_that_is_not_mounted_is_unavailable_not_empty(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "not-there")
    for call in (
        lambda: files.put(KEY, b"x"),
        lambda: files.get(KEY),
        lambda: files.delete([KEY]),
        lambda: list(files.find("")),
        lambda: files.sweep(datetime.now(UTC)),
    ):
        with pytest.raises(FilesUnavailable):
            call()


def test_an_object_inside_or_around_another_is_refused(files: FolderFiles) -> None:
    files.put("exports/a", b"x")
    with pytest.raises(KeyRefused):
        files.put("exports/a/1", b"y")
    files.put("exports/b/1", b"x")
    with pytest.raises(KeyRefused):
        files.put("exports/b", b"y")
    assert sorted(path.name for path in everything_in(files.root)) == ["1", "a"]


def test_empty_folders_go_with_their_last_object(files: FolderFiles) -> None:
    files.put("exports/a/1/x", b"x")
    files.put("exports/b", b"x")
    files.delete(["exports/a/1/x"])
    assert [path.name for path in (files.root / "exports").iterdir()] == ["b"]
    files.delete(["exports/b"])
    assert list(files.root.iterdir()) == []


def test_rests_of_killed_puts_are_no_objects_and_are_swept_when_old(files: FolderFiles) -> None:
    files.put(KEY, b"x")
    old, new = (files.root / f"exports/a/.put-{age}" for age in ("old", "new"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    os.utime(old, (yesterday.timestamp(), yesterday.timestamp()))

    assert [found.key for found in files.find("")] == [KEY]
    with pytest.raises(FileMissing):
        files.get("exports/a/2")
    assert files.sweep(older_than=yesterday + timedelta(hours=1)) == 1
    assert new.exists()
    assert not old.exists()
    assert files.get(KEY) == b"x"


def test_a_folder_pruned_while_it_is_listed_is_empty(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.put("a/1", b"x")
    files.put("b/1", b"x")
    found = files.find("")
    assert next(found).key == "a/1"
    monkeypatch.setattr(os, "scandir", failing(errno.ENOENT))
    assert list(found) == []


def test_a_folder_that_vanishes_in_mid_put_is_made_again(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, tries = os.open, iter([True, True])

    def pruned_before(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and next(tries, False):
            path.parent.rmdir()
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", pruned_before)
    files.put(KEY, b"x")
    assert files.get(KEY) == b"x"


def test_a_folder_that_keeps_vanishing_is_given_up_on(
    files: FolderFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def always_pruned(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            path.parent.rmdir()
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", always_pruned)
    with pytest.raises(FilesUnavailable, match="again and again"):
        files.put(KEY, b"x")
