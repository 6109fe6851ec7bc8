"""`waybill datasets`: what can be exported, and a first declaration of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connecting import Key, Url, connect
from cli.output import Json

if TYPE_CHECKING:
    from infra.settings import Settings

_SHOWN = 4  # names of fields

group = typer.Typer(help="List datasets, show one, declare one.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    group.callback()(list_datasets)
    group.command("show")(show)
    group.command("preview")(preview)
    group.command("describe")(describe)
    app.add_typer(group, name="datasets", rich_help_panel="Exports")


def list_datasets(
    context: typer.Context, url: Url = None, key: Key = None, json: Json = False
) -> None:
    """List what can be exported."""
    if context.invoked_subcommand is not None:
        return
    from cli import output

    found = connect(url, key).get("/v1/datasets")["items"]
    if json:
        output.lines(found)
    else:
        output.table(
            ("ID", "LABEL", "DESCRIPTION"),
            [(each["id"], each["label"], each["description"]) for each in found],
        )


def show(
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show a dataset's fields."""
    from urllib.parse import quote

    from cli import output, wording

    found = connect(url, key).get(f"/v1/datasets/{quote(dataset, safe='')}")
    if json:
        output.document(found)
        return
    output.facts([("Dataset", f"{found['id']} ({found['label']})"), ("", found["description"])])
    output.say("")
    output.table(
        ("FIELD", "TYPE", "LABEL", "PERSONAL", "MASK"),
        [
            (each["name"], each["type"], each["label"], each["pii"] or "", wording.mask(each))
            for each in found["fields"]
        ],
    )
    if found["relations"]:
        output.say("")
        output.table(
            ("RELATION", "DATASET", "ROWS", "TO NEST"),
            [
                (each["name"], each["dataset"], "many" if each["many"] else "one", _nesting(each))
                for each in found["relations"]
            ],
        )


def _nesting(relation: dict[str, Any]) -> str:
    """What `--fields` takes of it."""
    names = [field["name"] for field in relation["fields"]]
    more = ",..." if len(names) > _SHOWN else ""
    return f"{relation['name']}({','.join(names[:_SHOWN])}{more})"


def preview(
    dataset: Annotated[str, typer.Argument(help="The dataset's id.")],
    rows: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    format_: Annotated[
        str | None, typer.Option("--format", help="The file made of them: csv, xlsx, pdf, …")
    ] = None,
    option: Annotated[list[str], typer.Option(help="The format's option: delimiter=;")] = [],  # noqa: B006 - typer copies it
    fields: Annotated[str | None, typer.Option(help="In this order: id,dep_delay=Delay.")] = None,
    filter_: Annotated[str | None, typer.Option("--filter", help="JSON or @file.")] = None,
    order: Annotated[list[str], typer.Option(help="field or field:desc; repeatable.")] = [],  # noqa: B006 - typer copies it
    split: Annotated[str | None, typer.Option(help="by=FIELD, rows=N or bytes=N.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file; the server's name when left out.")
    ] = None,
    url: Url = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Look at the first rows, or with --format at the file that an export would make of them."""
    from urllib.parse import quote

    from cli.asking import chosen_filter, chosen_formats, chosen_order, chosen_split
    from cli.fields import chosen_fields
    from cli.previewing import save_preview, tell_rows

    asked = {
        "rows": rows,
        "fields": chosen_fields(fields),
        "filter": chosen_filter(filter_),
        "order": chosen_order(order),
    }
    path = f"/v1/datasets/{quote(dataset, safe='')}/preview"
    body = {name: value for name, value in asked.items() if value is not None}
    api = connect(url, key)
    if format_ is None:
        tell_rows(api.post(path, body), json=json)
        return
    [chosen] = chosen_split(split, chosen_formats([format_.partition(",")[0]], option))
    save_preview(api.post_for_bytes(path, {**body, "format": chosen}), out, json=json)


def describe(
    table: Annotated[str, typer.Argument(help="A table or view, schema.table if needed.")],
    source: Annotated[
        str | None, typer.Option(help="A declared source; left out, Waybill's own database.")
    ] = None,
) -> None:
    """Write a table's first declaration, to be put into datasets.yaml and edited."""
    from cli.installing import read_settings, running_database
    from cli.output import say
    from cli.refusals import refusals
    from infra.catalog import describe as described

    settings = read_settings()
    with running_database(settings) as url, refusals():
        say(described(_dsn(settings, url, source), table).rstrip("\n"))


def _dsn(settings: Settings, url: str, source: str | None) -> str:
    from cli.exits import Code, Refused
    from infra.installation import open_catalog

    if source is None:
        return url
    sources = open_catalog(settings, url).sources
    if source not in sources:
        known = ", ".join(sources) or "none"
        raise Refused(f"There is no source {source}; declared are: {known}.", Code.NOT_FOUND)
    return sources[source].dsn
