"""The HTTP API as an ASGI app over its ports: nothing here knows an adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api import refusals
from api.description import describe
from api.metrics import HttpMetrics
from api.ports import ApiPorts
from api.present import Present
from api.refused import Refusals
from api.routes import (
    audit,
    bundles,
    datasets,
    documents,
    downloads,
    exports,
    files,
    health,
    keys,
    live,
    progress,
    protected,
)
from api.shell import Shell

THREADS = 40
"""Calls to databases and file stores at once; a stream holds a thread only while it reads."""

_ROUTES = (
    exports,
    progress,
    live,
    files,
    protected,
    bundles,
    downloads,
    audit,
    datasets,
    keys,
    health,
    documents,
)


def create_app(
    ports: ApiPorts,
    registry: CollectorRegistry | None = None,
    *,
    on_stop: Callable[[], None] = lambda: None,
    alive: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """`registry` is where the metrics go; the process's own when it is left out. `on_stop` is
    called when the last request is answered. `alive` is False when only a restart helps; a process
    that does nothing but answer lives when it answers."""
    app = FastAPI(
        title="Waybill",
        version=version("waybill"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=[route for module in _ROUTES for route in module.router.routes],
        lifespan=_lifespan,
    )
    app.state.ports = ports
    app.state.health = lambda: ports.health
    app.state.alive = alive
    app.state.on_stop = on_stop
    app.state.present = Present(ports.store)
    app.state.metrics = HttpMetrics(registry) if registry else HttpMetrics()
    app.state.refused = Refusals(ports, app.state.present, app.state.metrics)
    refusals.install(app)
    app.add_middleware(Shell, metrics=app.state.metrics)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    ports: ApiPorts = app.state.ports
    threads = ThreadPoolExecutor(THREADS, "api")
    asyncio.get_running_loop().set_default_executor(threads)
    await asyncio.to_thread(ports.tail.start)
    try:
        yield
    finally:
        await app.state.refused.close()
        await asyncio.to_thread(ports.tail.close)
        await asyncio.to_thread(app.state.on_stop)
