"""Containers are an option; without a word about it, the programs of this machine serve."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.dev.choice import server_name
from infra.dev.processes import ServerFailed


@pytest.mark.parametrize(("chosen", "name"), [("native", "s3"), ("docker", "s3-container")])
def test_the_setting_decides(monkeypatch: pytest.MonkeyPatch, chosen: str, name: str) -> None:
    monkeypatch.setenv("WAYBILL_TEST_SERVERS", chosen)
    assert server_name("s3") == name


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYBILL_TEST_SERVERS", "podman")
    with pytest.raises(ServerFailed, match="'podman'"):
        server_name("s3")


def _docker(folder: Path, script: str) -> None:
    (folder / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "docker").chmod(0o755)


@pytest.mark.parametrize(
    ("docker", "java", "name"),
    [
        ("exit 0", False, "kafka-container"),
        ("exit 1", False, "kafka"),  # a client without an engine
        (None, False, "kafka"),
        ("exit 0", True, "kafka"),
    ],
)
def test_kafka_comes_from_a_container_only_where_java_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, docker: str | None, java: bool, name: str
) -> None:
    monkeypatch.delenv("WAYBILL_TEST_SERVERS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    if docker:
        _docker(tmp_path, docker)
    if java:
        shutil.copy("/bin/true", tmp_path / "java")
    assert server_name("kafka") == name
    assert server_name("postgres") == "postgres"
