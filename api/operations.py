"""What a process without an API of its own tells those who look after it: its numbers, whether it
lives and whether it is ready, by the same routes as the API does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.metrics import HttpMetrics
from api.routes import health
from api.shell import Shell


def operations_app(
    checks: Mapping[str, Callable[[], None]],
    alive: Callable[[], bool],
    registry: CollectorRegistry | None = None,
) -> FastAPI:
    """A check raises when its part can't be used; its error's docstring is shown, its text isn't.
    `alive` is False when only a restart helps."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=health.router.routes,
    )
    app.state.health, app.state.alive = lambda: checks, alive
    app.state.metrics = HttpMetrics(registry) if registry else HttpMetrics()
    app.add_middleware(Shell, metrics=app.state.metrics)
    return app
