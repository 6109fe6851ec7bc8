"""The same numbers on every way out, however often a subscriber's connection breaks; and the
documented programs, run."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.documented import example, started
from tests.stacks import Client

SECONDS = 60.0


def test_websocket_event_stream_rest_and_kafka_tell_the_same_numbers(client: Client) -> None:
    client.stack.wait_ready()
    ids = [client.request("sales", "csv", "ndjson", limit=60_000)["id"] for _ in range(3)]
    sockets, streams = asyncio.run(_both(client, ids))
    for export_id in ids:
        export = client.show(export_id)
        assert export["status"] == "completed", export
        client.file(export_id)
        numbers = list(range(1, export["sequence"] + 1))
        assert _rest(client, export_id) == numbers
        assert sockets[export_id] == numbers
        assert streams[export_id] == numbers
        if client.stack.env.get("WAYBILL_TRANSPORT") == "kafka":
            assert asyncio.run(_kafka(client, export_id, len(numbers))) == numbers


def test_a_socket_of_a_foreign_page_is_refused_with_403(client: Client) -> None:
    async def opened(origin: str) -> int:
        try:
            async with connect(_address(client), origin=origin):  # type: ignore[arg-type] # a NewType
                return 101
        except Exception as error:  # noqa: BLE001 - told by its status
            return int(error.response.status_code)  # type: ignore[attr-defined] # InvalidStatus

    assert asyncio.run(opened("https://evil.example")) == 403
    assert asyncio.run(opened(client.stack.url)) == 101


def test_a_message_that_is_too_large_ends_the_socket(client: Client) -> None:
    async def closed() -> int | None:
        async with connect(_address(client)) as socket:
            try:
                await socket.send("x" * 40_000)
                await socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None
        return None

    assert asyncio.run(closed()) == 1009


def test_the_documented_websocket_program_tells_an_export_to_its_end(client: Client) -> None:
    export_id = client.request("sales", "csv", limit=60_000)["id"]
    env = {**os.environ, "WAYBILL": client.stack.url, "KEY": client.key, "EXPORT": export_id}
    program = started(example("subscribers.md", "python", "websockets"), env)
    printed, _ = program.communicate(timeout=SECONDS)
    assert program.returncode == 0
    numbers = [int(line.split()[0]) for line in printed.splitlines()]
    assert numbers == _rest(client, export_id)
    assert printed.splitlines()[-1].endswith("export.completed.v1")


def test_the_documented_curl_line_tells_what_came_after(client: Client) -> None:
    assert shutil.which("curl")
    export_id = client.request("sales", "csv", limit=60_000)["id"]
    env = {**os.environ, "WAYBILL": client.stack.url, "KEY": client.key, "EXPORT": export_id}
    line = example("subscribers.md", "sh", "curl")
    done = subprocess.run(
        ["sh", "-c", line], env=env, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    numbers = [int(row[4:]) for row in done.stdout.splitlines() if row.startswith("id: ")]
    assert numbers == _rest(client, export_id)[2:]


async def _both(
    client: Client, ids: list[str]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    async with asyncio.timeout(SECONDS):
        sockets, streams = await asyncio.gather(
            _over_sockets(client, ids),
            asyncio.gather(*(_over_streams(client, each) for each in ids)),
        )
    return sockets, dict(zip(ids, streams, strict=True))


async def _over_sockets(client: Client, ids: list[str]) -> dict[str, list[int]]:
    """All exports over one socket, which breaks off again and again."""
    chance = random.Random(7)
    seen: dict[str, list[int]] = {each: [] for each in ids}
    open_ids = set(ids)
    while open_ids:
        async with connect(_address(client)) as socket:
            await socket.send(json.dumps({"type": "authenticate", "token": client.key}))
            places = [{"id": each, "after": len(seen[each])} for each in open_ids]
            await socket.send(json.dumps({"type": "subscribe", "exports": places}))
            for _ in range(chance.randint(2, 12)):
                message: dict[str, Any] = json.loads(await socket.recv())
                if message["type"] == "event":
                    seen[message["export_id"]].append(message["data"]["sequence"])
                elif message["type"] == "ended":
                    open_ids.discard(message["export_id"])
                if not open_ids:
                    break
            if chance.random() < 0.5:
                socket.transport.abort()  # a cable that is pulled
    return seen


async def _over_streams(client: Client, export_id: str) -> list[int]:
    chance = random.Random(export_id)
    seen: list[int] = []
    headers = {"Authorization": f"Bearer {client.key}"}
    async with httpx.AsyncClient(base_url=client.stack.url, headers=headers, timeout=60) as http:
        while True:
            last = {"Last-Event-ID": str(seen[-1])} if seen else {}
            path = f"/v1/exports/{export_id}/progress"
            async with http.stream("GET", path, headers=last) as answer:
                if answer.status_code == 204:
                    return seen
                left = chance.randint(1, 8)
                async for line in answer.aiter_lines():
                    if line.startswith("id: "):
                        seen.append(int(line[4:]))
                        left -= 1
                    if not left:
                        break


def _rest(client: Client, export_id: str) -> list[int]:
    found: list[int] = []
    while True:
        after = found[-1] if found else 0
        path = f"/v1/exports/{export_id}/events"
        page = client.http.get(path, params={"after": after, "limit": 3}).raise_for_status().json()
        found += [event["sequence"] for event in page["items"]]
        if page["next_after"] is None:
            return found


async def _kafka(client: Client, export_id: str, count: int) -> list[int]:
    """The numbers of the first so many events, repeats left out as a subscriber would."""
    env = client.stack.env
    found: list[int] = []
    async with (
        asyncio.timeout(SECONDS),
        AIOKafkaConsumer(
            env["WAYBILL_KAFKA_PREFIX"] + "waybill.exports.v1",
            bootstrap_servers=env["WAYBILL_KAFKA_BOOTSTRAP"],
            auto_offset_reset="earliest",
        ) as consumer,
    ):
        while len(found) < count:
            event = json.loads((await consumer.getone()).value)
            if event["subject"] == export_id and int(event["sequence"]) > len(found):
                found.append(int(event["sequence"]))
    return found


def _address(client: Client) -> str:
    return client.stack.url.replace("http", "ws", 1) + "/v1/live"
