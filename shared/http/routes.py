"""Owns how routes are declared: strict about what they accept, named after their use case."""

from collections.abc import Callable
from typing import Any

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser, abort
from werkzeug.exceptions import UnsupportedMediaType


class StrictParser(FlaskParser):
    """webargs, refusing what it would pass over or fall over.

    A misspelt query parameter is refused as a misspelt JSON field is: the schema decides.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": None}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the parsed body, missing when there is none.

        Raises:
            UnsupportedMediaType: when there is a body that doesn't say it is JSON.
            BadRequest: when it isn't JSON, or JSON nested or with numbers past what Python reads.
        """
        if not req.is_json and req.get_data(cache=True):
            raise UnsupportedMediaType
        try:
            return super().load_json(req, schema)
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
