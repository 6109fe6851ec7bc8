"""A key file is made once, for its owner only, and says what is wrong with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.key_files import (
    KeyFileDamaged,
    KeyFileMissing,
    KeyFileUnsafe,
    create_key_file,
    read_key_file,
)


def test_a_new_key_is_random_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "kek"
    key = create_key_file(path)
    assert len(key) == 32
    assert read_key_file(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert create_key_file(tmp_path / "other") != key


def test_making_a_key_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    assert create_key_file(path) == create_key_file(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["kek"]


def test_processes_that_make_it_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(create_key_file, [tmp_path / "kek"] * 16))
    assert len(keys) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["kek"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        read_key_file(path)


def test_a_missing_key_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing, match=str(tmp_path / "kek")):
        read_key_file(tmp_path / "kek")


@pytest.mark.parametrize("text", [b"", b"ab" * 31, b"ab" * 33, b"zz" * 32, b"\xff" * 64])
def test_a_damaged_key_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "kek"
    path.touch(0o600)
    path.write_bytes(text)
    with pytest.raises(KeyFileDamaged):
        read_key_file(path)


def test_an_editor_s_line_end_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    path.touch(0o600)
    path.write_bytes(b"AB" * 32 + b"\r\n\n")
    assert read_key_file(path) == b"\xab" * 32
