"""Owns the page that shows a service's OpenAPI document: Swagger UI, from this server alone."""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, redirect, send_from_directory, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

_ASSETS = Path(str(files("flask_swagger_ui"))) / "dist"
_SERVED = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_OWN = Path(__file__).parent
_INIT = "docs_page.js"
_YEAR = "public, max-age=31536000, immutable"
# Swagger UI sets styles on elements, and has its icons as data
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>邻里 Linli · {service} · API</title>
<link rel="stylesheet" href="{root}/swagger-ui.css">
<link rel="icon" type="image/png" href="{root}/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><a href="../openapi.json">openapi.json</a></noscript>
<script src="{root}/swagger-ui-bundle.js"></script>
<script src="{init}"></script>
</body>
</html>
"""


def docs_routes(service: str) -> Blueprint:
    """Return the routes under `/docs`; what the page needs is named by version, to be kept."""
    blueprint = Blueprint("docs-page", __name__)
    version = (_ASSETS / "VERSION").read_text(encoding="utf-8").strip()

    @blueprint.get("/docs")
    def address() -> Answer:
        return redirect(url_for(".page"), 308)

    @blueprint.get("/docs/")
    def page() -> Response:
        html = _PAGE.format(service=service, root=version, init=_INIT)
        return Response(html, headers={"Content-Security-Policy": _POLICY})

    @blueprint.get(f"/docs/{_INIT}")
    def init() -> Response:
        return send_from_directory(_OWN, _INIT, mimetype="text/javascript", max_age=3600)

    @blueprint.get(f"/docs/{version}/<name>")
    def asset(name: str) -> Response:
        if name not in _SERVED:
            raise NotFound
        answer = send_from_directory(_ASSETS, name)
        answer.headers["Cache-Control"] = _YEAR
        return answer

    return blueprint
