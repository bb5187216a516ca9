"""Owns the proof of what a relay concludes from a look at its bindings: what it holds, and from
which row on it must say again."""

from shared.messaging.broker import BrokerUnavailable
from shared.messaging.outlets import Marks, Outlets, Standing
from shared.messaging.topology import Binding, bindings_of_event, event_named, events_of

CLOSED, FILED, RETURNED = "case_closed.v1", "case_filed.v1", "case_returned.v1"
TO_INSPECTIONS = Binding("grid.events", "inspections.on_case_closed", CLOSED)
TO_VOLUNTEERS = Binding("grid.events", "volunteers.on_case_closed", CLOSED)
TO_EVERYTHING = Binding("grid.events", "notifications.on_event", "#")


class Told:
    """A broker that has the bindings which a test leaves it."""

    def __init__(self, service: str = "grid") -> None:
        wanted = {b for event in events_of(service) for b in bindings_of_event(event)}
        self.there = {binding: frozenset({"first"}) for binding in wanted}
        self.away = False
        self.meanwhile = lambda: None

    def bindings_from(self, exchange: str) -> Marks:
        self.meanwhile()
        if self.away:
            raise BrokerUnavailable("away")
        return {b: marks for b, marks in self.there.items() if b.exchange == exchange}

    def lose(self, *bindings: Binding) -> None:
        for binding in bindings:
            del self.there[binding]

    def put_back(self, *bindings: Binding) -> None:
        for binding in bindings:
            self.there[binding] = frozenset({"again"})


def begun(service: str = "grid", uncertain_from: int = 0) -> tuple[Told, Outlets]:
    """Return outlets whose session has begun and looked once."""
    told = Told(service)
    outlets = Outlets(service, told, events_of(service))
    outlets.begin(uncertain_from)
    outlets.look()
    return told, outlets


def now(outlets: Outlets) -> Standing:
    standing = outlets.standing()
    assert standing is not None
    return standing


def test_nothing_is_published_before_the_first_look_of_a_session_is_over():
    outlets = Outlets("grid", Told(), events_of("grid"))
    outlets.look()
    outlets.begin(0)
    assert outlets.standing() is None
    outlets.look()
    assert now(outlets).held == frozenset()


def test_a_look_that_began_before_the_session_does_not_count_as_its_first():
    told = Told()
    outlets = Outlets("grid", told, events_of("grid"))
    told.meanwhile = lambda: outlets.begin(0)
    outlets.look()
    assert outlets.standing() is None


def test_a_broker_that_does_not_answer_at_first_holds_nothing():
    told = Told()
    told.away = True
    outlets = Outlets("grid", told, events_of("grid"))
    outlets.begin(7)
    outlets.look()
    assert now(outlets).held == frozenset()


def test_only_the_event_that_lacks_a_binding_is_held():
    told, outlets = begun()
    told.lose(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).held == {CLOSED}
    assert now(outlets).back == {}


def test_the_binding_of_who_hears_everything_is_needed_by_every_event():
    told, outlets = begun()
    told.lose(TO_EVERYTHING)
    outlets.look()
    assert now(outlets).held == {event.name for event in events_of("grid")}


def test_an_event_that_nobody_hears_is_never_held():
    told, outlets = begun("notifications")
    told.there.clear()
    outlets.look()
    assert bindings_of_event(event_named("message_failed.v1")) == frozenset()
    assert now(outlets).held == frozenset()


def test_of_several_bindings_all_must_be_back():
    told, outlets = begun()
    told.lose(TO_INSPECTIONS, TO_VOLUNTEERS)
    outlets.look()
    told.put_back(TO_VOLUNTEERS)
    outlets.look()
    assert now(outlets).back == {}
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: None}
    assert now(outlets).held == {CLOSED}
    outlets.mended(CLOSED)
    assert now(outlets).held == frozenset()


def test_what_was_sent_since_the_last_good_look_is_said_again_and_nothing_older():
    told, outlets = begun()
    outlets.sent(CLOSED, 10, 0)
    outlets.look()
    outlets.sent(CLOSED, 13, 0)
    outlets.sent(CLOSED, 12, 0)
    outlets.sent(FILED, 5, 0)
    told.lose(TO_INSPECTIONS)
    outlets.look()
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: 12}


def test_a_look_does_not_vouch_for_what_was_sent_while_it_looked():
    told, outlets = begun()
    told.meanwhile = lambda: outlets.sent(CLOSED, 10, 0)
    outlets.look()
    told.meanwhile = lambda: None
    told.lose(TO_INSPECTIONS)
    outlets.look()
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: 10}


def test_a_look_without_an_answer_vouches_for_nothing_and_holds_nothing_more():
    told, outlets = begun()
    outlets.sent(CLOSED, 10, 0)
    told.away = True
    outlets.look()
    outlets.sent(CLOSED, 11, 0)
    outlets.look()
    assert now(outlets).held == frozenset()
    told.away = False
    told.lose(TO_INSPECTIONS)
    outlets.look()
    told.away = True
    outlets.look()
    assert now(outlets).held == {CLOSED}
    told.away = False
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: 10}


def test_a_binding_in_the_place_of_one_that_was_lost_unseen_is_another():
    told, outlets = begun()
    outlets.sent(CLOSED, 10, 0)
    told.lose(TO_INSPECTIONS)
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: 10}
    outlets.mended(CLOSED)
    outlets.look()
    assert now(outlets).held == frozenset()


def test_a_second_binding_beside_the_first_changes_nothing():
    told, outlets = begun()
    told.there[TO_INSPECTIONS] |= {"second"}
    outlets.look()
    told.there[TO_INSPECTIONS] = frozenset({"second"})
    outlets.look()
    assert now(outlets).held == frozenset()


def test_what_was_published_before_a_loss_was_seen_and_confirmed_after_it_is_not_sent():
    told, outlets = begun()
    published = now(outlets).epochs[CLOSED]
    told.lose(TO_INSPECTIONS)
    outlets.look()
    assert not outlets.sent(CLOSED, 10, published)
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    outlets.mended(CLOSED)
    assert not outlets.sent(CLOSED, 10, published)
    assert outlets.sent(CLOSED, 10, now(outlets).epochs[CLOSED])


def test_what_another_relay_may_have_sent_is_uncertain_until_the_first_good_look():
    told = Told()
    told.lose(TO_INSPECTIONS)
    outlets = Outlets("grid", told, events_of("grid"))
    outlets.begin(500)
    outlets.look()
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    assert now(outlets).back == {CLOSED: 500}


def test_saying_again_goes_on_where_it_was_and_survives_a_session():
    told, outlets = begun()
    outlets.sent(CLOSED, 10, 0)
    told.lose(TO_INSPECTIONS)
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    outlets.walked(CLOSED, 5_010)
    outlets.look()
    assert now(outlets).back == {CLOSED: 5_010}
    outlets.begin(9_000)
    outlets.look()
    assert now(outlets).back == {CLOSED: 5_010}


def test_a_binding_lost_again_while_its_event_is_said_again_keeps_it_held():
    told, outlets = begun()
    outlets.sent(CLOSED, 10, 0)
    told.lose(TO_INSPECTIONS)
    told.put_back(TO_INSPECTIONS)
    outlets.look()
    told.lose(TO_INSPECTIONS)
    outlets.look()
    outlets.mended(CLOSED)
    assert now(outlets).held == {CLOSED}
    assert now(outlets).back == {}


def test_an_event_that_the_topology_does_not_know_goes():
    _, outlets = begun()
    assert outlets.sent("case_closed.v99", 1, 0)
