"""`waybill demo`: real data, a real export over HTTP, a file that is checked; then it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import Json
from cli.roles import Port
from cli.up import DataDir

if TYPE_CHECKING:
    from cli.bars import Bar
    from cli.together import Running
    from infra.installation import Installation

DATASET = "flights"
_FILE, _WAYBILL = "flights.csv", "flights.waybill.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """`rows` and `sha256` are those of the file, as its checked waybill says; None when the file
    is of an earlier run."""

    file: Path
    waybill: Path
    rows: int | None = None
    sha256: str | None = None


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    orders: Annotated[
        int | None,
        typer.Option(min=1, max=100_000_000, help="Make so many orders; 10,000 the first time."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(envvar="DEMO_OUT", help="Where the file goes; else into the data directory."),
    ] = None,
    port: Port = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Load the demo's data, export all flights, check the file against its waybill, end."""
    from cli import output
    from cli.installing import log_for_people, read_settings
    from cli.stopping import interrupt_on_sigterm
    from cli.together import running
    from cli.up import key_place, tell_first_key
    from infra.demo import write_datasets

    interrupt_on_sigterm()
    settings = read_settings(port=port or 0, data_dir=data_dir)
    log_for_people(settings)
    write_datasets(settings)

    def prepare(installation: Installation) -> None:
        if not json:
            tell_first_key(installation)
        load(installation, orders)

    with running(settings, prepare) as serving:
        exported = export_flights(serving, out or _folder(serving))
    if json:
        output.document(
            {
                "file": str(exported.file),
                "waybill": str(exported.waybill),
                "rows": exported.rows,
                "sha256": exported.sha256,
            }
        )
    else:
        url = f"{serving.settings.url}, while the demo ran; `waybill up` serves its data again"
        key = key_place(serving.settings)
        output.facts([*demo_facts(exported), ("URL", url), ("Key", key)])


def load(installation: Installation, orders: int | None) -> None:
    """Loads what isn't there yet. Raises `Refused`."""
    from cli.bars import bar
    from cli.output import console
    from cli.refusals import refusals
    from infra.demo import load_flights, load_orders

    with refusals(), bar(console()) as shown:
        load_flights(installation.pool, _showing(shown))
    with refusals(), bar(console()) as shown:
        load_orders(installation.pool, orders, _showing(shown))


def first_export(serving: Running) -> Exported:
    """Of the first run; later ones find it."""
    folder = _folder(serving)
    found = Exported(file=folder / _FILE, waybill=folder / _WAYBILL)
    if found.file.exists() and found.waybill.exists():
        return found
    return export_flights(serving, folder)


def export_flights(serving: Running, folder: Path) -> Exported:
    """All of them, as anybody would over HTTP; what arrived is checked. Raises `Refused`."""
    from cli.bars import bar
    from cli.client import Api
    from cli.ending import check_ended
    from cli.fetching import fetch, look_at
    from cli.following import watch
    from cli.output import console

    _check_declared(serving.installation)
    with _key(serving.installation) as secret:
        api = Api(serving.here, secret)
        asked = api.post(
            "/v1/exports",
            {"dataset": DATASET, "formats": ["csv"], "purpose": "A first look at Waybill"},
        )
        with bar(console()) as shown:
            export = watch(api, asked["id"], shown)
        check_ended(export)
        path = f"/v1/exports/{asked['id']}/files/csv"
        file = fetch(api, look_at(api, path), folder / _FILE)
        waybill = fetch(api, look_at(api, f"{path}/waybill"), folder / _WAYBILL)
    return _checked(serving, file, waybill, export["files"][0])


def demo_facts(exported: Exported) -> list[tuple[str, str]]:
    from cli.wording import count

    checked = f" ({count(exported.rows)} rows, checked)" if exported.rows is not None else ""
    return [("File", f"{exported.file}{checked}"), ("Waybill", str(exported.waybill))]


def _checked(serving: Running, file: Path, waybill: Path, said: dict[str, Any]) -> Exported:
    from cli.exits import Refused
    from infra.verification import verify

    verdict = verify(file, waybill, serving.installation.signing.public)
    if not verdict.ok:
        wrong = "; ".join(f"{c.name}: {c.detail}" for c in verdict.checks if c.ok is False)
        raise Refused(f"{file} is not what its waybill says: {wrong}")
    return Exported(file=file, waybill=waybill, rows=said["rows"], sha256=said["sha256"])


@contextmanager
def _key(installation: Installation) -> Iterator[str]:
    """A key for this moment: the first admin key's secret isn't kept everywhere."""
    from cli.installing import WORKSPACE
    from domain.access import Scope
    from infra.installation import now

    keys = installation.recorded_keys
    scopes = [scope for scope in Scope if scope is not Scope.ADMIN]
    made = keys.create(None, WORKSPACE, "the demo", scopes, now() + timedelta(hours=12))
    try:
        yield made.secret
    finally:
        keys.revoke(None, WORKSPACE, made.key.id)


def _check_declared(installation: Installation) -> None:
    from cli.exits import Code, Refused

    if DATASET not in installation.catalog.datasets:
        raise Refused(
            f"{installation.settings.datasets_path} declares no dataset `{DATASET}`, so there is "
            "nothing to show. Use a data directory of its own: --data-dir.",
            Code.NOT_FOUND,
        )


def _showing(shown: Bar) -> Callable[[float, str], None]:
    return lambda share, what: shown.to(share, "loading", what)


def _folder(serving: Running) -> Path:
    return serving.settings.data_dir / "demo"
