"""What `waybill download --protected` does: a copy of a PDF is fetched that opens with a password
only."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path
from typing import Any

import typer

from cli.client import Api
from cli.exits import Code, Refused
from cli.fetching import proposed_name
from cli.watching import files_named, target_of


def fetch_protected(api: Api, export: dict[str, Any], name: str | None, out: Path | None) -> Path:
    """Where the copy is now. `name` may be left out when the export has one file. Nothing of an
    earlier try is gone on with, as each copy has other bytes."""
    files = [file["name"] for file in files_named(export, name)]
    if len(files) != 1:
        raise Refused(f"Say which file: the export has {', '.join(files)}.", Code.USAGE)
    path = f"/v1/exports/{export['id']}/files/{files[0]}/protected"
    answer = api.post_for_bytes(path, {"password": ask_password()})
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    if answer.headers.get("repr-digest") != f"sha-256=:{digest}:":
        raise Refused("What arrived is not what the server has sent. Nothing was kept; try again.")
    proposed = proposed_name(answer.headers.get("content-disposition", ""))
    return _saved(answer.content, target_of(out, proposed, alone=True))


def ask_password() -> str:
    """Typed twice at a terminal, else the first line of standard input: an argument would stand in
    the shell's history and in the list of processes."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    try:
        line = sys.stdin.buffer.readline().decode()
    except UnicodeDecodeError:
        raise Refused("The password on standard input is not UTF-8.", Code.USAGE) from None
    return line.removesuffix("\n").removesuffix("\r")


def _saved(data: bytes, target: Path) -> Path:
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(target)
    except OSError as error:
        where = error.filename or target
        raise Refused(f"{where} can't be written: {error.strerror}.") from error
    return target
