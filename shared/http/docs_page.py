"""Owns the pages for developers outside, from this server alone: a service's OpenAPI document in
Swagger UI, and the list of its problems.
"""

from html import escape
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, redirect, send_from_directory, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from shared.http.problem_types import ProblemType, problem_types, refusals_in
from shared.http.problems import TYPE_PREFIX

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
_PROBLEMS = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>邻里 Linli · {service} · 错误类型 Problem types</title>
<style>
body {{ font-family: sans-serif; margin: 2rem; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #ccc; padding: 0.4rem; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
<h1>错误类型 / Problem types</h1>
<p>程序认 <code>type</code>：<code>{prefix}</code> 加首列。 / Programs read <code>type</code>:
<code>{prefix}</code> and the first column. <a href="./">API</a></p>
<table>
<tr><th>type</th><th>status</th><th>含义 / meaning</th><th>怎么办 / what to do</th></tr>
{rows}
</table>
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

    @blueprint.get("/docs/problems")
    def list_problems() -> Response:
        return Response(_problems_of(service), headers={"Content-Security-Policy": _POLICY})

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


def _problems_of(service: str) -> str:
    found = problem_types(refusals_in("shared", f"services.{service}"))
    rows = "\n".join(_row_of(one) for one in found)
    return _PROBLEMS.format(service=service, prefix=TYPE_PREFIX, rows=rows)


def _row_of(one: ProblemType) -> str:
    kind, zh, en, do = map(escape, (one.kind, one.zh, one.en, one.what_to_do))
    return (
        f'<tr id="{kind}"><td><code>{kind}</code></td><td>{one.status}</td>'
        f"<td>{zh}<br>{en}</td><td>{do}</td></tr>"
    )
