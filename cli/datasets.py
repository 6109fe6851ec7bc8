"""`waybill datasets`: what can be exported, and a first declaration of it."""

from __future__ import annotations

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
