"""Opaque cursors: signed, so that only what an answer gave out is ever asked of a read model, and
bound to the list they came from."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import datetime

from api.problem_types import INVALID_CURSOR
from api.problems import Problem

_MAC = 16


def issue(secret: bytes, of: str, at: datetime, last: str) -> str:
    """`of` names the list with its filters and its workspace, `last` the last row among those of
    the same instant."""
    body = json.dumps([at.isoformat(), last], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(secret, of, body) + body).decode().rstrip("=")


def read(secret: bytes, of: str, cursor: str) -> tuple[datetime, str]:
    """Raises a problem for a cursor that was altered or belongs to another list."""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Problem(INVALID_CURSOR) from None
    body = sealed[_MAC:]
    if not hmac.compare_digest(_mac(secret, of, body), sealed[:_MAC]):
        raise Problem(INVALID_CURSOR)
    at, last = json.loads(body)
    return datetime.fromisoformat(at), str(last)


def _mac(secret: bytes, of: str, body: bytes) -> bytes:
    return hmac.digest(secret, b"\0".join([b"cursor", of.encode(), body]), "sha256")[:_MAC]
