"""Whether this process lives, whether every part it needs answers, and its numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog
from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.metrics import HttpMetrics
from api.models.others import LiveView, PartView, ReadyView
from api.routing import routes

router = routes("operations")

PATIENCE = 5.0
"""Seconds that a part may take to answer."""
_log = structlog.get_logger(__name__)


@router.get(
    "/livez",
    summary="Whether the process lives",
    responses={503: {"model": LiveView, "description": "Only a restart helps."}},
)
async def live(request: Request, response: Response) -> LiveView:
    lives: bool = request.app.state.alive()
    response.status_code = 200 if lives else 503
    return LiveView(live=lives)


@router.get(
    "/readyz",
    summary="Whether every part that is needed can be used",
    responses={503: {"model": ReadyView, "description": "A part can't be used."}},
)
async def ready(request: Request, response: Response) -> ReadyView:
    parts = await _parts(request)
    all_ready = all(part.ok for part in parts.values())
    response.status_code = 200 if all_ready else 503
    return ReadyView(ready=all_ready, parts=parts)


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
async def metrics(request: Request) -> Response:
    await _parts(request)  # nobody may be asking /readyz
    found: HttpMetrics = request.app.state.metrics
    text = await asyncio.to_thread(generate_latest, found.registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _parts(request: Request) -> dict[str, PartView]:
    checks: Mapping[str, Callable[[], None]] = request.app.state.health()
    names = list(checks)
    parts = dict(
        zip(
            names,
            await asyncio.gather(*(_look(name, checks[name]) for name in names)),
            strict=True,
        )
    )
    metrics: HttpMetrics = request.app.state.metrics
    for name, part in parts.items():
        metrics.ready.labels(name).set(part.ok)
    return parts


async def _look(name: str, check: Callable[[], None]) -> PartView:
    """The first sentence of what kind of error it was; its own text may name hosts."""
    try:
        await asyncio.wait_for(asyncio.to_thread(check), PATIENCE)
    except TimeoutError:
        return PartView(ok=False, detail=f"No answer within {PATIENCE:g} s.")
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the part can't be used
        _log.warning("not ready", part=name, error=type(error).__name__)
        said = " ".join((type(error).__doc__ or type(error).__name__).split())
        return PartView(ok=False, detail=said)
    return PartView(ok=True, detail="ok")
