"""Owns how routes are declared: strict about what they accept, named after their use case."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from flask import Request, request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser, abort
from werkzeug.exceptions import UnsupportedMediaType

from shared.http.limits import JsonTooLarge, require_modest_json


class StrictParser(FlaskParser):
    """webargs, refusing what it would pass over or fall over.

    A misspelt query parameter is refused as a misspelt JSON field is: the schema decides.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": None}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the parsed body, missing when there is none.

        Raises:
            UnsupportedMediaType: when there is a body that doesn't say it is JSON.
            BadRequest: when it isn't JSON, or JSON deeper, with more values or with longer numbers
                than any request of ours.
        """
        if not req.is_json and req.get_data(cache=True):
            raise UnsupportedMediaType
        try:
            require_modest_json(req.get_data(cache=True))
            return super().load_json(req, schema)
        except JsonTooLarge as error:
            abort(400, exc=error, messages={"json": [str(error)]})
        except (ValueError, RecursionError) as error:
            abort(400, exc=error, messages={"json": ["Invalid JSON body."]})


class Routes(Blueprint):
    """A group of routes; the function's name is the operationId."""

    ARGUMENTS_PARSER = StrictParser()

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        *more: Any,
        **options: Any,
    ) -> None:
        """Register a route and document it under its name."""
        if view_func is not None:
            view_func = self.doc(operationId=endpoint or view_func.__name__)(view_func)
        super().add_url_rule(rule, endpoint, view_func, *more, **options)

    def response(self, status_code: int, *schema: Any, **options: Any) -> Callable[..., Any]:
        """Answer with what the function returns; a page also says in `Link` where the next is."""
        answered = super().response(status_code, *schema, **options)
        return lambda view: answered(_linking(view))


def _linking(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def linked(*args: Any, **path: Any) -> Any:
        shown = view(*args, **path)
        mark = getattr(shown, "next", None)
        return shown if mark is None else (shown, {"Link": _next_link(mark)})

    return linked


def _next_link(mark: str) -> str:
    """Return the Link (RFC 8288) to the same list after a mark, relative to the front door."""
    query = [(k, v) for k, v in request.args.items(multi=True) if k != "after"]
    return f'<{quote(request.path)}?{urlencode([*query, ("after", mark)])}>; rel="next"'
