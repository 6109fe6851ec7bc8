"""What is said of where an export's CPU time goes."""

from __future__ import annotations

import hashlib

from tests.bench.profiling import PARTS, REST, AtOnce, Profiling, Timing, by_part

RENDER = ("/app/processors/renderers/csv_frame.py", 1, "render")
MAIN = ("/app/somewhere.py", 1, "main")


def test_own_time_counts_to_the_part_of_a_function() -> None:
    seal = ("~", 0, "<method 'encrypt' of 'cryptography.AESGCM' objects>")
    assert by_part({RENDER: (1, 1, 2.0, 9.0, {}), seal: (1, 1, 1.0, 1.0, {})}) == {
        "rows by Python": 2.0,
        "sealing": 1.0,
    }


def test_what_is_built_in_and_of_no_part_is_its_callers() -> None:
    join = ("~", 0, "<method 'join' of 'bytes' objects>")
    callers = {RENDER: (1, 1, 0.5, 0.5), MAIN: (1, 1, 0.25, 0.25)}
    assert by_part({join: (2, 2, 0.75, 0.75, callers)}) == {"rows by Python": 0.5, REST: 0.25}


def test_a_digest_is_found() -> None:
    profiling = Profiling()
    profiling.begin()
    hashlib.sha256(bytes(2**22)).hexdigest()
    profiling.end()
    spent = profiling.spent()
    assert spent["SHA-256"] > 0
    assert set(spent) <= set(PARTS)


def test_times_add_up() -> None:
    timing = Timing()
    for _ in range(2):
        before = timing.seconds
        timing.begin()
        hashlib.sha256(bytes(2**20))
        timing.end()
        assert timing.seconds > before


def test_a_pool_that_does_all_at_once_gives_results_as_others_do() -> None:
    with AtOnce(1, "name") as threads:
        assert threads.submit(max, 1, 2).result() == 2
