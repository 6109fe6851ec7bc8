"""`waybill kafka-acls` prints what an administrator has to run, for every public topic."""

from __future__ import annotations

import shlex

import pytest
from typer.testing import CliRunner

from cli.exits import Code, Refused
from cli.main import app
from domain.streams import Kind
from infra.streams.kafka.topics import TOPICS
from schemas.topics import topic_of


def printed(*arguments: str) -> list[list[str]]:
    result = CliRunner().invoke(app, ["kafka-acls", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return [shlex.split(line) for line in result.stdout.splitlines()]


def named(lines: list[list[str]], option: str) -> list[str]:
    return [line[line.index(option) + 1] for line in lines if option in line]


def test_a_subscriber_may_read_the_public_topics_and_its_own_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYBILL_KAFKA_PREFIX", "here.")
    lines = printed("partner")
    assert named(lines, "--topic") == [f"here.{topic_of(kind)}" for kind in Kind]
    assert named(lines, "--group") == ["partner."]
    operations = {word for line in lines for word in line if word in ("Write", "Create", "Read")}
    assert operations == {"Read"}
    assert all(line[line.index("--allow-principal") + 1] == "User:partner" for line in lines)


def test_the_service_may_use_all_topics_and_groups_that_are_its_own() -> None:
    lines = printed("--service", "waybill")
    (beginning,) = named(lines, "--topic")
    assert all(topic.name.startswith(beginning) for topic in TOPICS)
    assert {line[-1] for line in lines} == {"prefixed"}


def test_somebody_must_be_named() -> None:
    with pytest.raises(Refused) as refused:
        printed()
    assert refused.value.code is Code.USAGE
