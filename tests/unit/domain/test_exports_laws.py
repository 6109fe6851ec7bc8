"""What holds for every history of an export, however workers, people and faults interleave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.exports.commands import ExportCommand, FailExport, StageChunk
from domain.exports.decide import decide
from domain.exports.errors import (
    AttemptSuperseded,
    ExportEnded,
    ExportNotPaused,
    NothingToRetry,
)
from domain.exports.events import (
    ExportCompleted,
    ExportCompletedTruncated,
    ExportEvent,
)
from domain.exports.failures import Reason
from domain.exports.state import TERMINAL, Ending, Export, Status, evolve, fold
from domain.exports.work import Assemble, Extract, Job, Render, outstanding
from tests.export_commands import (
    EXPORTS,
    FILES,
    ROWS,
    assemble,
    cancel,
    expire,
    extraction,
    fail,
    finish,
    pause,
    plan,
    render,
    renders,
    request,
    resume,
    retry,
    stage,
    start,
)

MEDDLING: dict[str, Callable[[], ExportCommand]] = {
    "request": request,
    "plan": plan,
    "cancel": cancel,
    "pause": pause,
    "resume": resume,
    "retry": retry,
    "expire": expire,
    "fail": fail,
    "lose": lambda: fail(Reason.STAGED_ROWS_LOST),
}


@given(order=st.permutations(renders(chunks=3)))
def test_any_order_of_chunk_results_gives_the_same_export(order: list[ExportCommand]) -> None:
    staged = EXPORTS.told(request(), plan(), *extraction(chunks=3))
    files: list[ExportCommand] = [assemble(file) for file in FILES]
    assert staged.told(*order, *files).known == staged.told(*renders(chunks=3), *files).known


@given(data=st.data())
def test_chunks_may_be_rendered_while_others_are_staged(data: st.DataObject) -> None:
    """Any order in which a chunk is staged before it is rendered."""
    todo: list[ExportCommand] = [stage(index) for index in range(3)]
    export = EXPORTS.told(request(), plan(), start())
    while todo:
        command = todo.pop(data.draw(st.integers(0, len(todo) - 1)))
        export = export.told(command)
        if isinstance(command, StageChunk):
            todo += [render(command.index, file) for file in FILES]
    files = [assemble(file) for file in FILES]
    in_order = EXPORTS.told(request(), plan(), *extraction(chunks=3), *renders(chunks=3), *files)
    assert export.told(finish(3), *files).known == in_order.known


@given(twice=st.lists(st.booleans(), min_size=30, max_size=30), late=st.booleans())
def test_work_that_is_reported_twice_counts_once(twice: list[bool], late: bool) -> None:
    work: list[ExportCommand] = [*renders(chunks=3), *(assemble(file) for file in FILES)]
    export = EXPORTS.told(request(), plan(), *extraction(chunks=3))
    once = export.told(*work)
    for command, repeated in zip(work, twice, strict=False):
        export = export.told(command, *[command] * repeated)
    if late:
        export = export.told(*(assemble(file) for file in FILES))
    assert export.events == once.events


@pytest.mark.parametrize("job", [stage(0), finish(2), render(0), assemble(), fail(attempt=1)])
def test_nothing_that_an_old_attempt_says_counts(job: ExportCommand) -> None:
    for newer in (2, 3):
        attempts = [
            command
            for number in range(1, newer)
            for command in (start(number), stage(0, attempt=number))
        ]
        export = EXPORTS.told(request(), plan(), *attempts, *extraction(newer))
        export.when(job).raises(AttemptSuperseded)


class LifeOfAnExport(RuleBasedStateMachine):
    """Workers that take outstanding work, do parts of it, die, sleep and wake as zombies, while
    people pause, resume, cancel and retry. Each step checks that the history stays sound."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[ExportEvent] = []
        self.state: Export | None = None
        self.chunks = 0
        self.cap = 0
        self.endings = 0
        self.zombies: list[ExportCommand] = []
        self._tell(request())

    @property
    def export(self) -> Export:
        assert self.state is not None
        return self.state

    @rule(chunks=st.integers(0, 4), capped=st.booleans())
    def plan(self, chunks: int, capped: bool) -> None:
        if self.export.plan is None and not self.export.ended:
            self.chunks = chunks
            self.cap = chunks * ROWS if capped and chunks else 0
        self._tell(plan(row_cap=self.cap or None))

    @rule(pick=st.integers(0, 99), rejected=st.integers(0, ROWS))
    def work(self, pick: int, rejected: int) -> None:
        jobs = outstanding(self.export)
        if jobs:
            self._tell(self._next_step(jobs[pick % len(jobs)], rejected))

    @precondition(lambda self: any(isinstance(job, Extract) for job in outstanding(self.export)))
    @rule()
    def another_worker_takes_over_the_extraction(self) -> None:
        self._tell(start(self.export.attempt + 1))

    @rule(name=st.sampled_from(["pause", "resume", "cancel", "retry", "fail", "lose", "request"]))
    def meddle(self, name: str) -> None:
        command = MEDDLING[name]()
        if isinstance(command, FailExport):
            command = replace(command, retries=self.export.retries)
        self._say(command)

    @precondition(lambda self: self.zombies)
    @rule(pick=st.integers(0, 999))
    def a_zombie_says_something_again(self, pick: int) -> None:
        self._say(self.zombies[pick % len(self.zombies)])

    @precondition(lambda self: self.events)
    @rule(index=st.integers(0, 5), attempt=st.integers(0, 3))
    def a_zombie_says_what_nobody_asked_it(self, index: int, attempt: int) -> None:
        if attempt < self.export.attempt:
            claims: list[ExportCommand] = [
                stage(index, attempt=attempt),
                finish(index, attempt=attempt),
                render(index, attempt=attempt),
                assemble(attempt=attempt),
                fail(attempt=attempt),
            ]
            for command in claims:
                before = len(self.events)
                self._say(command)
                assert len(self.events) == before, command

    @invariant()
    def a_repeat_changes_nothing(self) -> None:
        for command in self.zombies[-3:]:
            assert self._decide(command) == [], command

    @invariant()
    def the_history_leads_to_the_state(self) -> None:
        assert fold(self.events) == self.state

    @invariant()
    def rows_add_up(self) -> None:
        for (index, _), part in self.export.rendered.items():
            assert part.rows + part.rejected == self.export.staged[index].rows
        for file in self.export.assembled.values():
            assert self.export.extraction is not None
            assert file.rows + file.rejected == self.export.extraction.rows

    @invariant()
    def what_is_staged_and_rendered_belongs_to_the_present_attempt(self) -> None:
        staged = {chunk.attempt for chunk in self.export.staged.values()}
        rendered = {part.attempt for part in self.export.rendered.values()}
        assert staged | rendered <= {self.export.attempt}

    @invariant()
    def every_run_has_one_ending(self) -> None:
        ended = self.endings - self.export.retries
        assert ended == (1 if self.export.ended else 0)
        assert self.export.ended == (self.export.status in TERMINAL)

    @invariant()
    def what_has_not_ended_has_work_or_waits_for_somebody(self) -> None:
        waits = self.export.plan is None or self.export.paused
        assert bool(outstanding(self.export)) or waits or self.export.ended

    def teardown(self) -> None:
        """Whatever happened: let the workers go on, and the export ends, and then expires."""
        self._say(resume())
        self._tell(plan())
        for _ in range(200):
            jobs = outstanding(self.export)
            if not jobs:
                break
            self._tell(self._next_step(jobs[-1], rejected=0))
        assert self.export.status in TERMINAL
        assert outstanding(self.export) == []
        self._check_completion()
        self._tell(expire())
        assert self.export.status is Status.EXPIRED
        for name in MEDDLING:
            before = len(self.events)
            self._say(MEDDLING[name]())
            assert len(self.events) == before, name

    def _check_completion(self) -> None:
        match self.export.ending:
            case ExportCompleted(rows=rows, rejected=rejected):
                assert rows + rejected == self.chunks * ROWS
            case ExportCompletedTruncated(rows=rows, rejected=rejected, matched=matched):
                assert rows + rejected == self.cap < matched
            case _:
                return
        assert set(self.export.assembled) == set(FILES)

    def _next_step(self, job: Job, rejected: int) -> ExportCommand:
        """What a worker at this job would say next."""
        match job:
            case Render(attempt=attempt, index=index, file=file):
                return render(index, file, rejected=rejected, attempt=attempt)
            case Assemble(attempt=attempt, file=file):
                return assemble(file, attempt=attempt)
            case Extract():
                return self._next_of_extraction()

    def _next_of_extraction(self) -> ExportCommand:
        attempt = self.export.attempt
        if not self.export.extracting:
            return start(attempt + 1)
        missing = [index for index in range(self.chunks) if index not in self.export.staged]
        if missing:
            return stage(missing[-1], attempt=attempt)
        total = self.chunks * ROWS
        return finish(self.chunks, matched=total + bool(self.cap), attempt=attempt)

    def _tell(self, command: ExportCommand) -> None:
        """A command that must not be refused."""
        self._record(command, decide(command, self.state))

    def _say(self, command: ExportCommand) -> None:
        """A command that may come at a wrong time."""
        self._record(command, self._decide(command))

    def _decide(self, command: ExportCommand) -> list[ExportEvent]:
        try:
            return decide(command, self.state)
        except (AttemptSuperseded, ExportEnded, ExportNotPaused, NothingToRetry):
            return []

    def _record(self, command: ExportCommand, events: list[ExportEvent]) -> None:
        for event in events:
            self.state = evolve(self.state, event)
        self.endings += sum(isinstance(event, Ending) for event in events)
        self.events += events
        if isinstance(command, FailExport) or getattr(command, "attempt", None) is not None:
            self.zombies.append(command)


TestLifeOfAnExport = LifeOfAnExport.TestCase
