"""How much is measured; the environment may say otherwise."""

from __future__ import annotations

import os
from pathlib import Path

ORDERS = int(os.environ.get("BENCH_ORDERS", "1000000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SMALL_RUNS = int(os.environ.get("BENCH_SMALL_RUNS", "30"))
EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
CROWD = int(os.environ.get("BENCH_CROWD", "100"))
LARGE = os.environ.get("BENCH_LARGE", "") not in ("", "0")
PROFILE = os.environ.get("BENCH_PROFILE", "") not in ("", "0")
OUT = Path(os.environ["BENCH_OUT"]) if os.environ.get("BENCH_OUT") else None
RIVALS_PYTHON = Path(os.environ.get("BENCH_RIVALS_PYTHON", ".cache/bench-venv/bin/python"))
