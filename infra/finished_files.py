"""The files of ended exports, as a download reads them: manifest, bytes, waybill, rejections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from domain import layout
from domain.manifests import Manifest, ManifestBroken, from_json
from domain.ports import DataKeys, FileBroken, Files, SealedFiles
from infra.files.sealed import read_range


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedFiles:
    """Raises `FileMissing`, `FileBroken`, `FilesUnavailable` or `KeyDestroyed`."""

    files: Files
    sealed: SealedFiles
    keys: DataKeys

    def manifest(self, export_id: UUID, attempt: int, file: str) -> Manifest:
        try:
            key = layout.manifest(export_id, attempt, file)
            return from_json(self._unsealed(key, export_id, file))
        except ManifestBroken as error:
            raise FileBroken(str(error)) from error

    def read(self, manifest: Manifest, start: int, length: int) -> Iterator[bytes]:
        return read_range(self.files, self.keys, manifest, start, length)

    def waybill(self, export_id: UUID, attempt: int, file: str) -> bytes:
        return self.files.get(layout.waybill(export_id, attempt, file))

    def rejections(self, export_id: UUID, attempt: int, file: str) -> bytes:
        return self._unsealed(layout.rejections(export_id, attempt, file), export_id, file)

    def _unsealed(self, key: str, export_id: UUID, file: str) -> bytes:
        return self.sealed.get(key, self.keys.obtain(layout.file_key(export_id, file)))
