"""A database is destroyed under load and restored; the ledger agrees, and what is lost is named."""

import json
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.demo.story import Rectification
from deploy.local.applications import EXTENSIONS
from deploy.local.ground import Ground
from deploy.local.restoring import lost, restore
from shared.backup.shelf import LATEST, Shelf
from shared.messaging.topology import EVENTS, SERVICES
from tests.databases import DatabaseServer
from tests.keys import KEYS
from tests.observe import eventually
from tests.processes import LINLI
from tests.whole_system import KINDS, WholeSystem

HEARERS = ("inspections", "notifications", "volunteers")
SAID = "SELECT event_id FROM outbox"
FILED = "SELECT finding_id, id FROM cases"

_BREATH_SECONDS = 0.2


@dataclass
class Load:
    """An inspector who records inspections one after the other, and keeps a ledger of them."""

    story: Rectification
    accepted: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator["Load"]:
        thread = threading.Thread(target=self._go_on)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()
            self._stop.clear()

    def await_more(self, count: int) -> None:
        """Return when so many more were accepted."""
        enough = len(self.accepted) + count
        eventually(lambda: len(self.accepted) >= enough, 30, "the inspector goes on")

    def _go_on(self) -> None:
        while not self._stop.wait(_BREATH_SECONDS):
            self.accepted.append(self.story.record_inspection())


@pytest.fixture
def system(own_system: WholeSystem) -> WholeSystem:
    """A system of this test's own: one of its databases is destroyed."""
    return own_system


@pytest.fixture
def ground(system: WholeSystem, tmp_path: Path) -> Ground:
    def environment_of(service: str) -> dict[str, str]:
        url = system.database_url(service)
        folder = str(tmp_path / "backups")
        return {"LINLI_ENV": "test", "LINLI_DATABASE_URL": url, "LINLI_BACKUP_DIR": folder, **KEYS}

    def stop(services: Sequence[str]) -> None:
        for service in services:
            system.db[service].engine.dispose()
            for kind in KINDS:
                system.processes[service, kind].end()

    def start(services: Sequence[str]) -> None:
        started = [system.processes[s, kind].restart() for s in services for kind in KINDS]
        for process in started:
            process.wait_ready()

    return Ground(
        admin_url=system.nodes.postgres_admin_url,
        linli=LINLI[0],
        environment_of=environment_of,
        extensions_of=lambda service: EXTENSIONS.get(service, ()),
        stop=stop,
        start=start,
        hand_out_keys=lambda: None,
        shelf=Shelf(tmp_path / "backups"),
        say=logging.getLogger(__name__).info,
    )


def pairs(system: WholeSystem, service: str, query: str) -> dict[str, str]:
    with system.db[service].engine.connect() as connection:
        return {str(key): str(value) for key, value in connection.execute(text(query))}


def column(system: WholeSystem, service: str, query: str) -> list[str]:
    with system.db[service].engine.connect() as connection:
        return [str(value) for value in connection.execute(text(query)).scalars()]


def reported(ground: Ground, kind: str) -> str:
    (folder,) = ground.shelf.reports.glob("grid-*")
    return (folder / kind).read_text(encoding="utf-8")


def things_in(report: str) -> set[str]:
    """Return the ids of the things of which a report says that others know more."""
    return set(re.findall(r"^  case +([0-9a-f-]{36})  ", report, re.MULTILINE))


def events_in(report: str) -> set[str]:
    """Return the ids of the lost events that a report lists."""
    return set(re.findall(r"^ +([0-9a-f-]{36})  .*\.on_", report, re.MULTILINE))


def said_by_grid(system: WholeSystem, hearer: str) -> set[str]:
    """Return what grid's outbox holds of the events that a service hears."""
    heard = [one.name for one in EVENTS if one.producer == "grid" and hearer in one.hearers]
    return set(column(system, "grid", f"{SAID} WHERE event_type = ANY('{{{','.join(heard)}}}')"))


def claimed_from_grid(system: WholeSystem, hearer: str) -> set[str]:
    """Return what a service claimed that no other service said."""
    others = {event for one in SERVICES if one != "grid" for event in column(system, one, SAID)}
    return set(column(system, hearer, "SELECT event_id FROM inbox")) - others


def mend(story: Rectification, case: str) -> None:
    story.resolve(case)
    story.close(case)


def mend_for_good(story: Rectification, finding: str, case: str) -> None:
    """Play a case to the end: mended, looked at again, and the finding closed."""
    mend(story, case)
    story.reinspect(finding)


def test_a_database_destroyed_under_load_is_restored_and_the_ledger_agrees(
    system: WholeSystem, ground: Ground, database_server: DatabaseServer
) -> None:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    story.fill_posts()
    closed_before, closed_after = story.record_inspection(), story.record_inspection()
    mend_for_good(story, closed_before, story.await_dispatch(closed_before))
    old_case = story.await_dispatch(closed_after)
    load = Load(system.story())

    with load.going_on():
        load.await_more(3)
        for service in SERVICES:
            ground.run(service, ["backup", "make", service])
        load.await_more(3)

    mend_for_good(story, closed_after, old_case)
    new_case = story.await_dispatch(load.accepted[-1])
    mend_for_good(story, load.accepted[-1], new_case)
    system.wait_quiet()
    said_before = {hearer: said_by_grid(system, hearer) for hearer in HEARERS}
    claims_before = {hearer: claimed_from_grid(system, hearer) for hearer in HEARERS}
    ids_before = pairs(system, "grid", FILED)
    ground.stop(["grid"])
    database_server.drop(ground.url_of("grid"))

    with load.going_on():
        load.await_more(2)
        assert not restore(ground, ["grid"], LATEST)
        load.await_more(2)

    everything = {closed_before, closed_after, *load.accepted}
    eventually(lambda: set(pairs(system, "grid", FILED)) == everything, 60)
    system.wait_quiet()
    cases = pairs(system, "grid", FILED)
    assert ids_before.items() <= cases.items()
    attached = "SELECT id, case_id FROM findings"
    eventually(lambda: pairs(system, "inspections", attached) == cases, 60)

    assert not lost(ground, "grid")
    restored = {row[0] for row in json.loads(reported(ground, "restored.json"))["said"]}
    heard_before = set().union(*said_before.values())
    assert events_in(reported(ground, "lost.txt")) == heard_before - restored
    assert things_in(reported(ground, "lost.txt")) == {old_case, new_case}

    for hearer in HEARERS:
        new = said_by_grid(system, hearer) - said_before[hearer]
        assert claimed_from_grid(system, hearer) - claims_before[hearer] == new
    steps = system.scalar("inspections", "SELECT count(*) FROM finding_steps")
    assert steps == 2 * len(everything) + 2 * 3

    mend(story, old_case)
    system.wait_quiet()
    states = pairs(system, "inspections", "SELECT id, state FROM findings")
    assert states[closed_before] == states[closed_after] == "closed"
    assert system.scalar("inspections", "SELECT count(*) FROM reinspections") == 3
    assert system.scalar("grid", "SELECT count(*) FROM cases WHERE state = 'closed'") == 2
