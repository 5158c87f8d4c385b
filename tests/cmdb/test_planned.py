"""Planned work and freezes, and what a forecast gathers of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import forecast, journal, measurements, planned
from cmdb import tables_promises as _tables
from cmdb.availability import around_the_clock, needs_calendar
from cmdb.commitments import Recurrence, ServiceCommitment
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.forecast import WorkEffect
from cmdb.model import RoleGrant
from cmdb.promises import Freeze, PlannedWork, ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises, service_effects
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import agreement

assert _tables.__doc__  # its rows are laid out by the store fixtures
NOW = datetime(2026, 11, 20, tzinfo=UTC)
WINDOW = datetime(2026, 11, 22, 22, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}


def ready(store: Store) -> Store:
    settle(store)
    commitment = ServiceCommitment(id="up", service="berths", target=Decimal("99.9"))
    with store.write() as uow:
        uow.add(RoleGrant(id="g-1", person="a.vries", role="service manager", start=NOW.replace(year=2025)))
        for id, services in (("ag-1", ("berths",)), ("ag-2", ("mail",))):
            uow.add(
                ServiceAgreement(
                    id=id,
                    title="Promise",
                    customer="acme",
                    manager="a.vries",
                    start=datetime(2026, 1, 1, tzinfo=UTC),
                    services=services,
                    commitments=(commitment.but(service=services[0]),),
                )
            )
        uow.commit()
    return store


def work(reference: str, item: str, start: datetime = WINDOW, minutes: int = 30) -> PlannedWork:
    return PlannedWork(
        reference=reference,
        window_start=start,
        window_end=start + timedelta(hours=2),
        down=(item,),
        expected=minutes * 60,
        worst=minutes * 120,
    )


def test_a_forecast_gathers_agreements_outages_and_the_effects_of_other_work(store: Store) -> None:
    ready(store)
    started = datetime(2026, 11, 3, tzinfo=UTC)
    measurements.record_outage(
        store, subject="db-1", started=started, ended=started + timedelta(minutes=2), **BY
    )
    with store.write() as uow:
        planned.plan(uow, work("CR-1", "db-1"))
        planned.plan(uow, work("CR-2", "booking-app", WINDOW + timedelta(days=1), 5))
        planned.plan(uow, work("CR-3", "sw-11", WINDOW + timedelta(days=2)))
        planned.plan(uow, work("CR-4", "booking-app", WINDOW + timedelta(days=30)))
        uow.commit()
    with store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        this = WorkEffect(work=work("CR-1", "db-1"), effects=service_effects(estate, ["db-1"]))
        found = StoredPromises(uow.rows, uow.dialect).gather(estate, this, NOW)
    assert this.effects == {"berths": "outage"}
    assert [one.id for one in found.agreements] == ["ag-1"]
    assert [(one.work.reference, dict(one.effects)) for one in found.others] == [
        ("CR-2", {"berths": "outage"}),
        ("CR-3", {}),
    ]
    assert not needs_calendar(found.agreements, this.effects)
    [row] = forecast.forecast(
        found.agreements, this, found.others, found.facts, now=NOW, hours=around_the_clock
    )
    assert (row.used_s, row.committed_s, row.planned_expected_s) == (120, 300, 1800)


def test_work_that_hits_no_promise_gathers_nothing(sqlite_store: Store) -> None:
    ready(sqlite_store)
    with sqlite_store.read() as uow:
        estate = StoredEstate(uow.rows, uow.dialect)
        this = WorkEffect(work=work("CR-1", "sw-11"), effects=service_effects(estate, ["sw-11"]))
        assert this.effects == {"radar": "degraded"}
        assert StoredPromises(uow.rows, uow.dialect).gather(estate, this, NOW) == ((), (), {})
        assert service_effects(estate, ["ghost"]) == {}


def test_scheduled_and_tentative_work_are_told_apart(sqlite_store: Store) -> None:
    with sqlite_store.write() as uow:
        planned.plan(uow, work("CR-1", "sw-11"))
        planned.plan(uow, work("CR-2", "sw-11").but(tentative=True))
        planned.plan(uow, work("CR-1", "sw-12").but(down_from=WINDOW))
        promises = StoredPromises(uow.rows, uow.dialect)
        assert promises.planned_between(WINDOW, WINDOW + timedelta(hours=1)) == (
            work("CR-1", "sw-12").but(down_from=WINDOW),
        )
        [tentative] = promises.planned_between(WINDOW, WINDOW + timedelta(hours=1), tentative=True)
        assert tentative.reference == "CR-2"
        assert promises.planned_between(NOW, WINDOW) == ()


def test_a_freeze_is_declared_and_lifted(sqlite_store: Store) -> None:
    ready(sqlite_store)
    wanted = Freeze(
        id="year-end", title="Year end", start=WINDOW, end=WINDOW + timedelta(days=40), services=("mail",)
    )
    planned.freeze(sqlite_store, wanted, **BY)
    with sqlite_store.read() as uow:
        assert uow.all(Freeze) == (wanted,)
    with pytest.raises(Refused, match="keep the calendar"):
        planned.lift(sqlite_store, "year-end", actor="k.chen", at=NOW)
    planned.lift(sqlite_store, "year-end", **BY)
    with sqlite_store.read() as uow:
        assert uow.all(Freeze) == ()
        assert [one.action for one in journal.of_subject(uow, "freeze:year-end")] == ["freeze lift", "freeze"]
    with pytest.raises(NotFound):
        planned.lift(sqlite_store, "year-end", **BY)


def test_a_freeze_of_the_past_or_of_nothing_is_refused(sqlite_store: Store) -> None:
    ready(sqlite_store)
    wanted = Freeze(id="f", title="F", start=WINDOW, end=WINDOW + timedelta(days=1), services=("ghost",))
    with pytest.raises(Invalid) as refused:
        planned.freeze(sqlite_store, wanted, **BY)
    assert refused.value.problems == ("There is no item 'ghost'.",)
    past = wanted.but(services=(), start=NOW - timedelta(days=2), end=NOW)
    with pytest.raises(Invalid, match="over already"):
        planned.freeze(sqlite_store, past, **BY)


def test_a_freeze_an_agreement_holds_is_a_freeze_and_is_not_lifted_by_hand(sqlite_store: Store) -> None:
    ready(sqlite_store)
    with sqlite_store.write() as uow:
        uow.add(agreement(id="ag-3", terms=TERMS))
        uow.add(agreement(id="ag-4", terms=TERMS, state="draft"))
        uow.commit()
    declared = Freeze(id="own", title="Own", start=WINDOW, end=WINDOW + timedelta(days=1))
    planned.freeze(sqlite_store, declared, **BY)
    with sqlite_store.read() as uow:
        assert [one.id for one in planned.freezes(uow)] == ["own", "ag-3:year-end"]
    with pytest.raises(Refused, match="agreed in ag-3") as refused:
        planned.lift(sqlite_store, "ag-3:year-end", **BY)
    assert "cmdb agreement revise ag-3 FILE" in refused.value.remedy
    with pytest.raises(NotFound):
        planned.lift(sqlite_store, "ag-4:year-end", **BY)
    planned.lift(sqlite_store, "own", **BY)


def test_the_windows_an_agreement_names_stand_in_the_calendar_and_judge_nothing_twice(
    sqlite_store: Store,
) -> None:
    ready(sqlite_store)
    nights = (Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="02:00", length=7200),)
    with sqlite_store.write() as uow:
        uow.add(agreement(id="ag-3", windows=nights, zone="Europe/Amsterdam"))
        uow.add(agreement(id="ag-4", windows=nights, state="draft"))
        uow.commit()
    with sqlite_store.read() as uow:
        assert planned.freezes(uow) == ()
        [shown] = planned.entries(uow)
    assert (shown.id, shown.kind, shown.rules) == ("ag-3:agreed-windows", "agreed window", nights)
    with pytest.raises(Refused, match="The agreed window ag-3:agreed-windows is agreed in ag-3"):
        planned.lift(sqlite_store, shown.id, **BY)


def test_a_recurring_freeze_is_kept_whole_and_the_same_one_not_twice(store: Store) -> None:
    ready(store)
    wanted = Freeze(
        id="f-1",
        title="Month end",
        start=NOW,
        rules=(Recurrence(rule="FREQ=MONTHLY;BYMONTHDAY=-1", start="20:00", length=43_200),),
        zone="Europe/Amsterdam",
        items=("sw-11", "sw-12"),
        types=("database",),
        below=("mail",),
        owner="a.vries",
    )
    planned.freeze(store, wanted, **BY)
    with store.read() as uow:
        assert planned.freezes(uow) == (wanted,)
    again = wanted.but(id="f-2", title="End of month", items=("sw-12", "sw-11"), start=WINDOW)
    with pytest.raises(Refused, match="has it already: f-1"):
        planned.freeze(store, again, **BY)
    planned.freeze(store, again.but(kind="agreed window"), **BY)
    planned.lift(store, "f-2", **BY)
    with store.read() as uow:
        assert [one.action for one in journal.of_subject(uow, "freeze:f-2")] == [
            "agreed window lift",
            "agreed window",
        ]


def test_everything_an_entry_names_has_to_exist(sqlite_store: Store) -> None:
    ready(sqlite_store)
    wanted = Freeze(
        id="f",
        title="F",
        start=NOW,
        rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=XX"),),
        services=("sw-11",),
        items=("ghost",),
        types=("nothing",),
        owner="nobody",
    )
    with pytest.raises(Invalid) as refused:
        planned.freeze(sqlite_store, wanted, **BY)
    assert refused.value.problems == (
        "There is no item 'ghost'.",
        "sw-11 is no service; name it as an item.",
        "There is no item type 'nothing'.",
        "There is no person 'nobody'.",
        "rule 1: BYDAY=XX is no day; write it like MO, or 2TU for the second.",
    )
