"""`waybill exports`: what was asked for, how it stands, and steering it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.connecting import Key, Url, connect
from cli.output import Json

if TYPE_CHECKING:
    from cli.client import Api

ExportId = Annotated[
    str, typer.Argument(metavar="ID", help="The export's id, or the first 4 characters or more.")
]
_PAGE = 200

group = typer.Typer(help="List exports, show one, steer it.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    group.callback()(list_exports)
    group.command("show")(show)
    for act, what in _ACTS.items():
        group.command(act, help=what)(_steering(act))
    app.add_typer(group, name="exports", rich_help_panel="Exports")


_ACTS = {
    "cancel": "End an export that runs.",
    "pause": "Have an export wait; what is done is kept.",
    "resume": "Let a paused export go on.",
    "retry": "Run a failed or cancelled export again; only what is missing is done.",
}


def list_exports(
    context: typer.Context,
    status: Annotated[list[str], typer.Option(help="Only these; repeatable.")] = [],  # noqa: B006
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    q: Annotated[str | None, typer.Option("--search", help="Words, or an id's start.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List exports."""
    if context.invoked_subcommand is not None:
        return
    from cli import output

    api = connect(url, key)
    found = _pages(api, limit, {"status": status or None, "dataset": dataset, "q": q})
    if json:
        output.lines(found)
    else:
        output.table(
            ("ID", "STATUS", "DATASET", "DONE", "ROWS", "SIZE", "REQUESTED"),
            [_row(export) for export in found],
            right=("DONE", "ROWS", "SIZE"),
        )


def show(
    export_id: ExportId,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show its progress until it ends.")
    ] = False,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show an export."""
    api = connect(url, key)
    found = find(api, export_id)
    if watch:
        from cli.export import see_through

        see_through(api, found["id"], None, json=json)
    else:
        _tell(found, json=json)


def find(api: Api, text: str) -> dict[str, Any]:
    """The export of this id, or the only one whose id begins so. Raises `Refused`."""
    from cli.exits import Code, Refused

    try:
        export_id = str(UUID(text))
    except ValueError:
        items = api.get("/v1/exports", q=text, limit=_PAGE)["items"]
        ids = [item["id"] for item in items if item["id"].startswith(text.lower())]
        if len(ids) != 1:
            how_many = "No export's id begins" if not ids else f"{len(ids)} exports' ids begin"
            raise Refused(f"{how_many} with {text!r}.", Code.NOT_FOUND) from None
        export_id = ids[0]
    found: dict[str, Any] = api.get(f"/v1/exports/{export_id}")
    return found


def _steering(act: str) -> Any:
    def command(export_id: ExportId, url: Url = None, key: Key = None, json: Json = False) -> None:
        api = connect(url, key)
        found = find(api, export_id)
        _tell(api.post(f"/v1/exports/{found['id']}/{act}"), json=json, briefly=True)

    return command


def _pages(api: Api, limit: int, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = {name: value for name, value in wanted.items() if value is not None}
    while len(found) < limit:
        page = api.get("/v1/exports", **asked, limit=min(_PAGE, limit - len(found)))
        found += page["items"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    return found


def _row(export: dict[str, Any]) -> tuple[str, ...]:
    from cli import wording

    progress = export["progress"]
    fraction = progress["fraction"]
    return (
        export["id"],
        export["status"],
        export["dataset"],
        "-" if fraction is None else wording.share(fraction),
        wording.count(progress["rows"]),
        wording.size(progress["bytes_written"]),
        wording.moment(export["requested_at"]),
    )


def _tell(export: dict[str, Any], *, json: bool, briefly: bool = False) -> None:
    from cli import output
    from cli.describing import export_facts

    if json:
        output.document(export)
    elif briefly:
        output.say(f"Export {export['id']} is {export['status']}.")
    else:
        output.facts(export_facts(export))
