"""What `src/lib.rs` offers; `processors/renderers/compiled.py` and `processors/compiled_masks.py`
say what it is for."""

from collections.abc import Mapping
from typing import Any

VERSION: int

class Masks:
    def __init__(self, columns: list[tuple[int, str, Mapping[str, Any]]]) -> None: ...
    def write(self, block: bytes, start: int) -> tuple[bytes, int]: ...

class Rows:
    def __init__(
        self,
        start: bytes,
        between: bytes,
        end: bytes,
        columns: list[tuple[str, bytes, bytes, bytes | None, Mapping[str, Any]]],
    ) -> None: ...
    def write(self, block: bytes, start: int) -> tuple[bytes, int, int]: ...
