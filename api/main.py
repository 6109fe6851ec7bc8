"""HTTP's composition root: which adapters the API runs over, and the server around it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from urllib.parse import urlsplit
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api import ports as api
from api.app import create_app
from api.ports import ApiPorts, SigningKey
from api.tail import Tail
from domain.previews import NoPreviews, Previews
from domain.protection import NoProtection, Protection
from domain.streams import Tick
from infra import readiness, tickets
from infra.finished_files import FinishedFiles
from infra.installation import DeclaredSources, Installation, now, open_installation
from infra.projections import AuditReader, DownloadsReader, HistoryReader
from infra.readiness import Checks, Vitals
from infra.settings import Settings
from infra.streams.kafka.ticks import KafkaTicks
from infra.tracing import start_tracing

GRACE = 20
"""Seconds that downloads under way get when the service stops."""

LARGEST_MESSAGE = 32 * 1024
"""Bytes of a message that a WebSocket's client may send; 100 subscriptions take 8,000."""
PING = 20.0
"""Seconds between two pings of a WebSocket, and until an answer that doesn't come ends it."""

NO_PREVIEWS = NoPreviews()
NO_PROTECTION = NoProtection()

Watcher = Callable[[Tick], None]
Subscribe = Callable[[Watcher], Callable[[], None]]
"""Calls the watcher with every tick that reaches this process; the answer stops that."""


def no_ticks(_: Watcher) -> Callable[[], None]:
    """Where ticks don't come: progress is then told by events alone."""
    return lambda: None


def build(settings: Settings) -> FastAPI:
    """The app over everything the settings name, which must be there already; it is closed when
    the app stops."""
    installation = open_installation(settings, prepare=False)
    installation.on_close(start_tracing(settings, "api"))
    return app_over(installation, subscription(installation), close=installation.close)


def subscription(installation: Installation) -> Subscribe:
    """Over Kafka the workers' ticks come here too; embedded, whoever does the work has them."""
    if installation.settings.transport == "local":
        return no_ticks
    ticks = KafkaTicks(installation.settings)
    ticks.start()
    installation.on_close(lambda: _ask(ticks.stop))
    return ticks.subscribe


def app_over(
    installation: Installation,
    subscribe: Subscribe,
    *,
    close: Callable[[], None] = lambda: None,
    registry: CollectorRegistry | None = None,
    stored: Callable[[], None] = lambda: None,
    more: Vitals = readiness.NOTHING_MORE,
    previews: Previews = NO_PREVIEWS,
    protection: Protection = NO_PROTECTION,
) -> FastAPI:
    """The app over what somebody else opened, such as a process that also does the work. `stored`
    is called between a request's storing and its answer; `more` is how the rest of such a process
    is. `previews` renders files to look at, `protection` encrypts copies of files; what does so is
    no part of the API."""
    bell = installation.store.listen()
    tail = Tail(installation.store, bell.wait, subscribe)

    def stopped() -> None:
        bell.close()
        close()

    ports = _ports(installation, tail, stored, more.checks, previews, protection)
    return create_app(ports, registry, on_stop=stopped, alive=more.alive)


def server(app: FastAPI, settings: Settings) -> GracefulServer:
    """To be run in a loop of its own or by `serve`."""
    return GracefulServer(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=PING,
            ws_ping_timeout=PING,
        )
    )


def serve(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM."""
    server(build(settings), settings).run()


class GracefulServer(uvicorn.Server):
    """A stream of events has no end of its own, so a stop first ends the streams: their clients
    come back to whoever serves next."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Beside the loop, which may hold the tail's lock in this very moment.
        threading.Thread(target=self._tail().close, daemon=True).start()
        super().handle_exit(sig, frame)

    def _tail(self) -> Tail:
        ports: ApiPorts = self.config.app.state.ports  # type: ignore[union-attr] # given by `server`
        return ports.tail


def _ports(
    installation: Installation,
    tail: Tail,
    stored: Callable[[], None],
    more: Checks,
    previews: Previews,
    protection: Protection,
) -> ApiPorts:
    settings = installation.settings
    history = HistoryReader(installation.pool)
    return ApiPorts(
        exports=installation.exports,
        downloads=installation.downloads,
        store=installation.store,
        history=history,
        fetched=DownloadsReader(installation.pool),
        audit=AuditReader(installation.pool),
        sources=DeclaredSources(installation),
        vault=installation.vault,
        access=installation.access,
        recorded_keys=installation.recorded_keys,
        files=FinishedFiles(
            files=installation.files, sealed=installation.sealed, keys=installation.keys
        ),
        tickets=SignedTickets(tickets.ticket_secret(installation.kek)),
        signing_key=SigningKey(
            key_id=installation.signing.key_id, public=installation.signing.public
        ),
        tail=tail,
        previews=previews,
        protection=protection,
        clock=now,
        secret=installation.kek.derive("api requests and cursors"),
        public_url=settings.url.rstrip("/"),
        allowed_origins=_origins(settings),
        retention_days=settings.retention_days,
        stored=stored,
        health={
            **readiness.parts(installation),
            "history": lambda: _ask(lambda: history.get("", UUID(int=0))),
            **more,
        },
    )


@dataclass(frozen=True, slots=True)
class SignedTickets:
    """Says in the API's own words what `infra.tickets` says."""

    secret: bytes

    def issue(self, ticket: api.Ticket) -> str:
        return tickets.issue(
            self.secret,
            tickets.Ticket(
                download_id=ticket.download_id,
                export_id=ticket.export_id,
                file=ticket.file,
                workspace=ticket.workspace,
                principal=ticket.principal,
                expires_at=int(ticket.expires_at.timestamp()),
            ),
        )

    def read(self, text: str, now: datetime) -> api.Ticket:
        try:
            found = tickets.read(self.secret, text, now)
        except tickets.TicketExpired as error:
            raise api.TicketExpired from error
        except tickets.TicketInvalid as error:
            raise api.TicketInvalid from error
        return api.Ticket(
            download_id=found.download_id,
            export_id=found.export_id,
            file=found.file,
            workspace=found.workspace,
            principal=found.principal,
            expires_at=datetime.fromtimestamp(found.expires_at, UTC),
        )


def _origins(settings: Settings) -> frozenset[str]:
    """The service's own, and those that are allowed besides, as browsers write them."""
    own = urlsplit(settings.url)
    given = settings.allowed_origins.split(",")
    found = {f"{own.scheme}://{own.netloc}", *(each.strip().rstrip("/") for each in given)}
    return frozenset(each.lower() for each in found if each)


def _ask(question: Callable[[], object]) -> None:
    question()
