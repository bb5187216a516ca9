"""Owns how long somebody stays signed in, and what a refresh token is worth when it comes.

A session is one sign-in on one device. Each refresh gives a new refresh token and uses up the old
one; who brings a used one has stolen it, or was stolen from, and nobody can tell which: the whole
session ends (RFC 9700, 4.14.2).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

IDLE = timedelta(hours=8)
"""Somebody who works stays signed in over a working day; who went home signs in next morning."""
LONGEST = timedelta(days=30)
"""A page that refreshes itself for ever must ask for the password once a month all the same."""

Verdict = Literal["rotate", "reused", "ended"]
EndReason = Literal[
    "signed_out", "signed_out_everywhere", "password_changed", "token_reused", "account_changed"
]

_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("DingTalk/", "DingTalk"),
    ("wxwork/", "WeCom"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    (r"HarmonyOS|OpenHarmony", "HarmonyOS"),
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "macOS"),
    (r"Linux|X11", "Linux"),
)


@dataclass(frozen=True)
class SessionTimes:
    """What decides whether a session goes on."""

    idle_until: datetime
    expires_at: datetime
    ended_at: datetime | None = None


def first_times(now: datetime) -> SessionTimes:
    """Return the times of a session that begins."""
    return SessionTimes(idle_until=now + IDLE, expires_at=now + LONGEST)


def idle_until(times: SessionTimes, now: datetime) -> datetime:
    """Return until when the next refresh token holds: eight hours, and never past the month."""
    return min(now + IDLE, times.expires_at)


def is_live(times: SessionTimes, now: datetime) -> bool:
    """Tell whether a session still gives tokens."""
    return times.ended_at is None and now < times.idle_until and now < times.expires_at


def verdict_on(used_at: datetime | None, times: SessionTimes, now: datetime) -> Verdict:
    """Return what to do when a refresh token comes; a used one ends a session that still goes on.

    The hint that it was stolen is only worth something while the session lives.
    """
    if not is_live(times, now):
        return "ended"
    return "rotate" if used_at is None else "reused"


def device_of(user_agent: str) -> str:
    """Return `browser · system`, all that is kept of what a browser says about itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "—")
    system = next((name for marks, name in _SYSTEMS if re.search(marks, user_agent)), "—")
    return f"{browser} · {system}"
