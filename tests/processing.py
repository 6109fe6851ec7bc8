"""An installation over fakes, whose jobs are done on the spot: the processors without processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from domain.datasets import Dataset, Field, FieldType
from domain.exports.commands import RequestExport
from domain.exports.events import ChosenField, WantedFile
from domain.exports.state import Export
from domain.fonts import Fonts
from domain.formats import parse_format, to_json
from domain.ledger import open_exports
from domain.priority import Priority
from domain.streams import JobKind, JobMessage
from infra.files.sealed import SealedFiles
from infra.signing import SigningKey
from processors.assemble_files import AssembleTask, assemble
from processors.child_life import Emit
from processors.children import Stop
from processors.dispatch import dispatch
from processors.plan_exports import plan_export
from processors.ports import Limits, Ports
from processors.queue_work import queue_work
from processors.render_chunks import RenderTask, render
from processors.stage_rows import ExtractTask, extract
from processors.worker import Worker
from tests.fakes import FakeDataKeys, FakeFiles, FakeVault
from tests.fakes_store import FakeEventStore
from tests.fakes_work import FakeClock, FakeJobs, FakeRows, FakeSources, FakeTicks, FakeWork

THINGS = Dataset(
    id="things",
    label="Things",
    description="",
    source="demo",
    table="things",
    query=None,
    key=("id",),
    fields=(
        Field(name="id", type=FieldType.INTEGER, label="Id", column="id"),
        Field(name="name", type=FieldType.TEXT, label="Name", column="name", pii="identity"),
    ),
    version="v1",
)


class Inline:
    """Stands in for child processes: a task is done at once, in this thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.before: Callable[[Any], None] = lambda task: None
        self.after: Callable[[Any], None] = lambda task: None

    @contextmanager
    def place(self) -> Iterator[Inline]:
        yield self

    def run(self, task: Any, heard: Emit, stop: Stop) -> Any:
        self.before(task)
        stop.wait(0)
        result = self._done(task, heard)
        self.after(task)
        return result

    def _done(self, task: Any, heard: Emit) -> Any:
        world = self._world
        match task:
            case ExtractTask():
                return extract(task, world.rows, world.sealed, heard)
            case RenderTask():
                return render(task, world.sealed)
            case AssembleTask():
                return assemble(task, world.files, world.sealed, world.signer)
            case _:
                raise TypeError(task)


@dataclass
class World:
    """Fakes, wired; `limits` may be changed before `ports` is first used."""

    rows: FakeRows = field(default_factory=FakeRows)
    files: FakeFiles = field(default_factory=FakeFiles)
    work: FakeWork = field(default_factory=FakeWork)
    store: FakeEventStore = field(default_factory=FakeEventStore)
    keys: FakeDataKeys = field(default_factory=FakeDataKeys)
    vault: FakeVault = field(default_factory=FakeVault)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    ticks: FakeTicks = field(default_factory=FakeTicks)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=Limits)
    fonts: Fonts = ()
    datasets: dict[str, Dataset] = field(default_factory=lambda: {"things": THINGS})

    def __post_init__(self) -> None:
        self.work.clock = self.clock
        self.sealed = SealedFiles(self.files)
        self.signer = SigningKey(b"s" * 32)
        self.me = self.vault.subject("default", "me")
        self.children = Inline(self)
        self.ports = Ports(
            store=self.store,
            exports=open_exports(self.store),
            sources=FakeSources(self.datasets, self.rows),
            files=self.files,
            sealed=self.sealed,
            keys=self.keys,
            vault=self.vault,
            work=self.work,
            jobs=self.jobs,
            ticks=self.ticks,
            clock=self.clock,
            limits=self.limits,
            wake=lambda: None,
            fonts=self.fonts,
        )
        self.worker = self.another_worker("w1")

    def request(self, *formats: object, export_id: UUID | None = None, **changes: Any) -> UUID:
        """Records a request for all rows in the given formats (CSV when none is named)."""
        specs = [parse_format(each) for each in formats or ({"format": "csv"},)]
        values: dict[str, Any] = {
            "workspace": "default",
            "requested_by": self.me,
            "purpose": None,
            "dataset": "things",
            "fields": (ChosenField(name="id"), ChosenField(name="name")),
            "filter": None,
            "order": (),
            "limit": None,
            "files": tuple(WantedFile(name=s.extension, format=to_json(s)) for s in specs),
            "priority": Priority.NORMAL,
            "retention_days": 7,
            "request_digest": "d",
            "at": self.clock(),
        }
        export_id = export_id or uuid4()
        self.ports.exports.execute(export_id, RequestExport(**(values | changes)))
        return export_id

    def another_worker(self, name: str) -> Worker:
        return Worker(name, self.ports, dict.fromkeys(JobKind, self.children))

    def plan(self, export_id: UUID) -> None:
        plan_export(export_id, self.ports)
        queue_work(export_id, self.ports)

    def step(self, export_id: UUID) -> list[JobMessage]:
        """Dispatches once, does what was released, and brings the table of work up to date."""
        dispatch(self.work, self.jobs)
        released, self.jobs.released = self.jobs.released, []
        for job in released:
            self.worker.claim_and_do(job)
            queue_work(export_id, self.ports)
        return released

    def finish(self, export_id: UUID) -> Export:
        """Does the export's work until none is left."""
        self.plan(export_id)
        while self.step(export_id):
            pass
        return self.export(export_id)

    def export(self, export_id: UUID) -> Export:
        found = self.ports.exports.load(export_id).state
        assert found is not None
        return found
