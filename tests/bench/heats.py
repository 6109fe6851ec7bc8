"""One case, measured beside what it is compared with, in an installation of its own: no process
holds what another format has left it, and every ratio is of neighbours in the same round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from processors.kernel import SWITCH
from tests.bench import sizes
from tests.bench.cases import Case
from tests.bench.measured import SERVERS, installed, use_of
from tests.bench.measuring import both_sides, in_turn, ratio
from tests.bench.orders import copy_raw
from tests.bench.processes import Use
from tests.bench.racing import Raced, Racer, Rival
from tests.stacks import Client

COPY: Final = "\\copy"
_OURS, _RIVAL, _BEFORE, _AFTER = "ours", "rival", "before", "after"
_WAKING_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """The seconds of each round, and what each export took; `limits` are those of `\\copy`
    before ours. `steps` are those of exports of fewer rows, if there are, on both sides of ours."""

    case: Case
    rows: int
    seconds: Sequence[float]
    limits: Sequence[float]
    uses: Sequence[Use]
    steps: Sequence[float] = ()
    step_rows: int = 0

    @property
    def took(self) -> float:
        return statistics.median(self.seconds)

    @property
    def limit(self) -> float:
        return statistics.median(self.limits)

    @property
    def times(self) -> float:
        """As long as `\\copy`."""
        return ratio(self.seconds, self.limits)

    @property
    def a_row(self) -> float:
        """How many times as long a row takes as one of the steps."""
        return ratio(self.seconds, self.steps) * self.step_rows / self.rows

    @property
    def peak(self) -> float:
        """MB of the largest process."""
        return max(use.peak(*SERVERS) for use in self.uses)

    @property
    def together(self) -> float:
        """MB of all processes in one moment."""
        return max(use.peak_together(*SERVERS) for use in self.uses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """A rival between two of our exports in every round; `seconds` are the means of those two."""

    case: Case
    rows: int
    seconds: Sequence[float]
    rivals: Sequence[float]
    raced: Raced

    @property
    def faster(self) -> float:
        """How many times as fast as the rival we are; by rows a second, as it may have fewer."""
        return ratio(self.rivals, self.seconds) * self.rows / self.raced.rival.rows

    @property
    def slower(self) -> float:
        """How many times as long as the rival we take."""
        return 1 / self.faster


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A case and the installation that exports it."""

    case: Case
    client: Client
    source_url: str
    place: Path
    uses: dict[int, list[Use]] = field(default_factory=dict)

    def heat(self, rows: int, steps: int | None = None) -> Heat:
        """Beside `\\copy`; `steps` is how many rows exports before and after each have."""
        ours = partial(self._export, rows)
        actions: dict[str, Callable[[], Any]] = {
            COPY: partial(copy_raw, self.source_url, "csv", self.place / "raw", rows)
        }
        if steps is None:
            actions[_OURS] = ours
        else:
            actions |= self._around({_OURS: ours}, steps)
        found = in_turn(sizes.RUNS, actions)
        return Heat(
            case=self.case,
            rows=rows,
            seconds=found[_OURS],
            limits=found[COPY],
            uses=tuple(self.uses[rows]),
            steps=() if steps is None else both_sides(found[_BEFORE], found[_AFTER]),
            step_rows=steps or 0,
        )

    def duel(self, rival: Rival, rows: int) -> Duel:
        """As many rows of ours; a rival that is slow has one round."""
        racer = Racer(rival, self.source_url, self.place)
        beside = self._around({COPY: racer.copy, _RIVAL: racer.run}, rows)
        found = in_turn(racer.rounds, beside)
        return Duel(
            case=self.case,
            rows=rows,
            seconds=both_sides(found[_BEFORE], found[_AFTER]),
            rivals=found[_RIVAL],
            raced=racer.raced(found[_RIVAL], found[COPY]),
        )

    def _around(
        self, actions: Mapping[str, Callable[[], Any]], rows: int
    ) -> dict[str, Callable[[], Any]]:
        export = partial(self._export, rows)
        return {_BEFORE: export, **actions, _AFTER: export}

    def _export(self, rows: int) -> None:
        with use_of(self.client, self.source_url) as use:
            export = self.client.request(
                "orders", self.case.format, fields=self.case.fields, limit=rows
            )
            ended = self.client.ended(export["id"], patience=3600)
        assert ended["status"] == "completed", ended
        self.uses.setdefault(rows, []).append(use)


@contextmanager
def entered(
    case: Case, request: pytest.FixtureRequest, source_url: str, home: Path
) -> Iterator[Entrant]:
    """The product's defaults, in new processes; all of them are awake."""
    env = {} if case.with_kernel else {SWITCH: "off"}
    with installed(request, "embedded", source_url, home, env) as client:
        client.completed("orders", case.format, fields=case.fields, limit=_WAKING_ROWS)
        yield Entrant(case=case, client=client, source_url=source_url, place=home)
