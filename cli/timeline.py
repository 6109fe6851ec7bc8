"""An export's whole story: its events, who fetched its files, what was refused, in the order in
which it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from cli import output, wording
from cli.client import Api
from cli.exits import Code, Refused
from cli.exports import find

_LINES = {"Accept": "application/x-ndjson"}
_ACTORS = ("requested_by", "cancelled_by", "paused_by", "resumed_by")
_UNSAID = (*_ACTORS, "dataset_version")  # whoever needs the digest finds it in the JSON
_VERSIONS = "export.sheets-planned.v1"  # whose sheets are such digests
_CHUNKS = ("export.chunk-staged.v1", "export.chunk-rendered.v1")
_OF_DOWNLOADS = ("download", "grant-download")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line of the story. `sequence` is a text, such as `4` or `4-27` for several events that are
    told as one."""

    at: datetime
    sequence: str
    what: str
    by: str = ""


def tell_story(api: Api, text: str, *, json: bool) -> None:
    """Raises `Refused`."""
    export_id = _full_id(api, text)
    events = _fetched(api, f"/v1/exports/{export_id}/events")
    told = merged(events, _audit(api, export_id))
    if json:
        output.lines(told)
        return
    began = datetime.fromisoformat(events[0]["at"])
    output.table(
        ("TIME", "AFTER", "EVENT", "WHAT", "BY"),
        [
            (
                wording.moment(each.at.isoformat()),
                _after(each, began),
                each.sequence,
                each.what,
                each.by,
            )
            for each in moments(told)
        ],
        right=("AFTER",),
    )


def merged(
    events: Iterable[dict[str, Any]], audit: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Events, and rows of the audit that no event of the export tells of, by their positions."""
    beside = [row for row in audit if row["result"] == "refused" or row["act"] in _OF_DOWNLOADS]
    told = [
        *({"kind": "event", **event} for event in events),
        *({"kind": "audit", **row} for row in beside),
    ]
    return sorted(told, key=lambda each: int(each["position"]))


def moments(told: Iterable[dict[str, Any]]) -> list[Moment]:
    """For people: chunks that follow one another are told as one."""
    found: list[Moment] = []
    run: list[dict[str, Any]] = []
    for each in told:
        if each.get("type") in _CHUNKS:
            run.append(each)
            continue
        found += _chunks(run)
        run = []
        found.append(_of_audit(each) if each["kind"] == "audit" else _of_event(each))
    return [*found, *_chunks(run)]


def _full_id(api: Api, text: str) -> str:
    """An auditor's key may not list exports, so a whole id is taken as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(find(api, text)["id"])


def _audit(api: Api, export_id: str) -> list[dict[str, Any]]:
    try:
        return _fetched(api, f"/v1/audit/events?export={export_id}")
    except Refused as refused:
        if refused.code is not Code.UNAUTHORISED:
            raise
        output.note("This key has no scope audit: downloads and what was refused are not told.")
        return []


def _fetched(api: Api, path: str) -> list[dict[str, Any]]:
    with api.reaching(), api.stream(path, _LINES) as answer:
        return [orjson.loads(line) for line in answer.iter_lines() if line]


def _chunks(run: list[dict[str, Any]]) -> Iterator[Moment]:
    if not run:
        return
    staged = [each["data"] for each in run if each["type"] == _CHUNKS[0]]
    rendered = [each["data"] for each in run if each["type"] == _CHUNKS[1]]
    said = []
    if staged:
        said.append(f"{_several(len(staged), 'chunk')} staged, {_rows(staged)}")
    if rendered:
        said.append(f"{_several(len(rendered), 'part')} rendered, {_rows(rendered)}")
    first, last = run[0]["sequence"], run[-1]["sequence"]
    yield Moment(
        at=datetime.fromisoformat(run[-1]["at"]),
        sequence=str(first) if first == last else f"{first}-{last}",
        what="; ".join(said),
    )


def _of_event(event: dict[str, Any]) -> Moment:
    data = event["data"]
    name = event["type"].removeprefix("export.").rpartition(".")[0]
    by = next((data[actor] for actor in _ACTORS if actor in data), "")
    unsaid = (*_UNSAID, "sheets") if event["type"] == _VERSIONS else _UNSAID
    shown = {member: value for member, value in data.items() if member not in unsaid}
    return Moment(
        at=datetime.fromisoformat(event["at"]),
        sequence=str(event["sequence"]),
        what=" ".join([name.replace("-", " "), *_members(shown)]),
        by=by,
    )


def _of_audit(row: dict[str, Any]) -> Moment:
    moment = Moment(at=datetime.fromisoformat(row["at"]), sequence="-", what="", by=str(row["by"]))
    if row["result"] == "refused":
        return replace(moment, what=f"refused: {row['act']} ({row['problem']}, {row['status']})")
    if row["act"] == "grant-download":
        return replace(moment, what=f"link to {row['file']} until {row['expires_at']}")
    sent = "under way" if row["sent"] is None else f"{wording.size(row['sent'])} sent"
    asked = "" if not row["first"] else f" from byte {row['first']}"
    return replace(moment, what=f"{row['file']} fetched by {row['via']}{asked}: {sent}")


def _members(data: dict[str, Any]) -> Iterator[str]:
    for member, value in data.items():
        if value is not None:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{member}={text}"


def _rows(parts: list[dict[str, Any]]) -> str:
    return f"{wording.count(sum(part['rows'] for part in parts))} rows"


def _several(number: int, what: str) -> str:
    return f"{wording.count(number)} {what}{'' if number == 1 else 's'}"


def _after(moment: Moment, began: datetime) -> str:
    return f"{(moment.at - began).total_seconds():.3f} s"
