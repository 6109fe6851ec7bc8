"""The digests that a release's files have for a small corpus, so that a change of output is seen.

`python -m tests.contract.renderers_golden` writes them anew, after a change that is meant."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from tests.contract.renderers_cases import CASES, Case
from tests.contract.renderers_rows import fragment, ordinary_rows
from tests.joined import joined

GOLDEN = Path(__file__).parents[1] / "golden" / "renderers.json"


def digest(case: Case) -> str:
    """Of a file of two fragments."""
    frame = case.frame()
    rows = ordinary_rows(400)
    parts = [frame.render(fragment(rows[:256])), frame.render(fragment(rows[256:]))]
    return hashlib.sha256(joined(frame, parts)).hexdigest()


def digests() -> dict[str, dict[str, str]]:
    return {case.name: {"codec": case.codec, "sha256": digest(case)} for case in CASES}


if __name__ == "__main__":
    text = json.dumps(digests(), indent=2) + "\n"
    if "--print" in sys.argv:
        sys.stdout.write(text)
    else:
        GOLDEN.write_text(text)
