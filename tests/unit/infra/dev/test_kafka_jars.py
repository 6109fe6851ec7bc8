"""Kafka's jars come once, all or nothing. A script stands in for Maven here."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.dev.kafka_jars import VERSION, kafka_jars
from infra.dev.processes import ServerFailed

_MAVEN = """#!/bin/sh
for word; do case $word in -DoutputDirectory=*) out=${word#-DoutputDirectory=};; esac; done
grep -q kafka_2.13 "$5" || exit 1
/bin/mkdir "$out" && echo jar > "$out/kafka.jar" && echo called >> CALLS
"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH whose `mvn` writes one jar and counts its calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    _install(folder, "java", "#!/bin/sh\n")
    _install(folder, "mvn", _MAVEN.replace("CALLS", str(tmp_path / "calls")))
    return folder


def _install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


@pytest.mark.usefixtures("maven")
def test_the_second_time_they_are_there(tmp_path: Path) -> None:
    jars = kafka_jars(tmp_path / "cache")
    assert jars == kafka_jars(tmp_path / "cache")
    assert [path.name for path in jars.iterdir()] == ["kafka.jar"]
    assert (tmp_path / "calls").read_text() == "called\n"


@pytest.mark.usefixtures("maven")
def test_they_lie_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kafka_jars() == tmp_path / "waybill" / f"kafka-{VERSION}"


def test_a_maven_that_fails_leaves_nothing_and_is_quoted(maven: Path, tmp_path: Path) -> None:
    _install(maven, "mvn", "#!/bin/sh\necho no network\nexit 1\n")
    with pytest.raises(ServerFailed, match=r"(?s)can't resolve Kafka.*no network"):
        kafka_jars(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("kafka-*"))
