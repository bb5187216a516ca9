"""Owns the JSON Schema of a contract: apispec reads the marshmallow schema, the source tells why.

A hearer reads past fields that it doesn't know, so every object allows more than it names.
"""

import ast
import inspect
import textwrap
import typing
from dataclasses import fields, is_dataclass
from typing import Any

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from shared.contracts import schema_of

JsonSchema = dict[str, Any]


def json_schema_of(contract: type) -> JsonSchema:
    """Return the JSON Schema of a contract's payload, whole: nothing in it refers elsewhere."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    spec = APISpec("contracts", "1", openapi_version="3.1.0", plugins=[plugin])
    converter: Any = plugin.converter
    converter.add_attribute_function(_type_of_choices)
    spec.components.schema("payload", schema=schema_of(contract))
    return _explained(contract, spec.to_dict()["components"]["schemas"]["payload"])


def text_of(contract: type) -> str:
    """Return what a contract class says of itself, on one line."""
    return " ".join(inspect.cleandoc(contract.__doc__ or "").split())


def _type_of_choices(_: Any, field: marshmallow.fields.Field[Any], ret: JsonSchema) -> JsonSchema:
    """A Literal is a raw field with choices to marshmallow: its type is that of the choices."""
    if "type" in ret or "enum" not in ret:
        return {}
    names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    found = sorted({names[type(choice)] for choice in ret["enum"]}, key=lambda n: n == "null")
    return {"type": found[0] if len(found) == 1 else found}


def _explained(contract: type, bare: JsonSchema) -> JsonSchema:
    """Return an object's schema with what the source says of it and of each field."""
    texts, hints = _texts_of_fields(contract), typing.get_type_hints(contract)
    described = {
        name: _explained_field(hints[name], texts.get(name), bare["properties"][name])
        for name in (field.name for field in fields(contract))
    }
    return {
        "type": "object",
        "description": text_of(contract),
        "properties": described,
        "required": [name for name in described if name in bare.get("required", ())],
        "additionalProperties": True,
    }


def _explained_field(hint: Any, text: str | None, bare: JsonSchema) -> JsonSchema:
    nested = next((part for part in _parts_of(hint) if is_dataclass(part)), None)
    schema = _explained_inside(nested, bare) if isinstance(nested, type) else bare
    return {"description": text, **schema} if text else schema


def _explained_inside(nested: type, bare: JsonSchema) -> JsonSchema:
    """Find the object within lists, maps and what may be null."""
    if "properties" in bare:
        return bare | _explained(nested, bare) | {"type": bare["type"]}
    inner = {
        key: _explained_inside(nested, bare[key])
        for key in ("items", "additionalProperties")
        if isinstance(bare.get(key), dict)
    }
    return bare | inner


def _parts_of(hint: Any) -> list[Any]:
    """Return a type and all that it is made of: `list[AreaState]` holds `AreaState`."""
    return [hint, *(part for one in typing.get_args(hint) for part in _parts_of(one))]


def _texts_of_fields(contract: type) -> dict[str, str]:
    """Return the string literal below each field, also of the classes it derives from."""
    texts: dict[str, str] = {}
    for part in reversed([part for part in contract.__mro__ if is_dataclass(part)]):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        if not isinstance(definition, ast.ClassDef):
            raise TypeError(f"{part} is no class")
        for one, below in zip(definition.body, definition.body[1:], strict=False):
            if isinstance(one, ast.AnnAssign) and (text := _text(below)):
                texts[ast.unparse(one.target)] = text
    return texts


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return None
