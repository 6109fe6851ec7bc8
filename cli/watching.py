"""An export watched with a bar, and its files fetched with one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli import output
from cli.bars import Bar, NoBar, bar
from cli.client import Api
from cli.exits import Code, Refused
from cli.fetching import fetch, look_at
from cli.following import watch

WAYBILL = ".waybill.json"


def watch_export(api: Api, export_id: str, *, quiet: bool) -> dict[str, Any]:
    with shown_bar(quiet=quiet) as shown:
        return watch(api, export_id, shown)


def fetch_files(
    api: Api, export: dict[str, Any], out: Path | None, *, name: str | None = None, quiet: bool
) -> list[Path]:
    """The files and their waybills, and where they are now. `out` is a file's path when there is
    one file, else a folder; None is the present folder."""
    files = files_named(export, name)
    saved: list[Path] = []
    for file in files:
        saved += _fetch_file(api, export["id"], file, out, alone=len(files) == 1, quiet=quiet)
    return saved


def files_named(export: dict[str, Any], name: str | None) -> list[dict[str, Any]]:
    """All of them without a name. Raises `Refused` when there is none."""
    files = [file for file in export["files"] if name in (None, file["name"])]
    if not files:
        known = ", ".join(file["name"] for file in export["files"])
        raise Refused(f"The export has no file {name}; it has {known}.", Code.NOT_FOUND)
    return files


def fetch_bundle(api: Api, export: dict[str, Any], out: Path | None, *, quiet: bool) -> Path:
    """All files and their waybills in one zip. `out` is its path, or a folder."""
    remote = look_at(api, f"/v1/exports/{export['id']}/bundle")
    with shown_bar(quiet=quiet) as shown:
        return fetch(api, remote, target_of(out, remote.name, alone=True), shown)


def target_of(out: Path | None, name: str, *, alone: bool) -> Path:
    """`out` is the file's path when it is `alone`, else a folder; None is the present folder."""
    if out is None:
        return Path(name)
    return out if alone and not out.is_dir() else out / name


def check_place(out: Path, *, files: int) -> None:
    """Before rows are read: whether the files can lie there. Raises `Refused`."""
    if files > 1 and out.suffix and not out.is_dir():
        raise Refused(f"{out} would be one file, and there are {files}: name a folder.", Code.USAGE)
    nearest = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not os.access(nearest, os.W_OK) or (nearest != out and not nearest.is_dir()):
        raise Refused(f"{out} can't be written: {nearest} doesn't allow it.", Code.USAGE)


def _fetch_file(
    api: Api, export_id: str, file: dict[str, Any], out: Path | None, *, alone: bool, quiet: bool
) -> list[Path]:
    path = f"/v1/exports/{export_id}/files/{file['name']}"
    remote = look_at(api, path)
    target = target_of(out, remote.name, alone=alone)
    with shown_bar(quiet=quiet) as shown:
        saved = [fetch(api, remote, target, shown)]
    beside = target.with_name(target.name + WAYBILL)
    saved.append(fetch(api, look_at(api, f"{path}/waybill"), beside))
    if file["rejected"]:
        rejected = target.with_name(f"{target.name}.rejections.ndjson")
        saved.append(fetch(api, look_at(api, f"{path}/rejections"), rejected))
    return saved


@contextmanager
def shown_bar(*, quiet: bool) -> Iterator[Bar]:
    if quiet:
        yield NoBar()
        return
    with bar(output.side_console()) as shown:
        yield shown
