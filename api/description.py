"""The OpenAPI document: what the framework finds out, and what it can't see: bodies, problems."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.models.languages import FILTER_SCHEMA, FORMAT_SCHEMA, MASK_SCHEMA
from api.models.others import FaultView, ProblemView
from api.models.requests import BODIES
from api.problems import MEDIA_TYPE

_ABOUT = """Files out of your databases, each with a signed waybill.

Every refusal is a problem (RFC 9457) whose `type` is listed under `/problems`. Times are in UTC.
"""
_TEMPLATE = "#/components/schemas/{model}"
_PROBLEM = {
    "description": "A problem; its `type` says which.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}},
}


def describe(app: FastAPI) -> None:
    """Lets the app make its document once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # the framework's documented way


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1."""
    found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {"Filter": FILTER_SCHEMA, "Format": FORMAT_SCHEMA, "Mask": MASK_SCHEMA, **_schemas()}
    for path in found["paths"].values():
        for operation in path.values():
            _add_problems(operation)
    return found


def _schemas() -> dict[str, Any]:
    models = [(model, "validation") for model in (*BODIES, ProblemView, FaultView)]
    _, definitions = models_json_schema(models, ref_template=_TEMPLATE)  # type: ignore[arg-type] # a list of a narrower Literal
    return dict(definitions["$defs"])


def _add_problems(operation: dict[str, Any]) -> None:
    """The framework describes a 422 of its own, which is never sent."""
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = _PROBLEM
