"""PDFs by AES-256 (ISO 32000-2, 7.6, revision 6): ReportLab encrypts only what it draws itself."""

from __future__ import annotations

import secrets
from io import BytesIO

import pikepdf


def encrypted(plain: bytes, password: str) -> bytes:
    """The PDF with all that is in it, its metadata too. Nobody learns the owner's password, so that
    what the password opens can be printed and copied, and nothing can be forbidden afterwards."""
    everything = pikepdf.Permissions(modify_assembly=True)
    lock = pikepdf.Encryption(
        user=password, owner=secrets.token_urlsafe(32), R=6, allow=everything, metadata=True
    )
    copy = BytesIO()
    with pikepdf.open(BytesIO(plain)) as document:
        # Objects in streams: each text of one outside is longer by up to 32 bytes once encrypted.
        streams = pikepdf.ObjectStreamMode.generate
        document.save(copy, encryption=lock, object_stream_mode=streams)
    return copy.getvalue()
