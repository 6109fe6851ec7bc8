"""A copy of a PDF that opens with a password only, made for whoever asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import PurePath

from api.contents import ready_file
from api.delivery import Content
from api.ports import ApiPorts
from api.present import Shown
from api.problem_types import NO_PDF
from api.problems import Problem
from domain.protection import LARGEST, ProtectedCopy, ProtectionTooLarge

_PDF = "application/pdf"
_PIECE = 256 * 1024


def protected_copy(ports: ApiPorts, shown: Shown, file: str, password: str) -> Content:
    """Raises a problem for a file that can't be fetched now or is no PDF, and what `Protection` and
    the file store raise."""
    ready_file(shown, file, ports.clock())
    manifest = ports.files.manifest(shown.row.export_id, shown.row.attempt, file)
    if manifest.media_type != _PDF:
        raise Problem(NO_PDF)
    if manifest.size > LARGEST:
        raise ProtectionTooLarge

    def plain() -> bytes:
        return b"".join(ports.files.read(manifest, 0, manifest.size))

    copy = ports.protection.protect(manifest.size, plain, password)
    return Content(
        export_id=shown.row.export_id,
        name=f"{PurePath(manifest.name).stem}.protected.pdf",
        media_type=_PDF,
        size=len(copy.data),
        tag=None,
        sha256=hashlib.sha256(copy.data).hexdigest(),
        read=partial(_pieces, copy),
    )


def _pieces(copy: ProtectedCopy, first: int, length: int) -> Iterator[bytes]:
    for at in range(first, first + length, _PIECE):
        yield copy.data[at : min(at + _PIECE, first + length)]
