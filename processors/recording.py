"""Records facts as they come, several to an append: an append costs a lock and a commit, whether it
holds one event or a hundred."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self
from uuid import UUID

from domain.exports.commands import ExportCommand, StageChunk
from domain.ledger import Exports
from processors.children import Stop
from processors.fault_points import Point, reach
from processors.outages import outlast
from schemas import traces

_GATHER_SECONDS = 0.2


class Recording:
    """A context in which commands for one export are decided in order, by a thread of its own.

    Leaving it waits until all are recorded, through an outage of the store too, unless `stop` is
    asked for. What the rules or the store raised is raised by the next `record` or on leaving."""

    def __init__(self, exports: Exports, export_id: UUID, stop: Stop) -> None:
        self._exports, self._export_id, self._stop = exports, export_id, stop
        self._commands: SimpleQueue[ExportCommand | None] = SimpleQueue()
        self._ended = threading.Event()
        self._error: Exception | None = None

    def record(self, command: ExportCommand) -> None:
        if self._error is not None:
            raise self._error
        self._commands.put(command)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._write,
            args=(traces.current(),),
            name=f"record {self._export_id}",
            daemon=True,
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._commands.put(None)
        self._thread.join()
        if self._error is not None and error is not self._error:
            raise self._error

    def _write(self, work: traces.Work | None) -> None:
        try:
            with traces.continued(work):
                while (first := self._commands.get()) is not None:
                    self._ended.wait(_GATHER_SECONDS)
                    self._append([first, *self._gathered()])
        except Exception as error:  # noqa: BLE001 - raised again in the thread that records
            self._error = error

    def _append(self, batch: list[ExportCommand]) -> None:
        if any(isinstance(command, StageChunk) for command in batch):
            reach(Point.STAGE_RECORD)
        with traces.span("record", self._export_id, commands=len(batch)):
            outlast(lambda: self._exports.execute(self._export_id, *batch), self._stop)

    def _gathered(self) -> list[ExportCommand]:
        """All that wait; the end mark is put back for the loop to see."""
        gathered: list[ExportCommand] = []
        try:
            while (command := self._commands.get_nowait()) is not None:
                gathered.append(command)
        except Empty:
            return gathered
        self._commands.put(None)
        return gathered
