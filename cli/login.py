"""`waybill login`: remembers a server and the key for it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.connecting import Key, Url


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Exports")(login)


def login(
    url: Url = None,
    key: Key = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Make a new admin key, in the database that the settings name."),
    ] = False,
) -> None:
    """Save a server's address and a key for it, after trying both."""
    from cli.client import Api
    from cli.output import say
    from cli.profile import Login, credentials_path, find_login, save_login

    found = find_login(url, key)
    secret = _new_key() if new else key or found.key or typer.prompt("API key", hide_input=True)
    tried = Login(url=found.url, key=secret)
    if new:
        say(f"The new admin key, shown this once: {secret}")
    me = Api(tried.url, secret).get("/v1/me")
    path = credentials_path()
    save_login(tried, path)
    say(f"{tried.url}: {me['key']['label']}, may {', '.join(me['key']['scopes'])}.")
    say(f"Saved in {path}.")


def _new_key() -> str:
    """For whoever has lost the first one: who can use the database may make keys."""
    from cli.installing import WORKSPACE, installed, read_settings
    from domain.access import Scope

    with installed(read_settings()) as installation:
        made = installation.recorded_keys.create(
            None, WORKSPACE, "made by waybill login", Scope, None
        )
        return made.secret
