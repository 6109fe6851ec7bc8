"""The processors over a real database and real child processes: what interrupts them."""

from __future__ import annotations

import multiprocessing.forkserver
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from domain import layout
from domain.exports.commands import CancelExport, PauseExport, RequestExport, ResumeExport
from domain.exports.events import ChosenField, WantedFile
from domain.exports.state import Export, Status
from domain.formats import parse_format, to_json
from domain.priority import Priority
from infra.finished_files import FinishedFiles
from infra.installation import Installation, now, open_installation
from infra.settings import Settings
from processors.fault_points import Point
from processors.main import Processing, embedded
from tests.wires import Wire

_DATASETS = """
sources:
  here: {{kind: postgresql, dsn: "{dsn}"}}
datasets:
  - id: things
    label: Things
    source: here
    table: things
    key: [id]
    fields: &fields
      - {{name: id, type: integer, label: Id}}
      - {{name: name, type: text, label: Name}}
  - id: people
    label: People
    source: here
    table: things
    key: [id]
    fields:
      - {{name: id, type: integer, mask: {{method: generalise, width: 1000}}}}
      - {{name: name, type: text, mask: {{method: token, scope: study, required: true}}}}
  - {{id: slow, label: Slow, source: here, query: "{slow}", key: [id], fields: *fields}}
  - {{id: sorted, label: Sorted, source: here, query: "{sorted}", key: [id], fields: *fields}}
"""
_SLOW = "SELECT g AS id, pg_sleep(0.0004)::text AS name FROM generate_series(1, 20000) AS g"
_SORTED = (
    "SELECT g AS id, md5(g::text) AS name FROM generate_series(1, 100000000) AS g ORDER BY name"
)
PATIENCE = 60.0
"""Seconds. To sort those rows takes longer, and leases that nothing may wait for run longer."""


@dataclass(frozen=True, slots=True)
class Service:
    installation: Installation
    processing: Processing
    way: Wire
    source: str

    def request(self, dataset: str) -> UUID:
        spec = parse_format({"format": "csv"})
        export_id = uuid4()
        self.installation.exports.execute(
            export_id,
            RequestExport(
                workspace="default",
                requested_by=self.installation.vault.subject("default", "me"),
                purpose=None,
                dataset=dataset,
                fields=(ChosenField(name="id"), ChosenField(name="name")),
                filter=None,
                order=(),
                limit=None,
                files=(WantedFile(name=spec.extension, format=to_json(spec)),),
                priority=Priority.NORMAL,
                retention_days=7,
                request_digest="d",
                at=now(),
            ),
        )
        return export_id

    def export(self, export_id: UUID) -> Export:
        export = self.installation.exports.load(export_id).state
        assert export is not None
        return export

    def cancel(self, export_id: UUID) -> None:
        command = CancelExport(by=uuid4(), at=now())
        self.installation.exports.execute(export_id, command)

    def jobs(self) -> int:
        return sum(self.installation.work.depths().values())

    def queries(self) -> int:
        """How many of the sources' queries run."""
        with psycopg.connect(self.source) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'"
            ).fetchone()
        assert row is not None
        return int(row[0])


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def _serving(url: str, folder: Path, lease: float) -> Iterator[Service]:
    parts = conninfo_to_dict(url)
    way = Wire(str(parts["host"]), int(parts.get("port") or 5432))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS things AS"
            " SELECT g AS id, 'name ' || g AS name FROM generate_series(1, 50000) AS g"
        )
    datasets = folder / "datasets.yaml"
    datasets.write_text(_DATASETS.format(dsn=url, slow=_SLOW, sorted=_SORTED))
    settings = Settings(
        data_dir=folder,
        database_url=SecretStr(make_conninfo(url, host="127.0.0.1", port=way.port)),
        datasets=datasets,
        lease_seconds=lease,
    )
    with open_installation(settings, prepare=True) as installation:
        processing = embedded(installation)
        processing.start()
        try:
            yield Service(installation, processing, way, url)
        finally:
            assert processing.stop()
    way.cut()


@pytest.fixture
def fresh_fork_server() -> Iterator[None]:
    """Children inherit the environment of the fork server, which is that of its start."""
    server: Any = multiprocessing.forkserver._forkserver
    server._stop()
    yield
    server._stop()


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    with _serving(database_url, tmp_path, lease=1.0) as service:
        yield service


def test_an_export_is_made_and_leaves_no_work(service: Service) -> None:
    export_id = service.request("things")
    _until(lambda: service.export(export_id).ended)
    export = service.export(export_id)
    assert (export.status, export.assembled["csv"].rows) == (Status.COMPLETED, 50_000)
    _until(lambda: service.jobs() == 0)


def test_what_a_dataset_demands_is_masked_before_anything_is_stored(service: Service) -> None:
    export_id = service.request("people")
    _until(lambda: service.export(export_id).ended)
    assert service.export(export_id).status is Status.COMPLETED
    rows = _content(service.installation, export_id).splitlines()[1:]
    key = service.installation.keys.obtain(layout.scope_key("default", "study"))
    state = blake2b(b"name 50000", key=key, person=b"waybill token 1", digest_size=16)
    assert rows[-1] == f'"[50000,51000)",{state.hexdigest()}'.encode()
    assert len({row.rpartition(b",")[2] for row in rows}) == len(rows) == 50_000


def test_a_cancelled_extraction_ends_while_the_server_still_sorts(service: Service) -> None:
    export_id = service.request("sorted")
    _until(lambda: service.queries() == 1)
    service.cancel(export_id)
    _until(lambda: service.jobs() == 0)
    _until(lambda: service.queries() == 0)


def test_an_extraction_goes_on_through_an_outage_longer_than_its_lease(service: Service) -> None:
    export_id = service.request("slow")
    _until(lambda: service.queries() == 1)
    service.way.cut()
    time.sleep(4)  # four leases
    service.way.mend()
    _until(lambda: service.export(export_id).ended)
    export = service.export(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 1)
    with psycopg.connect(service.source) as connection:
        assert connection.execute("SELECT count(*) FROM parked").fetchone() == (0,)


def test_a_request_is_done_though_the_database_goes_away_again_and_again(
    service: Service,
) -> None:
    exports = [service.request("things") for _ in range(4)]
    for _ in range(3):
        service.way.cut()
        time.sleep(0.5)
        service.way.mend()
        time.sleep(1)
    for export_id in exports:
        _until(lambda each=export_id: service.export(each).ended)  # type: ignore[misc]
    assert {service.export(each).status for each in exports} == {Status.COMPLETED}


@pytest.mark.usefixtures("fresh_fork_server")
@pytest.mark.parametrize("point", [Point.STAGE_PUT, Point.PART_PUT, Point.ASSEMBLE])
def test_cancelling_and_pausing_end_a_child_in_any_phase_before_its_lease_runs_out(
    point: Point, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each child stops in the middle, as if its work took for ever; a signal could not end it."""
    monkeypatch.setenv("WAYBILL_FAULTS", f"{point}:pause")
    with _serving(database_url, tmp_path, lease=10 * PATIENCE) as service:
        export_id = service.request("things")
        _until(lambda: bool(_stopped_children()))
        if point is not Point.STAGE_PUT:  # an extraction under way is not interrupted by a pause
            service.installation.exports.execute(export_id, PauseExport(by=uuid4(), at=now()))
            _until(lambda: not _stopped_children())
            service.installation.exports.execute(export_id, ResumeExport(by=uuid4(), at=now()))
            _until(lambda: bool(_stopped_children()))
        service.cancel(export_id)
        _until(lambda: not _stopped_children() and service.jobs() == 0)
        assert service.export(export_id).status is Status.CANCELLED


def _content(installation: Installation, export_id: UUID) -> bytes:
    files = FinishedFiles(
        files=installation.files, sealed=installation.sealed, keys=installation.keys
    )
    manifest = files.manifest(export_id, 1, "csv")
    return b"".join(files.read(manifest, 0, manifest.size))


def _stopped_children() -> list[int]:
    """Children of our fork server that are stopped by a signal."""
    server: Any = multiprocessing.forkserver._forkserver
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "T" and int(parent) == server._forkserver_pid:
            found.append(int(stat.parent.name))
    return found
