"""Worlds to do harm to: a whole installation as real processes, and the handles to break it by.

    def test_something_that_goes_wrong(world: World) -> None:
        world.arm("part-put:kill")            # docs/faults.md; strikes once over all workers
        export = world.request()              # a 202 is remembered
        world.stack.kill("worker-1")          # or freeze, thaw, restart; see tests.stacks
        world.database.cut()                  # and mend; see tests.wires
        world.assert_whole(export)            # it ends in time, with the undisturbed run's bytes
        world.check()                         # and everything that `properties` says holds

The fixture `world` is one installation for all scenarios of a run, over each transport. One that
needs other settings, or its own log, opens its own by `open_world(…, env=…)`.

Between the workers and PostgreSQL there is a wire; between all processes and S3 another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from processors.fault_points import Point, parse_faults
from tests import stack_data
from tests.faults import properties
from tests.installations import installation, start_all
from tests.servers import fresh_database
from tests.stacks import Client, NotInTime, Stack, copied, started
from tests.wires import Wire

ROWS = 60_000
"""Of the table `sales`: four chunks."""
LEASE = 2.0
BOUND = 120.0
"""Seconds in which every export must end, whatever happens to it."""


class World:
    """`database` lies before PostgreSQL as the workers see it; `bucket` before S3, None where
    files lie in a folder. `acknowledged` are the exports that the API has answered 202 for."""

    def __init__(
        self, transport: str, stack: Stack, client: Client, database: Wire, bucket: Wire | None
    ) -> None:
        self.transport = transport
        self.stack = stack
        self.client = client
        self.database = database
        self.bucket = bucket
        self.acknowledged: list[str] = []
        self.expected = copied(stack, stack_data.QUERY)
        self.trace = stack.home / "trace"
        self._marks = stack.home
        self._armings = count(1)
        self._traced = 0
        self._faults = 0
        self._armed: dict[str, dict[str, str]] = {}

    def arm(self, faults: str, *names: str) -> None:
        """Starts these workers, or all of them, again, so that each fault strikes once, however
        often they are restarted."""
        self._marks = self.stack.home / f"struck-{next(self._armings)}"
        self._marks.mkdir()
        self._faults = len(parse_faults(faults))
        again = names or tuple(self.stack.workers)
        armed = {"WAYBILL_FAULTS": faults, "WAYBILL_FAULTS_ONCE": str(self._marks)}
        self._armed = dict.fromkeys(again, armed)
        self._start_anew(*again)

    def at_work(self) -> list[str]:
        """The workers that hold a lease now, by the names of their processes. A worker's own name
        has its process's number in it."""
        with psycopg.connect(self.stack.database_url) as connection:
            rows = connection.execute(
                "SELECT DISTINCT worker FROM jobs WHERE state = 'running' AND lease_until > now()"
            ).fetchall()
        numbers = {int(str(worker).rsplit("-", 2)[1]) for (worker,) in rows}
        return [name for name in self.stack.workers if self._number(name) in numbers]

    def _number(self, name: str) -> int:
        process = self.stack.processes.get(name)
        return process.pid if process else -1

    def set_clock(self, name: str, seconds: float) -> None:
        """Starts a process again with a clock that is so many seconds ahead."""
        self._faults = 0
        self._armed = {name: {"WAYBILL_FAULTS_CLOCK": str(seconds)}}
        self._start_anew(name)

    def struck(self) -> set[str]:
        """The points whose faults have struck since `arm`."""
        names = {mark.name for mark in self._marks.iterdir()}
        return {point.value for point in Point if any(n.startswith(f"{point}-") for n in names)}

    def request(self, *formats: Any, **more: Any) -> str:
        """The whole table, as COPY would write it unless `formats` say otherwise; the id."""
        asked = formats or (stack_data.LIKE_COPY,)
        export_id = str(self.patiently(lambda: self.client.request("sales", *asked, **more))["id"])
        self.acknowledged.append(export_id)
        return export_id

    def show(self, export_id: str) -> dict[str, Any]:
        return dict(self.patiently(lambda: self.client.show(export_id)))

    def ended(self, export_id: str, bound: float = BOUND) -> dict[str, Any]:
        """The export, once it is in a terminal state; whoever has died meanwhile is restarted."""

        def ended() -> dict[str, Any] | None:
            export = self.show(export_id)
            return export if export["ended_at"] is not None else None

        return dict(self.eventually(ended, bound))

    def assert_whole(self, export_id: str, expected: bytes | None = None) -> None:
        """The export completes in bounded time and its file is the undisturbed run's."""
        export = self.ended(export_id)
        assert export["status"] == "completed", f"{export}\n{self.stack.logs()}"
        found = self.patiently(lambda: self.client.file(export_id))
        assert found == (self.expected if expected is None else expected)

    def wait_for_status(self, export_id: str, *statuses: str) -> None:
        self.eventually(lambda: self.show(export_id)["status"] in statuses)

    def wait_for_a_part(self, export_id: str) -> None:
        """Until the first chunk is rendered."""
        self.eventually(lambda: self.show(export_id)["progress"]["parts"] > 0)

    def eventually(self, question: Callable[[], Any], bound: float = BOUND) -> Any:
        """The first true answer, in `bound` seconds in which all processes were at work; whoever
        has died is restarted meanwhile, and on a busy machine a process takes long to start."""
        left, looked = bound, time.monotonic()
        while not (answer := question()):
            now = time.monotonic()
            if not self.restart_the_dead() and all(map(self.stack.is_ready, self.stack.processes)):
                left -= now - looked
            looked = now
            if left < 0:
                raise NotInTime(self.stack.logs())
            time.sleep(0.05)
        return answer

    def patiently(self, action: Callable[[], Any]) -> Any:
        """As a client that tries again; whoever has died is restarted meanwhile."""
        return patiently(action, self.restart_the_dead, BOUND)

    def restart_the_dead(self) -> list[str]:
        """Starts again whatever was killed; returns the names."""
        if self.stack.supervised:
            return []
        dead = [name for name, each in self.stack.processes.items() if each.poll() is not None]
        for name in dead:
            self.stack.start_again(name, **self._armed.get(name, {}))
        return dead

    def calm(self) -> None:
        """Undoes all harm; faults that have not struck strike no more."""
        self.database.mend()
        if self.bucket is not None:
            self.bucket.mend()
        for name in self.stack.processes:
            self.stack.thaw(name)
        still_armed = () if self._spent() else tuple(self._armed)
        self._armed = {}
        if still_armed:
            self._start_anew(*still_armed)
        self.restart_the_dead()
        self.stack.wait_ready()

    def check(self) -> None:
        """The properties that hold at any time when nothing is under way."""
        log = properties.read_log(self.stack.database_url)
        properties.assert_nothing_acknowledged_is_lost(log, self.acknowledged)
        properties.assert_each_event_once_and_in_order(log)
        properties.assert_one_ending_each(log)
        properties.assert_each_chunk_recorded_once(log)
        properties.assert_what_was_extracted_is_not_extracted_again(log)
        properties.assert_read_models_equal_the_log(self.stack.database_url, BOUND)
        if self.transport == "kafka":
            properties.assert_subscribers_see(log, self.stack.database_url, self.stack.env)

    def assert_swept(self) -> None:
        """Soon after the last export has ended nothing is left that nobody will read."""
        files = properties.files_of(self.stack.env)
        log = properties.read_log(self.stack.database_url)
        left: list[str] = []

        def swept() -> bool:
            left[:] = properties.orphans(log, files)
            return not left

        try:
            self.eventually(swept)
        except NotInTime:
            raise AssertionError(f"orphans are left: {left[:20]}") from None

    def renderings(self) -> int:
        """Chunks rendered since the last call, recorded or not."""
        lines = self.trace.read_text().splitlines() if self.trace.exists() else []
        fresh, self._traced = lines[self._traced :], len(lines)
        return sum(line.startswith(f"{Point.PART_PUT} ") for line in fresh)

    def chunks(self, export_id: str) -> int:
        """How many chunks of this export are recorded as rendered, in all attempts."""
        log = properties.read_log(self.stack.database_url)
        return sum(1 for _ in properties.rendered(log, export_id))

    def _spent(self) -> bool:
        """Whether every fault has struck, so that whoever has them is harmless."""
        return 0 < self._faults <= len(list(self._marks.iterdir()))

    def _start_anew(self, *names: str) -> None:
        """In order, so that Kafka hears of it at once: to be killed is the faults' part."""
        self.stack.end(*names)
        for name in names:
            self.stack.start_again(name, **self._armed.get(name, {}))
        self.stack.wait_ready(*names)


@contextmanager
def open_world(
    transport: str,
    request: pytest.FixtureRequest,
    home: Path,
    *,
    env: Mapping[str, str] | None = None,
    server: str | None = None,
    prepare: Callable[[Stack], None] = lambda stack: None,
) -> Iterator[World]:
    """An installation of its own, of `tests.installations`, with short leases and soon swept.
    `server` is another PostgreSQL than the run's; `prepare` may change the stack's settings before
    anything starts."""
    with fresh_database(server or request.getfixturevalue("postgres_url")) as url:
        stack_data.load(url, rows=ROWS)
        settings = {
            "WAYBILL_LEASE_SECONDS": str(LEASE),
            "WAYBILL_SWEEP_SECONDS": str(2 * LEASE),
            "WAYBILL_FAULTS_TRACE": str(home / "trace"),
            **(env or {}),
        }
        stack = installation(transport, request, home, url, settings)
        database = _before_database(stack)
        bucket = _before_bucket(stack)
        prepare(stack)
        with started(stack, _start_and_wait) as key:
            client = Client(stack, key)
            yield World(transport, stack, client, database, bucket)
            client.http.close()


def patiently(
    action: Callable[[], Any],
    meanwhile: Callable[[], object] = lambda: None,
    seconds: float = 60.0,
) -> Any:
    """Tries again while nobody answers, or says 503: what a client is told to do."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 503 or time.monotonic() > deadline:
                raise
        meanwhile()
        time.sleep(0.1)


def _start_and_wait(stack: Stack) -> None:
    start_all(stack)
    stack.wait_ready()


def _before_database(stack: Stack) -> Wire:
    """What the workers take for PostgreSQL."""
    parts = conninfo_to_dict(stack.database_url)
    wire = Wire(str(parts["host"]), int(parts.get("port") or 5432))
    url = (
        f"postgresql://{parts['user']}:{parts['password']}@127.0.0.1:{wire.port}/{parts['dbname']}"
    )
    for name in stack.workers:
        stack.own[name] = {"WAYBILL_DATABASE_URL": url}
    return wire


def _before_bucket(stack: Stack) -> Wire | None:
    """What every process takes for S3."""
    endpoint = stack.env.get("WAYBILL_S3_ENDPOINT")
    if not endpoint:
        return None
    host, _, port = endpoint.rpartition(":")
    wire = Wire(host, int(port))
    stack.env["WAYBILL_S3_ENDPOINT"] = wire.address
    return wire
