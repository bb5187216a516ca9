"""Owns the proof of refusals: they speak two languages and know the field at fault."""

import importlib
import pkgutil
from collections.abc import Iterator
from string import Formatter

import pytest

import services
import shared
from shared.errors import Conflict, NotFound, Rejected


class TooMany(Rejected):
    """Says how many."""

    zh = "超过 {limit} 个"
    en = "More than {limit}"


def subclasses(of: type[Rejected]) -> Iterator[type[Rejected]]:
    yield of
    for one in of.__subclasses__():
        yield from subclasses(one)


def all_refusals() -> list[type[Rejected]]:
    """Return every refusal of the system; importing all modules makes them known."""
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and ".messaging." not in module.name:
                importlib.import_module(module.name)
    ours = (
        one for one in subclasses(Rejected) if one.__module__.startswith(("services.", "shared."))
    )
    return sorted(set(ours), key=lambda one: (one.__module__, one.__name__))


REFUSALS = all_refusals()
each = pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: f"{r.__module__}.{r.__name__}")


def placeholders(sentence: str) -> set[str]:
    """Return what a sentence is filled with; `state_zh` is the Chinese word for `state`."""
    return {name.removesuffix("_zh") for _, name, _, _ in Formatter().parse(sentence) if name}


def test_a_refusal_speaks_both_languages():
    refusal = TooMany("results", limit=3)
    assert (refusal.text("zh"), refusal.text("en")) == ("超过 3 个", "More than 3")
    assert (str(refusal), refusal.field, refusal.facts) == ("More than 3", "results", {"limit": 3})


def test_a_refusal_without_its_facts_fails_where_it_is_made():
    with pytest.raises(KeyError):
        TooMany()


def test_facts_with_braces_are_facts():
    assert TooMany(limit="{field}").text("zh") == "超过 {field} 个"


def test_refusals_have_the_status_of_their_kind():
    assert (Rejected().status, NotFound().status, Conflict().status) == (422, 404, 409)


@each
def test_every_refusal_has_words_of_its_own_in_both_languages(refusal: type[Rejected]):
    assert any("\u4e00" <= character <= "\u9fff" for character in refusal.zh)
    assert refusal.en.isprintable() and not any("\u4e00" <= c <= "\u9fff" for c in refusal.en)
    if refusal not in (Rejected, NotFound, Conflict):
        assert {"zh", "en"} <= vars(refusal).keys()


@each
def test_every_refusal_says_the_same_facts_in_both_languages(refusal: type[Rejected]):
    assert placeholders(refusal.zh) == placeholders(refusal.en)
    facts = {name: 1 for name in placeholders(refusal.en)}
    facts |= {f"{name}_zh": 1 for name in facts}
    assert "{" not in refusal.zh.format(**facts) + refusal.en.format(**facts)


@each
def test_no_refusal_is_called_an_error(refusal: type[Rejected]):
    assert not refusal.__name__.endswith(("Error", "Exception"))
    assert 400 <= refusal.status < 500 or refusal.status == 503
