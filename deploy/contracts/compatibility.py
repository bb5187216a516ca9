"""Owns what a published version of an event may become: it may gain optional fields, no more.

Events wait in outboxes and queues while their producers and hearers are replaced one by one. So a
message of yesterday must load with the class of today, and a message of today with the class of
yesterday. A field that an old message lacks and an old hearer reads past is all that both allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_OLD_MESSAGES = "messages said before would be refused"
_OLD_HEARERS = "hearers not yet updated would refuse what is said"
_BOTH = f"{_OLD_MESSAGES}, or {_OLD_HEARERS}"

_TELLS_ONLY = {"$schema", "title", "description", "examples"}
"""What a person reads and no program obeys."""

_LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_MISSING: Any = object()


@dataclass(frozen=True)
class Break:
    """One change that a published version can't take."""

    field: str
    """`areas[].code`; the payload as a whole is `payload`."""
    change: str
    why: str

    def __str__(self) -> str:
        return f"{self.field}: {self.change}; {self.why}"


def breaks(published: dict[str, Any], now: dict[str, Any]) -> list[Break]:
    """Return what makes `now` another version than the published JSON Schema; [] when nothing.

    A keyword that this module doesn't know must stay as it is.
    """
    return list(_compare("", published, now))


def _compare(at: str, old: Any, new: Any) -> Iterator[Break]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield Break(at or "payload", f"was {_show(old)}, is {_show(new)}", _BOTH)
        return
    yield from _compare_properties(at, old, new)
    yield from _compare_required(at, old, new)
    for keyword in sorted((old.keys() | new.keys()) - _TELLS_ONLY - {"properties", "required"}):
        before, after = old.get(keyword, _MISSING), new.get(keyword, _MISSING)
        if keyword in ("items", "additionalProperties") and isinstance(after, dict):
            yield from _compare(f"{at}{'[]' if keyword == 'items' else '{}'}", before, after)
        elif before != after:
            yield _changed(at, keyword, before, after)


def _compare_properties(at: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Break]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name in after:
            yield from _compare(_join(at, name), before[name], after[name])
        elif name in old.get("required", ()):
            yield Break(_join(at, name), "a required field was removed", _OLD_HEARERS)
        else:
            yield Break(
                _join(at, name), "a field was removed", "what others say or read there is lost"
            )


def _compare_required(at: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Break]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    known = old.get("properties", {})
    for name in sorted(after - before):
        change = "an optional field became required" if name in known else "a new field is required"
        yield Break(_join(at, name), change, _OLD_MESSAGES)
    for name in sorted((before - after) & new.get("properties", {}).keys()):
        yield Break(_join(at, name), "a required field became optional", _OLD_HEARERS)


def _changed(at: str, keyword: str, before: Any, after: Any) -> Break:
    change = f"{keyword} was {_show(before)}, is {_show(after)}"
    return Break(at or "payload", change, _reason(keyword, before, after))


def _reason(keyword: str, before: Any, after: Any) -> str:
    """Say whose messages suffer: a narrower rule refuses old ones, a wider one lets new ones out
    that old hearers refuse."""
    if keyword == "default":
        return "messages said before would mean something else"
    if before is _MISSING:
        return _OLD_MESSAGES
    if after is _MISSING:
        return _OLD_HEARERS
    if keyword in _LOWER | _UPPER:
        narrower = after > before if keyword in _LOWER else after < before
        return _OLD_MESSAGES if narrower else _OLD_HEARERS
    if keyword in ("enum", "type"):
        lost, gained = _as_set(before) - _as_set(after), _as_set(after) - _as_set(before)
        if bool(lost) != bool(gained):
            return _OLD_MESSAGES if lost else _OLD_HEARERS
    return _BOTH


def _as_set(value: Any) -> set[str]:
    return {repr(one) for one in (value if isinstance(value, list) else [value])}


def _show(value: Any) -> str:
    return "absent" if value is _MISSING else repr(value)


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
