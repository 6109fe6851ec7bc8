"""Exports over HTTP: requested, listed, shown, steered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest

from api.present import Present
from api.problems import Problem
from api.steering import steer
from domain.access import Scope
from domain.events import Event
from domain.exports.commands import CancelExport
from domain.exports.events import ExportRequested
from domain.exports.failures import Reason
from domain.ports import RowsUnavailable
from domain.refusals.events import RefusalRecorded
from tests.fakes_api import Site, problem

REQUEST = {"dataset": "things", "formats": ["csv"]}


def _requested(site: Site, export_id: str) -> ExportRequested:
    event = site.world.store.read(UUID(export_id))[0].event
    assert isinstance(event, ExportRequested)
    return event


def test_a_request_is_acknowledged_with_the_place_of_its_export(site: Site) -> None:
    answer = site.post("/v1/exports", REQUEST)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/exports/{answer.json()['id']}"
    assert answer.json()["status"] == "queued"
    shown = site.get(answer.headers["location"])
    assert shown.json() == answer.json()
    assert shown.headers["etag"] == answer.headers["etag"] == '"1"'


def test_every_choice_of_a_request_is_recorded(site: Site) -> None:
    export_id = site.export(
        {"format": "csv", "compression": "gzip", "options": {"delimiter": ";"}},
        "ndjson",
        fields=["name", {"name": "id", "label": "Number"}],
        filter={"field": "id", "op": "lt", "value": 3},
        order=[{"field": "name", "direction": "desc"}],
        limit=2,
        priority="high",
        retention_days=3,
    )
    event = _requested(site, export_id)
    assert [(field.name, field.label) for field in event.fields] == [
        ("name", None),
        ("id", "Number"),
    ]
    assert event.filter == {"field": "id", "op": "lt", "value": 3}
    assert [file.name for file in event.files] == ["csv.gz", "ndjson"]
    assert (event.limit, event.priority, event.retention_days) == (2, "high", 3)
    shown = site.get(f"/v1/exports/{export_id}").json()
    assert shown["formats"][0]["format"]["options"]["delimiter"] == ";"
    assert shown["order"] == [{"field": "name", "direction": "desc"}]


def test_without_fields_all_of_the_dataset_are_exported(site: Site) -> None:
    event = _requested(site, site.export())
    assert [field.name for field in event.fields] == ["id", "name"]


def test_two_files_of_one_format_have_names_of_their_own(site: Site) -> None:
    event = _requested(site, site.export("csv", {"format": "csv", "options": {"bom": True}}))
    assert [file.name for file in event.files] == ["csv", "2.csv"]


def test_what_may_be_personal_is_kept_in_the_vault_and_not_in_the_event(site: Site) -> None:
    export_id = site.export(
        purpose="For Ada Lovelace", filter={"field": "name", "op": "eq", "value": "Grace Hopper"}
    )
    event = _requested(site, export_id)
    assert "Hopper" not in repr(event)
    assert "Lovelace" not in repr(event)
    assert event.filter is not None
    sealed = UUID(event.filter["value"]["sealed"])
    assert site.world.vault.reveal(sealed) == '"Grace Hopper"'
    assert event.purpose is not None
    shown = site.get(f"/v1/exports/{export_id}").json()
    assert shown["purpose"] == "For Ada Lovelace"
    assert "Hopper" not in str(shown)


@pytest.mark.parametrize(
    ("change", "slug", "pointer"),
    [
        ({"dataset": "nothing"}, "unknown-dataset", "/dataset"),
        ({"fields": ["id", "nmae"]}, "unknown-field", "/fields/1"),
        ({"fields": []}, "invalid-request", "/fields"),
        ({"fields": ["id", "id"]}, "invalid-query", "/fields/1"),
        ({"fields": [{"name": "id", "label": "a\tb"}]}, "invalid-request", "/fields/0/label"),
        ({"order": [{"field": "size"}]}, "unknown-field", "/order/0/field"),
        ({"order": [{"field": "id", "direction": "up"}]}, "invalid-request", "/order/0/direction"),
        ({"limit": 0}, "invalid-request", "/limit"),
        ({"limit": "5"}, "invalid-request", "/limit"),
        ({"formats": []}, "invalid-request", "/formats"),
        ({"formats": ["xml"]}, "invalid-format", "/formats/0/format"),
        ({"formats": [7]}, "invalid-format", "/formats/0"),
        ({"formats": ["csv", "csv"]}, "invalid-format", "/formats/1"),
        (
            {"formats": [{"format": "csv", "options": {"delimeter": ","}}]},
            "invalid-format",
            "/formats/0/options/delimeter",
        ),
        (
            {"filter": {"and": [{"field": "id", "op": "eq", "value": "x"}]}},
            "invalid-filter",
            "/filter/and/0/value",
        ),
        ({"filter": {"field": "size", "op": "is_null"}}, "invalid-filter", "/filter/field"),
        ({"filter": 7}, "invalid-filter", "/filter"),
        ({"priority": "top"}, "invalid-request", "/priority"),
        ({"retention_days": 0}, "invalid-request", "/retention_days"),
        ({"colour": "red"}, "invalid-request", "/colour"),
    ],
)
def test_a_fault_is_named_with_its_place_and_nothing_is_stored(
    site: Site, change: dict[str, object], slug: str, pointer: str
) -> None:
    answer = site.post("/v1/exports", REQUEST | change)
    found = problem(answer, slug)
    assert found["status"] == 422
    assert found["errors"][0]["pointer"] == pointer
    (told,) = site.world.store.log(0, 10)
    assert isinstance(told.event, RefusalRecorded)
    assert not site.world.vault.texts


def test_a_name_that_is_nearly_right_is_suggested(site: Site) -> None:
    answer = site.post("/v1/exports", REQUEST | {"fields": ["nmae"]})
    assert "did you mean name?" in problem(answer, "unknown-field")["detail"]


def test_a_filter_that_is_too_deep_is_refused(site: Site) -> None:
    tree: dict[str, object] = {"field": "id", "op": "is_null"}
    for _ in range(50):
        tree = {"not": tree}
    problem(site.post("/v1/exports", REQUEST | {"filter": tree}), "invalid-filter")


def test_the_list_shows_the_last_requested_first_and_goes_on_by_cursor(site: Site) -> None:
    made = []
    for _ in range(5):
        site.world.clock.pass_by(seconds=1)
        made.append(site.export())
    first = site.get("/v1/exports?limit=3").json()
    assert [each["id"] for each in first["items"]] == made[:1:-1]
    rest = site.get("/v1/exports", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in rest["items"]] == made[1::-1]
    assert rest["next_cursor"] is None


def test_the_list_can_be_narrowed(site: Site) -> None:
    waiting = site.export()
    site.world.clock.pass_by(hours=1)
    done = site.finished()
    actor = site.get("/v1/me").json()["actor"]
    hour = (site.world.clock() - timedelta(minutes=30)).isoformat().replace("+00:00", "Z")

    def ids(**asked: object) -> list[str]:
        answer = site.get("/v1/exports", params=asked)
        return [each["id"] for each in answer.json()["items"]]

    assert ids(status="completed") == [done]
    assert ids(status=["completed", "queued"]) == [done, waiting]
    assert ids(dataset="things") == [done, waiting]
    assert ids(dataset="others") == []
    assert ids(requested_by=actor) == [done, waiting]
    assert ids(requested_by=uuid4()) == []
    assert ids(**{"from": hour}) == [done]
    assert ids(to=hour) == [waiting]
    assert ids(to=hour.removesuffix("Z")) == [waiting]
    assert ids(q="THING") == [done, waiting]
    assert ids(q="nowhere") == []


@pytest.mark.parametrize("cursor", ["", "x", "!!", "AAAA", "0" * 300, "é"])
def test_a_cursor_that_is_not_ours_is_refused(site: Site, cursor: str) -> None:
    problem(site.get("/v1/exports", params={"cursor": cursor}), "invalid-cursor")


def test_a_cursor_of_another_list_is_refused(site: Site) -> None:
    site.export()
    site.export()
    cursor = site.get("/v1/exports?limit=1").json()["next_cursor"]
    narrowed = {"cursor": cursor, "q": "things"}
    problem(site.get("/v1/exports", params=narrowed), "invalid-cursor")
    foreign = site.key(workspace="other")
    problem(site.get(f"/v1/exports?cursor={cursor}", secret=foreign), "invalid-cursor")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "status=none", "q=%00", "requested_by=me", "from=soon"],
)
def test_a_bad_parameter_is_named(site: Site, query: str) -> None:
    found = problem(site.get(f"/v1/exports?{query}"), "invalid-parameter")
    assert found["errors"][0]["pointer"].startswith(query.partition("=")[0])


def test_a_finished_export_shows_its_files_and_that_all_is_done(site: Site) -> None:
    shown = site.get(f"/v1/exports/{site.finished('csv', 'ndjson')}").json()
    assert shown["status"] == "completed"
    assert shown["progress"]["fraction"] == 1
    assert shown["progress"]["rows"] == shown["progress"]["rows_total"] == 5
    assert shown["progress"]["eta_seconds"] is None
    assert [(file["name"], file["rows"]) for file in shown["files"]] == [("csv", 5), ("ndjson", 5)]
    assert all(file["links"]["rejections"] is None for file in shown["files"])
    assert shown["snapshot_at"] == "2026-01-02T03:04:05Z"


def test_a_running_export_shows_how_long_it_may_still_take(site: Site) -> None:
    export_id = UUID(site.export())
    site.world.plan(export_id)
    site.world.step(export_id)
    site.world.clock.pass_by(seconds=10)
    shown = site.get(f"/v1/exports/{export_id}").json()
    assert shown["status"] == "rendering"
    assert 0 < shown["progress"]["fraction"] < 1
    assert shown["progress"]["eta_seconds"] > 0


def test_a_failed_export_says_why_and_what_to_do(site: Site) -> None:
    site.world.rows.dies_after = 1
    export_id = UUID(site.export())
    site.world.plan(export_id)
    for _ in range(20):
        site.world.step(export_id)
        site.world.clock.pass_by(minutes=5)
    shown = site.get(f"/v1/exports/{export_id}").json()
    assert shown["status"] == "failed"
    assert shown["failure"]["reason"] == Reason.SOURCE_UNAVAILABLE
    assert "retry" in shown["failure"]["remedy"]


def test_what_was_acknowledged_is_read_at_once_whatever_the_cache_holds(site: Site) -> None:
    export_id = site.export()
    assert site.get(f"/v1/exports/{export_id}").json()["status"] == "queued"
    site.world.finish(UUID(export_id))
    assert site.get(f"/v1/exports/{export_id}").json()["status"] == "completed"


def test_events_are_shown_thinly_in_order_and_by_pages(site: Site) -> None:
    export_id = site.finished(filter={"field": "name", "op": "ne", "value": "Grace Hopper"})
    path = f"/v1/exports/{export_id}/events"
    whole = site.get(path).json()
    assert whole["next_after"] is None
    assert [each["sequence"] for each in whole["items"]] == [*range(1, len(whole["items"]) + 1)]
    assert whole["items"][0]["type"] == "export.requested.v2"
    assert "filter" not in whole["items"][0]["data"]
    assert whole["items"][-1]["type"] == "export.completed.v1"
    first = site.get(f"{path}?limit=2").json()
    rest = site.get(f"{path}?after={first['next_after']}").json()
    assert first["items"] + rest["items"] == whole["items"]


def test_an_export_is_paused_resumed_cancelled_and_retried(site: Site) -> None:
    path = f"/v1/exports/{site.export()}"
    for act, status in [
        ("pause", "paused"),
        ("resume", "queued"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
        ("retry", "queued"),
    ]:
        answer = site.post(f"{path}/{act}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.headers["etag"] == f'"{answer.json()["sequence"]}"'


@pytest.mark.parametrize(
    ("act", "slug"),
    [
        ("cancel", "export-ended"),
        ("pause", "export-ended"),
        ("resume", "export-ended"),
        ("retry", "nothing-to-retry"),
    ],
)
def test_what_is_over_is_not_steered(site: Site, act: str, slug: str) -> None:
    answer = site.post(f"/v1/exports/{site.finished()}/{act}")
    assert problem(answer, slug)["status"] == 409


def test_only_a_paused_export_is_resumed(site: Site) -> None:
    problem(site.post(f"/v1/exports/{site.export()}/resume"), "export-not-paused")


def test_a_precondition_holds_or_nothing_happens(site: Site) -> None:
    path = f"/v1/exports/{site.export()}"
    refused = site.post(f"{path}/pause", headers={"If-Match": '"7"'})
    assert problem(refused, "precondition-failed")["sequence"] == 1
    assert site.get(path).json()["status"] == "queued"
    for tag in ('"1"', '"8", "2"', "*"):
        act = "resume" if site.get(path).json()["status"] == "paused" else "pause"
        assert site.post(f"{path}/{act}", headers={"If-Match": tag}).status_code == 200


def test_another_workspaces_export_is_not_there(site: Site) -> None:
    export_id = site.finished()
    foreign = site.key(workspace="other")
    for path in ("", "/events", "/progress", "/files", "/files/csv", "/files/csv/waybill"):
        answer = site.get(f"/v1/exports/{export_id}{path}", secret=foreign)
        problem(answer, "not-found")
    for act in ("cancel", "pause", "resume", "retry"):
        problem(site.post(f"/v1/exports/{export_id}/{act}", secret=foreign), "not-found")
    assert site.get("/v1/exports", secret=foreign).json()["items"] == []


def test_a_downloads_id_is_no_exports_id(site: Site) -> None:
    export_id = site.finished()
    site.get(f"/v1/exports/{export_id}/files/csv")
    download = site.get(f"/v1/exports/{export_id}/downloads").json()["items"][0]["id"]
    problem(site.get(f"/v1/exports/{download}"), "not-found")
    problem(site.post(f"/v1/exports/{download}/cancel"), "not-found")


def test_a_store_that_is_away_asks_for_patience(site: Site) -> None:
    export_id = site.export()
    site.world.store.unavailable = True
    for answer in (site.get(f"/v1/exports/{export_id}"), site.post("/v1/exports", REQUEST)):
        problem(answer, "store-unavailable")
        assert answer.headers["retry-after"] == "2"


def test_the_detail_of_a_failure_is_for_those_who_may_download(site: Site) -> None:
    site.world.rows.failing = RowsUnavailable("row 7 of Ada")
    export_id = UUID(site.export())
    site.world.plan(export_id)
    for _ in range(20):
        site.world.step(export_id)
        site.world.clock.pass_by(minutes=5)
    reader = site.key(Scope.EXPORTS_READ)
    shown = site.get(f"/v1/exports/{export_id}", secret=reader).json()
    assert shown["failure"]["detail"] is None
    assert shown["status"] == "failed"


def test_a_change_in_the_very_moment_breaks_the_precondition(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/exports/{site.export()}"
    append = site.world.store.append

    def overtaken(aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        monkeypatch.setattr(site.world.store, "append", append)
        site.post(f"{path}/pause")
        return append(aggregate_id, after, events)

    key = site.access.authenticate(site.secret)
    assert key is not None
    monkeypatch.setattr(site.world.store, "append", overtaken)
    with pytest.raises(Problem, match="precondition-failed"):
        steer(
            site.ports,
            key,
            UUID(path.rsplit("/", 1)[1]),
            lambda by, at: CancelExport(by=by, at=at),
            '"1"',
        )
    assert site.get(path).json()["status"] == "paused"


def test_only_the_exports_shown_last_are_kept(site: Site) -> None:
    present = Present(site.world.store, remember=1)
    made = [UUID(site.export()) for _ in range(3)]
    for export_id in [*made, *made]:
        assert present.find("default", export_id).row.export_id == export_id
    assert len(present._shown) == 1


def test_a_split_needs_its_field_and_the_order(site: Site) -> None:
    def faults(by: str, **more: object) -> list[dict[str, str]]:
        formats = ["csv", {"format": "csv", "split": {"by": by}}]
        body = {"dataset": "things", "formats": formats, **more}
        found: list[dict[str, str]] = problem(site.post("/v1/exports", body), "invalid-format")[
            "errors"
        ]
        return found

    [unordered] = faults("name")
    assert unordered["pointer"] == "/formats/1/split/by"
    assert 'Put {"field": "name"} at the beginning of order' in unordered["detail"]
    later = [{"field": "id"}, {"field": "name"}]
    assert "first" in faults("name", order=later)[0]["detail"]
    assert (
        "is not exported" in faults("name", fields=["id"], order=[{"field": "name"}])[0]["detail"]
    )
    assert "is not exported" in faults("nothing")[0]["detail"]


def test_a_split_export_is_a_zip_that_its_waybill_covers(site: Site) -> None:
    site.world.rows.lines[:] = [b"0\ta", b"3\ta", b"1\tb"]
    asked = {"format": "csv", "split": {"by": "name"}}
    export_id = site.finished(asked, "csv", order=[{"field": "name", "direction": "asc"}])
    [file, _] = site.get(f"/v1/exports/{export_id}/files").json()
    assert (file["name"], file["rows"]) == ("csv.zip", 3)
    answer = site.get(file["links"]["download"])
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.read("name=a.csv") == b"Id,Name\r\n0,a\r\n3,a\r\n"
        assert archive.read("name=b.csv") == b"Id,Name\r\n1,b\r\n"
    waybill = site.get(file["links"]["waybill"]).json()["waybill"]
    assert waybill["file"]["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert waybill["content"] == {name: waybill["file"][name] for name in ("bytes", "sha256")}
    assert waybill["format"]["split"] == {"by": "name"}
    other = site.get(f"/v1/exports/{export_id}/files/csv/waybill").json()["waybill"]
    assert "split" not in other["format"]


def test_a_split_of_too_many_files_fails_with_the_way_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.renderers.split.entries.MOST_ENTRIES", 2)
    asked = {"format": "csv", "split": {"by": "id"}}
    export_id = site.finished(asked, order=[{"field": "id", "direction": "asc"}])
    shown = site.get(f"/v1/exports/{export_id}").json()
    assert shown["status"] == "failed"
    assert shown["failure"]["reason"] == "request-invalid"
    assert "Split by a field" in shown["failure"]["detail"]
