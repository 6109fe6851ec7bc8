"""Commands that were refused are on record: who asked for what, and why it was not done."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from api.refused import ACTS
from domain.access import Scope
from domain.acts import Act
from domain.ports import StoreUnavailable
from domain.refusals.allowance import MOST, WINDOW, Allowance
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from schemas.registry import encode
from tests.fakes_api import Site, problem

READS = {"preview_dataset", "count_dataset"}
"""Asked by POST, as their questions are long."""


def refusals(site: Site) -> list[RefusalRecorded]:
    events = (each.event for each in site.world.store.log(0, 1_000_000))
    return [event for event in events if isinstance(event, RefusalRecorded)]


def omissions(site: Site) -> list[RefusalsOmitted]:
    events = (each.event for each in site.world.store.log(0, 1_000_000))
    return [event for event in events if isinstance(event, RefusalsOmitted)]


def count(site: Site, name: str, **labels: str) -> float:
    registry: CollectorRegistry = site.app.state.metrics.registry
    return registry.get_sample_value(name, labels) or 0.0


def test_every_address_that_changes_something_has_an_act_or_only_reads(site: Site) -> None:
    operations = {
        operation["operationId"]: method
        for operations in site.app.openapi()["paths"].values()
        for method, operation in operations.items()
    }
    changing = {name for name, method in operations.items() if method != "get"}
    assert changing <= set(ACTS) | READS
    assert set(ACTS) <= set(operations)


def test_a_refusal_by_permission_is_recorded_with_what_is_known(site: Site) -> None:
    export_id = site.finished("csv")
    nobody = site.key(Scope.EXPORTS_READ)
    problem(site.post(f"/v1/exports/{export_id}/cancel", secret=nobody), "scope-missing")
    principal = site.access.keys[nobody].principal
    (told,) = refusals(site)
    assert told == RefusalRecorded(
        workspace="default",
        by=site.world.vault.subject("default", str(principal)),
        act=Act.CANCEL,
        export_id=UUID(export_id),
        dataset="things",
        file=None,
        problem="scope-missing",
        status=403,
        at=site.world.clock(),
    )
    assert count(site, "waybill_refusals_total", act="cancel", outcome="recorded") == 1


def test_a_refusal_by_a_rule_is_recorded(site: Site) -> None:
    export_id = site.finished("csv")
    problem(site.post(f"/v1/exports/{export_id}/retry"), "nothing-to-retry")
    (told,) = refusals(site)
    assert (told.act, told.problem, told.status) == (Act.RETRY, "nothing-to-retry", 409)


def test_what_belongs_to_others_is_recorded_without_saying_that_it_is_there(site: Site) -> None:
    export_id = site.finished("csv")
    stranger = site.key(workspace="other")
    for path in (f"/v1/exports/{export_id}/cancel", f"/v1/exports/{uuid4()}/cancel"):
        problem(site.post(path, secret=stranger), "not-found")
    assert {(t.workspace, t.export_id, t.dataset, t.problem) for t in refusals(site)} == {
        ("other", None, None, "not-found")
    }


def test_an_invalid_request_is_recorded_without_a_word_of_it(site: Site) -> None:
    secret = "Iris Ng 555-0199"
    for body in (
        {"dataset": secret, "formats": ["csv"]},
        {"dataset": "things", "formats": [secret]},
        {"dataset": "things", "formats": ["csv"], "purpose": secret, "fields": [secret]},
        {"dataset": "things", secret: secret},
        [secret],
    ):
        assert site.post("/v1/exports", body).status_code == 422
    site.post(f"/v1/exports/{secret}/cancel")
    site.get(f"/v1/exports/{site.finished('csv')}/files/{secret}")
    told = refusals(site)
    assert [each.dataset for each in told] == [None, "things", "things", None, None, None, "things"]
    assert all(secret.encode() not in encode(each)[1] for each in told)


def test_a_refused_download_names_the_file_that_is_there(site: Site) -> None:
    export_id = site.export("csv")
    problem(site.get(f"/v1/exports/{export_id}/files/csv"), "file-not-ready")
    problem(site.get(f"/v1/exports/{export_id}/files/csv/waybill"), "file-not-ready")
    problem(site.post(f"/v1/exports/{export_id}/files/csv/tickets", {}), "file-not-ready")
    assert [(each.act, each.file) for each in refusals(site)] == [
        (Act.DOWNLOAD, "csv"),
        (Act.DOWNLOAD, "csv.waybill"),
        (Act.GRANT_DOWNLOAD, "csv"),
    ]


def test_a_genuine_link_names_who_was_given_it(site: Site) -> None:
    export_id = site.finished("csv")
    made = site.post(f"/v1/exports/{export_id}/files/csv/tickets", {"expires_in": 3600}).json()
    path = re.sub(r"^http://[^/]+", "", made["url"])
    assert site.get(path, secret=None, headers={"Range": "bytes=999999-"}).status_code == 416
    (told,) = refusals(site)
    me = site.get("/v1/me").json()["actor"]
    assert (told.act, str(told.by), str(told.export_id)) == (Act.DOWNLOAD, me, export_id)


def test_who_is_not_known_is_only_counted(site: Site) -> None:
    problem(site.post("/v1/exports", {}, secret=None), "unauthenticated")
    problem(site.get("/v1/downloads/made-up", secret=None), "link-invalid")
    assert refusals(site) == []
    assert count(site, "waybill_unauthenticated_requests_total") == 2


def test_what_is_only_read_is_not_recorded(site: Site) -> None:
    problem(site.get(f"/v1/exports/{uuid4()}"), "not-found")
    problem(site.post("/v1/datasets/nothing/preview", {}), "not-found")
    problem(site.get("/v1/exports", secret=site.key(Scope.DOWNLOADS)), "scope-missing")
    assert refusals(site) == []


def test_a_refusal_that_cannot_be_recorded_is_answered_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> int:
        raise StoreUnavailable

    export_id = site.finished("csv")
    monkeypatch.setattr(site.world.store, "append", away)
    problem(site.post("/v1/exports", {"dataset": "none"}), "invalid-request")
    problem(site.get(f"/v1/exports/{export_id}/files/none"), "not-found")
    assert count(site, "waybill_refusals_total", act="download", outcome="lost") == 1


def test_a_flood_is_told_once_with_its_number(site: Site) -> None:
    for _ in range(MOST + 5):
        problem(site.post(f"/v1/exports/{uuid4()}/cancel"), "not-found")
    other = site.key()
    problem(site.post(f"/v1/exports/{uuid4()}/cancel", secret=other), "not-found")
    assert len(refusals(site)) == MOST + 1
    assert omissions(site) == []
    began = site.world.clock()
    site.world.clock.pass_by(seconds=WINDOW.total_seconds())
    problem(site.post(f"/v1/exports/{uuid4()}/cancel"), "not-found")
    (told,) = omissions(site)
    assert (told.count, told.since, told.at) == (5, began, began + WINDOW)
    assert len(refusals(site)) == MOST + 2


def test_what_was_left_out_is_told_at_the_end_of_the_process(site: Site) -> None:
    for _ in range(MOST + 2):
        site.post(f"/v1/exports/{uuid4()}/cancel")
    site.runner.run(site.app.state.refused.close())
    assert [each.count for each in omissions(site)] == [2]


def test_what_was_left_out_is_told_when_the_minute_is_over_though_nobody_asks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def at_once(seconds: float) -> None:
        waited.append(seconds)
        site.world.clock.pass_by(seconds=seconds)

    monkeypatch.setattr("api.refused.asyncio.sleep", at_once)
    for _ in range(MOST + 1):
        site.post(f"/v1/exports/{uuid4()}/cancel")

    async def settled() -> None:
        await site.app.state.refused._settling

    site.runner.run(settled())
    assert waited == [60.0]
    assert [each.count for each in omissions(site)] == [1]


def test_an_allowance_forgets_windows_that_are_over(site: Site) -> None:
    allowance = Allowance(most=1, window=timedelta(seconds=10))
    now, who = site.world.clock(), uuid4()
    assert [allowance.admits("w", who, now) for _ in range(3)] == [True, False, False]
    assert allowance.settle(now + timedelta(seconds=9)) == []
    (told,) = allowance.settle(now + timedelta(seconds=10))
    assert told == RefusalsOmitted(
        workspace="w", by=who, count=2, since=now, at=now + timedelta(seconds=10)
    )
    assert allowance.admits("w", who, now + timedelta(seconds=10))
    assert allowance.settle_all() == []
