"""Missing programs are fetched by root, and named to everybody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.dev import debian
from infra.dev.debian import require_files, require_programs
from infra.dev.processes import ServerFailed


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but what the test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "_MANUALS", tmp_path / "man1")
    return tmp_path


def _program(folder: Path, name: str, script: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_program_that_is_there_is_enough(path: Path) -> None:
    _program(path, "java")
    require_programs({"java": "default-jre-headless"})


def test_a_user_is_told_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    _program(path, "apt-get")
    with pytest.raises(ServerFailed, match=r"Not found.*java, mvn.*install jre maven"):
        require_programs({"java": "jre", "mvn": "maven"})


def test_a_file_is_asked_for_in_the_same_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (path / "here.ttf").touch()
    require_files({path / "here.ttf": "fonts-here"})
    with pytest.raises(ServerFailed, match=r"Not found: .*there\.ttf.*install fonts-there"):
        require_files({path / "here.ttf": "fonts-here", path / "there.ttf": "fonts-there"})


def test_root_without_apt_is_told_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ServerFailed, match="Not found"):
        require_programs({"java": "jre"})


def test_root_installs_only_what_is_missing(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _program(path, "java")
    _program(path, "apt-get", f'echo "$@" >> {path}/calls')
    require_programs({"java": "jre", "mvn": "maven"})
    assert (path / "calls").read_text().splitlines() == [
        "update",
        "install --yes --no-install-recommends maven",
    ]
    assert "Installing maven" in capsys.readouterr().out


def test_an_apt_that_fails_is_quoted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _program(path, "apt-get", "echo no such mirror >&2; exit 100")
    with pytest.raises(ServerFailed, match=r"(?s)apt-get update failed.*no such mirror"):
        require_programs({"java": "jre"})
