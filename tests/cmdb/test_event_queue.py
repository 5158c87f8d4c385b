"""Events by urgency: what comes first, whose they are, what is in trouble, and words that are looked for."""

from datetime import UTC, datetime, timedelta

from cmdb import events
from cmdb.event_queue import Sought, found, troubled
from cmdb.reported import UNRESOLVED, Event

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(id: str, **fields: object) -> Event:
    given = {"reported": NOW - timedelta(hours=2), "occurred": NOW - timedelta(hours=2), **fields}
    return Event(
        id=id,
        description=str(given.pop("description", "x")),
        reporter="Bram",
        items=("sw-11",),
        recorded_at=NOW,
        **given,  # type: ignore[arg-type]
    )


def kept(store):
    every = (
        event("EV-1", priority="low", resolve_by=NOW - timedelta(hours=1)),
        event(
            "EV-2",
            priority="critical",
            state="in progress",
            responsible="k.chen",
            down=("sw-11",),
            effect="outage",
        ),
        event("EV-3", priority="normal", resolve_by=NOW + timedelta(hours=1), description="100% of the_gate"),
        event("EV-4", priority="normal", source="desk", reference="INC-1"),
        event("EV-5", priority="critical", state="resolved", resolved_at=NOW),
    )
    with store.write() as uow:
        for one in every:
            uow.add(one)
        events.index(uow, every)
        uow.commit()
    return every


def ids(uow, **sought) -> list[str]:
    return [one.id for one in found(uow, Sought(**sought), at=NOW)[0]]


def test_priority_then_deadline_and_what_is_resolved_comes_last(sqlite_store):
    every = kept(sqlite_store)
    with sqlite_store.read() as uow:
        assert ids(uow) == ["EV-2", "EV-3", "EV-4", "EV-1", "EV-5"]
        first, total = found(uow, Sought(states=UNRESOLVED), at=NOW, limit=2)
        assert ([one.id for one in first], total) == (["EV-2", "EV-3"], 4)
        assert ids(uow, trouble=True) == ["EV-2", "EV-1"]
        assert {one.id for one in every if troubled(one, NOW)} == {"EV-1", "EV-2"}
        assert ids(uow, nobodys=True, states=UNRESOLVED) == ["EV-3", "EV-1"]
        assert ids(uow, whose="k.chen") == ["EV-2"]


def test_signs_that_mean_something_to_a_database_are_looked_for_as_they_are(sqlite_store):
    kept(sqlite_store)
    with sqlite_store.read() as uow:
        assert ids(uow, words=("100%",)) == ids(uow, words=("the_gate", "EV-3")) == ["EV-3"]
        assert ids(uow, words=("%%",)) == ids(uow, words=("!",)) == ids(uow, words=("'",)) == []
        assert len(ids(uow, words=("SW-11",))) == 5
