"""A waybill says everything about its file, and can't be made of numbers that contradict."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from domain.canonical import canonical
from domain.waybills import (
    CapApplied,
    ChunkWritten,
    Digest,
    FieldWritten,
    RowCounts,
    SheetWritten,
    WaybillInconsistent,
)
from domain.waybills import document as document_of
from infra.claims import read_claims
from infra.signing import signed_bytes
from tests.waybills import example_key, example_waybill

_SPECIFICATION = Path(__file__).parents[3] / "docs" / "waybill.md"


def test_the_worked_example_of_the_specification_is_what_we_write() -> None:
    page = _SPECIFICATION.read_text("utf-8")
    shown = page.split("```json\n")[1].split("\n```")[0]
    signed = document_of(example_waybill())
    assert json.loads(shown)["waybill"] == signed
    assert json.loads(shown) == json.loads(example_key().sign(signed))
    assert f"```\n{signed_bytes(signed).decode()}\n```" in page
    assert f"`{hashlib.sha256(signed_bytes(signed)).hexdigest()}`" in page


def test_a_waybill_has_a_canonical_form_whose_members_say_what_they_are() -> None:
    text = canonical(document_of(example_waybill()))
    assert text.startswith(
        b'{"caps":[],"completed_at":"2026-03-01T09:00:02.000000Z","completeness":"complete",'
    )
    assert b'"rows":{"matched":3,"rejected":0,"written":3}' in text


def test_an_instant_has_one_text_whatever_its_time_zone() -> None:
    in_utc = datetime(2026, 3, 1, 12, tzinfo=UTC)
    elsewhere = in_utc.astimezone(timezone(timedelta(hours=5, minutes=30)))
    texts = {
        json.dumps(document_of(replace(example_waybill(), completed_at=at)))
        for at in (in_utc, elsewhere)
    }
    assert len(texts) == 1
    assert '"2026-03-01T12:00:00.000000Z"' in texts.pop()


def test_an_instant_without_a_time_zone_is_refused() -> None:
    naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(WaybillInconsistent, match="no time zone"):
        document_of(replace(example_waybill(), completed_at=naive))


def test_a_number_that_readers_may_round_is_written_as_text() -> None:
    tree = {"and": [{"field": "price", "op": "gt", "value": 0.1}, {"field": "id", "value": 2**62}]}
    written: Any = document_of(replace(example_waybill(), filter=tree, limit=2**63 - 1))
    assert written["query"]["filter"] == {
        "and": [
            {"field": "price", "op": "gt", "value": {"number": "0.1"}},
            {"field": "id", "value": {"number": "4611686018427387904"}},
        ]
    }
    assert written["query"]["limit"] == 2**53 - 1
    assert json.loads(canonical(written)) == written


def test_a_file_cut_by_a_cap_is_called_truncated() -> None:
    cap = CapApplied(name="rows", value=3, cut=True)
    rows = RowCounts(matched=10, written=3, rejected=0)
    truncated = replace(example_waybill(), rows=rows, caps=(cap,))
    written: Any = document_of(truncated)
    assert written["completeness"] == "truncated"
    assert written["caps"] == [{"name": "rows", "value": 3, "cut": True}]


def test_a_cap_that_cut_nothing_leaves_the_file_complete() -> None:
    cap = CapApplied(name="rows", value=1000, cut=False)
    assert replace(example_waybill(), caps=(cap,)).completeness == "complete"


def test_a_file_as_long_as_its_limit_is_complete() -> None:
    rows = RowCounts(matched=10, written=3, rejected=0)
    assert replace(example_waybill(), rows=rows, limit=3).completeness == "complete"


def test_a_rejected_row_counts_as_one_that_was_to_be_written() -> None:
    first, second = example_waybill().chunks
    rows = RowCounts(matched=4, written=3, rejected=1)
    chunks = (first, replace(second, rejected=1))
    assert replace(example_waybill(), rows=rows, chunks=chunks).completeness == "complete"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": RowCounts(matched=4, written=3, rejected=0)}, "rows wanted: 4 in all, 3"),
        ({"rows": RowCounts(matched=4, written=4, rejected=0)}, "rows written: 4 in all, 3"),
        ({"rows": RowCounts(matched=4, written=3, rejected=1)}, "rows rejected: 1 in all, 0"),
        ({"limit": 2}, "rows wanted: 2 in all, 3"),
        ({"caps": (CapApplied(name="rows", value=3, cut=True),)}, "no row is missing"),
        ({"file": Digest(bytes=1, sha256="0" * 64)}, "bytes: 1 in all"),
        ({"head": None}, "bytes: "),
        ({"content": Digest(bytes=31, sha256="0" * 64)}, "the content is the file"),
    ],
)
def test_numbers_that_contradict_make_no_waybill(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(WaybillInconsistent, match=reason):
        replace(example_waybill(), **change)


def test_sheets_add_up_with_the_first_dataset() -> None:
    towns = SheetWritten(
        dataset="towns",
        dataset_version="v1",
        fields=(FieldWritten(name="id", label="No"),),
        filter=None,
        filter_sentence="",
        order=(),
        limit=1,
        options={"freeze_columns": 1},
        rows=RowCounts(matched=5, written=1, rejected=0),
    )
    both = replace(
        example_waybill(), sheets=(towns,), rows=RowCounts(matched=7, written=3, rejected=0)
    )
    said: Any = document_of(both)
    assert said["sheets"][0]["rows"] == {"matched": 5, "written": 1, "rejected": 0}
    assert read_claims(said).wanted == 3
    assert "sheets" not in document_of(example_waybill())
    with pytest.raises(WaybillInconsistent, match="rows wanted: 4 in all, 3"):
        replace(both, rows=RowCounts(matched=8, written=3, rejected=0))
    with pytest.raises(WaybillInconsistent, match="rows wanted: 7 in all, 3"):
        replace(both, sheets=(replace(towns, limit=None),))


def test_chunks_out_of_order_make_no_waybill() -> None:
    chunks: tuple[ChunkWritten, ...] = example_waybill().chunks
    with pytest.raises(WaybillInconsistent, match="not numbered"):
        replace(example_waybill(), chunks=chunks[::-1])


def test_an_empty_export_has_a_waybill() -> None:
    nothing = Digest(
        bytes=0, sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    empty = replace(
        example_waybill(),
        rows=RowCounts(matched=0, written=0, rejected=0),
        head=None,
        chunks=(),
        file=nothing,
        content=nothing,
    )
    assert document_of(empty)["parts"] == {"head": None, "chunks": [], "tail": None}
