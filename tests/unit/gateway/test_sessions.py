"""How long somebody stays signed in, and what a refresh token is worth."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.domain.sessions import (
    SessionTimes,
    device_of,
    first_times,
    idle_until,
    is_live,
    verdict_on,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def test_a_session_begins_with_eight_hours_of_at_most_thirty_days() -> None:
    times = first_times(NOON)
    assert (times.idle_until, times.expires_at) == (NOON + 8 * HOUR, NOON + 720 * HOUR)


@pytest.mark.parametrize(
    ("after", "left"),
    [(timedelta(), 8 * HOUR), (712 * HOUR, 8 * HOUR), (713 * HOUR, 7 * HOUR), (719 * HOUR, HOUR)],
)
def test_a_refresh_gives_eight_hours_and_never_past_the_thirty_days(
    after: timedelta, left: timedelta
) -> None:
    assert idle_until(first_times(NOON), NOON + after) == NOON + after + left


@pytest.mark.parametrize(
    ("times", "live"),
    [
        (SessionTimes(NOON + TICK, NOON + HOUR), True),
        (SessionTimes(NOON, NOON + HOUR), False),
        (SessionTimes(NOON + HOUR, NOON), False),
        (SessionTimes(NOON + HOUR, NOON + HOUR, ended_at=NOON - HOUR), False),
    ],
)
def test_a_session_lives_until_it_idles_ends_or_is_ended(times: SessionTimes, live: bool) -> None:
    assert is_live(times, NOON) is live


@pytest.mark.parametrize(
    ("used", "live", "verdict"),
    [
        (False, True, "rotate"),
        (True, True, "reused"),
        (False, False, "ended"),
        (True, False, "ended"),
    ],
)
def test_a_refresh_token_is_good_once_and_while_its_session_lives(
    used: bool, live: bool, verdict: str
) -> None:
    times = SessionTimes(NOON + HOUR, NOON + HOUR, None if live else NOON - HOUR)
    assert verdict_on(NOON - HOUR if used else None, times, NOON) == verdict


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; LYA-AL00) AppleWebKit/537.36 Chrome/111.0"
            " Mobile Safari/537.36 MicroMessenger/8.0.49",
            "WeChat · Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
            " Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari · iOS",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Firefox · macOS",
        ),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114.0", "Chrome · HarmonyOS"),
        ("curl/8.7.1", "— · —"),
        ("", "— · —"),
    ],
)
def test_of_a_browsers_own_words_two_are_kept(agent: str, device: str) -> None:
    assert device_of(agent) == device
