"""A file that is rendered again from its staged rows is the file that was recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from domain import layout
from domain.exports.events import ChosenOrder
from domain.exports.failures import Reason
from domain.formats import Format
from processors.renderers import CodecMismatch
from processors.reproduce import (
    Compared,
    NothingToReproduce,
    StagedRowsGone,
    Stored,
    reproduce,
)
from processors.sweep_orphans import sweep_orphans
from tests.made_fonts import Made, saved
from tests.processing import World
from tests.unit.processors.small_chunks import plan_small_chunks, planned, reason, told, world_of


def again(world: World, export_id: UUID, file: str = "csv") -> list[Compared]:
    stored = Stored(
        files=world.files, sealed=world.sealed, keys=world.keys, fonts=world.ports.fonts
    )
    return list(reproduce(export_id, world.export(export_id), file, stored))


def wrong(compared: list[Compared]) -> list[str]:
    return [each.what for each in compared if not each.same]


def test_every_part_the_file_its_content_and_its_waybill_come_out_the_same() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    sweep_orphans(world.ports)
    before = dict(world.files.objects)
    found = again(world, export_id)
    assert [each.what for each in found] == [
        "chunk 0",
        "chunk 1",
        "chunk 2",
        "file",
        "content",
        "waybill",
        "waybill's file",
        "waybill's content",
        "waybill's chunks",
    ]
    assert wrong(found) == []
    assert dict(world.files.objects) == before


@pytest.mark.parametrize(
    "wanted",
    [
        {"format": "csv", "compression": "gzip"},
        {"format": "ndjson"},
        {"format": "ndjson", "compression": "zstd"},
    ],
)
def test_every_format_is_reproduced(wanted: dict[str, str]) -> None:
    world = world_of()
    export_id = world.request(wanted)
    (file,) = world.finish(export_id).assembled
    assert wrong(again(world, export_id, file)) == []


@pytest.mark.parametrize("name", Format)
@pytest.mark.parametrize("limit", [0, 16 << 20])
def test_a_split_file_of_many_chunks_is_reproduced(
    name: Format, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.renderers.split.parts.COPIED", limit)
    monkeypatch.setattr("processors.renderers.split.frame.HELD", limit)
    world = world_of([b"%d\t%s" % (n, b"aaabbc\xff"[n : n + 1]) for n in range(7)])
    by_name = (ChosenOrder(field="name", direction="asc"),)
    export_id = world.request({"format": name.value, "split": {"by": "name"}}, order=by_name)
    plan_small_chunks(world, export_id)
    (file,) = world.finish(export_id).assembled
    found = again(world, export_id, file)
    assert wrong(found) == []
    assert "chunk 3's notes" in [each.what for each in found]


def test_rejected_rows_are_counted_again() -> None:
    world = world_of([b"1\tfine", "2\t漢".encode()])
    export_id = world.request({"format": "csv", "options": {"encoding": "iso-8859-1"}})
    export = world.finish(export_id)
    assert export.assembled["csv"].rejected == 1
    assert wrong(again(world, export_id)) == []


def test_an_export_without_rows_is_reproduced() -> None:
    world = world_of([])
    export_id = world.request()
    world.finish(export_id)
    assert wrong(again(world, export_id)) == []


def test_a_record_that_says_otherwise_is_told_by_the_part() -> None:
    world = world_of()
    export_id = planned(world)
    export = world.finish(export_id)
    part = replace(export.rendered[1, "csv"], sha256="0" * 64)
    forged = replace(export, rendered={**export.rendered, (1, "csv"): part})
    stored = Stored(files=world.files, sealed=world.sealed, keys=world.keys)
    assert wrong(list(reproduce(export_id, forged, "csv", stored))) == ["chunk 1"]


def test_staged_rows_that_were_exchanged_are_told() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    key = world.keys.obtain(layout.staging_key(export_id))
    place = layout.staged(export_id, 1, 1)
    rows = world.sealed.get(layout.staged(export_id, 1, 2), key)
    world.sealed.put(place, key, rows)
    found = again(world, export_id)
    assert wrong(found)[:2] == ["chunk 1", "file"]
    assert found[1].found == "its staged rows are not those that were staged"


def test_a_waybill_that_was_exchanged_or_removed_is_told() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    place = layout.waybill(export_id, 1, "csv")
    document = json.loads(world.files.get(place))
    document["waybill"]["rows"]["written"] = 4
    world.files.put(place, json.dumps(document).encode())
    assert wrong(again(world, export_id)) == ["waybill"]
    world.files.delete([place])
    assert again(world, export_id)[-1].found == "it is missing"


def test_another_codec_is_said_before_anything_is_read() -> None:
    world = world_of()
    export_id = planned(world)
    export = world.finish(export_id)
    assert export.plan is not None
    old = replace(export.plan.files[0], codec="csv 0")
    planned_before = replace(export, plan=replace(export.plan, files=(old,)))
    world.files.objects.clear()
    stored = Stored(files=world.files, sealed=world.sealed, keys=world.keys)
    with pytest.raises(CodecMismatch):
        list(reproduce(export_id, planned_before, "csv", stored))


def test_a_pdf_is_reproduced_with_the_fonts_it_was_made_with_and_no_others(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="漢字"))
    world = world_of(["1\t漢字".encode(), "2\t漢".encode()], fonts=fonts)
    export_id = world.request({"format": "pdf"})
    export = world.finish(export_id)
    assert export.assembled["pdf"].rejected == 0
    assert export.plan is not None
    assert "+further-fonts:" in export.plan.files[0].codec
    signed = world.files.get(layout.waybill(export_id, 1, "pdf"))
    assert json.loads(signed)["waybill"]["format"]["codec"] == export.plan.files[0].codec
    assert wrong(again(world, export_id, "pdf")) == []
    without = Stored(files=world.files, sealed=world.sealed, keys=world.keys)
    with pytest.raises(CodecMismatch, match="WAYBILL_PDF_FONTS"):
        list(reproduce(export_id, export, "pdf", without))


def test_a_font_that_changed_fails_the_export_with_what_to_do(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="字"))
    world = world_of(["1\t字".encode()], fonts=fonts)
    Path(fonts[0].path).write_bytes(b"another font")
    export = world.finish(world.request({"format": "pdf"}))
    assert reason(export) is Reason.REQUEST_INVALID
    assert "start every process" in told(world, export)


@pytest.mark.parametrize("lost", ["key", "rows"])
def test_rows_that_are_gone_are_said(lost: str) -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    if lost == "key":
        world.keys.destroy(layout.staging_key(export_id))
    else:
        world.files.delete([layout.staged(export_id, 1, 2)])
    with pytest.raises(StagedRowsGone):
        again(world, export_id)


def test_a_file_that_is_not_complete_cannot_be_compared() -> None:
    world = world_of()
    export_id = planned(world)
    for file in ("csv", "xlsx"):
        with pytest.raises(NothingToReproduce):
            again(world, export_id, file)
