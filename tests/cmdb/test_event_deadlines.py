"""Until when an event has to be answered and resolved: by the agreements about its services, or by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cmdb import agreements, claims, event_acts, events
from cmdb.commitments import ServiceCommitment
from cmdb.store import Store
from tests.cmdb.test_events import BY, LATER, NOW, promise, ready, recorded


@pytest.fixture
def harbour(store: Store) -> Store:
    return ready(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return ready(sqlite_store)


def test_the_deadline_is_that_of_the_agreement_in_its_service_hours_and_says_so(harbour: Store) -> None:
    # Friday 13:00 in Amsterdam: five hours are left of the day, the other three fall on Monday.
    event = recorded(harbour)
    assert event.resolve_by == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert event.resolve_from == "acme-mail/fix, maximum of resolution time at most 8 h"
    assert event.respond_by == NOW + timedelta(hours=1)
    assert event.respond_from == "acme-mail/answer, p95 of response time at most 1 h"
    assert not event.overdue(datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert event.overdue(datetime(2026, 11, 23, 10, 0, 1, tzinfo=UTC))
    assert event.unanswered(LATER)
    # Reached through what mail needs: the switches take it down together only.
    assert recorded(harbour, items=("sw-11",)).resolve_by is None
    assert recorded(harbour, items=("sw-11", "sw-12")).resolve_by == event.resolve_by


def test_the_earliest_of_several_deadlines_holds_and_a_hand_may_set_another(local: Store) -> None:
    quick = ServiceCommitment(
        id="quick", service="mail", attribute="resolution time", comparator=">=", target=Decimal(90),
        unit="%", statistic="share within 90 min", clock="elapsed",
    )  # fmt: skip
    machine = ServiceCommitment(
        id="page", service="mail", attribute="response time", comparator="<=", target=Decimal(800), unit="ms",
        statistic="p95",
    )  # fmt: skip
    agreements.register(
        local,
        promise(local, "acme-two").but(id="acme-three", commitments=(quick, machine)),
        **BY,
    )
    event = recorded(local)
    assert event.resolve_by == NOW + timedelta(minutes=90)
    assert event.resolve_from.startswith("acme-three/quick")
    assert event.respond_by == NOW + timedelta(hours=1), (
        "a page that loads in 800 ms is no person who answers"
    )
    by_hand = {"resolve_by": LATER, "resolve_from": f"{events.BY_HAND}k.chen"}
    events.amend(local, "1", by_hand, **BY)
    assert events.amend(local, "1", {"items": ("mail", "web-1")}, **BY).resolve_by == LATER
    back = events.amend(local, "1", {"resolve_by": None, "resolve_from": ""}, **BY)
    assert back.resolve_by == NOW + timedelta(minutes=90)


def test_time_a_claim_exempts_is_not_counted_towards_the_deadline(local: Store) -> None:
    start = NOW - timedelta(hours=3)
    event = recorded(local, reported=start, occurred=start)
    claim = claims.raise_claim(
        local, agreement="acme-mail", kind="calamity", start=start, end=NOW - timedelta(hours=1),
        evidence="a storm", **BY,
    )  # fmt: skip
    assert events.link(local, event.id, claims=(claim.id,), **BY).resolve_by == event.resolve_by
    claims.decide(local, claim.id, "accepted", by="Ann Acme", **BY)
    after = event_acts.analyse(local, event.id, **BY)
    assert event.resolve_by is not None
    assert after.resolve_by == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert event.resolve_by == datetime(2026, 11, 20, 17, tzinfo=UTC)
