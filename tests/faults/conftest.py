"""The world that the scenarios share, and how many of them run.

`--faults=quick` (in `make test`) takes each scenario once; `--faults=full` (`make faults`) takes
those marked `full` too, FAULTS_ROUNDS times, and prints what became of each. After Ctrl-C all that
was started is ended, and nothing is asked of it any more."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.worlds import World, open_world
from tests.installations import TRANSPORTS, files_on_s3

_ONLY_ROOT = pytest.StashKey[list[pytest.Item]]()
ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "1"))


@pytest.fixture(scope="package", params=TRANSPORTS)
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
        if not _interrupted(request):
            world.calm()
            world.assert_swept()


@pytest.fixture
def world(request: pytest.FixtureRequest, shared_world: World) -> Iterator[World]:
    """The shared world, whole again for the next scenario."""
    shared_world.renderings()  # counts from here
    yield shared_world
    if not _interrupted(request):
        shared_world.calm()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if ROUNDS > 1:
        metafunc.fixturenames.append("round_")
        metafunc.parametrize("round_", range(1, ROUNDS + 1), ids="round{}".format)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    full, root = config.getoption("faults") == "full", os.geteuid() == 0
    kept, only_root, others = [], [], []
    for item in items:
        if not (full or _is_quick(item)):
            others.append(item)
        elif item.get_closest_marker("root") and not root:
            only_root.append(item)
        else:
            kept.append(item)
    config.stash[_ONLY_ROOT] = only_root
    config.hook.pytest_deselected(items=[*only_root, *others])
    items[:] = kept


def _is_quick(item: pytest.Item) -> bool:
    """Neither `full` nor on the dearer transport: a world costs half a minute to open and sweep."""
    on = item.get_closest_marker("quick_on")
    if on is not None and isinstance(item, pytest.Function):
        return item.callspec.params["shared_world"] == on.args[0] and not _is_full(item)
    return not _is_full(item)


def _is_full(item: pytest.Item) -> bool:
    return item.get_closest_marker("full") is not None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Each scenario with what became of it; pytest's exit code is 0 only if all of them passed."""
    if config.getoption("faults") != "full":
        return
    terminalreporter.section("faults")
    for scenario in sorted(_results(terminalreporter), key=lambda each: each.name):
        terminalreporter.write_line(str(scenario))
    for item in config.stash.get(_ONLY_ROOT, []):
        terminalreporter.write_line(f"{_told(item.nodeid)} left out: only root may mount disks")
    whole = exitstatus == pytest.ExitCode.OK
    terminalreporter.write_line("all is well" if whole else "NOT all is well, or not all was tried")


@dataclass(frozen=True, slots=True)
class _Result:
    name: str
    outcome: str
    seconds: float

    def __str__(self) -> str:
        return f"{_told(self.name)} {self.outcome:9} {self.seconds:6.1f} s"


def _results(terminalreporter: pytest.TerminalReporter) -> Iterator[_Result]:
    """One a scenario, from its reports of set-up, call and end: the worst of them counts."""
    reports: dict[str, list[pytest.TestReport]] = defaultdict(list)
    for outcome in ("", "passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            if isinstance(report, pytest.TestReport) and "tests/faults/" in report.nodeid:
                reports[report.nodeid].append(report)
    for name, found in reports.items():
        seconds = sum(each.duration for each in found)
        if any(each.failed for each in found):
            yield _Result(name, "failed", seconds)
        else:
            through = any(each.when == "call" for each in found)
            yield _Result(name, "passed" if through else "cut short", seconds)


def _told(nodeid: str) -> str:
    name = nodeid.rpartition("::")[2]
    scenario, _, variant = name.removeprefix("test_").partition("[")
    return f"{scenario.replace('_', ' ')[:76]:76} {variant.rstrip(']')[:34]:34}"


def _interrupted(request: pytest.FixtureRequest) -> bool:
    return request.session.exitstatus == pytest.ExitCode.INTERRUPTED
