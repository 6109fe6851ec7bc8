"""A full disk, a source that is away, rows that can't be written, input that is wrong: what people
see is a reason and what to do, never half a file."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from tests import stack_data as data
from tests.installations import embedded, start_all
from tests.servers import fresh_database
from tests.stacks import Client, Stack, running

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def breakable(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """An embedded installation for those who break something of it, and mend it again."""
    with fresh_database(postgres_url) as url:
        data.load(url, rows=40_000)
        stack = embedded(request, tmp_path_factory.mktemp("breakable"), url)
        with running(stack, start_all) as found:
            yield found


def test_a_full_disk_fails_the_export_with_its_remedy_and_a_retry_goes_on(
    breakable: Client,
) -> None:
    client = breakable
    _limit_files(client.stack, MEGABYTE)  # no file of the service can grow beyond this
    export = client.ended(client.request("sales", "ndjson")["id"])
    assert export["status"] == "failed"
    assert export["failure"]["reason"] == "storage-full"
    assert "Free some space" in export["failure"]["remedy"]
    assert client.http.get(f"/v1/exports/{export['id']}/files/ndjson").status_code == 409
    _limit_files(client.stack, resource.RLIM_INFINITY)
    client.http.post(f"/v1/exports/{export['id']}/retry").raise_for_status()
    assert client.ended(export["id"])["status"] == "completed"
    assert len(client.file(export["id"], "ndjson").splitlines()) == 40_000


def test_a_source_that_refuses_says_what_to_check(breakable: Client) -> None:
    client = breakable
    _run(client, "ALTER TABLE sales RENAME COLUMN note TO remark")
    export = client.ended(client.request("sales")["id"])
    assert export["status"] == "failed"
    assert export["failure"]["reason"] == "source-refused"
    preview = client.http.post("/v1/datasets/sales/preview", json={})
    assert preview.status_code in {502, 503}
    assert preview.headers["content-type"] == "application/problem+json"
    _run(client, "ALTER TABLE sales RENAME COLUMN remark TO note")


def test_rows_that_cannot_be_written_are_listed_in_a_sidecar(breakable: Client) -> None:
    client = breakable
    _run(client, "UPDATE sales SET note = '漢字' WHERE id IN (7, 20000)")
    export = client.completed(
        "sales", {"format": "csv", "options": {"encoding": "iso-8859-1"}}, fields=["id", "note"]
    )
    (file,) = export["files"]
    assert (file["rows"], file["rejected"]) == (39_998, 2)
    lines = client.http.get(file["links"]["rejections"]).raise_for_status().text.splitlines()
    assert [json.loads(line)["row"] for line in lines] == [6, 19_999]
    assert client.file(export["id"]).count(b"\r\n") > 39_998


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"dataset": "nothing", "formats": ["csv"]}, 422, "dataset"),
        ({"dataset": "sales", "formats": ["csv"], "fields": ["nope"]}, 422, "nope"),
        ({"dataset": "sales", "formats": ["xls"]}, 422, "csv"),
        ({"dataset": "sales", "formats": []}, 422, "format"),
        ({"dataset": "sales", "formats": ["csv"], "limit": 0}, 422, "limit"),
        (
            {
                "dataset": "sales",
                "formats": ["csv"],
                "filter": {"field": "id", "op": "gt", "value": "many"},
            },
            422,
            "number",
        ),
        (
            {
                "dataset": "sales",
                "formats": ["csv"],
                "filter": {"field": "note", "op": "eq", "value": "x" * (1 << 20)},
            },
            413,
            "large",
        ),
        ([], 422, "object"),
    ],
)
def test_wrong_requests_are_told_what_is_wrong(
    client: Client, body: Any, status: int, word: str
) -> None:
    answer = client.http.post("/v1/exports", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    assert word in answer.text


def test_a_filter_that_is_too_deep_is_refused(client: Client) -> None:
    text = '{"not":' * 5_000 + '{"field":"id","op":"eq","value":1}' + "}" * 5_000
    body = f'{{"dataset":"sales","formats":["csv"],"filter":{text}}}'
    answer = client.http.post(
        "/v1/exports", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_that_was_used_for_another_request_is_refused(client: Client) -> None:
    headers = {"Idempotency-Key": f"nightly {client.stack.home}"}
    body = {"dataset": "sales", "formats": ["csv"], "limit": 5}
    first = client.http.post("/v1/exports", json=body, headers=headers)
    again = client.http.post("/v1/exports", json=body, headers=headers)
    other = client.http.post("/v1/exports", json={**body, "limit": 6}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["id"] == again.json()["id"]


def test_what_is_not_ours_is_not_there(client: Client) -> None:
    assert client.http.get("/v1/exports/4e8f1c1e-0000-4000-8000-000000000000").status_code == 404
    assert client.http.get("/v1/exports/%00").status_code in {400, 404, 422}
    assert client.http.get("/v1/exports", params={"cursor": "made up"}).status_code == 400
    assert client.http.get("/v1/downloads/made-up").status_code in {403, 404}
    assert (
        client.http.get("/v1/exports", headers={"Authorization": "Bearer wb_x"}).status_code == 401
    )


def _run(client: Client, statement: LiteralString) -> None:
    with psycopg.connect(client.stack.database_url) as connection:
        connection.execute(statement)


def _limit_files(site: Stack, size: int) -> None:
    """The nearest to a full disk that needs no disk: every process of the service may only write
    files up to `size` bytes."""
    for pid in [site.processes["up"].pid, *site.children("up")]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
