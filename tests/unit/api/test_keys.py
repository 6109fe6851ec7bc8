"""API keys over HTTP: who may, what is missing, and how keys come and go."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.access import Scope
from infra.access import new_secret, well_formed
from tests.fakes_api import Site, problem
from tests.wanted_keys import wanted_key


@pytest.mark.parametrize(
    "sent",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wb_x", "Bearer \xff", "bearer wb_ wb_"],
)
def test_without_a_valid_key_nothing_is_told(site: Site, sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent.encode("latin-1")}
    answer = site.get("/v1/me", secret=None, headers=headers)
    assert problem(answer, "unauthenticated")["status"] == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="waybill"')


def test_a_key_is_known_by_its_scheme_in_any_case(site: Site) -> None:
    headers = {"Authorization": f"bEARER {site.secret}"}
    assert site.get("/v1/me", secret=None, headers=headers).status_code == 200


def test_a_missing_scope_is_named(site: Site) -> None:
    answer = site.get("/v1/exports", secret=site.key(Scope.DOWNLOADS))
    found = problem(answer, "scope-missing")
    assert (found["status"], found["scope"]) == (403, "exports:read")
    assert 'scope="exports:read"' in answer.headers["www-authenticate"]


def test_no_scope_implies_another(site: Site) -> None:
    admin = site.key(Scope.ADMIN)
    problem(site.get("/v1/exports", secret=admin), "scope-missing")
    problem(site.get("/v1/api-keys", secret=site.key(Scope.EXPORTS_WRITE)), "scope-missing")


def test_me_tells_whose_key_it_is_but_not_the_key(site: Site) -> None:
    shown = site.get("/v1/me").json()
    assert shown["workspace"] == "default"
    assert shown["key"]["scopes"] == sorted(Scope)
    assert site.secret not in str(shown)


def test_a_new_key_is_shown_once_and_works(site: Site) -> None:
    answer = site.post("/v1/api-keys", {"label": "nightly", "scopes": ["exports:read"]})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/api-keys/{made['id']}"
    assert site.get("/v1/exports", secret=made["secret"]).status_code == 200
    listed = site.get("/v1/api-keys")
    assert made["secret"] not in listed.text
    assert [each["label"] for each in listed.json()["items"]] == ["a key", "nightly"]


def test_a_key_expires(site: Site) -> None:
    asked = {"label": "for a day", "scopes": ["exports:read"], "expires_in_days": 1}
    secret = site.post("/v1/api-keys", asked).json()["secret"]
    site.world.clock.pass_by(hours=23)
    assert site.get("/v1/exports", secret=secret).status_code == 200
    site.world.clock.pass_by(hours=1)
    problem(site.get("/v1/exports", secret=secret), "unauthenticated")


@pytest.mark.parametrize(
    "change",
    [
        {"label": ""},
        {"label": "x" * 201},
        {"label": "a\x00b"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_in_days": 0},
        {"workspace": "other"},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(site: Site, change: dict[str, object]) -> None:
    answer = site.post("/v1/api-keys", {"label": "x", "scopes": ["admin"]} | change)
    problem(answer, "invalid-request")
    assert len(site.access.keys) == 1


def test_a_revoked_key_opens_nothing_at_once(site: Site) -> None:
    made = site.post("/v1/api-keys", {"label": "x", "scopes": ["exports:read"]}).json()
    path = f"/v1/api-keys/{made['id']}"
    assert site.call("DELETE", path).status_code == 204
    problem(site.get("/v1/exports", secret=made["secret"]), "unauthenticated")
    assert site.call("DELETE", path).status_code == 204


def test_the_last_key_that_manages_keys_stays(site: Site) -> None:
    mine = site.get("/v1/me").json()["key"]["id"]
    answer = site.call("DELETE", f"/v1/api-keys/{mine}")
    assert problem(answer, "last-admin-key")["status"] == 409
    site.key(Scope.ADMIN)
    assert site.call("DELETE", f"/v1/api-keys/{mine}").status_code == 204


def test_another_workspaces_key_is_not_there(site: Site) -> None:
    foreign = site.key(workspace="other")
    theirs = site.get("/v1/me", secret=foreign).json()["key"]["id"]
    for key_id in (theirs, uuid4(), "x", "%00"):
        problem(site.call("DELETE", f"/v1/api-keys/{key_id}"), "not-found")
    assert len(site.get("/v1/api-keys").json()["items"]) == 1


def test_the_signing_key_can_be_pinned(site: Site) -> None:
    shown = site.get("/v1/keys/signing").json()
    public = base64.b64decode(shown["public_key"])
    assert public == site.world.signer.public
    assert shown["fingerprint"] == hashlib.sha256(public).hexdigest()
    assert shown["key_id"] == shown["fingerprint"][:16]


def test_a_secret_shows_what_it_is_and_when_it_is_mistyped() -> None:
    secret = new_secret()
    assert secret.startswith("wb_")
    assert len(secret) == 52
    assert well_formed(secret)
    for changed in (
        secret[:-1],
        secret + "0",
        secret.swapcase(),
        secret[:10] + ("0" if secret[10] != "0" else "1") + secret[11:],
        "wb_",
        "",
        secret[:10] + "\u00df" + secret[11:],
    ):
        assert not well_formed(changed)


def test_secrets_are_never_the_same() -> None:
    assert len({new_secret() for _ in range(1_000)}) == 1_000


def test_a_key_is_refused_from_the_very_second_of_its_expiry(site: Site) -> None:
    at = site.world.clock() + timedelta(seconds=1)
    secret = site.access.create(wanted_key("default", "x", [Scope.EXPORTS_READ], at)).secret
    site.world.clock.pass_by(seconds=1)
    problem(site.get("/v1/exports", secret=secret), "unauthenticated")
