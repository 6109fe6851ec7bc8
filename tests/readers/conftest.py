"""The files, made once a run, and the readers' Python."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installations import embedded, start_all
from tests.readers.asked import Asked, asked, declaration, load
from tests.readers.reports import exported_report
from tests.readers.workbooks import exported_workbooks
from tests.servers import fresh_database
from tests.stacks import Client, running


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the files; READERS_OUT keeps it."""
    if out := os.environ.get("READERS_OUT"):
        Path(out).mkdir(parents=True, exist_ok=True)
        return Path(out).absolute()
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def client(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A whole Waybill over the orders and the nasty values."""
    home = tmp_path_factory.mktemp("embedded")
    with fresh_database(postgres_url) as url:
        load(url)
        stack = embedded(request, home, url)
        (home / "datasets" / "nasty.yaml").write_text(declaration())
        with running(stack, start_all) as found:
            yield found


@pytest.fixture(scope="session")
def files(client: Client, kept: Path) -> dict[str, Asked]:
    """By the dataset's name."""
    return {each.name: each for each in asked(client, kept)}


@pytest.fixture(scope="session")
def report(client: Client, kept: Path) -> Path:
    """A PDF with groups, totals, charts, an outline, links and a logo."""
    return exported_report(client, kept)


@pytest.fixture(scope="session")
def workbooks(client: Client, kept: Path) -> dict[str, Path]:
    """By what they show."""
    return exported_workbooks(client, kept)
