"""Examples in documents, as programs that a test can run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def example(document: str, language: str, containing: str) -> str:
    """The one example in this language with these words in it."""
    text = (ROOT / "docs" / document).read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if containing in block)
    return str(found)


def started(program: str, env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program], env=dict(env), stdout=subprocess.PIPE, text=True
    )
