"""Owns the proof of the clocks: real time is aware, business time may be shifted but for real."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from shared.clock import BusinessClock, real_now
from shared.config import BadConfiguration
from tests.observe import eventually

NEAR = timedelta(seconds=30)


def shift_of(clock: BusinessClock) -> timedelta:
    return clock.now() - real_now()


def test_both_clocks_tell_aware_utc():
    assert real_now().tzinfo is UTC
    assert BusinessClock().now().tzinfo is UTC


def test_without_a_file_business_time_is_real_time(tmp_path: Path):
    assert abs(shift_of(BusinessClock())) < NEAR
    assert abs(shift_of(BusinessClock(tmp_path / "none"))) < NEAR


@pytest.mark.parametrize("text", ["86400", "86400.0\n", " 86400 "])
def test_a_file_shifts_business_time(tmp_path: Path, text: str):
    file = tmp_path / "offset"
    file.write_text(text)
    assert abs(shift_of(BusinessClock(file)) - timedelta(days=1)) < NEAR


def test_an_empty_file_shifts_nothing(tmp_path: Path):
    file = tmp_path / "offset"
    file.touch()
    assert abs(shift_of(BusinessClock(file))) < NEAR


def test_the_file_is_read_again_and_may_come_and_go(tmp_path: Path):
    file = tmp_path / "offset"
    clock = BusinessClock(file)
    assert abs(shift_of(clock)) < NEAR
    file.write_text("-3600")
    eventually(lambda: abs(shift_of(clock) + timedelta(hours=1)) < NEAR, seconds=5)
    file.unlink()
    eventually(lambda: abs(shift_of(clock)) < NEAR, seconds=5)


@pytest.mark.parametrize("kind", ["production", None])
def test_time_is_not_shifted_in_production(monkeypatch: pytest.MonkeyPatch, kind: str | None):
    monkeypatch.setenv("LINLI_CLOCK_FILE", "/nowhere")
    monkeypatch.delenv("LINLI_ENV", raising=False)
    if kind:
        monkeypatch.setenv("LINLI_ENV", kind)
    with pytest.raises(BadConfiguration, match="LINLI_CLOCK_FILE"):
        BusinessClock.from_environment()


@pytest.mark.parametrize("kind", ["demo", "test"])
def test_demos_and_tests_may_shift_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str):
    file = tmp_path / "offset"
    file.write_text("3600")
    monkeypatch.setenv("LINLI_CLOCK_FILE", str(file))
    monkeypatch.setenv("LINLI_ENV", kind)
    assert abs(shift_of(BusinessClock.from_environment()) - timedelta(hours=1)) < NEAR
