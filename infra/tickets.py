"""Download tickets: a short text that lets its bearer fetch one file until it expires.

A ticket says everything itself, so that checking it needs no look-up; whether the file still
exists and may still be fetched is asked again at the download.
"""

from __future__ import annotations

import base64
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.key_encryption import KeyEncryptionKey

LONGEST_TEXT = 300
_HEAD = struct.Struct(">B16s16s16sQ")
_VERSION = 1
_MAC = 32


class TicketInvalid(Exception):
    """This download link was altered or isn't ours. Ask for a new one."""


class TicketExpired(Exception):
    """This download link has expired. Ask for a new one."""


class TicketTooLong(ValueError):
    """The names of the workspace and the file are too long for a download link: they may have 135
    bytes together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """`expires_at` is in seconds since 1970: the first second in which it is void."""

    download_id: UUID
    export_id: UUID
    file: str
    workspace: str
    principal: UUID
    expires_at: int


def ticket_secret(kek: KeyEncryptionKey) -> bytes:
    return kek.derive("download tickets")


def issue(secret: bytes, ticket: Ticket) -> str:
    """At most 300 characters of URL-safe base64. Raises `TicketTooLong`."""
    file, workspace = ticket.file.encode(), ticket.workspace.encode()
    if len(file) > 255:
        raise TicketTooLong(ticket.file)
    head = _HEAD.pack(
        _VERSION,
        ticket.download_id.bytes,
        ticket.export_id.bytes,
        ticket.principal.bytes,
        ticket.expires_at,
    )
    body = head + bytes([len(file)]) + file + workspace
    text = base64.urlsafe_b64encode(_mac(secret, body) + body).rstrip(b"=").decode()
    if len(text) > LONGEST_TEXT:
        raise TicketTooLong(f"{ticket.workspace} {ticket.file}")
    return text


def read(secret: bytes, text: str, now: datetime) -> Ticket:
    """Raises `TicketInvalid` or `TicketExpired`; nothing of a ticket is looked at before its
    signature is checked, in constant time."""
    sealed = _decoded(text)
    body = sealed[_MAC:]
    if not hmac.compare_digest(_mac(secret, body), sealed[:_MAC]):
        raise TicketInvalid
    ticket = _parsed(body)
    if now.timestamp() >= ticket.expires_at:
        raise TicketExpired
    return ticket


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256")


def _decoded(text: str) -> bytes:
    """One ticket has one text: padding, other alphabets and stray bits are refused."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise TicketInvalid from error
    if len(text) > LONGEST_TEXT or base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode():
        raise TicketInvalid
    return raw


def _parsed(body: bytes) -> Ticket:
    """What we signed has this shape; another version of us may have signed another."""
    if body[:1] != bytes([_VERSION]):
        raise TicketInvalid
    _, download_id, export_id, principal, expires_at = _HEAD.unpack_from(body)
    names = body[_HEAD.size + 1 :]
    length = body[_HEAD.size]
    return Ticket(
        download_id=UUID(bytes=download_id),
        export_id=UUID(bytes=export_id),
        file=names[:length].decode(),
        workspace=names[length:].decode(),
        principal=UUID(bytes=principal),
        expires_at=expires_at,
    )
