"""Where an export's objects lie in the file store, and the names of the keys that seal them.

Keys name export, attempt, chunk and file; what is not named by a manifest or by the export's
state is an orphan.
"""

from __future__ import annotations

from uuid import UUID


def export_prefix(export_id: UUID) -> str:
    return f"exports/{export_id}/"


def attempt_prefix(export_id: UUID, attempt: int) -> str:
    return f"exports/{export_id}/attempts/{attempt:04d}/"


def staged(export_id: UUID, attempt: int, index: int) -> str:
    return f"{staged_prefix(export_id, attempt)}{index:08d}"


def staged_prefix(export_id: UUID, attempt: int) -> str:
    return f"{attempt_prefix(export_id, attempt)}staged/"


def part(export_id: UUID, attempt: int, file: str, index: int) -> str:
    return f"{attempt_prefix(export_id, attempt)}parts/{file}/{index:08d}"


def part_prefix(export_id: UUID, attempt: int, file: str) -> str:
    """The file's parts, their notes, and what is in the file beside them."""
    return f"{attempt_prefix(export_id, attempt)}parts/{file}/"


def rejected_part(export_id: UUID, attempt: int, file: str, index: int) -> str:
    return f"{attempt_prefix(export_id, attempt)}rejected/{file}/{index:08d}"


def notes(export_id: UUID, attempt: int, file: str, index: int) -> str:
    """What putting the file together needs to know of a part; only some formats have it."""
    return f"{part(export_id, attempt, file, index)}.notes"


def piece(export_id: UUID, attempt: int, file: str, number: int) -> str:
    """What is in the file beside parts, such as its head."""
    return f"{part_prefix(export_id, attempt, file)}piece-{number:08d}"


def file_prefix(export_id: UUID, attempt: int, file: str) -> str:
    """What says which objects are the file. It names the attempt, so that whoever still works for
    an older one can't exchange a file that is ready for another."""
    return f"{attempt_prefix(export_id, attempt)}files/{file}/"


def manifest(export_id: UUID, attempt: int, file: str) -> str:
    """Sealed with the file's data key."""
    return f"{file_prefix(export_id, attempt, file)}manifest"


def waybill(export_id: UUID, attempt: int, file: str) -> str:
    """Not sealed: it holds no personal data."""
    return f"{file_prefix(export_id, attempt, file)}waybill"


def rejections(export_id: UUID, attempt: int, file: str) -> str:
    """The sidecar that lists rejected rows, sealed with the file's data key; absent when no row
    was rejected."""
    return f"{file_prefix(export_id, attempt, file)}rejections"


def staging_key(export_id: UUID) -> str:
    """The name of the data key that seals staged rows."""
    return f"exports/{export_id}/staging"


def token_key(export_id: UUID) -> str:
    """The name of the key of tokens that mean something within this export only."""
    return f"exports/{export_id}/tokens"


def scope_key(workspace: str, scope: str) -> str:
    """The name of the key of tokens that all exports of the workspace with this scope share. The
    scope stands first: it can't hold a slash, so no two pairs have one name."""
    return f"tokens/{scope}/{workspace}"


def file_key(export_id: UUID, file: str) -> str:
    """The name of the data key that seals a file's parts, manifest and rejections."""
    return f"exports/{export_id}/file/{file}"
