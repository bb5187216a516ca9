"""Owns the vocabulary of refusals: what a rule says no to, in both languages."""

from typing import ClassVar


class Rejected(Exception):
    """A request or an event that a rule refuses; it changed nothing.

    Subclasses are named after what is wrong (`CaseAlreadyClosed`). `zh` and `en` may use
    `{placeholders}` filled from the facts. As an answer to a caller it becomes problem+json;
    as the outcome of an event it parks the event at once, because trying again can't help.
    """

    status: ClassVar[int] = 422
    zh: ClassVar[str] = "请求不符合规则"
    en: ClassVar[str] = "The request breaks a rule"

    def __init__(self, field: str | None = None, **facts: object) -> None:
        """Name the field at fault (dotted path in the request) and the facts of the case."""
        self.field = field
        self.facts = facts
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """Return the sentence for a person, in `zh` or `en`."""
        return (self.zh if language == "zh" else self.en).format(**self.facts)


class NotFound(Rejected):
    """The thing asked for doesn't exist, or the caller may not know that it does."""

    status = 404
    zh = "未找到"
    en = "Not found"


class Conflict(Rejected):
    """The thing is in a state that doesn't allow the request."""

    status = 409
    zh = "当前状态不允许此操作"
    en = "The current state does not allow this"


class TooMany(Rejected):
    """The request is one too many for now; `retry_after` says in how many seconds it may pass."""

    status = 429
    zh = "请求过于频繁，请在 {retry_after} 秒后再试"
    en = "Too many requests; try again in {retry_after} s"

    def __init__(self, retry_after: int, **facts: int) -> None:
        """Say in how many seconds to try again."""
        self.retry_after = retry_after
        super().__init__(None, retry_after=retry_after, **facts)


class TooEarly(Exception):
    """An event arrived before the row that it must attach to; a later try will find it."""
