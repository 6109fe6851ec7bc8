"""The API on a real database, behind a real server: what sockets, streams and SQL add."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from pydantic import SecretStr

from api.main import GracefulServer, app_over, build, server, subscription
from domain.access import Scope
from domain.acts import Act
from domain.exports.commands import StartExtraction
from domain.keys.events import KeyCreated
from domain.streams import Tick
from infra.free_ports import free_port
from infra.installation import Installation, now, open_installation
from infra.projections import AuditReader, Projector
from infra.projections.comparing import compare
from infra.settings import Settings
from infra.streams.kafka.ticks import KafkaTicks
from infra.streams.kafka.topics import ensure_topics
from infra.streams.relay_lock import RelayLock
from processors.main import embedded
from projections.audit import AUDIT, AuditFilters
from tests import export_commands
from tests.fakes_api import problem
from tests.wanted_keys import wanted_key

ROWS = 200_000
DATASETS = """
sources:
  here: {kind: postgresql, dsn: "${WAYBILL_DATABASE}"}
  slow: {kind: postgresql, dsn: "${WAYBILL_DATABASE}", statement_timeout: 1}
  dead: {kind: postgresql, dsn: "postgresql://nobody@127.0.0.1:1/none"}
datasets:
  - id: people
    label: People
    source: here
    table: people
    key: [id]
    fields:
      - {name: id, type: integer, label: Id}
      - {name: name, type: text, label: Name, pii: identity}
  - id: lost
    label: Lost
    source: dead
    table: people
    key: [id]
    fields:
      - {name: id, type: integer, label: Id}
  - id: sleepers
    label: Sleepers
    source: slow
    query: SELECT id, pg_sleep(5)::text AS name FROM people
    key: [id]
    fields:
      - {name: id, type: integer, label: Id}
      - {name: name, type: text, label: Name}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    installation: Installation
    server: GracefulServer
    url: str
    secret: str

    def client(self, secret: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {secret or self.secret}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


@contextmanager
def _served(installation: Installation, subscribe: Any) -> Iterator[Running]:
    made = installation.recorded_keys.create_first("default")
    assert made is not None
    app = app_over(installation, subscribe, registry=CollectorRegistry())
    serving = server(app, installation.settings)
    with _serving(serving):
        url = installation.settings.url
        yield Running(installation=installation, server=serving, url=url, secret=made.secret)


@contextmanager
def _serving(serving: GracefulServer) -> Iterator[None]:
    thread = threading.Thread(target=serving.run)
    thread.start()
    while not serving.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        serving.handle_exit(2, None)
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def _installation(url: str, folder: Path) -> Iterator[Installation]:
    (folder / "datasets.yaml").write_text(DATASETS)
    settings = Settings(
        data_dir=folder, database_url=SecretStr(url), port=free_port(), render_processes=1
    )
    with open_installation(settings, prepare=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def running(
    module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE people AS SELECT id, md5(id::text) || repeat('x', 40) AS name"
            " FROM generate_series(1, %s) AS id",
            (ROWS,),
        )
        connection.execute("ANALYZE people")
    folder = tmp_path_factory.mktemp("waybill")
    with _installation(module_database_url, folder) as installation:
        processing = embedded(installation)
        processing.start()
        try:
            with _served(installation, processing.watch) as found:
                yield found
        finally:
            assert processing.stop()


@pytest.fixture(scope="module")
def done(running: Running) -> dict[str, Any]:
    """An export of all people, that is done."""
    with running.client() as client:
        return _finished(client, _request(client))


def _request(client: httpx.Client, **body: object) -> str:
    answer = client.post("/v1/exports", json={"dataset": "people", "formats": ["csv"], **body})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def _finished(client: httpx.Client, path: str) -> dict[str, Any]:
    for _ in _events(client, path):
        pass
    found: dict[str, Any] = client.get(path).json()
    assert found["status"] == "completed", found
    return found


def _events(client: httpx.Client, path: str, seen: int = 0) -> Iterator[dict[str, Any]]:
    headers = {"Last-Event-ID": str(seen)}
    with client.stream("GET", f"{path}/progress", headers=headers) as answer:
        event: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name in {"id", "event", "data"}:
                event[name] = json.loads(value) if name != "event" else value
            elif not line and event:
                yield event
                event = {}


def test_an_export_goes_from_its_request_to_a_file_that_its_waybill_vouches_for(
    running: Running,
) -> None:
    with running.client() as client:
        path = _request(client)
        events = list(_events(client, path))
        numbers = [event["id"] for event in events if "id" in event]
        assert numbers == list(range(1, len(numbers) + 1))
        assert events[-1]["event"] == "export.completed.v1"
        link = client.get(path).json()["files"][0]["links"]
        content = client.get(link["download"])
        waybill = client.get(link["waybill"]).json()["waybill"]
        assert content.content.count(b"\r\n") == ROWS + 1
        assert hashlib.sha256(content.content).hexdigest() == waybill["file"]["sha256"]
        assert waybill["rows"] == {"matched": ROWS, "written": ROWS, "rejected": 0}


def test_a_stream_that_was_cut_goes_on_where_it_was(running: Running, done: dict[str, Any]) -> None:
    with running.client() as client:
        path = done["links"]["self"]
        whole = [event["id"] for event in _events(client, path)]
        half = len(whole) // 2
        assert [event["id"] for event in _events(client, path, seen=half)] == whole[half:]


def test_the_lists_catch_up_with_what_happened(running: Running, done: dict[str, Any]) -> None:
    with running.client() as client:
        client.get(done["files"][0]["links"]["download"], headers={"Range": "bytes=0-9"})
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            listed = client.get("/v1/exports", params={"status": "completed"}).json()["items"]
            fetched = client.get(done["links"]["downloads"]).json()["items"]
            if done["id"] in [each["id"] for each in listed] and any(
                each["bytes_sent"] == 10 for each in fetched
            ):
                return
            time.sleep(0.1)
    raise AssertionError("the read models did not catch up")


def test_the_list_goes_on_by_cursor_on_a_real_table(running: Running) -> None:
    with running.client() as client:
        paths = [_request(client, limit=1) for _ in range(3)]
        for path in paths:
            _finished(client, path)
        time.sleep(1)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = client.get("/v1/exports", params=asked).json()
            seen += [each["id"] for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) >= 3


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ED%A0%80",
        "q=%25_%27",
        "dataset=%00",
        "from=0001-01-01T00:00:00%2B14:00",
        "to=9999-12-31T23:59:59-14:00",
        "cursor=x",
        "limit=1e3",
    ],
)
def test_strange_questions_are_no_fault_of_the_database(running: Running, query: str) -> None:
    with running.client() as client:
        assert client.get(f"/v1/exports?{query}").status_code in {200, 400}


def test_a_client_that_leaves_is_recorded_with_what_it_got(
    running: Running, done: dict[str, Any]
) -> None:
    link = done["files"][0]["links"]["download"]
    size = done["files"][0]["size"]
    host = urlsplit(running.url)
    with socket.create_connection((host.hostname, host.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        request = f"GET {link} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.secret}\r\n"
        connection.sendall(f"{request}\r\n".encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK\r\n")
    with running.client() as client:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            fetched = client.get(done["links"]["downloads"]).json()["items"]
            if any(each["last_ended_at"] and 0 < each["bytes_sent"] < size for each in fetched):
                return
            time.sleep(0.1)
    raise AssertionError("the end of the download was not recorded")


def test_a_ticket_opens_the_file_without_a_key_and_is_resumed(
    running: Running, done: dict[str, Any]
) -> None:
    with running.client() as client:
        link = done["files"][0]["links"]
        made = client.post(link["tickets"], json={"expires_in": 60}).json()
    whole = done["files"][0]["size"]
    first = httpx.get(made["url"], headers={"Range": "bytes=0-999"})
    rest = httpx.get(made["url"], headers={"Range": "bytes=1000-"})
    assert first.headers["content-range"] == f"bytes 0-999/{whole}"
    digest = hashlib.sha256(first.content + rest.content).hexdigest()
    assert digest == done["files"][0]["sha256"]
    problem(httpx.get(made["url"][:-2]), "link-invalid")


def test_a_preview_and_a_count_ask_the_source(running: Running) -> None:
    with running.client() as client:
        body = {"fields": ["id"], "filter": {"field": "id", "op": "lte", "value": 3}}
        shown = client.post("/v1/datasets/people/preview", json=body).json()
        assert shown["rows"] == [[1], [2], [3]]
        counted = client.post("/v1/datasets/people/count", json={"exact": True}).json()
        assert counted == {"rows": ROWS, "exact": True}
        guessed = client.post("/v1/datasets/people/count", json={}).json()
        assert not guessed["exact"]
        assert abs(guessed["rows"] - ROWS) < ROWS / 2


def test_a_source_that_is_down_or_slow_is_a_problem_of_its_own(running: Running) -> None:
    with running.client() as client:
        answer = client.post("/v1/datasets/lost/preview", json={})
        assert problem(answer, "source-unavailable")["status"] == 503
        answer = client.post("/v1/datasets/sleepers/preview", json={})
        assert "longer than its statement_timeout" in problem(answer, "source-refused")["detail"]


def test_requests_that_arrive_together_under_one_key_make_one_export(running: Running) -> None:
    body = {"dataset": "people", "formats": ["ndjson"], "limit": 1, "purpose": "Ada"}
    headers = {"Idempotency-Key": "the same"}
    with running.client() as client, ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: client.post("/v1/exports", json=body, headers=headers), range(16))
        )
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        other = client.post("/v1/exports", json=body | {"limit": 2}, headers=headers)
        problem(other, "idempotency-key-reused")


def test_every_part_is_ready(running: Running) -> None:
    answer = httpx.get(f"{running.url}/readyz")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["parts"]) == {"epoch", "events", "files", "history", "keys"}


def test_a_stop_ends_the_streams_that_have_no_end(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (id integer, name text)")
    with (
        _installation(database_url, tmp_path) as installation,
        _served(installation, lambda _: lambda: None) as running,
        running.client() as client,
        client.stream("GET", f"{_request(client)}/progress") as answer,
    ):
        lines = answer.iter_lines()
        assert any("export.requested.v2" in line for line in lines)
        running.server.handle_exit(15, None)
        began = time.monotonic()
        assert not [line for line in lines if line.startswith("event:")]
        assert time.monotonic() - began < 10


def test_the_first_admin_key_is_made_and_recorded_once(database_url: str, tmp_path: Path) -> None:
    with _installation(database_url, tmp_path) as installation:
        keys = installation.recorded_keys
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda _: keys.create_first("default"), range(4)))
        [made] = [each for each in found if each]
        key = installation.access.authenticate(made.secret)
        assert key is not None
        assert key.scopes == set(Scope)
        assert keys.create_first("default") is None
        assert keys.create_first("other") is not None
        log = installation.store.log(0, 10)
        assert [type(each.event) for each in log] == [KeyCreated, KeyCreated]
        assert log[0].aggregate_id == key.id


def test_the_first_admin_key_does_not_wait_for_the_relay(database_url: str, tmp_path: Path) -> None:
    with (
        _installation(database_url, tmp_path) as installation,
        RelayLock(database_url) as relay,
    ):
        assert relay.wait(threading.Event(), lambda: None)
        assert installation.recorded_keys.create_first("default") is not None


def test_the_audit_tells_of_keys_as_the_log_does(database_url: str, tmp_path: Path) -> None:
    with _installation(database_url, tmp_path) as installation:
        keys, vault = installation.recorded_keys, installation.vault
        first = keys.create_first("default")
        assert first is not None
        made = keys.create(first.key, "default", "nightly", [Scope.DOWNLOADS], None)
        older = installation.access.create(wanted_key("default", "older"))
        for key_id in (made.key.id, older.key.id, older.key.id):
            assert keys.revoke(first.key, "default", key_id)
        Projector(AUDIT, installation.store, installation.pool).catch_up()
        rows = AuditReader(installation.pool).page("default", AuditFilters(), None, 10)
        by = vault.subject("default", str(first.key.principal))
        holder = vault.subject("default", str(made.key.principal))
        assert [(row.act, row.entry, row.key_id, row.by, row.holder) for row in rows] == [
            (Act.REVOKE_KEY, 1, older.key.id, by, None),
            (Act.REVOKE_KEY, 2, made.key.id, by, None),
            (Act.CREATE_KEY, 1, made.key.id, by, holder),
            (Act.CREATE_KEY, 1, first.key.id, None, by),
        ]
        revocations = AuditFilters(acts=frozenset({Act.REVOKE_KEY}), by=by)
        reader = AuditReader(installation.pool)
        assert reader.page("default", revocations, None, 10) == rows[:2]
        its_own = AuditFilters(key_id=made.key.id)
        assert reader.page("default", its_own, None, 10) == rows[1:3]
        assert reader.page("default", AuditFilters(key_id=uuid4()), None, 10) == []
        compared = compare(AUDIT, installation.store, installation.pool, patience=0)
        assert (compared.rows, compared.differing) == (4, [])


def test_the_app_of_the_settings_is_ready_and_closes_what_it_opened(
    database_url: str, tmp_path: Path
) -> None:
    with _installation(database_url, tmp_path) as installation:
        settings = installation.settings
    app = build(settings)
    with _serving(server(app, settings)):
        assert httpx.get(f"{settings.url}/readyz").status_code == 200
    assert "waybill_http_request_seconds_count" in generate_latest(REGISTRY).decode()


def test_a_served_process_ends_well_when_it_is_told_to(database_url: str, tmp_path: Path) -> None:
    with _installation(database_url, tmp_path) as installation:
        port = installation.settings.port
    variables = {
        "WAYBILL_DATA_DIR": str(tmp_path),
        "WAYBILL_DATABASE_URL": database_url,
        "WAYBILL_PORT": str(port),
    }
    code = "from api.main import serve; from infra.settings import Settings; serve(Settings())"
    process = subprocess.Popen([sys.executable, "-c", code], env=os.environ | variables)
    try:
        deadline = time.monotonic() + 30
        while not _answers(f"http://127.0.0.1:{port}/livez"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def test_ticks_of_other_processes_come_over_kafka(
    database_url: str, kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (id integer, name text)")
    with _installation(database_url, tmp_path) as installation:
        on_kafka = {
            "transport": "kafka",
            "kafka_bootstrap": kafka_bootstrap,
            "kafka_prefix": topic_prefix,
        }
        installation.settings = installation.settings.model_copy(update=on_kafka)
        ensure_topics(installation.settings)
        elsewhere = KafkaTicks(installation.settings, watch=False)
        elsewhere.start()
        ended = threading.Event()
        with (
            _served(installation, subscription(installation)) as running,
            running.client() as client,
        ):
            path = _request(client)
            export_id = UUID(path.rsplit("/", 1)[1])
            _begin_extraction(installation, export_id)

            def work() -> None:
                while not ended.wait(0.2):
                    tick = Tick(export_id=export_id, attempt=1, rows=7, size=9, at=now())
                    elsewhere.publish(tick)

            working = threading.Thread(target=work)
            working.start()
            try:
                events = _events(client, path)
                found = next(event for event in events if event["event"] == "tick")
            finally:
                ended.set()
                working.join()
                elsewhere.stop()
        assert found["data"]["rows"] == 7


def _begin_extraction(installation: Installation, export_id: UUID) -> None:
    plan = export_commands.plan()
    installation.exports.execute(export_id, plan, StartExtraction(attempt=1, at=now()))
