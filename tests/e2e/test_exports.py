"""What an installation promises, seen from outside, over both transports."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from infra.verification import verify
from tests import stack_data as data
from tests.stacks import Client, copied
from tests.undated import undated
from tests.workbooks import check, parts, read_with_calamine

SOME = 50_000
"""Rows where it is the formats that differ; more than three chunks."""

EVERYTHING: dict[str, Any] = {
    "csv": "csv",
    "csv.gz": {"format": "csv", "compression": "gzip"},
    "csv.zst": {"format": "csv", "compression": "zstd", "options": {"delimiter": ";"}},
    "ndjson.zst": {"format": "ndjson", "compression": "zstd"},
    "csv.zip": {"format": "csv", "split": {"rows": 16_384}},
    "xlsx": {
        "format": "xlsx",
        "options": {
            "zone": "Europe/Madrid",
            "field_formats": {"amount": "#,##0.00"},
            "field_styles": {"note": {"italic": True, "wrap": True}},
            "conditional_formats": {"amount": [{"bars": "#638ec6"}]},
            "formulas": [{"name": "gross", "label": "Gross", "formula": "amount * 1.21"}],
            "summary": {
                "figures": {"amount": ["sum", "average"]},
                "groups": [{"by": "paid", "sums": ["amount"]}],
                "charts": [{"kind": "bar", "by": "paid", "of": "amount"}],
            },
        },
    },
    "xlsx.zip": {"format": "xlsx", "split": {"rows": 16_384}},
    "pdf": {
        "format": "pdf",
        "options": {
            "cover": False,
            "on_missing_glyph": "replace",
            "totals": {"amount": ["sum"]},
        },
    },
}
"""By the names of the files."""

SameEverywhere = Callable[[str, bytes], None]


@pytest.fixture
def same_everywhere(run_dir: Path) -> SameEverywhere:
    """Holds a file to what the other transport gave, in whichever process that was tested."""

    def check(name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()
        mine, first = (run_dir / f"{name}.{each}" for each in (secrets.token_hex(4), "sha256"))
        mine.write_text(digest)
        try:
            first.hardlink_to(mine)
        except FileExistsError:
            assert first.read_text() == digest

    return check


def _whole(client: Client) -> bytes:
    export = client.completed("sales", data.LIKE_COPY)
    return client.file(export["id"])


def test_every_row_arrives_as_copy_would_write_it(client: Client) -> None:
    assert _whole(client) == copied(client.stack, data.QUERY)


def test_all_flights_are_the_same_bytes_on_every_transport(
    client: Client, same_everywhere: SameEverywhere
) -> None:
    fields = _columns(data.FLIGHTS)
    export = client.completed("flights", data.LIKE_COPY, "ndjson", fields=fields)
    assert client.file(export["id"]) == copied(client.stack, data.FLIGHTS)
    ndjson = client.file(export["id"], "ndjson")
    assert ndjson.count(b"\n") == 336_776
    same_everywhere("flights", ndjson)


def test_compressed_files_hold_the_same(client: Client) -> None:
    export = client.completed(
        "sales",
        {**data.LIKE_COPY, "compression": "gzip"},
        {**data.LIKE_COPY, "compression": "zstd"},
        "ndjson",
        limit=SOME,
    )
    plain = copied(client.stack, f"{data.QUERY} LIMIT {SOME}")
    assert gzip.decompress(client.file(export["id"], "csv.gz")) == plain
    unpacked = zstandard.ZstdDecompressor().stream_reader(
        io.BytesIO(client.file(export["id"], "csv.zst")), read_across_frames=True
    )
    assert unpacked.read() == plain
    rows = [json.loads(line) for line in client.file(export["id"], "ndjson").splitlines()]
    assert len(rows) == SOME
    assert rows[0]["meta"] == {"n": 1, "tags": ["a", 1]}


def test_a_workbook_holds_every_row_as_typed_cells(
    client: Client, same_everywhere: SameEverywhere
) -> None:
    check(client.file(client.completed("sales", "xlsx", limit=200)["id"], "xlsx"))
    export = client.completed("sales", "xlsx", {**data.LIKE_COPY}, limit=20_000)
    file = client.file(export["id"], "xlsx")
    header, *rows = read_with_calamine(file)
    assert header == [
        "Number",
        "UID",
        "Customer",
        "Note",
        "Amount",
        "Paid",
        "Day",
        "Created",
        "Meta",
    ]
    lines = list(csv.DictReader(io.StringIO(client.file(export["id"]).decode(), newline="")))
    assert [row[0] for row in rows] == [int(line["id"]) for line in lines]
    assert [row[4] for row in rows] == [float(line["amount"]) for line in lines]
    for place, name in ((1, "uid"), (2, "customer"), (3, "note"), (8, "meta")):
        assert [row[place] or "" for row in rows] == [line[name] for line in lines]
    assert [f"{row[6]:%Y-%m-%d}" for row in rows] == [line["day"] for line in lines]
    assert [f"{row[7]}+00" for row in rows] == [line["created"] for line in lines]
    same_everywhere("workbook", parts(file)["xl/worksheets/sheet1.xml"])


def test_files_of_typed_columns_and_an_array_hold_every_row(
    client: Client, same_everywhere: SameEverywhere
) -> None:
    export = client.completed(
        "sales",
        "ndjson",
        "json",
        {"format": "json", "compression": "gzip"},
        "parquet",
        "arrow",
        limit=SOME,
    )
    rows = [json.loads(line) for line in client.file(export["id"], "ndjson").splitlines()]
    array = client.file(export["id"], "json")
    assert json.loads(array) == rows
    assert gzip.decompress(client.file(export["id"], "json.gz")) == array
    parquet = client.file(export["id"], "parquet")
    stream = client.file(export["id"], "arrows")
    table = pq.read_table(io.BytesIO(parquet))
    assert table.equals(pa.ipc.open_stream(stream).read_all())
    assert table.num_rows == SOME
    assert table.column("id").to_pylist() == [row["id"] for row in rows]
    assert [json.loads(meta) for meta in table.column("meta").to_pylist()] == [
        row["meta"] for row in rows
    ]
    for name, file in (("json", array), ("parquet", parquet), ("arrows", stream)):
        same_everywhere(name, file)


def test_every_other_format_is_the_same_bytes_on_every_transport(
    client: Client, same_everywhere: SameEverywhere
) -> None:
    """With what a format can do at most: each has its own way over the workers."""
    export = client.completed("sales", *EVERYTHING.values(), limit=20_000)
    assert {file["name"]: file["rows"] for file in export["files"]} == dict.fromkeys(
        EVERYTHING, 20_000
    )
    for name in EVERYTHING:
        same_everywhere(f"every.{name}", undated(name, client.file(export["id"], name)))


def test_the_waybill_is_right_without_the_server(client: Client, tmp_path: Path) -> None:
    export = client.completed("sales", "csv", limit=SOME)
    file, waybill = tmp_path / "sales.csv", tmp_path / "sales.waybill.json"
    file.write_bytes(client.file(export["id"]))
    waybill.write_bytes(client.waybill(export["id"]))
    key = client.http.get("/v1/keys/signing").json()
    verdict = verify(file, waybill, base64.b64decode(key["public_key"]))
    assert verdict.ok, verdict
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert not verify(file, waybill, None).ok


def test_rows_are_chosen_ordered_and_named(client: Client) -> None:
    export = client.completed(
        "sales",
        "csv",
        fields=[{"name": "day", "label": "Tag"}, "id"],
        filter={
            "and": [
                {"field": "id", "op": "lte", "value": 3},
                {"not": {"field": "id", "op": "eq", "value": 2}},
            ]
        },
        order=[{"field": "id", "direction": "desc"}],
    )
    rows = list(csv.reader(io.StringIO(client.file(export["id"]).decode(), newline="")))
    assert rows == [["Tag", "Number"], ["2019-01-04", "3"], ["2019-01-02", "1"]]


def test_a_masked_value_is_the_same_token_in_a_column_and_nested(client: Client) -> None:
    token = {"method": "token", "scope": "study", "length": 32}
    hidden = {"name": "customer", "mask": token}
    within = {"name": "day", "mask": {"method": "generalise", "to": "year"}}
    fields = [hidden, {"name": "itself", "fields": [hidden, within]}]
    export = client.completed("sales", "ndjson", fields=fields, limit=SOME)
    rows = [json.loads(line) for line in client.file(export["id"], "ndjson").splitlines()]
    assert len({row["customer"] for row in rows}) == len(rows) == SOME
    assert {len(row["customer"]) for row in rows} == {32}
    assert all(row["itself"]["customer"] == row["customer"] for row in rows)
    assert {row["itself"]["day"] for row in rows} == {str(year) for year in range(2019, 2025)}
    plain, nested = json.loads(client.waybill(export["id"], "ndjson"))["waybill"]["query"]["fields"]
    assert plain["mask"] == token
    assert nested["nested"]["fields"][0] == {"name": "customer", "mask": token}


def test_several_datasets_in_one_workbook_are_the_same_bytes_on_every_transport(
    client: Client, same_everywhere: SameEverywhere, tmp_path: Path
) -> None:
    paid = {
        "dataset": "sales",
        "fields": ["id", {"name": "customer", "mask": {"method": "mask", "first": 1}}, "amount"],
        "filter": {"field": "paid", "op": "eq", "value": True},
        "order": [{"field": "id", "direction": "desc"}],
        "limit": SOME,
        "options": {"sheet_name": "Paid", "field_formats": {"amount": "#,##0.00"}},
    }
    none = {"dataset": "sales", "filter": {"field": "id", "op": "lt", "value": 0}}
    export = client.completed("sales", "xlsx", fields=["id", "day"], sheets=[paid, none])
    whole = data.ROWS + SOME
    assert (export["progress"]["rows_total"], export["rows_matched"]) == (whole, whole)
    file = client.file(export["id"], "xlsx")
    assert [row[0] for row in read_with_calamine(file)[1:]] == list(range(1, data.ROWS + 1))
    header, *rows = read_with_calamine(file, 1)
    assert header == ["Number", "Customer", "Amount"]
    assert [row[0] for row in rows] == list(range(data.ROWS, data.ROWS - 2 * SOME, -2))
    assert {row[1][1:].strip("*") for row in rows} == {""}
    assert len(read_with_calamine(file, 2)) == 1
    same_everywhere("several", undated("xlsx", file))
    places = tmp_path / "sales.xlsx", tmp_path / "waybill.json"
    places[0].write_bytes(file)
    places[1].write_bytes(client.waybill(export["id"], "xlsx"))
    assert verify(*places).ok
    sheets = json.loads(places[1].read_bytes())["waybill"]["sheets"]
    assert [each["rows"]["written"] for each in sheets] == [SOME, 0]


def test_a_download_is_recorded_before_its_first_byte(client: Client) -> None:
    export = client.completed("sales", "csv", limit=10)
    whole = client.file(export["id"])
    part = client.http.get(f"/v1/exports/{export['id']}/files/csv", headers={"Range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, whole[5:15])
    ticket = client.http.post(f"/v1/exports/{export['id']}/files/csv/tickets", json={}).json()
    assert client.http.get(ticket["url"], headers={"Authorization": ""}).content == whole

    def downloads() -> bool:
        found = client.http.get(f"/v1/exports/{export['id']}/downloads").json()
        return len(found["items"]) == 3

    client.stack.eventually(downloads)


def test_the_history_catches_up(client: Client) -> None:
    export = client.completed("sales", "csv", limit=7)

    def listed() -> bool:
        found = client.http.get("/v1/exports", params={"limit": 1}).json()["items"]
        return bool(found) and found[0]["id"] == export["id"] and found[0]["status"] == "completed"

    client.stack.eventually(listed)


def test_a_small_export_does_not_wait_for_a_large_one(client: Client) -> None:
    """How soon it ends is a matter of the bench: that the large one still runs is asked here."""
    large = client.request("sales", "csv", "ndjson", {"format": "csv", "compression": "gzip"})
    client.stack.eventually(lambda: client.show(large["id"])["status"] == "extracting")
    client.completed("sales", "csv", limit=1_000)
    assert client.show(large["id"])["status"] in {"extracting", "rendering"}
    client.http.post(f"/v1/exports/{large['id']}/cancel").raise_for_status()


def test_cancelling_stops_the_reading_within_two_seconds(client: Client) -> None:
    export = client.request("sales", "csv", "ndjson")
    client.stack.eventually(lambda: client.show(export["id"])["status"] == "extracting")
    answer = client.http.post(f"/v1/exports/{export['id']}/cancel")
    assert answer.status_code == 200, answer.text
    assert client.show(export["id"])["status"] == "cancelled"
    client.stack.eventually(lambda: not _reading(client), patience=4)


def test_a_paused_export_waits_until_it_is_resumed(client: Client) -> None:
    export = client.request("sales", "csv")
    client.http.post(f"/v1/exports/{export['id']}/pause").raise_for_status()
    time.sleep(1)
    assert client.show(export["id"])["status"] == "paused"
    client.http.post(f"/v1/exports/{export['id']}/resume").raise_for_status()
    assert client.ended(export["id"])["status"] == "completed"


def test_a_killed_worker_loses_nothing(client: Client) -> None:
    stack, name = client.stack, client.stack.workers[0]
    export = client.request("sales", data.LIKE_COPY)
    _wait_for_a_part(client, export["id"])
    stack.kill(name)
    stack.restart(name)
    assert client.ended(export["id"])["status"] == "completed"
    assert client.file(export["id"]) == copied(stack, data.QUERY)


def test_a_source_that_dies_in_mid_read_is_read_again(client: Client) -> None:
    export = client.request("sales", data.LIKE_COPY)
    client.stack.eventually(lambda: _reading(client))
    with psycopg.connect(client.stack.database_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'"
            " AND pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert client.ended(export["id"])["status"] == "completed"
    assert client.file(export["id"]) == copied(client.stack, data.QUERY)


def test_progress_is_told_live_and_in_order(client: Client) -> None:
    export = client.request("sales", "csv")
    seen: list[int] = []
    with client.http.stream("GET", f"/v1/exports/{export['id']}/progress", timeout=60) as stream:
        seen.extend(int(line[3:]) for line in stream.iter_lines() if line.startswith("id:"))
    assert seen == list(range(1, len(seen) + 1))
    assert client.show(export["id"])["status"] == "completed"


def _columns(query: str) -> list[str]:
    names = query.split("SELECT ")[1].split(" FROM")[0].split("FROM")[0]
    return [name.strip() for name in names.split(",")]


def _wait_for_a_part(client: Client, export_id: str) -> None:
    client.stack.eventually(lambda: client.show(export_id)["progress"]["parts"] > 0)


def _reading(client: Client) -> bool:
    with psycopg.connect(client.stack.database_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"
            " AND pid <> pg_backend_pid() AND datname = current_database()"
        ).fetchone()
    return row is not None and row[0] > 0
