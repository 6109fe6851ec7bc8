"""The API's own description: OpenAPI, a docs page without foreign servers, the kinds of problem."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import Request, Response
from starlette.responses import JSONResponse, RedirectResponse

from api.asyncapi import document as asyncapi_document
from api.models.others import ProblemTypeList, ProblemTypeView
from api.problem_types import NOT_FOUND, ProblemType, all_types, type_of
from api.problems import Problem
from api.routing import routes

router = routes("description")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waybill API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  tryItOutEnabled: true
});
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    headers = {"Content-Security-Policy": _POLICY}
    return Response(_PAGE, headers=headers, media_type="text/html")


@router.get("/docs/start.js", include_in_schema=False)
async def docs_start() -> Response:
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{asset}", include_in_schema=False)
async def docs_asset(asset: str) -> Response:
    if asset not in _ASSETS:
        raise Problem(NOT_FOUND)
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(_read(asset), headers=headers, media_type=_ASSETS[asset])


@router.get("/", include_in_schema=False)
async def root() -> Response:
    return RedirectResponse("/docs")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> Response:
    return JSONResponse(asyncapi_document())


@router.get("/problems", summary="Every kind of problem that an answer can name")
async def list_problems() -> ProblemTypeList:
    return ProblemTypeList(items=[_view(each) for each in all_types()])


@router.get("/problems/{slug}", summary="What a problem means and what to do")
async def show_problem(slug: str) -> ProblemTypeView:
    found = type_of(slug)
    if found is None:
        raise Problem(NOT_FOUND)
    return _view(found)


@cache
def _read(asset: str) -> bytes:
    return files("swagger_ui_bundle").joinpath("vendor", asset).read_bytes()


def _view(kind: ProblemType) -> ProblemTypeView:
    return ProblemTypeView(type=kind.uri, status=kind.status, title=kind.title, advice=kind.advice)
