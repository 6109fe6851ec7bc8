"""SQL lives in `.sql` files: each statement is named by a `-- name:` line above it."""

from __future__ import annotations

from importlib.resources import files
from typing import LiteralString


def load_queries(package: str, path: str) -> dict[str, LiteralString]:
    """The statements of one file by name. The file is part of the code, so its text is as trusted
    as a literal."""
    text = files(package).joinpath(path).read_text(encoding="utf-8")
    parts = text.split("-- name: ")[1:]
    pairs = (part.split("\n", 1) for part in parts)
    return {name.strip(): body.strip() for name, body in pairs}
