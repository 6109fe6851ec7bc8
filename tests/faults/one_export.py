"""One export by a worker with real child processes, over a log and files that outlive the process:
it goes on where the last run was killed. Run as a program: `one_export.py FOLDER`."""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from domain import layout, manifests
from domain.events import Event
from domain.streams import JobKind
from infra.files.folder import FolderFiles
from infra.files.sealed import SealedFiles
from infra.signing import SigningKey
from processors.assemble_files import AssembleTask, assemble
from processors.child_life import Emit
from processors.children import Children
from processors.dispatch import dispatch
from processors.queue_work import queue_work
from processors.render_chunks import RenderTask, render
from processors.stage_rows import ExtractTask, extract
from processors.worker import Worker
from tests.fakes import FakeDataKeys
from tests.fakes_store import FakeEventStore
from tests.fakes_work import FakeRows
from tests.processing import World
from tests.unit.processors.small_chunks import plan_small_chunks

LINES = [b"%d\tname %d" % (number, number) for number in range(9)]


class KeptStore(FakeEventStore):
    """Writes what it appends to a file, whole or not at all, before it says so."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        for aggregate_id, after, events in self._kept():
            super().append(aggregate_id, after, events)

    def append(self, aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        position = super().append(aggregate_id, after, events)
        kept = pickle.dumps([*self._kept(), (aggregate_id, after, list(events))])
        beside = self._path.with_suffix(".new")
        beside.write_bytes(kept)
        beside.replace(self._path)
        return position

    def exports(self) -> list[UUID]:
        return list(dict.fromkeys(aggregate_id for aggregate_id, _, _ in self._kept()))

    def _kept(self) -> list[tuple[UUID, int, Sequence[Event]]]:
        if not self._path.exists():
            return []
        kept: list[tuple[UUID, int, Sequence[Event]]] = pickle.loads(self._path.read_bytes())
        return kept


class NamedKeys(FakeDataKeys):
    """The same keys in every run."""

    def obtain(self, name: str) -> bytes:
        return hashlib.sha256(name.encode()).digest()


def setup(folder: Path) -> Callable[[Any, Emit], Any]:
    """What a child works with."""
    files = FolderFiles(folder)
    sealed, signer = SealedFiles(files), SigningKey(b"s" * 32)

    def work(task: Any, emit: Emit) -> Any:
        match task:
            case ExtractTask():
                return extract(task, FakeRows(lines=LINES), sealed, emit)
            case RenderTask():
                return render(task, sealed)
            case AssembleTask():
                return assemble(task, files, sealed, signer)
            case _:
                raise TypeError(task)

    return work


def main(folder: Path) -> None:
    files = FolderFiles(folder / "files")
    files.prepare()
    store = KeptStore(folder / "log")
    world = World(store=store, files=files, keys=NamedKeys())  # type: ignore[arg-type]
    children = Children(2, setup, folder / "files", ["tests.processing"])
    worker = Worker("w", world.ports, dict.fromkeys(JobKind, children))
    found = store.exports()
    export_id = found[0] if found else world.request()
    if world.export(export_id).plan is None:
        plan_small_chunks(world, export_id, rows=2)
    while not world.export(export_id).ended:
        queue_work(export_id, world.ports)
        dispatch(world.work, world.jobs)
        released, world.jobs.released = world.jobs.released, []
        for job in released:
            worker.claim_and_do(job)
    children.close()
    print(world.export(export_id).status, world.export(export_id).attempt, _file(world, export_id))


def _file(world: World, export_id: UUID) -> str:
    """The digest of the file as it lies there."""
    key = world.keys.obtain(layout.file_key(export_id, "csv"))
    manifest = manifests.from_json(
        world.sealed.get(layout.manifest(export_id, world.export(export_id).attempt, "csv"), key)
    )
    parts = [world.sealed.get(segment.key, key) for segment in manifest.segments]
    return hashlib.sha256(b"".join(parts)).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
