"""An export from its request to its files, over fakes and without processes."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import layout
from domain.exports.commands import (
    CancelExport,
    PauseExport,
    ResumeExport,
    RetryExport,
)
from domain.exports.events import ChosenField, ChosenOrder, ExportCompleted, ExportFailed
from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.filters import parse, to_json
from domain.ports import FilesFull, FilesUnavailable, KeyDestroyed, RowsRefused, RowsUnavailable
from domain.protected import protect
from domain.streams import JobKind
from processors import stage_rows
from processors.expire_files import expire_files
from processors.ports import Limits
from processors.reap import DEATHS, look_again, recover
from processors.stage_rows import ExtractTask
from tests.processing import THINGS, World
from tests.unit.processors.small_chunks import file_of, plan_small_chunks, reason, told, world_of

CSV = {"format": "csv"}
NDJSON = {"format": "ndjson"}


def _waybill(world: World, export_id: UUID, file: str = "csv") -> dict[str, object]:
    signed = json.loads(world.files.get(layout.waybill(export_id, 1, file)))
    found = signed["waybill"]
    assert isinstance(found, dict)
    return found


def test_a_request_becomes_a_file_with_its_waybill() -> None:
    world = world_of()
    export_id = world.request(CSV)
    export = world.finish(export_id)
    assert export.status is Status.COMPLETED
    rows = list(csv.reader(io.StringIO(file_of(world, export_id).decode(), newline="")))
    assert rows == [["Id", "Name"], *([str(n), f"name {n}"] for n in range(5))]
    assert _waybill(world, export_id)["rows"] == {"matched": 5, "written": 5, "rejected": 0}
    assert export.assembled["csv"].sha256 == hashlib.sha256(file_of(world, export_id)).hexdigest()


def test_one_extraction_serves_several_formats() -> None:
    world = world_of()
    compressed = [{"format": "csv", "compression": each} for each in ("gzip", "zstd")]
    export_id = world.request(CSV, NDJSON, *compressed)
    export = world.finish(export_id)
    assert set(export.assembled) == {"csv", "ndjson", "csv.gz", "csv.zst"}
    assert gzip.decompress(file_of(world, export_id, "csv.gz")) == file_of(world, export_id)
    for each in ("csv.gz", "csv.zst"):
        assert export.assembled[each].content_sha256 == export.assembled["csv"].sha256
    assert len(world.rows.asked) == 2  # the estimate and the snapshot


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_the_file_is_the_same_in_whatever_chunks_it_was_made(rows: int) -> None:
    whole, parts = world_of(), world_of()
    one, many = whole.request(NDJSON), parts.request(NDJSON)
    whole.finish(one)
    plan_small_chunks(parts, many, rows)
    assert parts.finish(many).status is Status.COMPLETED
    assert file_of(parts, many, "ndjson") == file_of(whole, one, "ndjson")


def test_no_rows_make_a_file_with_a_header_only() -> None:
    world = world_of(lines=[])
    export_id = world.request(CSV)
    assert world.finish(export_id).status is Status.COMPLETED
    assert file_of(world, export_id) == b"Id,Name\r\n"


def test_rows_that_cannot_be_written_are_listed_and_counted() -> None:
    world = world_of(lines=[b"0\tgood", b"1\tbad \xff", b"2\tgood"])
    export_id = world.request(CSV)
    export = world.finish(export_id)
    assert (export.assembled["csv"].rows, export.assembled["csv"].rejected) == (2, 1)
    key = world.keys.obtain(layout.file_key(export_id, "csv"))
    lines = world.sealed.get(layout.rejections(export_id, 1, "csv"), key).splitlines()
    assert [(json.loads(line)["row"], json.loads(line)["field"]) for line in lines] == [(1, "name")]


def test_rejected_rows_keep_their_place_in_the_whole_export() -> None:
    world = world_of(lines=[b"0\ta", b"1\tb", b"2\t\xff", b"3\td", b"4\t\xff"])
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.finish(export_id)
    key = world.keys.obtain(layout.file_key(export_id, "csv"))
    lines = world.sealed.get(layout.rejections(export_id, 1, "csv"), key).splitlines()
    assert [json.loads(line)["row"] for line in lines] == [2, 4]


def test_a_cap_is_a_state_of_its_own_and_says_how_many_rows_are_missing() -> None:
    world = world_of(limits=Limits(row_cap=3))
    export_id = world.request(CSV)
    export = world.finish(export_id)
    assert export.status is Status.TRUNCATED
    waybill = _waybill(world, export_id)
    assert waybill["completeness"] == "truncated"
    assert waybill["rows"] == {"matched": 5, "written": 3, "rejected": 0}


@pytest.mark.parametrize("limit", [2, 5, 9])
def test_a_limit_that_was_asked_for_truncates_nothing(limit: int) -> None:
    world = world_of(limits=Limits(row_cap=5))
    export_id = world.request(CSV, limit=limit)
    assert world.finish(export_id).status is Status.COMPLETED
    assert file_of(world, export_id).count(b"\r\n") == 1 + min(limit, 5)


def test_the_chosen_heading_is_used() -> None:
    world = world_of()
    fields = (ChosenField(name="name", label="Who"), ChosenField(name="id"))
    export_id = world.request(CSV, fields=fields)
    world.finish(export_id)
    assert file_of(world, export_id).startswith(b"Who,Id\r\n")


def test_a_literal_of_a_personal_field_reaches_the_source_but_no_event() -> None:
    world = world_of()
    filter_ = parse({"field": "name", "op": "eq", "value": "Zoë"})
    sealed = protect(filter_, THINGS, lambda text: world.vault.keep(world.me, text))
    export_id = world.request(CSV, filter=to_json(sealed))
    world.finish(export_id)
    assert all(query.filter == filter_ for query in world.rows.asked)
    assert "Zo" not in repr(world.store.read(export_id))


def test_an_erased_literal_ends_the_export_with_itsreason() -> None:
    world = world_of()
    filter_ = parse({"field": "name", "op": "eq", "value": "Zoë"})
    sealed = protect(filter_, THINGS, lambda text: world.vault.keep(world.me, text))
    export_id = world.request(CSV, filter=to_json(sealed))
    world.vault.erase(world.me)
    assert reason(world.finish(export_id)) is Reason.REQUEST_INVALID


def test_a_dataset_that_is_gone_fails_the_export() -> None:
    world = world_of()
    export_id = world.request(CSV, dataset="nothing")
    assert reason(world.finish(export_id)) is Reason.DATASET_UNKNOWN


def test_a_field_that_is_gone_fails_the_export_and_keeps_the_text_in_the_vault() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=(ChosenField(name="gone"),))
    ending = world.finish(export_id).ending
    assert isinstance(ending, ExportFailed)
    assert ending.reason is Reason.REQUEST_INVALID
    assert ending.detail is not None
    assert "gone" in (world.vault.reveal(ending.detail) or "")


def test_a_dataset_that_changed_while_the_export_waited_fails_it() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.plan(export_id)
    world.datasets["things"] = replace(THINGS, version="v2")
    assert reason(world.finish(export_id)) is Reason.DATASET_CHANGED


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RowsUnavailable(), Reason.SOURCE_UNAVAILABLE),
        (RowsRefused(), Reason.SOURCE_REFUSED),
        (ValueError("a fault of ours"), Reason.INTERNAL),
    ],
)
def test_a_source_that_fails_for_good_fails_the_export(error: Exception, why: Reason) -> None:
    world = world_of()
    world.rows.failing = error
    world.rows.estimated = 5
    export_id = world.request(CSV)
    if why is Reason.INTERNAL:
        world.rows.failing = None
        world.plan(export_id)
        world.rows.failing = error
    assert reason(world.finish(export_id)) is why


def test_a_source_that_dies_in_mid_read_is_read_again_from_the_start() -> None:
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.rows.dies_after = 4
    world.step(export_id)
    assert world.export(export_id).attempt == 1
    world.rows.dies_after = None
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 2)
    assert file_of(world, export_id).count(b"\r\n") == 6


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FilesFull(), Reason.STORAGE_FULL),
        (FilesUnavailable(), Reason.STORAGE_UNAVAILABLE),
    ],
)
def test_a_file_store_that_fails_ends_the_export_and_a_retry_goes_on(
    error: Exception, why: Reason
) -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.files.failing = error
    assert reason(world.finish(export_id)) is why
    world.files.failing = None
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.COMPLETED


def test_staged_rows_that_were_changed_are_noticed_and_read_again_on_retry() -> None:
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.step(export_id)
    key = layout.staged(export_id, 1, 0)
    data, at = world.files.objects[key]
    world.files.objects[key] = (data[:-1] + bytes([data[-1] ^ 1]), at)
    assert reason(world.finish(export_id)) is Reason.STAGED_ROWS_LOST
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 2)


def test_a_part_that_was_exchanged_for_another_never_becomes_a_file() -> None:
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    while not world.export(export_id).is_rendered("csv"):
        world.step(export_id)
    first, second = (layout.part(export_id, 1, "csv", index) for index in (0, 1))
    world.files.objects[first] = world.files.objects[second]
    assert reason(world.finish(export_id)) is Reason.STAGED_ROWS_LOST


def test_a_repeated_assembly_signs_the_same_waybill() -> None:
    world = world_of()
    export_id = world.request(CSV, NDJSON)
    plan_small_chunks(world, export_id)
    signed: dict[str, set[bytes]] = {"csv": set(), "ndjson": set()}
    world.finish(export_id)
    for file in signed:
        signed[file].add(world.files.get(layout.waybill(export_id, 1, file)))
        assert hashlib.sha256(signed[file].pop()).hexdigest() == (
            world.export(export_id).assembled[file].waybill_sha256
        )


def test_cancelling_leaves_no_work() -> None:
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.step(export_id)
    assert world.work.jobs
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.CANCELLED
    assert not world.work.jobs


def test_a_paused_export_waits_and_goes_on_where_it_was() -> None:
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.step(export_id)
    world.ports.exports.execute(export_id, PauseExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.PAUSED
    assert not world.work.jobs
    world.ports.exports.execute(export_id, ResumeExport(by=world.me, at=world.clock()))
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 1)


def test_a_message_about_work_that_is_done_or_held_by_another_is_ignored() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.plan(export_id)
    job = next(iter(world.work.jobs.values())).message
    held = world.work.claim(job.id, "somebody else")
    assert held is not None
    world.worker.claim_and_do(job)
    assert world.export(export_id).attempt == 0
    world.work.release(held, 0)
    world.finish(export_id)
    before = world.export(export_id)
    world.worker.claim_and_do(job)
    assert world.export(export_id) == before


def test_an_extraction_that_another_attempt_has_overtaken_records_nothing() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.plan(export_id)
    interfered: list[ExtractTask] = []

    def overtake(task: object) -> None:
        if isinstance(task, ExtractTask) and not interfered:
            interfered.append(task)
            job = next(iter(world.work.jobs.values())).message
            world.work.lose(job.id)
            world.worker.claim_and_do(job)

    world.children.before = overtake
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 2)
    assert {event.attempt for event in export.staged.values()} == {2}


def test_a_job_that_keeps_killing_its_workers_fails_the_export() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.plan(export_id)
    (job_id,) = world.work.jobs
    for _ in range(DEATHS):
        world.work.claim(job_id, "dies")
        world.work.lose(job_id)
        assert recover(world.ports) == 1
    assert reason(world.export(export_id)) is Reason.WORKERS_LOST
    assert not world.work.jobs


def test_an_export_whose_messages_were_all_lost_is_found_again() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.work.idle = [export_id]
    look_again(world.ports, led_for=0)
    assert [job.message.kind for job in world.work.jobs.values()] == [JobKind.EXTRACT]


def test_expiry_destroys_keys_and_bytes_but_keeps_the_waybill() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.finish(export_id)
    assert expire_files(world.ports) == 0
    world.clock.pass_by(days=7)
    assert expire_files(world.ports) == 1
    assert world.export(export_id).status is Status.EXPIRED
    assert list(world.files.objects) == [layout.waybill(export_id, 1, "csv")]
    with pytest.raises(KeyDestroyed):
        world.keys.obtain(layout.file_key(export_id, "csv"))
    assert expire_files(world.ports) == 0


def test_an_expiry_that_was_interrupted_is_done_again() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.finish(export_id)
    world.clock.pass_by(days=7)
    world.files.failing = FilesUnavailable()
    assert expire_files(world.ports) == 0
    world.files.failing = None
    assert expire_files(world.ports) == 1
    assert world.export(export_id).status is Status.EXPIRED


def test_a_retried_export_is_not_expired_by_its_first_end() -> None:
    world = world_of()
    export_id = world.request(CSV)
    world.plan(export_id)
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    world.finish(export_id)
    due = dict(world.work.expiries)
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    world.clock.pass_by(days=8)
    world.work.expiries = due
    assert expire_files(world.ports) == 0
    assert world.finish(export_id).status is Status.COMPLETED


def test_progress_is_ticked_while_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_rows, "_TICK_SECONDS", 0.0)
    world = world_of()
    export_id = world.request(CSV)
    plan_small_chunks(world, export_id)
    world.finish(export_id)
    assert [tick.rows for tick in world.ticks.published] == [2, 4, 5]


@pytest.mark.parametrize(
    ("rows", "row_bytes", "fragments"),
    [
        (0, 100, 1),
        (16_385, 100, 1),
        (1_000_000, 100, 2),
        (2_000_000, 100, 5),
        (100_000_000, 100, 5),
        (100_000_000, 10, 16),
        (100_000_000, 10_000, 1),
        (100_000_000, 0, 16),
    ],
)
def test_a_large_export_has_larger_chunks_as_long_as_they_fit_in_memory(
    rows: int, row_bytes: int, fragments: int
) -> None:
    world = world_of()
    world.rows.estimated, world.rows.row_bytes = rows, row_bytes
    export_id = world.request(CSV)
    world.plan(export_id)
    plan = world.export(export_id).plan
    assert plan is not None
    assert plan.chunk_rows == fragments * plan.fragment_rows


def test_retention_counts_from_the_end() -> None:
    world = world_of()
    export_id = world.request(CSV, retention_days=30)
    ending = world.finish(export_id).ending
    assert ending is not None
    assert ending.expires_at == world.clock() + timedelta(days=30)


def test_a_file_that_can_not_be_made_fails_before_any_row_is_read() -> None:
    world = world_of()
    narrow = {"format": "pdf", "options": {"page": "a5", "margin": 144, "font_size": 24}}
    export = world.finish(world.request(narrow))
    assert reason(export) is Reason.REQUEST_INVALID
    assert "font_size" in told(world, export)
    assert world.rows.asked == []


def test_a_pdf_is_the_same_in_whatever_chunks_its_rows_come() -> None:
    world = world_of()
    plain = {"format": "pdf", "options": {"cover": False}}
    whole, chunked = world.request(plain), world.request(plain)
    plan_small_chunks(world, chunked)
    assert len(world.finish(chunked).staged) > 1
    world.finish(whole)
    assert file_of(world, chunked, "pdf") == file_of(world, whole, "pdf")


def test_groups_of_a_pdf_need_rows_in_their_order() -> None:
    world = world_of()
    grouped = {"format": "pdf", "options": {"group_by": ["name"]}}
    export = world.finish(world.request(grouped))
    assert reason(export) is Reason.REQUEST_INVALID
    assert "begin the export's order with name" in told(world, export)
    ordered = world.request(grouped, order=(ChosenOrder(field="name", direction="desc"),))
    assert isinstance(world.finish(ordered).ending, ExportCompleted)


def test_groups_of_a_pdf_are_the_same_in_whatever_chunks_its_rows_come() -> None:
    world = world_of([b"%d\tname" % (number // 3) for number in range(9)])
    options = {"cover": False, "group_by": ["id"], "totals": {"name": "count"}}
    grouped = {"format": "pdf", "options": options}
    order = (ChosenOrder(field="id", direction="asc"),)
    whole, chunked = world.request(grouped, order=order), world.request(grouped, order=order)
    plan_small_chunks(world, chunked)
    assert len(world.finish(chunked).staged) > 1
    world.finish(whole)
    assert file_of(world, chunked, "pdf") == file_of(world, whole, "pdf")
