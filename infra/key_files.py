"""Secrets that live in a file of their own: 32 random bytes as one line of hex, for the owner only.

A key file is made once and never written again: who loses it loses what it protects."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


class KeyFileMissing(Exception):
    """A key file is not there. Restore it from your backup, or name its place in the settings."""


class KeyFileUnsafe(Exception):
    """A key file can be read by others than its owner. Take the permission away (chmod 600), and
    think about who has read it."""


class KeyFileDamaged(Exception):
    """A key file doesn't hold 64 hex digits. Restore it from your backup."""


def read_key_file(path: Path) -> bytes:
    """Raises `KeyFileMissing`, `KeyFileUnsafe` or `KeyFileDamaged`."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileUnsafe(f"{path} can be read by others: chmod 600 {path}")
            return _parsed(path, file.read(1024))
    except FileNotFoundError as error:
        raise KeyFileMissing(f"the key file {path} is not there") from error


def create_key_file(path: Path) -> bytes:
    """Makes a new key, or reads the one that another process has made in the same moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(KEY_BYTES).encode() + b"\n")
        os.fsync(descriptor)
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)  # all or nothing, and never over another key
        _flush_folder(path.parent)
    finally:
        os.close(descriptor)
        unfinished.unlink()
    return read_key_file(path)


def _parsed(path: Path, text: bytes) -> bytes:
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError as error:
        raise KeyFileDamaged(f"{path} doesn't hold 64 hex digits") from error
    if len(key) != KEY_BYTES:
        raise KeyFileDamaged(f"{path} holds {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
