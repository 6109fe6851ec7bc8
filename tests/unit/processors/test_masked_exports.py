"""A masked field is masked before anything is stored, and everybody after that sees it so."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import zstandard

from domain import layout, manifests
from domain.datasets import Relation
from domain.exports.commands import RetryExport
from domain.exports.events import ChosenField
from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.masks import Mask, Pattern, Token, to_json
from domain.ports import FilesFull, KeyDestroyed
from processors.expire_files import expire_files
from processors.reproduce import Stored, reproduce
from tests.processing import THINGS, World
from tests.unit.processors.small_chunks import reason, told, world_of

TOKEN = {"method": "token", "length": 32, "scope": None}
CRM = {**TOKEN, "scope": "crm"}
CSV, NDJSON, PDF = ({"format": name} for name in ("csv", "ndjson", "pdf"))


def fields(mask: object) -> tuple[ChosenField, ...]:
    return (ChosenField(name="id"), ChosenField(name="name", mask=mask))  # type: ignore[arg-type]


def content(world: World, export_id: UUID, file: str = "csv") -> bytes:
    key = world.keys.obtain(layout.file_key(export_id, file))
    sealed = world.sealed.get(
        layout.manifest(export_id, world.export(export_id).attempt, file), key
    )
    return b"".join(
        world.sealed.get(segment.key, key) for segment in manifests.from_json(sealed).segments
    )


def names(world: World, export_id: UUID) -> list[str]:
    rows = csv.reader(io.StringIO(content(world, export_id).decode(), newline=""))
    return [row[1] for row in rows][1:]


def exported(world: World, mask: object = TOKEN, **more: Any) -> list[str]:
    export_id = world.request(CSV, fields=fields(mask), **more)
    assert world.finish(export_id).status is Status.COMPLETED
    return names(world, export_id)


def demand(world: World, mask: Mask, *, required: bool = True) -> None:
    name = replace(THINGS.fields[1], mask=mask, mask_required=required)
    world.datasets["things"] = replace(THINGS, fields=(THINGS.fields[0], name))


def staged(world: World, export_id: UUID) -> bytes:
    key = world.keys.obtain(layout.staging_key(export_id))
    stored = world.sealed.get(layout.staged(export_id, 1, 0), key)
    return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(stored)


def test_every_file_and_the_staged_rows_hold_the_same_tokens() -> None:
    world = world_of()
    export_id = world.request(CSV, NDJSON, fields=fields(TOKEN))
    assert world.finish(export_id).status is Status.COMPLETED
    tokens = names(world, export_id)
    assert len(set(tokens)) == 5
    lines = content(world, export_id, "ndjson").splitlines()
    assert [json.loads(line)["name"] for line in lines] == tokens
    assert staged(world, export_id) == b"".join(
        f"{number}\t{token}\n".encode() for number, token in enumerate(tokens)
    )


def test_no_object_and_no_event_holds_a_plain_value_or_a_key() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields(TOKEN))
    world.finish(export_id)
    key = world.keys.obtain(layout.token_key(export_id))
    recorded = repr(world.store.read(export_id)).encode()
    seen = recorded + content(world, export_id) + staged(world, export_id)
    assert b"name 3" not in seen
    assert key not in seen
    assert key.hex().encode() not in seen


def test_the_waybill_says_how_a_field_was_masked_and_nothing_of_others() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields(CRM))
    world.finish(export_id)
    waybill = json.loads(world.files.get(layout.waybill(export_id, 1, "csv")))["waybill"]
    assert waybill["query"]["fields"] == [
        {"name": "id", "label": "Id"},
        {"name": "name", "label": "Name", "mask": CRM},
    ]


def test_tokens_of_two_exports_can_not_be_joined_unless_they_share_a_scope() -> None:
    world = world_of()
    assert exported(world) != exported(world)
    assert exported(world, CRM) == exported(world, CRM)
    others = [
        exported(world, {**TOKEN, "scope": "billing"}),
        exported(world, CRM, workspace="another"),
        exported(world, {**CRM, "length": 64}),
    ]
    every = [*exported(world, CRM), *(token for tokens in others for token in tokens)]
    assert len(set(every)) == 20


def test_a_second_attempt_makes_the_same_tokens() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields(TOKEN))
    world.files.failing = FilesFull()
    assert reason(world.finish(export_id)) is Reason.STORAGE_FULL
    before = world.keys.obtain(layout.token_key(export_id))
    world.files.failing = None
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.COMPLETED
    assert world.keys.obtain(layout.token_key(export_id)) == before


def test_a_masked_file_can_be_reproduced_without_the_key_of_its_tokens() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields(TOKEN))
    export = world.finish(export_id)
    world.keys.destroy(layout.token_key(export_id))
    stored = Stored(files=world.files, sealed=world.sealed, keys=world.keys)
    assert all(each.same for each in reproduce(export_id, export, "csv", stored))


def test_what_the_dataset_demands_is_done_without_being_asked_for() -> None:
    world = world_of()
    demand(world, Pattern(first=1, hidden=3))
    assert exported(world, None) == ["n***"] * 5


def test_a_plain_value_is_refused_at_the_plan_too_and_no_row_is_read() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields({"method": "keep"}))
    demand(world, Token())
    export = world.finish(export_id)
    assert reason(export) is Reason.REQUEST_INVALID
    assert "operator" in told(world, export)
    assert not world.rows.asked


def test_a_default_may_be_taken_off() -> None:
    world = world_of()
    demand(world, Token(), required=False)
    assert exported(world, {"method": "keep"})[0] == "name 0"
    assert len(exported(world, None)[0]) == 32


def test_a_scope_whose_key_was_destroyed_ends_the_export_with_what_to_do() -> None:
    world = world_of()
    world.keys.destroy(layout.scope_key("default", "crm"))
    export = world.finish(world.request(CSV, fields=fields(CRM)))
    assert reason(export) is Reason.REQUEST_INVALID
    assert "another scope" in told(world, export)
    assert not world.rows.asked


def test_a_key_that_is_destroyed_after_the_plan_ends_the_export_too() -> None:
    world = world_of()
    export_id = world.request(CSV, fields=fields(CRM))
    world.plan(export_id)
    world.keys.destroy(layout.scope_key("default", "crm"))
    export = world.finish(export_id)
    assert reason(export) is Reason.REQUEST_INVALID
    assert "Scope: crm" in told(world, export)


def test_an_exports_own_key_goes_with_its_files_and_that_of_a_scope_stays() -> None:
    world = world_of()
    own, shared = (world.request(CSV, fields=fields(mask)) for mask in (TOKEN, CRM))
    for export_id in (own, shared):
        world.finish(export_id)
    before = world.keys.obtain(layout.scope_key("default", "crm"))
    world.clock.pass_by(days=7)
    assert expire_files(world.ports) == 2
    with pytest.raises(KeyDestroyed):
        world.keys.obtain(layout.token_key(own))
    assert world.keys.obtain(layout.scope_key("default", "crm")) == before


def test_the_key_of_tokens_within_nested_values_goes_too() -> None:
    world = world_of(lines=[b'0\t{"name":"x"}'])
    itself = Relation(name="twin", dataset="things", on={"id": "id"})
    reachable = {"things": replace(THINGS, relations=(itself,))}
    world.datasets["things"] = replace(THINGS, relations=(itself,), reachable=reachable)
    asked = {"name": "twin", "fields": [{"name": "name", "mask": TOKEN}]}
    fields = (ChosenField(name="id"), ChosenField(name="twin", nested=asked))
    export_id = world.request(NDJSON, fields=fields)
    world.finish(export_id)
    assert b'"x"' not in content(world, export_id, "ndjson")
    world.clock.pass_by(days=7)
    assert expire_files(world.ports) == 1
    with pytest.raises(KeyDestroyed):
        world.keys.obtain(layout.token_key(export_id))


def test_a_byte_that_is_no_utf_8_is_hidden_or_rejected_and_never_lost() -> None:
    world = world_of(lines=[b"0\tgood", b"1\t\xffbad", b"2\tbad\xff", b"3\tb\xffd"])
    mask = to_json(Pattern(first=1))
    export_id = world.request(CSV, fields=fields(mask))
    export = world.finish(export_id)
    assert names(world, export_id) == ["g***", "b***", "b**"]
    assert export.assembled["csv"].rejected == 1
    key = world.keys.obtain(layout.file_key(export_id, "csv"))
    (line,) = world.sealed.get(layout.rejections(export_id, 1, "csv"), key).splitlines()
    assert (json.loads(line)["row"], json.loads(line)["reason"]) == (1, "not-utf-8")


def test_a_pdf_says_on_its_cover_what_is_masked() -> None:
    masked, plain = world_of(), world_of()
    sizes = []
    for world, mask in ((masked, TOKEN), (plain, None)):
        export_id = world.request(PDF, fields=fields(mask))
        assert world.finish(export_id).status is Status.COMPLETED
        sizes.append(len(content(world, export_id, "pdf")))
    assert sizes[0] > sizes[1]
