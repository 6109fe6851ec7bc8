"""An export and a dataset as lines of facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli import wording

_SHOWN = 12  # names in a line


def export_facts(export: dict[str, Any]) -> list[tuple[str, str]]:
    progress = export["progress"]
    return [
        ("Export", export["id"]),
        ("Status", _status(export)),
        ("Dataset", f"{export['dataset']} ({export['dataset_label'] or '-'})"),
        ("Fields", _few([_named(field) for field in export["fields"]])),
        ("Masked", _few([each for field in export["fields"] for each in _masked(field)])),
        ("Filter", export["filter_sentence"] or ""),
        *(("Sheet", _sheet(sheet)) for sheet in export["sheets"]),
        ("Purpose", export["purpose"] or ""),
        ("Rows", _rows(progress)),
        ("Requested", wording.moment(export["requested_at"])),
        ("Ended", wording.moment(export["ended_at"]) if export["ended_at"] else ""),
        ("Expires", wording.moment(export["expires_at"]) if export["expires_at"] else ""),
        *(("File", _file(file)) for file in export["files"]),
        *_failure(export),
    ]


def _sheet(sheet: dict[str, Any]) -> str:
    said = [f"{sheet['dataset']} ({sheet['dataset_label'] or '-'})"]
    said.append(_few([_named(field) for field in sheet["fields"]]))
    said += [each for field in sheet["fields"] for each in _masked(field)]
    return "; ".join([*said, *([sheet["filter_sentence"]] if sheet["filter_sentence"] else [])])


def _status(export: dict[str, Any]) -> str:
    fraction = export["progress"]["fraction"]
    running = fraction is not None and export["ended_at"] is None
    return f"{export['status']}, {wording.share(fraction)}" if running else str(export["status"])


def _rows(progress: dict[str, Any]) -> str:
    total = progress["rows_total"]
    if total is not None:
        return wording.count(total)
    estimated = progress["estimated_rows"]
    about = f" of about {wording.count(estimated)}" if estimated else ""
    return f"{wording.count(progress['rows'])}{about}"


def _file(file: dict[str, Any]) -> str:
    said = [file["name"], file["status"]]
    if file["size"]:
        said += [f"{wording.count(file['rows'])} rows", wording.size(file["size"])]
    if file["rejected"]:
        said.append(f"{wording.count(file['rejected'])} rows rejected")
    return ", ".join(said)


def _failure(export: dict[str, Any]) -> list[tuple[str, str]]:
    failure = export["failure"]
    if failure is None:
        return []
    facts = [("Failure", failure["reason"]), ("Remedy", failure["remedy"])]
    return [*facts, ("Detail", failure["detail"] or "")]


def _masked(field: dict[str, Any], before: str = "") -> Iterator[str]:
    name = f"{before}{field['name']}"
    if field.get("mask"):
        yield f"{name} ({wording.mask(field)})"
    for each in (field.get("nested") or field).get("fields", ()):
        if not isinstance(each, str):
            yield from _masked(each, f"{name}.")


def _named(field: dict[str, Any]) -> str:
    """As it is asked for: items(sku,product(name))."""
    nested = field.get("nested") or field
    if "fields" not in nested:
        return str(field["name"])
    inner = ",".join(each if isinstance(each, str) else _named(each) for each in nested["fields"])
    return f"{field['name']}({inner})"


def _few(names: list[str]) -> str:
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
