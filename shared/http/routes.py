"""Owns how routes are declared: strict about what they accept, named after their use case."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from flask import Request, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, missing
from webargs.flaskparser import FlaskParser, abort
from werkzeug.exceptions import UnsupportedMediaType

from shared.http.limits import JsonTooLarge, require_modest_json


class StrictParser(FlaskParser):
    """webargs, refusing what it would pass over or fall over.

    A misspelt query parameter is refused as a misspelt JSON field is: the schema decides. What
    comes twice is refused too: whoever stands before us may have read the other one.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": None}

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the query's parameters; one that isn't a list comes once.

        Raises:
            ValidationError: naming those that came more often.
        """
        lists = {
            field.data_key or name
            for name, field in schema.fields.items()
            if isinstance(field, fields.List)
        }
        _require_once(name for name, _ in req.args.items(multi=True) if name not in lists)
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the parsed body, missing when there is none.

        Raises:
            UnsupportedMediaType: when there is a body that doesn't say it is JSON.
            BadRequest: when it isn't JSON, or JSON deeper, with more values or with longer numbers
                than any request of ours.
            ValidationError: naming what an object has more than once.
        """
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            require_modest_json(body)
            return json.loads(body.decode(), object_pairs_hook=_object_of)
        except JsonTooLarge as error:
            abort(400, exc=error, messages={"json": [str(error)]})
        except (ValueError, RecursionError) as error:
            abort(400, exc=error, messages={"json": ["Invalid JSON body."]})


def _object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
    _require_once(name for name, _ in members)
    return dict(members)


def _require_once(names: Iterable[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise ValidationError({name: ["Given more than once."] for name in twice})


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
