"""Places are shared by lanes, so that nothing short waits for something long."""

from __future__ import annotations

from uuid import UUID, uuid4

from domain.exports.work import Assemble, Extract, Job, Render
from domain.leases import Lane, Workforce
from domain.streams import JobKind, JobMessage
from processors.dispatch import SMALL_PLACES, assemblies, dispatch
from tests.fakes_work import FakeJobs, FakeWork


def _work(workers: int = 1, renders: int = 2, extractions: int = 2) -> FakeWork:
    return FakeWork(Workforce(workers=workers, renders=renders, extractions=extractions, taken={}))


def _add(work: FakeWork, *jobs: Job, small: bool = False, workspace: str = "a") -> UUID:
    export_id = uuid4()
    with work.syncing(export_id) as table:
        table.replace(workspace=workspace, weight=4, small=small, jobs=jobs)
    return export_id


def _renders(count: int) -> list[Job]:
    return [Render(attempt=1, index=index, file="csv") for index in range(count)]


def _released(work: FakeWork) -> list[JobMessage]:
    jobs = FakeJobs()
    assert dispatch(work, jobs) == len(jobs.released)
    return jobs.released


def test_twice_as_many_chunks_as_there_are_processes_are_on_their_way() -> None:
    work = _work(renders=2)
    _add(work, *_renders(10))
    assert [job.index for job in _released(work)] == [0, 1, 2, 3]
    assert _released(work) == []


def test_without_workers_nothing_is_released() -> None:
    work = _work(workers=0, renders=0, extractions=0)
    _add(work, Extract(), *_renders(3))
    assert _released(work) == []


def test_an_assembly_does_not_wait_behind_other_exports_chunks() -> None:
    work = _work()
    for _ in range(1000):
        _add(work, *_renders(1))
    export_id = _add(work, Assemble(attempt=1, file="csv"))
    assert export_id in {job.export_id for job in _released(work)}


def test_a_small_file_does_not_wait_for_large_ones_to_be_assembled() -> None:
    work = _work()
    for _ in range(10):
        _add(work, Assemble(attempt=1, file="csv"))
    assert len(_released(work)) == assemblies(2)
    small = _add(work, Assemble(attempt=1, file="csv"), small=True)
    assert [job.export_id for job in _released(work)] == [small]


def test_chunks_are_rendered_while_large_files_are_assembled() -> None:
    work = _work()
    for _ in range(10):
        _add(work, Assemble(attempt=1, file="csv"))
    _released(work)
    _add(work, *_renders(1))
    assert [job.kind for job in _released(work)] == [JobKind.RENDER]


def test_a_small_extraction_does_not_wait_for_large_ones() -> None:
    work = _work()
    for _ in range(10):
        _add(work, Extract())
    assert len(_released(work)) == 2
    for _ in range(10):
        _add(work, Extract(), small=True)
    assert len(_released(work)) == SMALL_PLACES


def test_a_workspace_with_many_exports_leaves_places_to_another() -> None:
    work = _work(renders=2)
    for _ in range(100):
        _add(work, *_renders(5), workspace="busy")
    export_id = _add(work, *_renders(5), workspace="quiet")
    assert sum(job.export_id == export_id for job in _released(work)) == 2


def test_every_lane_has_room_on_a_single_worker() -> None:
    work = _work(renders=1, extractions=1)
    for small in (False, True):
        _add(work, Extract(), *_renders(9), Assemble(attempt=1, file="csv"), small=small)
    _released(work)
    assert set(work.workforce().taken) == set(Lane)
