"""What the bench says of its times, and whom it measures beside Waybill."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import racing, sizes
from tests.bench.measuring import both_sides, in_turn, percentile, ratio
from tests.bench.processes import Process, Use, look_at, watched
from tests.bench.slowing import held_to

LOCK = Path(racing.__file__).with_name("rivals") / "requirements.lock"


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 10.0), (0.95, 19.0), (1.0, 20.0)])
def test_a_percentile_is_the_least_that_so_many_do_not_exceed(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(20, 0, -1)], share) == value


def test_a_ratio_compares_neighbours() -> None:
    assert ratio([2.0, 20.0, 9.0], [1.0, 10.0, 3.0]) == 2.0


def test_actions_are_done_in_turn_in_every_round() -> None:
    done: list[str] = []
    seconds = in_turn(2, {"a": lambda: done.append("a"), "b": lambda: done.append("b")})
    assert done == ["a", "b", "a", "b"]
    assert [len(seconds[name]) for name in ("a", "b")] == [2, 2]


def test_what_stands_on_both_sides_counts_by_its_mean() -> None:
    assert both_sides([1.0, 4.0], [3.0, 6.0]) == [2.0, 5.0]


def test_a_peak_is_of_a_group_or_without_some() -> None:
    use = Use(largest=[{"own": 1.0}, {"own": 5.0, "server": 99.0}, {"own": 2.0}])
    assert use.peak() == 99.0
    assert use.peak("server") == use.peak_of("own") == 5.0
    assert use.peak_of("nobody") == Use().peak() == 0.0


def test_what_processes_hold_together_is_of_one_moment() -> None:
    use = Use(together=[{"own": 4.0, "other": 1.0}, {"own": 1.0, "other": 5.0, "server": 99.0}])
    assert use.peak_together("server") == 6.0
    assert Use().peak_together() == 0.0


def seconds_of(pid: int) -> float:
    process = look_at(pid)
    assert process is not None
    return process.seconds


def test_a_process_that_is_held_gets_its_share_and_goes_on_afterwards() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        began = time.monotonic()
        with watched({child.pid: "child"}) as held, held_to(0.1, [child.pid]):
            time.sleep(1.0)
        seconds = time.monotonic() - began
        taken = seconds_of(child.pid)
        while seconds_of(child.pid) == taken:
            time.sleep(0.01)
        child.kill()
    assert 0 < held.cpu < 0.5 * seconds


def test_a_process_and_its_children_are_watched() -> None:
    parent = os.getpid()
    code = "import os; x = b'x' * 50_000_000; os.read(0, 1)"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)

    def naming(process: Process) -> str:
        return "child" if process.pid == child.pid else ""

    with child, watched({parent: "parent"}, naming) as use:
        while use.peak("parent") < 50:  # until it is there with its memory
            time.sleep(0.01)
    assert set(use.seconds) == {"parent", "child"}
    assert use.peak_together() > use.peak() > 0
    assert use.cpu > 0


def test_every_rival_is_a_program_that_is_there() -> None:
    rivals = (*racing.RIVALS, *racing.OPPONENTS, *racing.FORMAT_RIVALS)
    assert all(rival.path.is_file() for rival in rivals)
    shared = {LOCK.with_name("pdf_tables.py"), LOCK.with_name("cursors.py")}
    assert {*(rival.path for rival in rivals), *shared} == set(LOCK.parent.glob("*.py"))


def test_a_rival_that_wrote_too_little_fails(tmp_path: Path) -> None:
    racer = racing.Racer(racing.RIVALS[0], "", tmp_path)
    (tmp_path / "rival").write_text("one line\n")
    with pytest.raises(AssertionError, match="wrote too little"):
        racer.raced([1.0], [1.0])


def test_a_rival_is_told_by_the_median_of_neighbours(tmp_path: Path) -> None:
    rival = replace(racing.RIVALS[0], part=sizes.ORDERS)
    (tmp_path / "rival").write_text("one line\n")
    raced = racing.Racer(rival, "", tmp_path).raced([2.0, 20.0, 9.0], [1.0, 10.0, 3.0])
    assert (raced.seconds, raced.limit, raced.ratio, raced.speed) == (9.0, 3.0, 2.0, 1 / 9)


def test_what_rivals_import_is_locked_by_hash_and_names_no_host() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in package for package in packages)
    assert {"pandas", "polars", "sqlalchemy", "psycopg", "openpyxl", "xlsxwriter", "tablib"} <= {
        package.partition("==")[0] for package in packages
    }
