"""Copies of PDFs that open with a password only. A copy is made for one download and kept nowhere:
the stored file and its waybill stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a PDF that a copy is made of: it is held in memory."""


class ProtectionBusy(Exception):
    """As many copies are being made or fetched as this process holds at once."""


class ProtectionTooSlow(Exception):
    """The copy was not ready in time."""


class ProtectionTooLarge(Exception):
    """The PDF, or what is in it, takes more memory than a copy may."""


class ProtectionNotHere(Exception):
    """This process only answers; it encrypts no files."""


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class ProtectedCopy:
    """A PDF encrypted by AES-256 (ISO 32000-2, 7.6, revision 6). Memory is set aside for it as long
    as somebody refers to it."""

    data: bytes = field(repr=False)


class Protection(Protocol):
    def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
        """A copy that opens with a password that `check_password` took. `plain` gives the PDF, of
        `size` bytes. Raises what it raises, `ProtectionTooLarge`, of `LARGEST` bytes or fewer
        too, `ProtectionBusy`, `ProtectionTooSlow` or `ProtectionNotHere`."""


class NoProtection:
    """Of a process that has nobody to encrypt."""

    def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
        raise ProtectionNotHere
