"""Owns how an announcement becomes words: its template, filled with its facts, in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Literal

from services.notifications.domain import templates_en, templates_zh
from services.notifications.domain.moments import spoken_deadline, spoken_minutes, spoken_moment
from services.notifications.domain.rules import Fact

Language = Literal["zh", "en"]
WORDS: dict[Language, ModuleType] = {"zh": templates_zh, "en": templates_en}
_OFFICES = (
    ("居民委员会", ""),
    ("居委会", ""),
    ("村民委员会", "村"),
    ("村委会", "村"),
    ("办事处", ""),
)
"""How the register names those who govern an area; people say the area's own name."""
_SENTENCE_ENDS = "。.！!？?；;"


@dataclass(frozen=True)
class Said:
    """A message as a person reads it. The subject is one line."""

    subject: str
    body: str


def said(
    template: str,
    facts: Mapping[str, Fact],
    *,
    area: str,
    occurred_at: datetime,
    language: Language,
) -> Said:
    """Return a template's words filled with the facts; a new one in a language of its own."""
    words = WORDS[language]
    filled = {name: _spoken(name, fact, language) for name, fact in facts.items()}
    filled |= {"area": spoken_area(area), "at": spoken_moment(occurred_at, language)}
    subject, body = words.TEMPLATES[template]
    return Said(one_line(subject.format_map(filled)), body.format_map(filled))


def footer(language: Language) -> str:
    """Return what stands below a message that leaves the system."""
    return str(WORDS[language].FOOTER)


def spoken_area(name: str) -> str:
    """Return an area as people call it: 三元一村社区 for 三元一村社区居委会."""
    for office, instead in _OFFICES:
        if name.endswith(office) and len(name) > len(office):
            place = name.removesuffix(office)
            return place if place.endswith(instead) else place + instead
    return name


def one_line(text: str) -> str:
    """Return a text without line breaks or control characters: fit for a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _spoken(name: str, fact: Fact, language: Language) -> str:
    words = WORDS[language]
    if name == "kind":
        return str(words.KINDS.get(fact, words.OTHER_KIND))
    if name == "overdue":
        return str(words.OVERDUE[fact])
    if name == "minutes" and isinstance(fact, int):
        return spoken_minutes(fact, language)
    if name == "deadline" and isinstance(fact, str):
        return spoken_deadline(datetime.fromisoformat(fact), language)
    if name.endswith("_at") and isinstance(fact, str):
        return spoken_moment(datetime.fromisoformat(fact), language)
    # the templates end their sentences themselves
    return "" if fact is None else str(fact).strip().rstrip(_SENTENCE_ENDS)
