"""What a change did is held against what was foreseen: time, outage, hits, and what nothing explains."""

from datetime import datetime, timedelta

import pytest

from ccb import aftermath, assessment, closing, outcome_reports
from ccb.model import ChangeRequest
from cmdb import action_items, event_acts, events, measurements, tables_graph
from cmdb.errors import Invalid
from cmdb.model import Dependency, Item, RoleGrant
from cmdb.reported import Event
from cmdb.work import ActionItem
from tests.ccb.quay import NOW, OUTAGE, TONIGHT, Quay

DONE = TONIGHT.end + timedelta(hours=2)


@pytest.fixture
def harbour(quay: Quay) -> Quay:
    """The quay with a service that nothing records to need the switch, and an event manager."""
    with quay.store.write() as uow:
        uow.add(RoleGrant(id="em", person="m.jansen", role="event manager", start=NOW))
        for id, kind in (("radar", "service"), ("radar-1", "device")):
            tables_graph.add_item(uow, Item(id=id, type=kind, name=id, owner="p.ng"))
        tables_graph.put_dependency(uow, Dependency(source="radar", target="radar-1"))
        uow.commit()
    return quay


def done(quay: Quay, *, late: int = 0, outage: int | None = None) -> ChangeRequest:
    """A change of sw-11 that was assessed and is checked in, finished so many seconds after its window."""
    request = quay.raised(OUTAGE, to="assessed").but(
        state="checked in",
        started=TONIGHT.start + timedelta(minutes=12),
        finished=TONIGHT.end + timedelta(seconds=late),
        outage=outage,
    )
    with quay.store.write() as uow:
        uow.replace(request)
        uow.commit()
    return request


def closed(
    quay: Quay, request: ChangeRequest, outcome: str = "as planned", minutes: int = 36
) -> ChangeRequest:
    return closing.close(
        quay.store, request.id, outcome=outcome, outage=minutes * 60, actor="k.chen", at=DONE
    )


def incident(quay: Quay, change: str, *items: str, down: bool = False, at: datetime = DONE) -> Event:
    told = Event(
        id=events.UNNUMBERED,
        description="It does not answer",
        occurred=TONIGHT.start + timedelta(minutes=20),
        ended=TONIGHT.start + timedelta(minutes=50) if down else None,
        reported=at,
        reporter="Bram Visser",
        items=items,
        down=items if down else (),
        effect="outage" if down else "",
        caused_by=change,
        recorded_at=at,
    )
    return events.record(quay.store, told, actor="m.jansen", at=at)


def became(quay: Quay, request: ChangeRequest) -> aftermath.Aftermath:
    with quay.store.read() as uow:
        return aftermath.of_request(uow, request)


def asked(quay: Quay, id: str) -> list[ActionItem]:
    with quay.store.read() as uow:
        return list(action_items.listed(uow, origin=f"change:{id}"))


def test_a_change_that_went_as_foreseen_surprises_nobody(harbour: Quay) -> None:
    request = closed(harbour, done(harbour))
    found = became(harbour, request)
    assert (found.overrun, found.outage, found.expected, found.worst) == (0, 36 * 60, 2280, 5400)
    assert {one.item: (one.effect, one.foreseen) for one in found.hits} == {
        "sw-11": ("outage", "outage"),
        "mail": ("outage", "outage"),
    }
    assert found.as_foreseen
    assert not found.surprises
    assert not found.spared
    assert asked(harbour, request.id) == []


def test_an_outage_beyond_the_worst_counts_in_the_history_and_in_the_forecast(harbour: Quay) -> None:
    for minutes in (30, 30, 30, 30, 120):
        closed(harbour, done(harbour, late=600), minutes=minutes)
    following = harbour.raised(OUTAGE, to="draft")
    with harbour.store.read() as uow:
        found = assessment.assess(uow, following, at=DONE)
    history = next(one for one in found.context["risk"] if one["engine"] == "history")
    assert history["sentence"] == "1 of 5 similar changes did not go as planned"  # each was said to have
    assert found.context["surprises"] == []


def test_the_outage_measured_counts_where_the_closing_said_less(harbour: Quay) -> None:
    request = done(harbour)
    measurements.record_outage(
        harbour.store,
        subject="sw-11",
        started=TONIGHT.start,
        ended=TONIGHT.start + timedelta(hours=2),
        change=request.id,
        actor="a.vries",
        at=DONE,
    )
    found = became(harbour, closed(harbour, request, minutes=10))
    assert found.outage == 7200
    assert found.beyond_worst
    assert not found.as_foreseen


def test_a_service_hit_without_a_path_asks_its_owner_for_the_dependency(harbour: Quay) -> None:
    request = done(harbour)
    event = incident(harbour, request.id, "radar-1", down=True)
    request = closed(harbour, request)
    (item,) = asked(harbour, request.id)
    assert (item.owner, item.items) == ("p.ng", ("radar-1", "sw-11"))
    found = became(harbour, request)
    assert {one.item for one in found.surprises} == {"radar", "radar-1"}
    assert event.id in item.what
    assert "sw-11" in item.what


def test_each_is_asked_once_and_nobody_once_the_dependency_is_recorded(harbour: Quay) -> None:
    request = closed(harbour, done(harbour))
    incident(harbour, request.id, "radar-1")
    first = aftermath.follow(harbour.store, request.id, actor="m.jansen", at=DONE)
    assert [one.items[0] for one in first] == ["radar-1"]
    incident(harbour, request.id, "radar-1")
    assert aftermath.follow(harbour.store, request.id, actor="m.jansen", at=DONE) == ()
    with harbour.store.write() as uow:
        tables_graph.put_dependency(uow, Dependency(source="radar-1", target="sw-11"))
        uow.commit()
    with harbour.store.read() as uow:
        assert aftermath.missing(uow, request, aftermath.of_request(uow, request)) == ()
        entry = uow.rows("SELECT COUNT(*) FROM journal WHERE action = 'change follow up'")
    assert entry[0][0] == 1


def test_a_hit_that_a_dependency_explains_asks_for_nothing(harbour: Quay) -> None:
    """What is worse than foreseen is a surprise, but no dependency is missing."""
    request = closed(harbour, done(harbour))
    incident(harbour, request.id, "mail-app")
    assert became(harbour, request).surprises == ()
    assert aftermath.follow(harbour.store, request.id, actor="m.jansen", at=DONE) == ()


def test_a_withdrawn_or_potential_incident_is_no_hit(harbour: Quay) -> None:
    request = closed(harbour, done(harbour))
    event = incident(harbour, request.id, "radar-1", down=True)
    event_acts.withdraw(harbour.store, event.id, reason="recorded twice", actor="m.jansen", at=DONE)
    assert became(harbour, request).surprises == ()


def test_similar_changes_warn_of_what_they_hit_unforeseen(harbour: Quay) -> None:
    request = done(harbour)
    incident(harbour, request.id, "radar-1", down=True)
    closed(harbour, request)
    following = harbour.raised(OUTAGE, to="draft")
    with harbour.store.read() as uow:
        found = assessment.assess(uow, following, at=DONE)
    assert {one["item"] for one in found.context["surprises"]} == {"radar", "radar-1"}
    assert {one["change"] for one in found.context["surprises"]} == {request.id}


def test_what_was_foreseen_as_less_than_it_came_to_is_warned_of_as_well(harbour: Quay) -> None:
    with harbour.store.write() as uow:
        tables_graph.put_dependency(uow, Dependency(source="radar", target="sw-11", strength="soft"))
        uow.commit()
    request = done(harbour)
    incident(harbour, request.id, "radar", down=True)
    closed(harbour, request)
    with harbour.store.read() as uow:
        found = assessment.assess(uow, harbour.raised(OUTAGE, to="draft"), at=DONE)
    assert {"service": "radar", "effect": "degraded"} in found.material["services"]
    assert found.context["surprises"] == [{"item": "radar", "effect": "outage", "change": request.id}]


def test_a_request_that_nobody_assessed_surprises_nobody(harbour: Quay) -> None:
    request = done(harbour)
    with harbour.store.write() as uow:
        uow.replace(request.but(assessment=""))
        uow.commit()
    incident(harbour, request.id, "radar-1", down=True)
    found = became(harbour, request.but(assessment=""))
    assert found.foreseen is None
    assert found.hits
    assert not found.surprises


def test_the_report_counts_what_plain_sql_counts(harbour: Quay) -> None:
    for number, minutes in enumerate((10, 36, 100)):
        request = done(harbour, late=900 * number)
        if number == 2:
            incident(harbour, request.id, "radar-1", down=True)
        closed(harbour, request, minutes=minutes)
    with harbour.store.read() as uow:
        found = outcome_reports.report(uow, start=NOW, end=DONE + timedelta(seconds=1), now=DONE)
        ended = uow.rows("SELECT id, outage, finished FROM change_request WHERE closed_at IS NOT NULL")
        empty = outcome_reports.report(uow, start=NOW, end=DONE, now=DONE)
        with pytest.raises(Invalid, match="ends before it starts"):
            outcome_reports.report(uow, start=DONE, end=NOW, now=DONE)
    end = f"{TONIGHT.end:%Y-%m-%dT%H:%M:%SZ}"
    assert len(found.ended) == len(ended) == 3
    assert found.within_window == sum(row[2] <= end for row in ended) == 1
    assert found.within_worst == sum(row[1] <= 5400 for row in ended) == 2
    assert (found.surprised, found.assessed, found.open_questions) == (1, 3, 1)
    assert found.overrun_median == 1800
    assert empty.ended == ()
    assert empty.overrun_median is None
