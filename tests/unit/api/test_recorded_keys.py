"""What is answered and told of keys that are made and revoked, also when one write fails."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from domain.access import Scope
from domain.keys.events import KeyCreated, KeyRevoked
from domain.refusals.events import RefusalRecorded
from tests.fakes_api import Site, problem

LINES = {"Accept": "application/x-ndjson"}
WANTED = {"label": "Iris Ng's", "scopes": ["exports:read", "downloads"], "expires_in_days": 30}


def audit(site: Site, **params: Any) -> list[dict[str, Any]]:
    answer = site.get("/v1/audit/events", params={"act": ["create-key", "revoke-key"], **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def told(site: Site, key_id: str) -> list[object]:
    return [each.event for each in site.world.store.read(UUID(key_id))]


def works(site: Site, secret: str) -> bool:
    return site.get("/v1/me", secret=secret).status_code == 200


def test_the_audit_tells_of_a_key_that_was_made_and_revoked(site: Site) -> None:
    made = site.post("/v1/api-keys", WANTED).json()
    holder = site.get("/v1/me", secret=made["secret"]).json()["actor"]
    me = site.get("/v1/me").json()["actor"]
    site.world.clock.pass_by(minutes=1)
    assert site.call("DELETE", f"/v1/api-keys/{made['id']}").status_code == 204
    revoked, created = audit(site)
    assert (created["act"], created["result"], created["by"]) == ("create-key", "accepted", me)
    assert (created["key_id"], created["holder"], created["scopes"], created["expires_at"]) == (
        made["id"],
        holder,
        ["downloads", "exports:read"],
        made["expires_at"],
    )
    assert (revoked["act"], revoked["result"], revoked["by"]) == ("revoke-key", "accepted", me)
    assert (revoked["key_id"], revoked["holder"], revoked["scopes"]) == (made["id"], None, [])
    assert [row["id"] for row in (created, revoked)] == [f"{made['id']}:1", f"{made['id']}:2"]
    assert "Iris" not in json.dumps([created, revoked])
    assert [row["act"] for row in audit(site, act="revoke-key")] == ["revoke-key"]
    assert audit(site, result="refused") == []
    lines = site.get("/v1/audit/events", headers=LINES).text.splitlines()
    assert [json.loads(line) for line in lines] == [revoked, created]
    assert site.post("/v1/api-keys", WANTED).status_code == 201
    assert audit(site, key=made["id"]) == [revoked, created]
    assert audit(site, key=str(uuid4())) == []


def test_what_a_new_key_does_is_found_under_its_holder(site: Site) -> None:
    made = site.post("/v1/api-keys", {"label": "x", "scopes": ["exports:write"]}).json()
    asked = {"dataset": "things", "formats": ["csv"]}
    assert site.post("/v1/exports", asked, secret=made["secret"]).status_code == 202
    (created,) = audit(site)
    found = site.get("/v1/audit/events", params={"by": created["holder"]}).json()["items"]
    assert [row["act"] for row in found] == ["request-export"]


def test_another_workspace_is_told_nothing_of_them(site: Site) -> None:
    site.post("/v1/api-keys", WANTED)
    stranger = site.key(workspace="other")
    assert site.get("/v1/audit/events", secret=stranger).json()["items"] == []


def test_the_operators_key_is_by_nobody(site: Site) -> None:
    made = site.ports.recorded_keys.create_first("new")
    assert made is not None
    (row,) = site.get("/v1/audit/events", secret=made.secret).json()["items"]
    assert (row["act"], row["by"], row["key_id"]) == ("create-key", None, str(made.key.id))
    assert row["holder"] == site.get("/v1/me", secret=made.secret).json()["actor"]


def test_a_refused_command_is_told_as_before_and_not_as_accepted(site: Site) -> None:
    mine = site.get("/v1/me").json()["key"]["id"]
    problem(site.call("DELETE", f"/v1/api-keys/{mine}"), "last-admin-key")
    problem(site.call("DELETE", f"/v1/api-keys/{uuid4()}"), "not-found")
    problem(site.post("/v1/api-keys", WANTED, secret=site.key(Scope.AUDIT)), "scope-missing")
    assert [(row["act"], row["result"], row["key_id"]) for row in audit(site)] == [
        ("create-key", "refused", None),
        ("revoke-key", "refused", None),
        ("revoke-key", "refused", None),
    ]


def test_an_export_is_no_key(site: Site) -> None:
    export_id = site.finished("csv")
    problem(site.call("DELETE", f"/v1/api-keys/{export_id}"), "not-found")
    made = site.post("/v1/api-keys", WANTED).json()
    problem(site.get(f"/v1/exports/{made['id']}"), "not-found")
    problem(site.get(f"/v1/exports/{made['id']}/events"), "not-found")
    problem(site.post(f"/v1/exports/{made['id']}/cancel"), "not-found")


def test_without_the_store_no_key_is_made(site: Site) -> None:
    before = set(site.access.keys)
    site.world.store.unavailable = True
    answer = site.post("/v1/api-keys", WANTED)
    assert problem(answer, "store-unavailable")["status"] == 503
    assert "retry-after" in answer.headers
    assert set(site.access.keys) == before


def test_a_creation_that_broke_off_leaves_no_key_and_its_repeat_makes_one(site: Site) -> None:
    before = set(site.access.keys)
    site.access.unavailable = True
    problem(site.post("/v1/api-keys", WANTED), "store-unavailable")
    site.access.unavailable = False
    assert set(site.access.keys) == before
    made = site.post("/v1/api-keys", WANTED).json()
    assert works(site, made["secret"])
    assert [row["act"] for row in audit(site)] == ["create-key", "create-key"]
    assert audit(site)[0]["key_id"] == made["id"] != audit(site)[1]["key_id"]


def test_a_revocation_that_broke_off_holds_and_its_repeat_is_told(site: Site) -> None:
    made = site.post("/v1/api-keys", WANTED).json()
    path = f"/v1/api-keys/{made['id']}"
    site.world.store.unavailable = True
    problem(site.call("DELETE", path), "store-unavailable")
    assert not works(site, made["secret"])
    site.world.store.unavailable = False
    assert [type(event) for event in told(site, made["id"])] == [KeyCreated]
    for _ in range(2):
        assert site.call("DELETE", path).status_code == 204
    assert [type(event) for event in told(site, made["id"])] == [KeyCreated, KeyRevoked]


def test_a_key_that_could_not_be_revoked_works_and_is_not_called_revoked(site: Site) -> None:
    made = site.post("/v1/api-keys", WANTED).json()
    site.access.unavailable = True
    problem(site.call("DELETE", f"/v1/api-keys/{made['id']}"), "store-unavailable")
    assert works(site, made["secret"])
    assert [type(event) for event in told(site, made["id"])] == [KeyCreated]


def test_who_has_revoked_its_own_key_leaves_the_rest_to_another_admin(site: Site) -> None:
    own = site.post("/v1/api-keys", {"label": "x", "scopes": ["admin"]}).json()
    path = f"/v1/api-keys/{own['id']}"
    site.world.store.unavailable = True
    problem(site.call("DELETE", path, secret=own["secret"]), "store-unavailable")
    site.world.store.unavailable = False
    problem(site.call("DELETE", path, secret=own["secret"]), "unauthenticated")
    assert site.call("DELETE", path).status_code == 204
    assert isinstance(told(site, own["id"])[-1], KeyRevoked)


def test_nothing_is_refused_where_only_the_store_is_away(site: Site) -> None:
    site.access.unavailable = True
    problem(site.post("/v1/api-keys", WANTED), "store-unavailable")
    events = [each.event for each in site.world.store.log(0, 100)]
    assert not any(isinstance(event, RefusalRecorded) for event in events)
