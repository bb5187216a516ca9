"""Own what `make up` and its sisters tell a person: lines with seconds, failures with advice."""

import time
from dataclasses import dataclass, field
from pathlib import Path


class Failure(Exception):
    """A part of the system did not do its part; `advice` says what a person can do next."""

    def __init__(self, part: str, why: str, advice: str, log: Path | None = None) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why
        self.advice = advice
        self.log = log

    def report(self) -> str:
        """Return the failure as text: part, reason, the last log lines, the next step."""
        lines = [f"failed: {self.part}", f"why:    {self.why}"]
        if self.log is not None:
            lines += [f"log:    {self.log}, its last lines:", *last_lines(self.log)]
        return "\n".join([*lines, f"next:   {self.advice}"])


@dataclass
class Progress:
    """Prints lines with the seconds since the start."""

    started: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Print one line at once, even into a pipe."""
        print(f"[{self.seconds():5.1f}s] {line}", flush=True)

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started


def last_lines(log: Path, count: int = 15) -> list[str]:
    """Return the end of a log, indented; nothing when there is none yet."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        text = file.read().decode(errors="replace")
    return [f"    {line}" for line in text.splitlines()[-count:]]
