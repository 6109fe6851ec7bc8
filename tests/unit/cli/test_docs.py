"""The documents name what there is: every setting, every command, every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from cli.exits import Code
from cli.main import app
from infra.settings import Settings

ROOT = Path(__file__).parents[3]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def commands() -> set[str]:
    found = typer.main.get_command(app).commands  # type: ignore[attr-defined] # it is a group
    inside = {
        f"{name} {each}" for name, group in found.items() for each in getattr(group, "commands", {})
    }
    return {*found, *inside}


def test_every_setting_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| (`WAYBILL_.*?) \|", read("docs/configuration.md"), re.MULTILINE)
    told = set(re.findall(r"WAYBILL_[A-Z0-9_]+", " ".join(rows)))
    ours = {f"WAYBILL_{name.upper()}" for name in Settings.model_fields}
    assert told == ours | {"WAYBILL_URL", "WAYBILL_API_KEY"}


@pytest.mark.parametrize(
    ("name", "default"),
    [(n, f.default) for n, f in Settings.model_fields.items() if type(f.default) in (int, float)],
)
def test_a_number_in_the_document_is_the_default(name: str, default: float) -> None:
    row = re.search(
        rf"^\| `WAYBILL_{name.upper()}` \| `(.*?)` \|", read("docs/configuration.md"), re.MULTILINE
    )
    assert row is not None
    assert float(row[1]) == default


def test_every_command_is_documented() -> None:
    text = read("docs/cli.md")
    told = {name for name in commands() if re.search(rf"`(waybill )?{name}\b", text)}
    steering = {f"exports {act}" for act in ("cancel", "pause", "resume", "retry")}
    assert told | steering == commands()
    assert all(f"`{name.split()[1]}`" in text for name in steering)


def test_every_exit_code_is_documented() -> None:
    told = re.findall(r"^\| (\d+) \|", read("docs/cli.md"), re.MULTILINE)
    assert [int(code) for code in told] == sorted(Code)


def test_every_command_that_the_documents_name_exists() -> None:
    text = "\n".join(path.read_text() for path in DOCS)
    named = set(re.findall(r"(?:^|[`&$] ?)waybill ([a-z-]+)", text, re.MULTILINE))
    assert named <= {name.split()[0] for name in commands()}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_a_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []
