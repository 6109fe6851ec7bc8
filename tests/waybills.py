"""A small file and its waybill, as docs/waybill.md shows them."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import zstandard

from domain.rows import Order
from domain.waybills import (
    ChunkWritten,
    Digest,
    FieldWritten,
    FormatUsed,
    LogSpan,
    RowCounts,
    Waybill,
    document,
)
from infra.signing import SigningKey

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
"""The secret key of RFC 8032, section 7.1, test 1: known to everybody."""

HEAD = b"id,carrier\r\n"
CHUNKS = (b"1,UA\r\n2,B6\r\n", b"3,DL\r\n")


def example_key() -> SigningKey:
    return SigningKey(SEED)


def example_file(compression: str = "none") -> bytes:
    return b"".join(compressed(part, compression) for part in (HEAD, *CHUNKS))


def example_waybill(compression: str = "none") -> Waybill:
    head, *chunks = (compressed(part, compression) for part in (HEAD, *CHUNKS))
    return Waybill(
        export_id=UUID("5f0c7a52-4a0e-4c6e-9a39-6f0f6d2f7b11"),
        workspace="default",
        dataset="flights",
        dataset_version="7b1c0a" + "0" * 58,
        fields=(
            FieldWritten(name="id", label="id"),
            FieldWritten(name="carrier", label="carrier"),
        ),
        filter={"field": "id", "op": "lte", "value": 3},
        filter_sentence="id is at most 3",
        order=(Order(field="id"),),
        limit=None,
        format=FormatUsed(
            name="csv",
            compression=compression,
            options={"delimiter": ",", "bom": False},
            codec="csv/1",
        ),
        file_name="flights.csv",
        file=_digest(example_file(compression)),
        content=_digest(example_file()),
        rows=RowCounts(matched=3, written=3, rejected=0),
        caps=(),
        head=_digest(head),
        chunks=tuple(
            ChunkWritten(
                index=index,
                rows=CHUNKS[index].count(b"\n"),
                rejected=0,
                bytes=len(chunk),
                sha256=hashlib.sha256(chunk).hexdigest(),
            )
            for index, chunk in enumerate(chunks)
        ),
        tail=None,
        requested_by=UUID("0d9b0c5e-7d0a-4a83-8f0a-2f6f3b1f9d20"),
        purpose=UUID("c2a1e6f4-1b6e-4f7f-8a55-0c1d7f3f4e02"),
        requested_at=datetime(2026, 3, 1, 9, 0, 0, 120000, tzinfo=UTC),
        snapshot_at=datetime(2026, 3, 1, 9, 0, 1, 5, tzinfo=UTC),
        completed_at=datetime(2026, 3, 1, 9, 0, 2, tzinfo=UTC),
        log=LogSpan(
            epoch=UUID("11111111-2222-4333-8444-555555555555"),
            first_position=41,
            last_position=48,
            last_version=8,
        ),
        signing_key=example_key().key_id,
    )


def write_example(folder: Path, compression: str = "none") -> tuple[Path, Path]:
    """The file and its signed waybill in a folder."""
    return write_signed(folder, example_file(compression), example_waybill(compression))


def write_signed(folder: Path, data: bytes, waybill: Waybill) -> tuple[Path, Path]:
    file, paper = folder / "flights.csv", folder / "flights.waybill.json"
    file.write_bytes(data)
    paper.write_bytes(example_key().sign(document(waybill)))
    return file, paper


def compressed(part: bytes, compression: str) -> bytes:
    match compression:
        case "gzip":
            return gzip.compress(part, mtime=0)
        case "zstd":
            return zstandard.ZstdCompressor().compress(part)
        case _:
            return part


def _digest(data: bytes) -> Digest:
    return Digest(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
