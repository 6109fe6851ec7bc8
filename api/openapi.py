"""The published OpenAPI document: `python -m api.openapi` writes it, `--check` says whether the
code has drifted from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry

from api.app import create_app
from api.ports import ApiPorts

PUBLISHED = Path(__file__).parent.parent / "docs" / "openapi.json"


def published() -> str:
    """As it is to stand in the file."""
    app = create_app(cast("ApiPorts", _NoPorts()), CollectorRegistry())
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    text = published()
    if arguments == ["--check"]:
        if PUBLISHED.exists() and PUBLISHED.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write("docs/openapi.json is out of date: run `python -m api.openapi`\n")
        return 1
    PUBLISHED.write_text(text, encoding="utf-8")
    return 0


class _NoPorts:
    """Describing the API needs nothing of what it works with."""

    store: Any = None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
