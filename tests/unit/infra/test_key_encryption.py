"""The key-encryption key opens what it wrapped, under the name it was wrapped for."""

from __future__ import annotations

import pytest

from infra.key_encryption import KeyEncryptionKey, KeyFileWrong

KEK = KeyEncryptionKey(b"\7" * 32)


def test_a_wrapped_key_opens_again() -> None:
    assert KEK.unwrap("exports/a", KEK.wrap("exports/a", b"k" * 32)) == b"k" * 32


def test_the_same_key_is_never_wrapped_twice_alike() -> None:
    assert KEK.wrap("a", b"k" * 32) != KEK.wrap("a", b"k" * 32)


def test_a_key_does_not_open_under_another_name() -> None:
    with pytest.raises(KeyFileWrong):
        KEK.unwrap("exports/b", KEK.wrap("exports/a", b"k" * 32))


def test_another_key_encryption_key_does_not_open_it() -> None:
    with pytest.raises(KeyFileWrong):
        KeyEncryptionKey(b"\1" * 32).unwrap("a", KEK.wrap("a", b"k" * 32))


@pytest.mark.parametrize("wrapped", [b"", b"short", b"x" * 60])
def test_damaged_bytes_do_not_open(wrapped: bytes) -> None:
    with pytest.raises(KeyFileWrong):
        KEK.unwrap("a", wrapped)


def test_secrets_for_two_purposes_differ_and_stay_the_same() -> None:
    assert KEK.derive("tickets") == KEK.derive("tickets")
    assert len({KEK.derive("tickets"), KEK.derive("vault"), KEK.secret}) == 3


def test_the_id_tells_keys_apart_and_nothing_else_about_them() -> None:
    assert KEK.id == KeyEncryptionKey(b"\7" * 32).id
    assert KEK.id != KeyEncryptionKey(b"\1" * 32).id
    assert len(KEK.id) == 16
    assert "07" * 8 not in KEK.id
    assert repr(KEK) == "KeyEncryptionKey()"
