"""The key-encryption key: the one secret that opens all others, so the one to guard and back up.

Nothing is sealed with it but keys; whatever else needs a secret gets one derived from it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class KeyFileWrong(Exception):
    """The stored keys were wrapped by another key-encryption key than the one in the key file. Use
    the file that this database was set up with."""


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """16 hex digits that say which key this is and nothing about it."""
        return hashlib.sha256(b"waybill kek id\0" + self.secret).hexdigest()[:16]

    def wrap(self, name: str, key: bytes) -> bytes:
        """AES-256-GCM, bound to the name and to this key's id."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, key, self._bound(name))

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Raises `KeyFileWrong`."""
        try:
            return self._cipher().decrypt(wrapped[:_NONCE], wrapped[_NONCE:], self._bound(name))
        except (InvalidTag, ValueError) as error:
            raise KeyFileWrong(f"the key {name} doesn't open with {self.id}") from error

    def derive(self, purpose: str) -> bytes:
        """A 256-bit secret for one purpose (HKDF-SHA-256): it tells nothing about this key or
        about another purpose's."""
        info = b"waybill " + purpose.encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.secret)

    def _cipher(self) -> AESGCM:
        return AESGCM(self.derive("key wrapping"))

    def _bound(self, name: str) -> bytes:
        return f"waybill key 1\0{self.id}\0{name}".encode()
