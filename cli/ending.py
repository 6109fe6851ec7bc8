"""What became of an export, for people and as an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli import output, wording
from cli.exits import Code, Refused


def tell_ended(export: dict[str, Any], saved: Sequence[Path] = ()) -> None:
    match export["status"]:
        case "completed" | "completed-truncated":
            _tell_files(export)
            for path in saved:
                output.say(f"Saved  {path}")
        case "failed":
            pass  # the refusal says it
        case status:
            output.say(f"Export {export['id']} is {status}.")


def check_ended(export: dict[str, Any]) -> None:
    """Raises `Refused` unless all rows are in the files."""
    match export["status"]:
        case "completed" | "expired":
            return
        case "completed-truncated":
            raise Refused(
                f"Not all rows are in the file: the cap is {wording.count(export['row_cap'])}, "
                f"and {wording.count(export['rows_matched'])} rows matched. "
                "Narrow the filter, or ask for the cap to be raised.",
                Code.TRUNCATED,
            )
        case "failed":
            raise Refused(_why(export))
        case status:
            raise Refused(f"The export was {status}.")


def _tell_files(export: dict[str, Any]) -> None:
    for file in export["files"]:
        rejected = f", {wording.count(file['rejected'])} rejected" if file["rejected"] else ""
        output.say(
            f"{file['name']}: {wording.count(file['rows'])} rows{rejected}, "
            f"{wording.size(file['size'])}, SHA-256 {file['sha256']}"
        )


def _why(export: dict[str, Any]) -> str:
    failure = export["failure"] or {"reason": "unknown", "remedy": "", "detail": None}
    detail = f"\n  {failure['detail']}" if failure.get("detail") else ""
    return f"The export failed: {failure['reason']}.{detail}\n{failure['remedy']}"
