"""Owns the ledger: what was accepted, what that promises, and what is lost, doubled or unexpected.

It knows no system. A subject is an id, a promise says how often an effect of a kind must exist for
it; what exists is counted elsewhere.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Effect = str
"""What is counted, and where: `grid: case of a finding`."""
Promise = Mapping[Effect, int]
Counts = Mapping[tuple[Effect, str], int]
"""How often an effect exists for a subject."""


@dataclass(frozen=True)
class Accepted:
    """A command that the system said yes to."""

    command: str
    subject: str
    key: str
    """Its Idempotency-Key."""


@dataclass(frozen=True)
class Wrong:
    """An effect that exists more or less often than promised, or of which nobody knows why."""

    effect: Effect
    subject: str
    wanted: int
    found: int

    def __str__(self) -> str:
        return f"{self.effect} {self.subject}: {self.found} instead of {self.wanted}"


@dataclass(frozen=True)
class Verdict:
    """What comparing the ledger with the system gave."""

    accepted: int
    lost: Sequence[Wrong] = ()
    duplicated: Sequence[Wrong] = ()
    unexpected: Sequence[Wrong] = ()
    parked: int = 0

    @property
    def holds(self) -> bool:
        """Tell whether every accepted command had its effects, once, and nothing else happened."""
        return not (self.lost or self.duplicated or self.unexpected)

    def __str__(self) -> str:
        return (
            f"accepted={self.accepted} lost={len(self.lost)} duplicated={len(self.duplicated)}"
            f" unexpected={len(self.unexpected)} parked={self.parked}"
        )


@dataclass
class Ledger:
    """What the drivers were told was accepted; they write from several threads."""

    promises: Mapping[str, Promise]
    accepted: list[Accepted] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)
    """Ids of events that were made to be parked."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, one: Accepted) -> None:
        """Note a command; what it promises counts from now on."""
        with self._lock:
            self.accepted.append(one)

    def wanted(self) -> Counter[tuple[Effect, str]]:
        """Return how often each effect must exist."""
        with self._lock:
            accepted = list(self.accepted)
        wanted: Counter[tuple[Effect, str]] = Counter()
        for one in accepted:
            for effect, count in self.promises[one.command].items():
                wanted[effect, one.subject] += count
        return wanted

    def compare(self, found: Counts, parked: Iterable[str]) -> Verdict:
        """Compare what must exist with what exists; `parked` are the ids of parked events.

        A parked event that nobody spoiled is unexpected: it is somebody's effect that waits.
        """
        wanted = self.wanted()
        parked = list(parked)
        kinds: dict[str, list[Wrong]] = defaultdict(list)
        for thing in sorted({*wanted, *found}):
            effect, subject = thing
            want, have = wanted[thing], found.get(thing, 0)
            if want != have:
                kind = "unexpected" if not want else "lost" if have < want else "duplicated"
                kinds[kind].append(Wrong(effect, subject, want, have))
        unexplained = [
            Wrong("parked event", one, 0, 1) for one in parked if one not in self.spoiled
        ]
        return Verdict(
            accepted=len(self.accepted),
            lost=tuple(kinds["lost"]),
            duplicated=tuple(kinds["duplicated"]),
            unexpected=(*kinds["unexpected"], *unexplained),
            parked=len(parked),
        )
