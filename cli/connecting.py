"""The options by which commands name their server, and the connection that these give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cli.client import Api

Url = Annotated[
    str | None,
    typer.Option(help="The server's address; WAYBILL_URL, or what `login` saved.", metavar="URL"),
]
Key = Annotated[
    str | None,
    typer.Option(help="The API key; rather WAYBILL_API_KEY or `login`.", metavar="KEY"),
]


def connect(url: str | None, key: str | None) -> Api:
    """Raises `Refused` when there is no key."""
    from cli.client import Api
    from cli.profile import find_login, need_key

    login = need_key(find_login(url, key))
    return Api(login.url, login.key)
