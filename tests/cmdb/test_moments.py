"""Better moments on the estate to come: what earlier work changes decides what the work does by then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmdb import calendar
from cmdb.commitments import ServiceCommitment
from cmdb.differences import Done, Estates
from cmdb.forecast import WorkEffect, forecast
from cmdb.graph import GraphDelta
from cmdb.impact import impact
from cmdb.model import Dependency, RedundancyGroup
from cmdb.moments import Sought, seek
from cmdb.promises import PlannedWork, ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.spread import EFFECTS
from cmdb.store import Store, UnitOfWork
from tests.cmdb.harbour import settle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORE = ("booking-app", "sw-12", "uses")
TWICE = {
    "disconnected": (("booking-app", "db-1", "uses"),),
    "connected": (
        Dependency(source="booking-app", target="db-1", kind="uses", group="stores"),
        Dependency(source="booking-app", target="sw-12", kind="uses", group="stores"),
    ),
    "groups": (RedundancyGroup(source="booking-app", name="stores", need="1"),),
}


@pytest.fixture
def harbour(sqlite_store: Store) -> Iterator[UnitOfWork]:
    """Berths promised at 99 % by the month; the booking database is its single point of failure."""
    settle(sqlite_store)
    promise = ServiceCommitment(id="up", service="berths", target=Decimal(99))
    with sqlite_store.write() as uow:
        uow.add(
            ServiceAgreement(
                id="ag-1", title="Berths", customer="acme", manager="a.vries", state="agreed",
                start=datetime(2026, 1, 1, tzinfo=UTC), services=("berths",), commitments=(promise,),
            )
        )  # fmt: skip
        uow.commit()
    with sqlite_store.read() as uow:
        yield uow


def done(number: int, hours: float, **delta: Any) -> Done:
    return Done(f"CR-{number}", NOW + hours * HOUR, GraphDelta(**delta))


def sought(uow: UnitOfWork, *ahead: Done, anywhere: bool = False, at: float = 0, **more: Any) -> Sought:
    start = NOW + at * HOUR
    work = PlannedWork(
        reference="this work", window_start=start, window_end=start + 2 * HOUR, down=("db-1",),
        expected=3600, worst=7200, down_from=None if anywhere else start,
    )  # fmt: skip
    estate, promises = StoredEstate(uow.rows, uow.dialect), StoredPromises(uow.rows, uow.dialect)
    asked: dict[str, Any] = {"days": 4, "zone": ZoneInfo("UTC"), "now": NOW, "done": ahead} | more
    return seek(estate, promises, (), work, **asked)


def forecast_left(uow: UnitOfWork, *ahead: Done) -> int:
    """What a forecast of an hour of db-1, begun now, says is left before it."""
    start = NOW + HOUR / 60
    work = PlannedWork(
        reference="this work", window_start=start, window_end=start + HOUR, down=("db-1",),
        expected=3600, worst=3600, down_from=start,
    )  # fmt: skip
    this = WorkEffect(work=work, effects={"berths": "outage"})

    def before(moment: datetime) -> list[Done]:
        assert moment >= NOW + 42 * HOUR, "asked for all that is over before the last of the other work"
        return [one for one in ahead if one.end < moment]

    estate = StoredEstate(uow.rows, uow.dialect)
    found = StoredPromises(uow.rows, uow.dialect).gather(estate, this, NOW, before)
    [row] = forecast(found.agreements, this, found.others, found.facts, now=NOW, hours=calendar.service_time)
    return row.left_before_s


def test_once_earlier_work_made_it_redundant_the_work_takes_nothing(harbour: UnitOfWork) -> None:
    alone = sought(harbour)
    assert (alone.turns, alone.services) == ((), {"berths": "outage"})
    assert all(one.share > 0 for one in alone.found.moments)
    found = sought(harbour, done(3, 30, **TWICE))
    [turn] = found.turns
    assert (turn.start, turn.after) == (NOW + 30 * HOUR, ("CR-3",))
    assert turn.services == {"berths": "reduced redundancy"}
    best = found.found.moments[0]
    # The best is the first minute at which the other work is over.
    assert (best.start, best.shares) == (NOW + 30 * HOUR, ())
    assert [one.start.day for one in found.found.moments] == [23, 24, 25, 26, 22]
    assert found.asked.share == alone.asked.share > 0
    assert sought(harbour, done(3, 30, **TWICE), at=31).asked.share == 0
    assert sought(harbour, done(3, 30, **TWICE), at=29).asked.share > 0, "it begins before the other is over"


def test_earlier_work_that_takes_redundancy_away_makes_later_starts_worse(harbour: UnitOfWork) -> None:
    added = done(3, 10, **TWICE)
    gone = done(4, 40, disconnected=(("booking-app", "sw-12", "uses"),))
    found = sought(harbour, added, gone)
    assert [(one.start, one.after) for one in found.turns] == [
        (NOW + 10 * HOUR, ("CR-3",)),
        (NOW + 38 * HOUR + timedelta(minutes=1), ("CR-4",)),
    ]
    assert found.turns[1].services == {"berths": "outage"}
    assert {one.start.day for one in found.found.moments if not one.shares} == {22, 23, 24}


def test_other_work_takes_what_it_takes_on_the_estate_as_it_will_be_in_its_window(
    harbour: UnitOfWork, sqlite_store: Store
) -> None:
    """Berths lose db-1 for the two hours of CR-9; once CR-3 has made it redundant they lose nothing."""
    with sqlite_store.write() as uow:
        uow.add(
            PlannedWork(
                reference="CR-9", window_start=NOW + 40 * HOUR, window_end=NOW + 42 * HOUR, down=("db-1",),
                expected=7200, worst=7200, down_from=NOW + 40 * HOUR,
            )
        )  # fmt: skip
        uow.commit()
    asked: dict[str, tuple[Done, ...]] = {
        "alone": (),
        "before it": (done(3, 39, **TWICE),),
        "within it": (done(3, 41, **TWICE),),
        "taken back": (done(3, 30, **TWICE), done(4, 38, disconnected=(STORE,))),
        "another": (done(3, 30, disconnected=(("radar", "old-radar", "uses"),)),),
    }
    with sqlite_store.read() as uow:
        left = {name: sought(uow, *ahead).asked.shares[0].use.left for name, ahead in asked.items()}
    whole = left["before it"]
    assert left == {
        "alone": whole - 7200, "before it": whole, "within it": whole - 7200,
        "taken back": whole - 7200, "another": whole - 7200,
    }  # fmt: skip
    with sqlite_store.read() as uow:
        for name, ahead in asked.items():
            assert forecast_left(uow, *ahead) == left[name], "a forecast counts other work as the search does"


def test_a_turn_names_the_work_that_brings_it_and_none_that_ends_in_the_same_window(
    harbour: UnitOfWork,
) -> None:
    other = done(5, 31, disconnected=(("radar", "old-radar", "uses"),))
    assert [one.after for one in sought(harbour, done(3, 30, **TWICE), other).turns] == [("CR-3",)]


def test_work_that_is_gone_by_then_takes_nothing_and_what_does_not_fit_is_said(harbour: UnitOfWork) -> None:
    apart = ("booking-app", "db-1", "uses"), ("db-1", "sw-12", "uses")
    gone = done(3, 20, disconnected=apart, removed=("db-1",))
    broken = done(4, 10, connected=(Dependency(source="mail", target="db-1", kind="uses", group="nowhere"),))
    found = sought(harbour, gone, broken)
    assert found.turns[0].services == {}
    assert found.found.moments[0].start == NOW + 20 * HOUR
    assert "what CR-4 will have changed" in found.not_computed


def test_the_effects_are_those_of_impact_at_every_start(harbour: UnitOfWork) -> None:
    """Against the rule itself, minute by minute: the worst of the estates the work can meet."""
    ahead = [
        done(1, 5, connected=(Dependency(source="mail", target="db-1", kind="uses", strength="soft"),)),
        done(2, 9, **TWICE),
        done(3, 9, disconnected=(("radar", "old-radar", "uses"),)),  # has nothing to do with it
        done(4, 12, disconnected=(("booking-app", "sw-12", "uses"),)),
        done(5, 20.5, disconnected=(("mail", "db-1", "uses"),)),
    ]
    estate = StoredEstate(harbour.rows, harbour.dialect)
    laid = [
        {one.id: one.effect for one in impact(Estates(estate).after(ahead[:number]), ["db-1"]).services}
        for number in range(len(ahead) + 1)
    ]
    for anywhere in (True, False):
        found = sought(harbour, *ahead, anywhere=anywhere)
        steps = [(NOW, sought(harbour, *ahead, anywhere=anywhere).services)]
        steps += [(one.start, one.services) for one in found.turns]
        for minute in range(24 * 60):
            start = NOW + timedelta(minutes=minute)
            met = [
                laid[number]
                for number in range(len(ahead) + 1)
                if (number == 0 or ahead[number - 1].end < start + 2 * HOUR)
                and (number == len(ahead) or ahead[number].end > start)
            ]
            expected: dict[str, str] = {}
            for effects in met:
                for id, effect in effects.items():
                    expected[id] = max(effect, expected.get(id, effect), key=EFFECTS.index)
            assert [each for at, each in steps if at <= start][-1] == expected, start
