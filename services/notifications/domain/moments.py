"""Owns how times and durations are said to people: Shanghai's, as an office would write them."""

from datetime import datetime, timedelta

from shared.clock import SHANGHAI

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def spoken_moment(at: datetime, language: str) -> str:
    """Return `11月28日9时20分` or `09:20 on 28 November`."""
    local = at.astimezone(SHANGHAI)
    return _said(local, local.hour, language)


def spoken_deadline(at: datetime, language: str) -> str:
    """Return a deadline; midnight is said as the end of the day before: `11月28日24时`."""
    local = at.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        return _said(local - timedelta(days=1), 24, language)
    return _said(local, local.hour, language)


def spoken_minutes(minutes: int, language: str) -> str:
    """Return `2小时30分钟` or `2 h 30 min`."""
    hours, rest = divmod(minutes, 60)
    units = ("小时", "分钟", "") if language == "zh" else (" h", " min", " ")
    said = [f"{hours}{units[0]}"] if hours else []
    if rest or not hours:
        said.append(f"{rest}{units[1]}")
    return units[2].join(said)


def _said(local: datetime, hour: int, language: str) -> str:
    minute = 0 if hour == 24 else local.minute
    if language == "zh":
        return f"{local.month}月{local.day}日{hour}时" + (f"{minute}分" if minute else "")
    return f"{hour:02}:{minute:02} on {local.day} {_MONTHS[local.month - 1]}"
