"""A signature is the same each time, and its public key reaches whoever checks it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from infra.key_files import KeyFileMissing
from infra.signing import (
    PublicKeyUnreadable,
    SigningKey,
    fingerprint,
    key_id,
    open_signing_key,
    read_public_key,
)
from tests.waybills import example_key

PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, test 1


def test_the_public_key_is_that_of_rfc_8032() -> None:
    assert example_key().public.hex() == PUBLIC


def test_the_key_id_is_the_beginning_of_the_public_key_s_hash() -> None:
    digest = hashlib.sha256(bytes.fromhex(PUBLIC)).hexdigest()
    assert example_key().key_id == key_id(bytes.fromhex(PUBLIC)) == digest[:16]
    assert fingerprint(bytes.fromhex(PUBLIC)).replace(" ", "") == digest


def test_signing_twice_gives_the_same_bytes() -> None:
    assert example_key().sign({"b": 1, "a": "é"}) == example_key().sign({"a": "é", "b": 1})


def test_the_envelope_holds_the_document_as_it_is() -> None:
    envelope = json.loads(example_key().sign({"b": [1, None], "a": "é"}))
    assert envelope["waybill"] == {"b": [1, None], "a": "é"}
    assert envelope["signature"]["algorithm"] == "Ed25519"
    assert envelope["signature"]["key_id"] == example_key().key_id


def test_the_secret_is_not_shown() -> None:
    assert repr(example_key()) == "SigningKey()"


def test_a_new_key_is_made_with_its_public_half_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing"
    key = open_signing_key(path, create=True)
    assert open_signing_key(path, create=False) == key == open_signing_key(path, create=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_public_key(str(path) + ".pub") == key.public


def test_a_missing_key_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing):
        open_signing_key(tmp_path / "signing", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_lost_key_is_not_replaced_silently(tmp_path: Path) -> None:
    open_signing_key(tmp_path / "signing", create=True)
    (tmp_path / "signing").unlink()
    with pytest.raises(KeyFileMissing, match="restore it from your backup"):
        open_signing_key(tmp_path / "signing", create=True)
    assert [each.name for each in tmp_path.iterdir()] == ["signing.pub"]


def test_a_folder_of_secrets_that_can_not_be_written_to_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_signing_key(tmp_path / "signing", create=True)
    (tmp_path / "signing.pub").unlink()

    def read_only(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", read_only)
    assert isinstance(open_signing_key(tmp_path / "signing", create=False), SigningKey)


@pytest.mark.parametrize(
    "text",
    [PUBLIC, PUBLIC.upper(), f" {PUBLIC}\n", base64.b64encode(bytes.fromhex(PUBLIC)).decode()],
)
def test_a_public_key_is_read_as_hex_or_base64_or_from_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    assert read_public_key(text).hex() == PUBLIC
    assert read_public_key(str(tmp_path / "key")).hex() == PUBLIC


@pytest.mark.parametrize("text", ["", "abc", "z" * 64, PUBLIC[:62], "/no/such/file", "é" * 44])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(PublicKeyUnreadable):
        read_public_key(text)
