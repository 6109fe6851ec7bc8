"""What all tests share: the servers, the run's folder, Hypothesis's profiles."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from infra.dev.shared import wait_until_ended

pytest_plugins = ("tests.servers",)

# No deadlines: the machine is shared, and a slow example is not a wrong one. CI takes the same
# examples each time, so that it fails only for a change.
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _CALM, max_examples=50)
settings.register_profile("ci", _CALM, max_examples=100, derandomize=True, print_blob=True)
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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks for the groups behind it
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share something dear run in the same process, the dearest kinds first, so that
    none of them is left to one process at the end. (pytest-xdist, `--dist loadgroup`.)"""
    items.sort(key=lambda item: _DEAREST_FIRST.index(_kind(item)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


_DEAREST_FIRST = ("e2e", "faults", "integration", "contract", "unit", "bench", "readers")
_INSTALLATIONS = ("client", "shared_world")


def _kind(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


def _group(item: pytest.Item) -> str:
    """An installation for all tests of a kind, or else what a file has for itself."""
    callspec = getattr(item, "callspec", None)
    for name in _INSTALLATIONS:
        if callspec is not None and name in callspec.params:
            return f"{_kind(item)}-{callspec.params[name]}"
    return str(item.path.relative_to(Path(__file__).parent))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Waits for the servers' end before pytest-cov adds up what was measured in them."""
    result = yield
    _finish(session.config)
    return result


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
