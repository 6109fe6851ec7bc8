"""One Idempotency-Key makes one export, however often its request arrives."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from api.intake import accept
from api.models.requests import ExportRequest
from domain.exports.errors import IdempotencyKeyReused
from tests.fakes_api import Site, problem

REQUEST = {"dataset": "things", "formats": ["csv"]}
KEY = {"Idempotency-Key": "monday report"}


def test_a_repeat_is_answered_the_same_and_makes_no_second_export(site: Site) -> None:
    first = site.post("/v1/exports", REQUEST, headers=KEY)
    site.world.finish(UUID(first.json()["id"]))
    again = site.post("/v1/exports", REQUEST, headers=KEY)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(site.get("/v1/exports").json()["items"]) == 1


def test_the_same_request_written_differently_is_a_repeat(site: Site) -> None:
    site.post("/v1/exports", REQUEST | {"fields": ["id"]}, headers=KEY)
    other = {"formats": ["csv"], "fields": [{"name": "id"}], "dataset": "things"}
    assert site.post("/v1/exports", other, headers=KEY).headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("change", [{"limit": 1}, {"dataset": "nothing"}, {"purpose": "x"}])
def test_another_body_under_the_same_key_is_refused(site: Site, change: dict[str, object]) -> None:
    site.post("/v1/exports", REQUEST, headers=KEY)
    answer = site.post("/v1/exports", REQUEST | change, headers=KEY)
    assert problem(answer, "idempotency-key-reused")["status"] == 422


def test_a_repeat_is_answered_even_when_its_dataset_is_gone(site: Site) -> None:
    first = site.post("/v1/exports", REQUEST, headers=KEY)
    site.world.datasets.clear()
    assert site.post("/v1/exports", REQUEST, headers=KEY).json() == first.json()


def test_each_caller_has_keys_of_its_own(site: Site) -> None:
    first = site.post("/v1/exports", REQUEST, headers=KEY)
    other = site.post("/v1/exports", REQUEST, headers=KEY, secret=site.key())
    foreign = site.post("/v1/exports", REQUEST, headers=KEY, secret=site.key(workspace="b"))
    assert len({answer.json()["id"] for answer in (first, other, foreign)}) == 3


def test_requests_that_arrive_together_make_one_export(site: Site) -> None:
    key = site.access.authenticate(site.secret)
    assert key is not None
    body = ExportRequest.model_validate_json('{"dataset": "things", "formats": ["csv"]}')
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: accept(site.ports, key, body, "same"), range(16)))
    assert len({answer.shown.row.export_id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1


def test_a_second_body_that_arrives_together_with_the_first_is_refused(site: Site) -> None:
    key = site.access.authenticate(site.secret)
    assert key is not None
    bodies = [
        ExportRequest.model_validate_json(
            f'{{"dataset": "things", "formats": ["csv"], "limit": {limit}}}'
        )
        for limit in (1, 2)
    ]

    def tried(body: ExportRequest) -> bool:
        try:
            accept(site.ports, key, body, "same")
        except IdempotencyKeyReused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(tried, bodies)) == [False, True]


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
def test_a_key_is_up_to_255_printable_ascii_characters(site: Site, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = site.post("/v1/exports", REQUEST, headers=headers)
    problem(answer, "invalid-parameter")


def test_the_digest_that_is_recorded_depends_on_a_secret(site: Site) -> None:
    export_id = UUID(site.post("/v1/exports", REQUEST, headers=KEY).json()["id"])
    recorded = site.world.store.read(export_id)[0].event
    plain = hashlib.sha256(b'{"dataset":"things","formats":["csv"]}').hexdigest()
    assert plain not in repr(recorded)
