"""What all tests share: the servers, the run's folder, Hypothesis's profiles."""

from __future__ import annotations

import gc
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from infra.dev.shared import wait_until_ended

pytest_plugins = ("tests.servers",)

# No deadlines: the machine is shared, and a slow example is not a wrong one. CI takes the same
# examples each time, so that it fails only for a change.
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _CALM, max_examples=50)
settings.register_profile("ci", _CALM, max_examples=40, derandomize=True, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults",
        choices=("quick", "full"),
        default="quick",
        help="how many of the scenarios under tests/faults run (docs/faults.md)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Names the folder that the run's servers share; xdist's workers inherit the name."""
    if not _is_worker(config):
        name = f"waybill-tests-{secrets.token_hex(6)}"
        os.environ["WAYBILL_TEST_RUN_DIR"] = str(Path(tempfile.gettempdir(), name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The dearest kinds first, so that none of them is left to one process at the end."""
    items.sort(key=lambda item: _DEAREST_FIRST.index(_kind(item.nodeid)))


def pytest_collection_finish() -> None:
    """What was imported and collected stays: some million objects that no search for garbage needs
    to go over again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Tests that share something dear run in the same process."""
    return _Together(config, log)


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """pytest-xdist's own `loadgroup` has no effect with pytest 9.2, whose ids can't be changed."""

    def _split_scope(self, nodeid: str) -> str:
        """An installation for all tests of a kind, or else what a file has for itself; of tests
        that go round, each round by itself."""
        file, _, test = nodeid.partition("::")
        found, turn = _ON_AN_INSTALLATION.search(test), _ROUND.search(test)
        shared = f"{_kind(nodeid)} {found[1]}" if found else file
        return f"{shared} {turn[0]}" if turn else shared


_DEAREST_FIRST = ("e2e", "faults", "integration", "contract", "unit", "bench", "readers")
_ON_AN_INSTALLATION = re.compile(r"\[(?:round\d+-)?(embedded|kafka)\b")
_ROUND = re.compile(r"\bround\d+\b")


def _kind(nodeid: str) -> str:
    return nodeid.removeprefix("tests/").partition("/")[0]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Leaves nothing behind after a run that was cut short: its fixtures end only here, and any of
    them may raise."""
    try:
        return (yield)
    finally:
        _finish(session.config)


def _finish(config: pytest.Config) -> None:
    run_dir = Path(os.environ["WAYBILL_TEST_RUN_DIR"])
    if not _is_worker(config) and run_dir.exists() and wait_until_ended(run_dir):
        shutil.rmtree(run_dir)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
