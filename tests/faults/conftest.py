"""The world that the scenarios share, and how many of them run.

`--faults=quick` (in `make test`) takes each scenario once; `--faults=full` (`make faults`) takes
those marked `full` too, FAULTS_ROUNDS times, and prints what became of each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.worlds import World, open_world
from tests.installations import TRANSPORTS, files_on_s3

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "1"))


@pytest.fixture(scope="session", params=TRANSPORTS)
def shared_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One installation for all scenarios. When the last is over, no object is left that nothing
    will read."""
    transport, _, on_s3 = request.param.partition("-on-")
    env = files_on_s3(request.getfixturevalue("s3_address")) if on_s3 else {}
    home = tmp_path_factory.mktemp(request.param)
    with open_world(transport, request, home, env=env) as world:
        yield world
        world.calm()
        world.assert_swept()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The shared world, whole again for the next scenario."""
    shared_world.renderings()  # counts from here
    yield shared_world
    shared_world.calm()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if ROUNDS > 1:
        metafunc.fixturenames.append("round_")
        metafunc.parametrize("round_", range(1, ROUNDS + 1))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    full, root = config.getoption("faults") == "full", os.geteuid() == 0
    left_out = [
        item
        for item in items
        if (item.get_closest_marker("full") and not full)
        or (item.get_closest_marker("root") and not root)
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.config.getoption("faults") != "full":
        return
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "tests/faults/" in report.nodeid
    ]
    terminalreporter.section("faults")
    for report in sorted(reports, key=lambda each: each.nodeid):
        name = report.nodeid.rpartition("::")[2]
        scenario, _, variant = name.removeprefix("test_").partition("[")
        told = f"{scenario.replace('_', ' ')[:76]:76} {variant.rstrip(']')[:34]:34}"
        terminalreporter.write_line(f"{told} {report.outcome} {report.duration:6.1f} s")
