"""Ed25519 over the canonical bytes of a waybill: who has the public key can check it anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.canonical import canonical
from infra.key_files import KEY_BYTES, KeyFileMissing, create_key_file, read_key_file

ALGORITHM = "Ed25519"
_HEX_DIGITS = 2 * KEY_BYTES


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`seed` is the 32-byte private key of RFC 8032."""

    seed: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private().public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    def sign(self, document: Mapping[str, Any]) -> bytes:
        """The waybill beside its signature, in canonical form. The same waybill and key always
        give the same bytes (Ed25519 draws no random numbers)."""
        signature = {
            "algorithm": ALGORITHM,
            "key_id": self.key_id,
            "public_key": base64.b64encode(self.public).decode(),
            "value": base64.b64encode(self._private().sign(signed_bytes(document))).decode(),
        }
        return canonical({"waybill": document, "signature": signature})

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def open_signing_key(path: Path, *, create: bool) -> SigningKey:
    """With `create`, a new key is made when there is none. The public half is written beside it
    (`.pub`), to be given to whoever checks waybills. Raises what a bad key file raises; a public
    half without its key is a lost key, and never replaced silently: who pinned it would take every
    new waybill for a forgery."""
    public = path.with_name(path.name + ".pub")
    if public.exists() and not path.exists():  # in this order, as the key is written first
        raise KeyFileMissing(
            f"the signing key {path} is not there, though {public.name} is: restore it from your "
            "backup, or move the .pub away to begin with a new key, and keep it for older waybills"
        )
    seed = create_key_file(path) if create and not path.exists() else read_key_file(path)
    key = SigningKey(seed)
    if not public.exists():
        with suppress(OSError):  # a read-only folder of secrets
            public.write_text(key.public.hex() + "\n")
    return key


class PublicKeyUnreadable(ValueError):
    """A public key is 64 hex digits, 44 characters of base64, or a file that holds one of them."""


def read_public_key(text: str) -> bytes:
    """The raw public key from what a person gives: the key itself, or the path of its file."""
    text = _text_of(text).strip()
    with suppress(ValueError):
        raw = bytes.fromhex(text) if len(text) == _HEX_DIGITS else base64.b64decode(text)
        if len(raw) == KEY_BYTES:
            return raw
    raise PublicKeyUnreadable(text[:_HEX_DIGITS])


def _text_of(key_or_path: str) -> str:
    try:
        return Path(key_or_path).read_text("ascii")
    except (OSError, ValueError):
        return key_or_path


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """What is signed: the envelope without its `signature`, in canonical form."""
    return canonical({"waybill": document})


def key_id(public: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def fingerprint(public: bytes) -> str:
    """The whole SHA-256 of the raw public key, in groups that people can compare."""
    digits = hashlib.sha256(public).hexdigest()
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
