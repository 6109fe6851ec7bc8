"""Which work an export still needs."""

from __future__ import annotations

from domain.exports.commands import ExportCommand
from domain.exports.work import Assemble, Extract, Job, Render, outstanding
from tests.export_commands import (
    EXPORTS,
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
    whole_life,
)

PLANNED: list[ExportCommand] = [request(), plan()]
STAGED: list[ExportCommand] = [*PLANNED, *extraction()]


def work(*commands: ExportCommand) -> list[Job]:
    return outstanding(EXPORTS.told(*commands).known)


def rendering(index: int, file: str, attempt: int = 1) -> Render:
    return Render(attempt=attempt, index=index, file=file)


def test_nothing_can_be_done_before_there_is_a_plan() -> None:
    assert work(request()) == []


def test_a_planned_export_is_to_be_extracted() -> None:
    assert work(*PLANNED) == [Extract()]


def test_an_extraction_stays_outstanding_until_it_is_finished() -> None:
    assert work(*PLANNED, start()) == [Extract()]
    assert work(*PLANNED, start(), start(2)) == [Extract()]


def test_a_chunk_is_to_be_rendered_as_soon_as_it_is_staged() -> None:
    assert work(*PLANNED, start(), stage(1)) == [
        Extract(),
        rendering(1, "csv"),
        rendering(1, "ndjson.gz"),
    ]


def test_what_is_rendered_is_not_rendered_again() -> None:
    assert work(*STAGED, render(0, "csv"), render(1, "ndjson.gz")) == [
        rendering(0, "ndjson.gz"),
        rendering(1, "csv"),
    ]


def test_a_file_is_to_be_assembled_as_soon_as_its_own_parts_are_there() -> None:
    assert work(*STAGED, render(0, "csv"), render(1, "csv"), render(1, "ndjson.gz")) == [
        rendering(0, "ndjson.gz"),
        Assemble(attempt=1, file="csv"),
    ]


def test_an_export_without_rows_needs_its_files_all_the_same() -> None:
    assert work(*PLANNED, start(), finish(0)) == [
        Assemble(attempt=1, file="csv"),
        Assemble(attempt=1, file="ndjson.gz"),
    ]


def test_what_is_assembled_is_not_assembled_again() -> None:
    assert work(*STAGED, *renders(), assemble("csv")) == [Assemble(attempt=1, file="ndjson.gz")]


def test_jobs_name_the_attempt_that_they_belong_to() -> None:
    second = [*PLANNED, start(), stage(0), *extraction(2)]
    assert work(*second)[0] == rendering(0, "csv", attempt=2)


def test_a_pause_holds_back_everything_but_an_extraction_under_way() -> None:
    assert work(*PLANNED, pause()) == []
    assert work(*PLANNED, start(), stage(0), pause()) == [Extract()]
    assert work(*STAGED, pause()) == []
    assert work(*STAGED, *renders(), pause()) == []


def test_after_a_pause_the_work_is_what_it_was() -> None:
    for commands in (PLANNED, STAGED, [*STAGED, *renders()]):
        assert work(*commands, pause(), resume()) == work(*commands)


def test_what_has_ended_needs_nothing() -> None:
    assert work(*whole_life()) == []
    assert work(*STAGED, cancel()) == []
    assert work(*STAGED, fail()) == []
    assert work(*STAGED, cancel(), expire()) == []


def test_a_retry_needs_only_what_is_missing() -> None:
    done = [*STAGED, *renders(files=("csv",)), assemble("csv"), render(0, "ndjson.gz")]
    assert work(*done, fail(), retry()) == [rendering(1, "ndjson.gz")]


def test_a_retry_of_an_unfinished_extraction_extracts_again() -> None:
    assert work(*PLANNED, start(), stage(0), cancel(), retry()) == [Extract()]
