"""Tests of deploy/local/rounds.py: who sends what again after a restore."""

from datetime import UTC, datetime, timedelta

from deploy.local.rounds import MARGIN, Round, rounds
from shared.backup.manifest import Manifest
from shared.messaging.retention import Periods
from shared.messaging.topology import SERVICES, bindings

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PERIODS = Periods(inbox=90 * DAY, outbox=30 * DAY, failed_events=90 * DAY)
ON_FINDING = "grid.on_finding_raised"


def of_grid(started_at: datetime, **heard: datetime) -> Manifest:
    """Return the manifest of a backup whose queues had claimed everything unless said."""
    queues = {one.queue for one in bindings() if one.queue.startswith("grid.")}
    claimed = dict.fromkeys(queues, started_at) | {f"grid.{q}": at for q, at in heard.items()}
    return Manifest("grid", "data", "1", started_at, started_at, 0, None, claimed, {}, {})


def test_everybody_sends_again_what_they_sent_since_the_backup_and_a_margin() -> None:
    since = NOW - DAY - MARGIN
    assert [one for one in rounds([of_grid(NOW - DAY)], NOW, PERIODS) if not one.event_type] == [
        Round(service, since) for service in SERVICES
    ]


def test_of_several_backups_the_oldest_counts() -> None:
    backups = [of_grid(NOW - DAY), of_grid(NOW - 3 * DAY)]
    assert rounds(backups, NOW, PERIODS)[0].since == NOW - 3 * DAY - MARGIN


def test_a_queue_that_was_behind_gets_what_it_had_not_claimed() -> None:
    behind = of_grid(NOW - DAY, on_finding_raised=NOW - 5 * DAY)
    late = Round("inspections", NOW - 5 * DAY - MARGIN, "finding_raised.v1")
    assert late in rounds([behind], NOW, PERIODS)


def test_a_queue_that_never_claimed_anything_gets_all_there_is() -> None:
    manifest = of_grid(NOW - DAY)
    never = Manifest(**{**vars(manifest), "heard": {}})
    (late,) = [
        one for one in rounds([never], NOW, PERIODS) if one.event_type == "finding_raised.v1"
    ]
    assert late.since == NOW - 30 * DAY + timedelta(minutes=1)


def test_nobody_is_asked_for_what_outboxes_have_forgotten() -> None:
    assert all(
        one.since > NOW - 30 * DAY for one in rounds([of_grid(NOW - 60 * DAY)], NOW, PERIODS)
    )


def test_a_queue_that_was_not_behind_needs_no_round_of_its_own() -> None:
    manifest = of_grid(NOW - DAY, on_finding_raised=NOW - DAY - MARGIN / 2)
    assert {one.event_type for one in rounds([manifest], NOW, PERIODS)} == {None}
