"""docker-compose.yml and Dockerfile, as far as they can be checked without a Docker engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.dev import containers
from infra.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]


def _waybill_settings(service: str) -> dict[str, str]:
    environment = SERVICES[service]["environment"]
    return {name: text for name, text in environment.items() if name.startswith("WAYBILL_")}


def test_every_role_has_a_service() -> None:
    assert OURS == ["migrate", "api", "relay", "worker"]
    assert [SERVICES[name]["command"] for name in OURS] == [[name] for name in OURS]
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_what_there_is_to_set(name: str) -> None:
    known = {f"WAYBILL_{field}".upper() for field in Settings.model_fields}
    assert set(_waybill_settings(name)) <= known


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_a_service_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, text in _waybill_settings(name).items():
        assert isinstance(text, str), f"{variable} needs quotes"
        monkeypatch.setenv(variable, _filled_in(text))
    settings = Settings()
    assert settings.transport == "kafka"
    assert settings.s3_secure is False


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        match wait["condition"]:
            case "service_healthy":
                assert "healthcheck" in SERVICES[other]
            case "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no"
            case condition:
                pytest.fail(f"{name} waits for {other} in a way of its own: {condition}")


@pytest.mark.parametrize("name", SERVICES)
def test_a_volume_is_declared(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        volume, path = mount.split(":")
        assert volume in COMPOSE["volumes"]
        assert path.startswith("/")


@pytest.mark.parametrize("name", SERVICES)
def test_hosts_in_settings_are_services(name: str) -> None:
    text = " ".join(_filled_in(str(value)) for value in SERVICES[name]["environment"].values())
    hosts = re.findall(r"(?:@|\b(?=[a-z]+:\d{4}))([a-z0-9]+):\d{4}", text)
    assert set(hosts) <= {*SERVICES, "localhost"}


def test_no_password_is_written_down() -> None:
    secret = re.compile(r"(PASSWORD|SECRET\w*): (.*)")
    assert all(value.startswith("${") for _, value in secret.findall(TEXT))


def test_only_the_loopback_is_published() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8210:8210"]


def test_tests_in_containers_use_the_same_images() -> None:
    assert SERVICES["kafka"]["image"] == containers.KAFKA_IMAGE
    assert SERVICES["postgres"]["image"] == containers.POSTGRES_IMAGE
    assert SERVICES["s3"]["image"] == containers.S3_IMAGE


def test_the_image_is_made_of_files_that_exist_and_are_let_in() -> None:
    let_in = {line[1:] for line in _lines(".dockerignore") if line.startswith("!")}
    copies = [line.split()[1:-1] for line in _lines("Dockerfile") if line.startswith("COPY ")]
    ours = {path for sources in copies for path in sources if not sources[0].startswith("--")}
    assert ours == let_in
    assert all((ROOT / path).exists() for path in ours)


def test_the_image_holds_every_package_of_ours_and_does_not_run_as_root() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    text = (ROOT / "Dockerfile").read_text()
    assert {line.split()[1] for line in _lines("Dockerfile") if _is_package(line)} == packages
    assert text.rindex("USER 10001") > text.rindex("FROM ")


def _is_package(line: str) -> bool:
    return line.startswith("COPY ") and (ROOT / line.split()[1] / "__init__.py").exists()


def _lines(name: str) -> list[str]:
    return (ROOT / name).read_text().splitlines()


def _filled_in(text: str) -> str:
    return re.sub(r"\$\{\w+:\?[^}]*\}", "secret", text)
