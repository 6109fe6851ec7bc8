"""What a read model held at a time, made from the log beside the live table."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import infra.projections.scratch as scratch_module
from cli import replay
from cli.exits import Code, Refused
from domain.events import Event
from domain.exports.commands import CancelExport, PauseExport, StartExtraction
from domain.exports.state import Status
from infra.projections import Projector
from infra.projections.comparing import compare
from infra.projections.scratch import log_through, scratch, whole_log
from projections.audit import AUDIT
from projections.catalogue import READ_MODELS
from projections.history import HISTORY
from tests.integration.read_models import Site
from tests.unit.projections.histories import (
    ANNA,
    NOON,
    download_events,
    download_histories,
    export_events,
    export_histories,
    granted,
    key_created,
    key_histories,
    key_revoked,
    planned,
    requested,
)

MINUTE = timedelta(minutes=1)

Row: TypeAlias = dict[str, Any]


def catch_up(site: Site) -> None:
    for model in READ_MODELS.values():
        Projector(model, site.store, site.pool).catch_up()


def a_life(minutes: int) -> list[Event]:
    """Requested and planned at noon, extracting from the next minute on, cancelled later."""
    return list(
        export_events(
            requested(),
            planned(),
            StartExtraction(attempt=1, at=NOON + MINUTE),
            CancelExport(by=ANNA, at=NOON + minutes * MINUTE),
        )
    )


def test_a_row_is_as_it_was(site: Site) -> None:
    key = site.record(a_life(5))
    held = {}
    for minute in (-1, 0, 1, 4, 5):
        with scratch(HISTORY, site.pool) as made:
            made.fold_until(NOON + minute * MINUTE, whole_log(site.store))
            held[minute] = {row.export_id: row.status for row in made.rows()}
    assert held == {
        -1: {},
        0: {key: Status.QUEUED},
        1: {key: Status.EXTRACTING},
        4: {key: Status.EXTRACTING},
        5: {key: Status.CANCELLED},
    }


def test_a_position_cuts_exactly(site: Site) -> None:
    key = site.record(a_life(5))
    with scratch(HISTORY, site.pool) as made:
        made.fold(log_through(site.store, 3))
        assert [(row.export_id, row.version, row.position) for row in made.rows()] == [(key, 3, 3)]


def test_what_has_gone_on_is_remembered_over_batches(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause by a clock that is an hour ahead, and what followed it by clocks that aren't."""
    monkeypatch.setattr(scratch_module, "_BATCH", 1)
    ahead = export_events(
        requested(),
        PauseExport(by=ANNA, at=NOON + 60 * MINUTE),
        CancelExport(by=ANNA, at=NOON + MINUTE),
    )
    one, other = uuid4(), uuid4()
    for version, event in enumerate(ahead):
        site.store.append(one, version, [event])
        site.store.append(other, version, [a_life(2)[version]])
    with scratch(HISTORY, site.pool) as made:
        made.fold_until(NOON + 2 * MINUTE, whole_log(site.store))
        assert {row.export_id: row.version for row in made.rows()} == {one: 1, other: 3}


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    exports=st.lists(export_histories(most=20), min_size=1, max_size=3),
    downloads=st.lists(download_histories(), max_size=2),
    api_keys=st.lists(key_histories(), max_size=2),
)
def test_as_of_now_equals_live(
    shared_site: Site,
    exports: list[list[Event]],
    downloads: list[list[Event]],
    api_keys: list[list[Event]],
) -> None:
    site = shared_site
    for events in [*exports, *downloads, *api_keys]:
        site.record(events)
    catch_up(site)
    for model in READ_MODELS.values():
        with scratch(model, site.pool) as made:
            made.fold_until(NOON + timedelta(days=1), whole_log(site.store))
            assert made.differences() == []
        assert compare(model, site.store, site.pool).differing == []


def told(site: Site, monkeypatch: pytest.MonkeyPatch, *, out: Path, **asked: object) -> list[Row]:
    monkeypatch.setenv("WAYBILL_DATABASE_URL", site.url)
    values: dict[str, object] = {
        "export_id": None, "as_of": None, "position": None, "check": False, "model": "audit",
        "about": None, "workspace": None, "out": out, "url": None, "key": None, "json": False,
    }  # fmt: skip
    replay.replay(**(values | asked))  # type: ignore[arg-type] # as typer calls it
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_the_command_writes_rows_as_they_were(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = site.record(a_life(5))
    site.record(download_events(granted(key)))
    site.record(export_events(requested(workspace="other")))
    out = tmp_path / "rows"
    everything = told(site, monkeypatch, out=out, as_of="2026-03-01T12:01:00")
    assert [(each["act"], each["workspace"]) for each in everything] == [
        ("request-export", "acme"),
        ("grant-download", "acme"),
        ("request-export", "other"),
    ]
    assert everything[0]["fields"] == [["id", "Id"], ["total", "Total"]]
    assert everything[0]["at"] == "2026-03-01T12:00:00+00:00"
    later = told(site, monkeypatch, out=out, as_of="2026-03-01T13:05:00+01:00", about=key)
    assert [each["act"] for each in later] == ["request-export", "cancel", "grant-download"]
    others = told(site, monkeypatch, out=out, position=6, workspace="other", model="history")
    assert [each["status"] for each in others] == ["queued"]
    assert "searched" not in others[0]


def test_the_command_tells_of_a_key_as_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = site.record([key_created(by=None), key_revoked()])
    site.record([key_created()])
    out = tmp_path / "rows"
    (made,) = told(site, monkeypatch, out=out, as_of="2026-03-01T12:00:30", about=key)
    assert (made["act"], made["result"], made["by"]) == ("create-key", "accepted", None)
    assert (made["key_id"], made["scopes"]) == (str(key), ["audit", "downloads"])
    _, ended = told(site, monkeypatch, out=out, as_of="2026-03-01T12:01:00", about=key)
    assert (ended["act"], ended["by"], ended["key_id"]) == ("revoke-key", str(ANNA), str(key))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"as_of": "2026-03-01", "check": True},
        {"as_of": "yesterday"},
        {"position": 1, "model": "nothing"},
    ],
    ids=["nothing", "two questions", "no time", "no such read model"],
)
def test_a_question_that_makes_no_sense_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: dict[str, object]
) -> None:
    with pytest.raises(Refused) as refused:
        told(site, monkeypatch, out=tmp_path / "rows", **asked)
    assert refused.value.code is Code.USAGE


def test_the_command_says_whether_the_live_tables_are_what_the_log_says(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site.record(a_life(5))
    catch_up(site)
    (tmp_path / "rows").touch()
    told(site, monkeypatch, out=tmp_path / "rows", check=True)
    assert capsys.readouterr().out.count("the live table has the same") == len(READ_MODELS)
    with psycopg.connect(site.url) as connection:
        connection.execute("UPDATE audit_v1 SET by = %s WHERE act = 'cancel'", (uuid4(),))
    monkeypatch.setattr(compare, "__defaults__", (0.2,))
    with pytest.raises(Refused, match="audit: not what the log says"):
        told(site, monkeypatch, out=tmp_path / "rows", check=True, json=True)
    (found,) = [
        each
        for each in map(json.loads, capsys.readouterr().out.splitlines())
        if each["read_model"] == AUDIT.name
    ]
    assert [row["side"] for row in found["differing"]] == ["live", "log"]
    assert (found["rows"], found["events"]) == (2, 3)


def test_a_log_without_events_makes_no_rows(site: Site) -> None:
    with scratch(AUDIT, site.pool) as made:
        made.fold_until(NOON, whole_log(site.store))
        assert list(made.rows()) == []
