"""`waybill export`: ask for an export, watch it, fetch its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connecting import Key, Url
from cli.output import Json

if TYPE_CHECKING:
    from cli.client import Api

_DOCS = "docs/filters.md"
_MASKS = "docs/masks.md"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(export)


def export(
    dataset: Annotated[
        str, typer.Argument(help="The dataset's id; `waybill datasets` lists them.")
    ],
    formats: Annotated[
        list[str],
        typer.Option(
            "--format",
            help="csv, ndjson, json (.gz or .zst if compressed), xlsx, pdf, parquet or arrow; "
            "repeatable.",
        ),
    ] = ["csv"],  # noqa: B006 - typer copies it
    fields: Annotated[
        str | None,
        typer.Option(
            help="In this order: id,dep_delay=Delay,weather(temp,wind_speed); or JSON, or @file."
        ),
    ] = None,
    mask: Annotated[
        list[str],
        typer.Option(
            help="email=token, email=mask:first=1,last=2, born=generalise:to=year, items.sku=null "
            f"({_MASKS}); repeatable."
        ),
    ] = [],  # noqa: B006 - typer copies it
    filter_: Annotated[
        str | None, typer.Option("--filter", help=f"JSON or @file ({_DOCS}).")
    ] = None,
    order: Annotated[list[str], typer.Option(help="field or field:desc; repeatable.")] = [],  # noqa: B006 - typer copies it
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    option: Annotated[
        list[str], typer.Option(help="A format's option: delimiter=; or csv.bom=true; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    split: Annotated[
        str | None,
        typer.Option(help="Several files in one zip: by=FIELD, rows=NUMBER or bytes=NUMBER."),
    ] = None,
    sheet: Annotated[
        list[str],
        typer.Option(
            help="A further dataset on a sheet of its own in the workbook: its id, or JSON, or "
            "@file (docs/excel.md); repeatable."
        ),
    ] = [],  # noqa: B006 - typer copies it
    purpose: Annotated[str | None, typer.Option(help="Why; kept encrypted.")] = None,
    priority: Annotated[str | None, typer.Option(help="low, normal or high.")] = None,
    retention_days: Annotated[int | None, typer.Option(min=1, help="Days that files stay.")] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key and request twice make one export.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show its progress until it ends.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Watch, then fetch the file here (or files, to a folder)."
        ),
    ] = None,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Export a dataset. Without --watch or --out it is only requested."""
    from cli.asking import (
        chosen_filter,
        chosen_formats,
        chosen_order,
        chosen_sheets,
        chosen_split,
    )
    from cli.connecting import connect
    from cli.fields import chosen_fields
    from cli.watching import check_place

    body = {
        "dataset": dataset,
        "formats": chosen_split(split, chosen_formats(formats, option)),
        "fields": chosen_fields(fields, mask),
        "filter": chosen_filter(filter_),
        "order": chosen_order(order),
        "limit": limit,
        "sheets": chosen_sheets(sheet) or None,
        "purpose": purpose,
        "priority": priority,
        "retention_days": retention_days,
    }
    if out is not None:
        check_place(out, files=len(body["formats"]))
    api = connect(url, key)
    asked = api.post(
        "/v1/exports",
        {name: value for name, value in body.items() if value is not None},
        {"Idempotency-Key": idempotency_key} if idempotency_key is not None else None,
    )
    if watch or out:
        see_through(api, asked["id"], out, json=json)
    else:
        _requested(asked, json=json)


def see_through(api: Api, export_id: str, out: Path | None, *, json: bool) -> None:
    """Watches, fetches, tells; refuses when it didn't come to a whole file."""
    from cli import output
    from cli.ending import check_ended, tell_ended
    from cli.exits import Code, Refused
    from cli.watching import fetch_files, watch_export

    try:
        ended = watch_export(api, export_id, quiet=json)
        saved = fetch_files(api, ended, out, quiet=json) if out and _ready(ended) else []
    except Refused as refused:
        again = f"Fetch it once more:  waybill download {export_id}"
        raise Refused(f"{refused}\n{again}", refused.code) from refused
    except KeyboardInterrupt:
        raise Refused(
            f"\nThe export goes on. Follow it:  waybill exports show {export_id} --watch\n"
            f"Cancel it:  waybill exports cancel {export_id}",
            Code.INTERRUPTED,
        ) from None
    if json:
        output.document({**ended, "saved": [str(path) for path in saved]})
    else:
        tell_ended(ended, saved)
    check_ended(ended)


def _ready(export: dict[str, Any]) -> bool:
    from domain.exports.state import READY

    return export["status"] in READY


def _requested(asked: dict[str, Any], *, json: bool) -> None:
    from cli import output

    if json:
        output.document(asked)
        return
    output.say(f"Export {asked['id']} is {asked['status']}.")
    output.say(f"Watch it:  waybill exports show {asked['id']} --watch")
    output.say(f"Fetch it:  waybill download {asked['id']}")
