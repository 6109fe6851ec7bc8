"""How groups of routes are declared.

Apps share the routes of a group (`FastAPI(routes=...)`) instead of including its router, which
analyses every parameter of every route once more, at the first request of each app.
"""

from __future__ import annotations

from fastapi import APIRouter


def routes(*tags: str) -> APIRouter:
    """An empty group. An operation is called in OpenAPI what its function is called."""
    return APIRouter(tags=list(tags), generate_unique_id_function=lambda route: route.name)
