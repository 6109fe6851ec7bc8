"""What all tests share: the servers, the run's folder, Hypothesis's profiles."""

from __future__ import annotations

import os
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
settings.register_profile("ci", _CALM, max_examples=200, derandomize=True, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the folder that the run's servers share; xdist's workers inherit its name."""
    if not _is_worker(config):
        run_dir = Path(tempfile.mkdtemp(prefix="waybill-tests-"))
        run_dir.chmod(0o711)  # root's PostgreSQL drops to another user
        os.environ["WAYBILL_TEST_RUN_DIR"] = str(run_dir)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """The run ends when its servers have ended: nothing is left behind, and what coverage
    measured in them is there when pytest-cov adds it up."""
    result = yield
    if not _is_worker(session.config):
        run_dir = Path(os.environ["WAYBILL_TEST_RUN_DIR"])
        if wait_until_ended(run_dir):
            shutil.rmtree(run_dir)
    return result


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
