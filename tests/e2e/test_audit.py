"""What an auditor is told of real processes, over both transports."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx

from tests.stacks import WAYBILL, Client

LINES = {"Accept": "application/x-ndjson"}


def auditor(client: Client) -> httpx.Client:
    """A client that may read the audit, and nothing else."""
    body = {"label": "auditor", "scopes": ["audit"]}
    key = client.http.post("/v1/api-keys", json=body).raise_for_status().json()["secret"]
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=client.stack.url, headers=headers, timeout=30)


def audit(asking: httpx.Client, export_id: str) -> list[dict[str, Any]]:
    answer = asking.get("/v1/audit/events", params={"export": export_id}, headers=LINES)
    return [json.loads(line) for line in answer.raise_for_status().text.splitlines()]


def waybill(client: Client, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [WAYBILL, *command],
        env={**client.stack.env, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_its_outcome_and_what_was_refused_are_in_the_audit(client: Client) -> None:
    export = client.completed("sales", "csv", limit=50, purpose="Month end")
    client.file(export["id"])
    with auditor(client) as asking:
        assert asking.post(f"/v1/exports/{export['id']}/cancel").status_code == 403
        assert client.http.post(f"/v1/exports/{export['id']}/retry").status_code == 409

        def told() -> list[dict[str, Any]] | None:
            found = audit(asking, export["id"])
            whole = len(found) == 4 and found[2]["sent"] is not None and found[3]["outcome"]
            return found if whole else None

        found = client.stack.eventually(told)
    retry, cancel, download, request = found
    assert (request["act"], request["outcome"], request["dataset"]) == (
        "request-export",
        "completed",
        "sales",
    )
    assert (download["act"], download["file"], download["dataset"]) == ("download", "csv", "sales")
    assert download["sent"] == download["length"] == export["files"][0]["size"]
    assert (cancel["act"], cancel["result"], cancel["problem"]) == (
        "cancel",
        "refused",
        "scope-missing",
    )
    assert (retry["act"], retry["problem"], retry["status"]) == ("retry", "nothing-to-retry", 409)
    assert cancel["by"] != request["by"] == download["by"] == retry["by"]
    assert "Month end" not in json.dumps(found)


def test_a_key_that_was_made_and_revoked_is_in_the_audit(client: Client) -> None:
    body = {"label": "Iris Ng's", "scopes": ["downloads"]}
    made = client.http.post("/v1/api-keys", json=body).raise_for_status().json()
    me = client.http.get("/v1/me").json()["actor"]
    client.http.delete(f"/v1/api-keys/{made['id']}").raise_for_status()
    with auditor(client) as asking:

        def told() -> list[dict[str, Any]] | None:
            asked = {"act": ["create-key", "revoke-key"], "by": me}
            answer = asking.get("/v1/audit/events", params=asked, headers=LINES)
            rows = [json.loads(line) for line in answer.raise_for_status().text.splitlines()]
            found = [row for row in rows if row["key_id"] == made["id"]]
            return found if len(found) == 2 else None

        revoked, created = client.stack.eventually(told)
    assert (created["act"], created["result"], created["scopes"]) == (
        "create-key",
        "accepted",
        ["downloads"],
    )
    assert (revoked["act"], revoked["result"]) == ("revoke-key", "accepted")
    assert "Iris" not in json.dumps([created, revoked])


def test_an_exports_story_is_told_from_its_events_and_the_audit(client: Client) -> None:
    export = client.completed("sales", "csv", limit=50)
    client.http.post(f"/v1/exports/{export['id']}/pause")
    login = {"WAYBILL_URL": client.stack.url, "WAYBILL_API_KEY": client.key}

    def story() -> list[dict[str, Any]] | None:
        done = waybill(client, "replay", export["id"], "--json", **login)
        assert done.returncode == 0, done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return told if told[-1]["kind"] == "audit" else None

    told = client.stack.eventually(story)
    assert [each["sequence"] for each in told[:-1]] == list(range(1, export["sequence"] + 1))
    assert (told[-1]["act"], told[-1]["problem"]) == ("pause", "export-ended")
    assert [each["position"] for each in told] == sorted(each["position"] for each in told)


def test_a_file_is_reproduced_from_its_staged_rows(client: Client) -> None:
    formats = ("csv", {"format": "ndjson", "compression": "zstd"})
    export = client.completed("sales", *formats, limit=40_000)
    done = waybill(client, "reproduce", export["id"], "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"csv", "ndjson.zst"}
    for file in export["files"]:
        compared = {each["what"]: each for each in found[file["name"]]}
        assert all(each["same"] for each in compared.values())
        assert compared["file"]["found"] == f"{file['size']} {file['sha256']}"


def test_what_an_export_was_at_a_time_is_answered_while_everything_runs(client: Client) -> None:
    export = client.completed("sales", "csv", limit=50)
    asked = ("--model", "history", "--id", export["id"], "--json")
    before = waybill(client, "replay", "--as-of", export["requested_at"], *asked)
    after = waybill(client, "replay", "--as-of", export["ended_at"], *asked)
    assert json.loads(before.stdout)["status"] in {"queued", "extracting"}
    assert json.loads(after.stdout)["status"] == "completed"
    assert waybill(client, "replay", "--position", "0", *asked).stdout == ""


def test_what_cannot_be_reproduced_is_said_with_a_code(client: Client) -> None:
    nothing = waybill(client, "reproduce", "4e8f1c1e-0000-4000-8000-000000000000")
    assert (nothing.returncode, "There is no export" in nothing.stderr) == (5, True)
    export = client.ended(client.request("sales", "csv", limit=5)["id"])
    assert waybill(client, "reproduce", export["id"], "--file", "xlsx").returncode == 5
    cancelled = client.request("sales", "csv")
    client.http.post(f"/v1/exports/{cancelled['id']}/cancel").raise_for_status()
    assert client.ended(cancelled["id"])["status"] == "cancelled"
    refused = waybill(client, "reproduce", cancelled["id"])
    assert (refused.returncode, "no complete file" in refused.stderr) == (6, True)
