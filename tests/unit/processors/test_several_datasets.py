"""Several datasets in one workbook: read one after the other at the same instant, rendered by any
worker, joined in their order."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from domain import layout
from domain.datasets import Field, FieldType
from domain.exports.commands import RetryExport
from domain.exports.events import ChosenField, ChosenSheet, SheetExtracted
from domain.exports.failures import Reason
from domain.exports.state import Export, Status
from domain.ports import KeyDestroyed, RowsUnavailable
from infra.verification import verify
from processors import plan_exports
from processors.dispatch import dispatch
from processors.expire_files import expire_files
from processors.ports import Limits
from processors.queue_work import is_small, queue_work
from processors.reproduce import Stored, reproduce
from tests.fakes_work import FakeRows
from tests.processing import THINGS, World
from tests.unit.processors.small_chunks import file_of, reason, told
from tests.workbooks import check

THINGS_ROWS = [b"%d\tthing %d" % (number, number) for number in range(5)]
TOWNS_ROWS = ["1\tŁódź".encode(), b"2\tYork", b"3\tUlm"]
TOWNS = replace(THINGS, id="towns", label="Towns", version="t1")
LANDS = replace(
    TOWNS,
    id="lands",
    label="Lands",
    fields=(*THINGS.fields, Field(name="size", type=FieldType.DECIMAL, label="Km²", column="a")),
)
XLSX = {"format": "xlsx"}
TOKEN = {"method": "token", "length": 32, "scope": None}


def sheet(dataset: str = "towns", **more: Any) -> ChosenSheet:
    values: dict[str, Any] = {
        "fields": (ChosenField(name="id"), ChosenField(name="name")),
        "filter": None,
        "order": (),
        "limit": None,
        "options": {},
        **more,
    }
    return ChosenSheet(dataset=dataset, **values)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_exports, "FRAGMENT_ROWS", 2)


def world_of(**limits: Any) -> World:
    rows = FakeRows(lines=THINGS_ROWS, others={"towns": TOWNS_ROWS, "lands": []})
    datasets = {"things": THINGS, "towns": TOWNS, "lands": LANDS}
    return World(rows=rows, datasets=datasets, limits=Limits(**limits))


def made(world: World, *sheets: ChosenSheet, form: object = XLSX, **more: Any) -> UUID:
    export_id = world.request(form, sheets=sheets, **more)
    world.finish(export_id)
    return export_id


def tables(world: World, export_id: UUID) -> dict[str, list[list[Any]]]:
    file = file_of(world, export_id, "xlsx")
    check(file)
    book = openpyxl.load_workbook(BytesIO(file))
    return {
        each.title: [[cell.value for cell in row] for row in each.iter_rows()]
        for each in book.worksheets
    }


def waybill(world: World, export_id: UUID) -> dict[str, Any]:
    signed = world.files.get(layout.waybill(export_id, world.export(export_id).attempt, "xlsx"))
    said: dict[str, Any] = json.loads(signed)["waybill"]
    return said


def test_each_dataset_has_a_sheet_of_its_own_with_all_of_its_rows() -> None:
    world = world_of()
    export_id = made(world, sheet(), sheet("lands"), sheet("things", limit=1))
    export = world.export(export_id)
    assert export.status is Status.COMPLETED
    assert tables(world, export_id) == {
        "Things": [["Id", "Name"], *([number, f"thing {number}"] for number in range(5))],
        "Towns": [["Id", "Name"], [1, "Łódź"], [2, "York"], [3, "Ulm"]],
        "Lands": [["Id", "Name"]],
        "Things 2": [["Id", "Name"], [0, "thing 0"]],
    }
    assert export.extraction is not None
    assert (export.extraction.rows, export.extraction.matched) == (9, 9)
    assert [each.chunks for each in export.sheets_read] == [3, 2, 0, 1]


def test_the_waybill_tells_of_each_and_adds_up(tmp_path: Path) -> None:
    world = world_of()
    named = (ChosenField(name="id"), ChosenField(name="name", label="Town"))
    options = {"sheet_name": "Places"}
    export_id = made(world, sheet(fields=named, limit=2, options=options), sheet("lands"))
    said = waybill(world, export_id)
    assert said["dataset"]["id"] == "things"
    assert said["rows"] == {"matched": 7, "written": 7, "rejected": 0}
    towns, lands = said["sheets"]
    assert towns == {
        "dataset": {"id": "towns", "version": "t1"},
        "query": {
            "fields": [{"name": "id", "label": "Id"}, {"name": "name", "label": "Town"}],
            "filter": None,
            "filter_sentence": "",
            "order": [],
            "limit": 2,
        },
        "options": options,
        "rows": {"matched": 2, "written": 2, "rejected": 0},
    }
    assert lands["rows"] == {"matched": 0, "written": 0, "rejected": 0}
    (tmp_path / "file").write_bytes(file_of(world, export_id, "xlsx"))
    signed = world.files.get(layout.waybill(export_id, 1, "xlsx"))
    (tmp_path / "waybill").write_bytes(signed)
    assert verify(tmp_path / "file", tmp_path / "waybill").ok


def test_an_export_of_one_dataset_says_nothing_of_sheets() -> None:
    world = world_of()
    export_id = made(world)
    assert "sheets" not in waybill(world, export_id)
    assert not [e for e in world.store.read(export_id) if isinstance(e.event, SheetExtracted)]


@pytest.mark.parametrize(("workers", "fragments"), [(1, 8), (3, 1), (3, 8)])
def test_neither_workers_nor_chunks_change_a_byte(
    workers: int, fragments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id, person = UUID(int=7), UUID(int=9)

    def bytes_of(workers: int, fragments: int) -> bytes:
        monkeypatch.setattr(plan_exports, "_CHUNKS_AT_LEAST", 1)
        monkeypatch.setattr(plan_exports, "_CHUNK_FRAGMENTS", fragments)
        world = world_of()
        asked = {"export_id": export_id, "requested_by": person}
        world.request({"format": "xlsx", "options": {"cover": True}}, sheets=(sheet(),), **asked)
        world.plan(export_id)
        crew = [world.another_worker(f"w{number}") for number in range(workers)]
        while dispatch(world.work, world.jobs):
            released, world.jobs.released = world.jobs.released, []
            for number, job in enumerate(reversed(released)):
                crew[number % workers].claim_and_do(job)
                queue_work(export_id, world.ports)
        assert world.export(export_id).status is Status.COMPLETED
        return file_of(world, export_id, "xlsx")

    assert bytes_of(workers, fragments) == bytes_of(1, 1)


def test_all_are_rendered_again_to_the_same_bytes() -> None:
    world = world_of()
    export_id = made(world, sheet(), sheet("lands"))
    stored = Stored(files=world.files, sealed=world.sealed, keys=world.keys)
    found = list(reproduce(export_id, world.export(export_id), "xlsx", stored))
    assert len(found) > 5
    assert [each.what for each in found if not each.same] == []


def test_a_cap_is_of_all_of_them_and_says_what_is_missing() -> None:
    world = world_of(row_cap=6)
    export_id = made(world, sheet(), sheet("things"))
    export = world.export(export_id)
    assert export.status is Status.TRUNCATED
    assert export.extraction is not None
    assert (export.extraction.rows, export.extraction.matched) == (6, 13)
    assert [(each.rows, each.matched) for each in export.sheets_read] == [(5, 5), (1, 3), (0, 5)]
    assert [len(rows) - 1 for rows in tables(world, export_id).values()] == [5, 1, 0]
    said = waybill(world, export_id)
    assert said["completeness"] == "truncated"
    assert [each["rows"]["matched"] for each in said["sheets"]] == [3, 5]


def test_a_cap_that_is_just_enough_cuts_nothing() -> None:
    world = world_of(row_cap=8)
    assert world.export(made(world, sheet())).status is Status.COMPLETED


def test_a_rejected_row_is_told_with_its_sheet() -> None:
    world = world_of()
    world.rows.others["towns"] = [b"1\tgood", b"2\tgood", b"3\tgood", b"4\t\xff"]
    world.rows.lines = [b"1\t\xff"]
    export_id = made(world, sheet())
    key = world.keys.obtain(layout.file_key(export_id, "xlsx"))
    lines = world.sealed.get(layout.rejections(export_id, 1, "xlsx"), key).splitlines()
    found = [json.loads(line) for line in lines]
    assert [(each["sheet"], each["row"], each["field"]) for each in found] == [
        (0, 0, "name"),
        (1, 3, "name"),
    ]
    assert [each["rows"] for each in waybill(world, export_id)["sheets"]] == [
        {"matched": 4, "written": 3, "rejected": 1}
    ]


def test_a_sheet_has_options_and_masks_of_its_own() -> None:
    world = world_of()
    masked = (ChosenField(name="id", label="No"), ChosenField(name="name", mask=TOKEN))
    options = {"sheet_name": "Places", "field_formats": {"id": "000"}, "table_style": None}
    form = {"format": "xlsx", "options": {"field_formats": {"id": "0.0"}, "cover": True}}
    export_id = made(world, sheet(fields=masked, options=options), form=form)
    book = openpyxl.load_workbook(BytesIO(file_of(world, export_id, "xlsx")))
    assert book.sheetnames == ["About", "Things", "Places"]
    assert book["Things"]["A2"].number_format == "0.0"
    assert book["Places"]["A2"].number_format == "000"
    assert len(book["Places"]["B2"].value) == 32
    assert list(book["Things"].tables) == ["Rows"]
    assert list(book["Places"].tables) == []
    cover = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert cover["Also"] == "Places"
    assert cover["Masked"] == "Name (token)"
    counts = [row[1].value for row in book["About"].iter_rows() if row[0].value == "Rows"]
    assert counts == [5, 3]
    world.clock.pass_by(days=7)
    assert expire_files(world.ports) == 1
    with pytest.raises(KeyDestroyed):
        world.keys.obtain(layout.token_key(export_id))


def test_a_worker_that_dies_between_two_begins_anew() -> None:
    world = world_of()
    export_id = world.request(XLSX, sheets=(sheet(),))
    world.rows.dies_after = 5
    world.plan(export_id)
    world.step(export_id)
    world.rows.dies_after = None
    world.clock.pass_by(minutes=5)
    assert world.finish(export_id).status in (Status.COMPLETED, Status.FAILED)
    if world.export(export_id).status is Status.FAILED:
        retry = RetryExport(by=world.me, at=world.clock())
        world.ports.exports.execute(export_id, retry)
        assert world.finish(export_id).status is Status.COMPLETED
    assert world.export(export_id).attempt > 1
    assert len(tables(world, export_id)["Towns"]) == 4


@pytest.mark.parametrize(
    ("sheets", "form", "says"),
    [
        ((sheet(),), {"format": "csv"}, "csv has one dataset's rows"),
        ((sheet(),), {**XLSX, "split": {"rows": 20_000}}, "leave out the split, or sheets"),
        ((sheet(options={"links": ["nowhere"]}),), XLSX, "nowhere"),
        ((sheet("things"), sheet("elsewhere")), XLSX, "of another source than things"),
        ((sheet(fields=(ChosenField(name="gone"),)),), XLSX, "there is no field 'gone'"),
    ],
)
def test_what_cant_be_in_one_workbook_fails_before_any_row_is_read(
    sheets: tuple[ChosenSheet, ...], form: object, says: str
) -> None:
    world = world_of()
    world.datasets["elsewhere"] = replace(TOWNS, id="elsewhere", source="other")
    export = world.export(made(world, *sheets, form=form))
    assert reason(export) is Reason.REQUEST_INVALID
    assert says in told(world, export)


def test_a_dataset_that_is_gone_is_told() -> None:
    world = world_of()
    assert reason(world.export(made(world, sheet("gone")))) is Reason.DATASET_UNKNOWN
    export_id = world.request(XLSX, sheets=(sheet(),))
    world.plan(export_id)
    world.datasets["towns"] = replace(TOWNS, version="t2")
    assert reason(world.finish(export_id)) is Reason.DATASET_CHANGED


def test_an_export_is_as_small_as_all_of_them_together() -> None:
    def planned(limit: int | None, estimated: int | None) -> Export:
        world = world_of()
        world.rows.estimated = estimated
        world.rows.failing = RowsUnavailable() if estimated is None else None
        export_id = world.request(XLSX, sheets=(sheet(limit=limit),), limit=limit)
        world.plan(export_id)
        return world.export(export_id)

    assert is_small(planned(20_000, None))
    assert not is_small(planned(30_000, None))
    assert not is_small(planned(None, 30_000))
    assert is_small(planned(None, 20_000))
