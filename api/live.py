"""One WebSocket: who it is, and the exports that it follows, each by a task of its own.

What goes wrong for the socket as a whole ends it with a code (docs/subscribers.md); what goes wrong
for one export is told, and the others go on.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from enum import IntEnum
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import CHECK_KEY_EVERY
from api.following import News, follow
from api.models.live import (
    MOST_SUBSCRIPTIONS,
    Authenticate,
    Authenticated,
    EndTold,
    EventNews,
    EventTold,
    Place,
    ProblemTold,
    Said,
    SocketProblem,
    Subscribe,
    TickTold,
    Told,
    Unsubscribe,
)
from api.ports import ApiPorts
from api.present import Present
from api.problem_types import NOT_FOUND, STORE_UNAVAILABLE, ProblemType
from domain.access import ApiKey, Scope
from domain.exports.errors import ExportUnknown
from domain.ports import StoreUnavailable

AUTHENTICATE_WITHIN = 10.0
"""Seconds from the opening of a socket to its first message."""
_LONGEST_REASON = 120  # bytes; RFC 6455, 5.5: a control frame carries 125, two of them the code
_said: TypeAdapter[Authenticate | Subscribe | Unsubscribe] = TypeAdapter(Said)


class CloseCode(IntEnum):
    """Why the service ends a socket. A released one never changes its meaning."""

    RESTART = 1012
    """The service stops: come back in a second."""
    LATER = 1013
    """Who you are can't be looked up now: try again in a few seconds."""
    MALFORMED = 4400
    """A message that can't be understood; the reason says where."""
    UNAUTHENTICATED = 4401
    """No good key in time, or not good any more."""
    FORBIDDEN = 4403
    """The key lacks the scope exports:read."""
    TOO_MANY = 4429
    """More exports than one socket follows: unsubscribe from some, or open another."""


class Closing(Exception):
    """Ends the socket."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class Conversation:
    """Over an accepted socket. `hold` returns when the client has left, and raises `Closing`."""

    def __init__(self, ports: ApiPorts, present: Present, socket: WebSocket) -> None:
        self._ports = ports
        self._present = present
        self._socket = socket
        self._turn = asyncio.Lock()
        self._following: dict[UUID, asyncio.Task[None]] = {}

    async def hold(self) -> None:
        ended: Exception | None = None
        try:
            key, token = await self._introduced()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._check_again(token))
                await self._listen(tasks, key)
        except* Exception as several:  # noqa: BLE001 - one of them is raised again
            ended = several.exceptions[0]
        if ended is not None and not isinstance(ended, WebSocketDisconnect):
            raise ended

    async def _introduced(self) -> tuple[ApiKey, str]:
        try:
            async with asyncio.timeout(AUTHENTICATE_WITHIN):
                message = await self._heard()
        except TimeoutError as error:
            raise Closing(CloseCode.UNAUTHENTICATED, "no key came in time") from error
        if not isinstance(message, Authenticate):
            raise Closing(CloseCode.UNAUTHENTICATED, "the first message must be authenticate")
        try:
            key = await self._key_of(message.token)
        except StoreUnavailable as error:
            raise Closing(CloseCode.LATER, "keys can't be looked up now") from error
        await self._tell(Authenticated())
        return key, message.token

    async def _key_of(self, token: str) -> ApiKey:
        key = await asyncio.to_thread(self._ports.access.authenticate, token)
        if key is None:
            raise Closing(CloseCode.UNAUTHENTICATED, "the key is unknown, expired or revoked")
        if Scope.EXPORTS_READ not in key.scopes:
            raise Closing(CloseCode.FORBIDDEN, f"the key lacks the scope {Scope.EXPORTS_READ}")
        return key

    async def _check_again(self, token: str) -> None:
        while True:
            await asyncio.sleep(CHECK_KEY_EVERY)
            try:
                await self._key_of(token)
            except StoreUnavailable:
                continue  # nothing can be read meanwhile

    async def _listen(self, tasks: asyncio.TaskGroup, key: ApiKey) -> None:
        while True:
            message = await self._heard()
            match message:
                case Subscribe(exports=places):
                    for place in places:
                        await self._subscribe(tasks, key.workspace, place)
                case Unsubscribe(exports=ids):
                    for export_id in ids:
                        await self._unsubscribe(export_id)
                case Authenticate():
                    raise Closing(CloseCode.MALFORMED, "this socket is authenticated already")

    async def _heard(self) -> Authenticate | Subscribe | Unsubscribe:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"])
        text = received.get("text")
        if text is None:
            raise Closing(CloseCode.MALFORMED, "messages are text")
        try:
            return _said.validate_json(text)
        except ValidationError as error:
            raise Closing(CloseCode.MALFORMED, _fault(error)) from error

    async def _subscribe(self, tasks: asyncio.TaskGroup, workspace: str, place: Place) -> None:
        await self._unsubscribe(place.id)
        if len(self._following) >= MOST_SUBSCRIPTIONS:
            raise Closing(CloseCode.TOO_MANY, f"at most {MOST_SUBSCRIPTIONS} exports a socket")
        try:
            await asyncio.to_thread(self._present.find, workspace, place.id)
        except ExportUnknown:
            await self._tell(_problem(place.id, NOT_FOUND))
        except StoreUnavailable:
            await self._tell(_problem(place.id, STORE_UNAVAILABLE))
        else:
            self._following[place.id] = tasks.create_task(self._follow(place))

    async def _unsubscribe(self, export_id: UUID) -> None:
        """When this returns, nothing more is told about the export."""
        if task := self._following.pop(export_id, None):
            task.cancel()
            await asyncio.wait({task})

    async def _follow(self, place: Place) -> None:
        # Silence is filled by the pings of the WebSocket itself.
        stream = follow(self._ports, place.id, place.after, silence=3600.0, turn=self._turn)
        async with aclosing(stream) as found:
            async for news in found:
                if news is not None:
                    await self._tell(_told(place.id, news))
        if self._ports.tail.closing:
            raise Closing(CloseCode.RESTART, "the service stops")
        del self._following[place.id]
        await self._tell(EndTold(export_id=place.id))

    async def _tell(self, message: Told) -> None:
        """Waits while the client is slow to read: nothing is queued for it here."""
        await self._socket.send_text(orjson.dumps(message.model_dump()).decode())


def _told(export_id: UUID, news: News) -> Told:
    if isinstance(news.data, EventNews):
        return EventTold(export_id=export_id, event=news.name, data=news.data)
    return TickTold(export_id=export_id, data=news.data)


def _problem(export_id: UUID, kind: ProblemType) -> Told:
    problem = SocketProblem(type=kind.uri, title=kind.title, status=kind.status, detail=kind.advice)
    return ProblemTold(export_id=export_id, problem=problem)


def _fault(error: ValidationError) -> str:
    """Where it is wrong; what was sent is not repeated, as it may hold a key."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "message"
    return f"{place}: {first['msg']}"
