"""Owns what the tests of notifications begin with: a story of one finding, event by event."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notifications.schemas import Channels, PutRecipient
from services.notifications.usecases.hearing import hear
from services.notifications.usecases.recipients import RecipientAsked, put_recipient
from shared.auth.callers import Caller
from shared.auth.claims import Grant
from shared.auth.roles import Role
from shared.contracts import grid, inspections, volunteers
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.envelope import Event
from shared.messaging.topology import event_of
from tests.factories import COMMUNITY
from tests.usecases.shared.parking import execute

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
TITLE = "楼道内无堵塞、无堆放杂物"


def _id() -> UUID:
    return new_id()


@dataclass(frozen=True)
class Story:
    """One finding with its case, its activity and its people; every id its own."""

    finding: UUID = field(default_factory=_id)
    case: UUID = field(default_factory=_id)
    activity: UUID = field(default_factory=_id)
    reinspection: UUID = field(default_factory=_id)
    inspector: UUID = field(default_factory=_id)
    other_inspector: UUID = field(default_factory=_id)
    secretary: UUID = field(default_factory=_id)
    grid_officer: UUID = field(default_factory=_id)
    property_head: UUID = field(default_factory=_id)
    handler: UUID = field(default_factory=_id)
    volunteer: UUID = field(default_factory=_id)
    idler: UUID = field(default_factory=_id)
    """A volunteer who signed up and never came."""

    @property
    def names(self) -> dict[UUID, str]:
        """Return each id's name in the story."""
        return {getattr(self, one.name): one.name for one in fields(self)}

    def finding_raised(self) -> inspections.FindingRaisedV1:
        """An inspector saw an item fail."""
        return inspections.FindingRaisedV1(
            **self._finding(1), note="3 单元二楼楼道堆放纸箱", inspector_id=self.inspector
        )

    def case_filed(self) -> grid.CaseFiledV1:
        """grid opened the case."""
        return grid.CaseFiledV1(**self._case(1, owned=False))

    def case_dispatched(self, **values: Any) -> grid.CaseDispatchedV1:
        """The case got its owners; the secretary is both persons of the territorial one."""
        said = self._case(2) | {"dispatched_at": NOW, "dispatched_by": None} | values
        return grid.CaseDispatchedV1(**said)

    def case_resolved(self, version: int = 3) -> grid.CaseResolvedV1:
        """The handler reports it as mended."""
        return grid.CaseResolvedV1(
            **self._case(version), resolved_at=NOW + timedelta(days=1), resolved_by=self.handler
        )

    def case_returned(self) -> grid.CaseReturnedV1:
        """The grid officer found it not mended."""
        return grid.CaseReturnedV1(
            **self._case(4),
            returned_at=NOW + timedelta(days=1),
            returned_by=self.grid_officer,
            reason="二楼仍有纸箱。",
        )

    def case_closed(self, **values: Any) -> grid.CaseClosedV1:
        """The grid officer checked it on the spot."""
        said = self._case(6) | {
            "resolved_at": NOW + timedelta(days=2),
            "closed_at": NOW + timedelta(days=2),
            "closed_by": self.grid_officer,
            "overdue": False,
        }
        return grid.CaseClosedV1(**(said | values))

    def case_reopened(self) -> grid.CaseReopenedV1:
        """A re-inspection found it not mended."""
        return grid.CaseReopenedV1(
            **self._case(7), reopened_at=NOW + timedelta(days=3), reason="一楼又堆了杂物"
        )

    def case_reported(self) -> grid.CaseReportedV1:
        """A resident reported it."""
        return grid.CaseReportedV1(
            case_id=self.case,
            kind="street_problem",
            case_class="litter",
            area_code=COMMUNITY,
            title="沿街店铺门前垃圾未清",
            reported_at=NOW,
            version=1,
        )

    def activity_published(self, **values: Any) -> volunteers.ActivityPublishedV1:
        """The secretary calls volunteers."""
        return volunteers.ActivityPublishedV1(
            **(self._activity(1) | {"published_at": NOW} | values)
        )

    def activity_cancelled(self) -> volunteers.ActivityCancelledV1:
        """It will not take place."""
        return volunteers.ActivityCancelledV1(
            **self._activity(2),
            cancelled_at=NOW,
            reason="大雨",
            volunteer_ids=[self.volunteer, self.idler],
        )

    def hours_recorded(self) -> volunteers.HoursRecordedV1:
        """A volunteer's hours went into the ledger."""
        return volunteers.HoursRecordedV1(
            entry_id=new_id(),
            volunteer_id=self.volunteer,
            activity_id=self.activity,
            activity_title="楼道清理志愿行动",
            area_code=COMMUNITY,
            case_id=self.case,
            minutes=150,
            started_at=NOW,
            ended_at=NOW + timedelta(minutes=150),
            recorded_at=NOW + timedelta(hours=3),
        )

    def reinspection_opened(self) -> inspections.ReinspectionOpenedV1:
        """Another inspector is to look again."""
        return inspections.ReinspectionOpenedV1(
            **self._reinspection(1),
            excluded_ids=[self.inspector, self.handler, self.grid_officer],
        )

    def reinspection_passed(self) -> inspections.ReinspectionPassedV1:
        """Another inspector found it mended."""
        return inspections.ReinspectionPassedV1(
            **self._reinspection(2), inspector_id=self.other_inspector, decided_at=NOW
        )

    def reinspection_failed(self) -> inspections.ReinspectionFailedV1:
        """Another inspector found it not mended."""
        return inspections.ReinspectionFailedV1(
            **self._reinspection(2),
            inspector_id=self.other_inspector,
            decided_at=NOW,
            reason="一楼又堆了杂物",
            deadline=DEADLINE,
        )

    def finding_closed(self) -> inspections.FindingClosedV1:
        """The finding is mended."""
        return inspections.FindingClosedV1(
            **self._finding(4),
            case_id=self.case,
            closed_at=NOW + timedelta(days=3),
            overdue=False,
            reinspected_by=self.other_inspector,
        )

    def told(self) -> list[Any]:
        """Return the story's events in their order."""
        return [
            self.finding_raised(),
            self.case_filed(),
            self.case_dispatched(),
            self.activity_published(),
            self.hours_recorded(),
            self.case_resolved(),
            self.case_returned(),
            self.case_resolved(5),
            self.case_closed(),
            self.reinspection_opened(),
            self.reinspection_passed(),
            self.finding_closed(),
        ]

    def every_event(self) -> list[Any]:
        """Return one event of each kind that somebody is told of, or concerned by."""
        others = [self.case_reported(), self.case_reopened(), self.activity_cancelled()]
        return [*self.told(), *others, self.reinspection_failed()]

    def _finding(self, version: int) -> dict[str, Any]:
        return {
            "finding_id": self.finding,
            "inspection_id": self.finding,
            "area_code": COMMUNITY,
            "checklist_code": "compound-order",
            "item_code": "corridor-clear",
            "title": TITLE,
            "severity": 3,
            "deadline": DEADLINE,
            "raised_at": NOW,
            "version": version,
        }

    def _case(self, version: int, owned: bool = True) -> dict[str, Any]:
        territorial = grid.OwnerState(
            post_id=new_id(),
            post_code="sanyuan1",
            post_name="三元一村社区",
            first_responsible_id=self.secretary,
            directly_responsible_id=self.secretary,
        )
        functional = grid.OwnerState(
            post_id=new_id(),
            post_code="wuye",
            post_name="物业管理",
            first_responsible_id=self.property_head,
            directly_responsible_id=self.handler,
        )
        return {
            "case_id": self.case,
            "case_number": "320508202611230000019",
            "kind": "rectification",
            "case_class": "corridor-clear",
            "area_code": COMMUNITY,
            "title": TITLE,
            "severity": 3,
            "finding_id": self.finding,
            "deadline": DEADLINE,
            "filed_at": NOW,
            "version": version,
            "territorial": territorial if owned else None,
            "functional": functional if owned else None,
        }

    def _activity(self, version: int) -> dict[str, Any]:
        return {
            "activity_id": self.activity,
            "area_code": COMMUNITY,
            "kind": "environment_cleanup",
            "title": "楼道清理志愿行动",
            "place": "三元一村 12 幢",
            "starts_at": NOW,
            "ends_at": NOW + timedelta(minutes=150),
            "places": 10,
            "case_id": self.case,
            "organiser_id": self.secretary,
            "version": version,
        }

    def _reinspection(self, version: int) -> dict[str, Any]:
        return {
            "reinspection_id": self.reinspection,
            "finding_id": self.finding,
            "case_id": self.case,
            "area_code": COMMUNITY,
            "title": TITLE,
            "opened_at": NOW + timedelta(days=2),
            "version": version,
        }


def heard(data: Any, event_id: UUID | None = None) -> Event:
    """Return the event as the worker of notifications gets it."""
    known = event_of(type(data))
    return Event(
        known.queue_of("notifications"), event_id or new_id(), known.name, NOW, {}, b"", data
    )


def deliver(db: Transactions, *events: Event) -> list[bool]:
    """Hand events to the use case as the worker does; tell of each whether it ran."""
    return [
        db.once(one, lambda s, data, now, one=one: hear(s, data, now, event_id=one.id))
        for one in events
    ]


def told(db: Transactions, story: Story, *events: Event) -> list[tuple[str, str]]:
    """Return (template, to whom) of every message that events caused, sorted."""
    with db.engine.connect() as connection:
        found = connection.execute(
            text("""
                SELECT template, person_id, role FROM messages
                JOIN announcements ON announcements.id = announcement_id
                WHERE announcement_id = ANY (:ids)
            """),
            {"ids": [one.id for one in events]},
        ).all()
    names = story.names
    return sorted((one.template, one.role or names[one.person_id]) for one in found)


def person(subject: UUID, *roles: Role, areas: tuple[str, ...] = (COMMUNITY,)) -> Caller:
    """Return a person as the use cases of messages get it."""
    grants = tuple(Grant(role, areas) for role in roles)
    return Caller(subject, "person", areas, frozenset(roles), None, grants)


def reachable(db: Transactions, subject: UUID, email: str, **values: Any) -> None:
    """Note that a person wants e-mail."""
    said = PutRecipient(**({"email": email, "channels": Channels(email=True)} | values))
    db.run(put_recipient, RecipientAsked(subject, person(subject)), said)


def know_area(db: Transactions, name: str = "三元一村社区居委会") -> None:
    """Put the community of the story into the copy of the register."""
    execute(
        db,
        "INSERT INTO areas (code, name, level, version) VALUES (:code, :name, 'community', 1)",
        code=COMMUNITY,
        name=name,
    )
