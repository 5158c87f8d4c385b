"""Outages: recorded, ended, corrected, and what follows from them for services, kept as it was then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmdb import journal, measurements, planned, tables_graph
from cmdb import tables_promises as _tables
from cmdb.derivations import DerivedOutage
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Dependency, RoleGrant
from cmdb.promises import Outage, PlannedWork
from cmdb.reading_promises import ServiceOutages, StoredPromises
from cmdb.store import Store
from tests.cmdb.harbour import settle

assert _tables.__doc__  # its rows are laid out by the store fixtures
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
T = datetime(2026, 11, 10, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "k.chen", "at": NOW}


@pytest.fixture
def harbour(store: Store) -> Store:
    """The harbour, with Kim as service engineer."""
    return ready(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    """The same, for what does not depend on the kind of database."""
    return ready(sqlite_store)


def ready(store: Store) -> Store:
    settle(store)
    with store.write() as uow:
        uow.add(RoleGrant(id="g-1", person="k.chen", role="service engineer", start=NOW.replace(year=2025)))
        uow.commit()
    return store


def hour(number: float) -> datetime:
    return T + timedelta(hours=number)


def down(store: Store, subject: str, start: float, end: float | None, **more: Any) -> Outage:
    ended = None if end is None else hour(end)
    return measurements.record_outage(
        store, subject=subject, started=hour(start), ended=ended, **{**BY, **more}
    )


def outages(store: Store, service: str) -> ServiceOutages:
    with store.read() as uow:
        found = StoredPromises(uow.rows, uow.dialect).outages_of([service], T - timedelta(days=1), NOW)
    return found.get(service, ServiceOutages((), (), (), ()))


def spans(found: tuple[Outage, ...]) -> list[tuple[float, float | None, str]]:
    return [
        (
            (one.started - T) / timedelta(hours=1),
            (one.ended - T) / timedelta(hours=1) if one.ended else None,
            one.effect,
        )
        for one in found
    ]


def test_an_outage_of_a_service_is_recorded_and_told_to_the_journal(harbour: Store) -> None:
    recorded = down(harbour, "mail", 1, 2, note="certificate", source="probe 3")
    assert recorded.id == "out-0001"
    assert spans(outages(harbour, "mail").counted) == [(1, 2, "outage")]
    with harbour.read() as uow:
        assert measurements.listed(uow) == [recorded]
        [entry] = journal.of_subject(uow, "mail")
        assert (entry.action, entry.changed["ended"]) == ("outage record", "2026-11-10T02:00:00Z")


def test_what_follows_for_services_is_derived_from_items(harbour: Store) -> None:
    down(harbour, "db-1", 1, 2)
    found = outages(harbour, "berths")
    assert spans(found.derived) == [(1, 2, "outage")]
    assert found.counted[0].source == "follows from out-0001"
    assert outages(harbour, "mail").counted == ()
    with harbour.read() as uow:
        assert uow.get(DerivedOutage, "berths", "out-0001").because == ("berths", "booking-app", "db-1")


def test_two_outages_a_group_survives_alone_take_the_service_down_together(harbour: Store) -> None:
    down(harbour, "sw-11", 1, 4)
    down(harbour, "sw-12", 3, 6)
    assert spans(outages(harbour, "mail").counted) == [(3, 4, "outage")]
    # The database needs sw-12 softly: alone it degrades berths, with sw-11 both web servers are gone.
    assert sorted(spans(outages(harbour, "berths").counted)) == [(3, 4, "outage"), (3, 6, "degraded")]


def test_a_degraded_item_degrades_at_worst(harbour: Store) -> None:
    down(harbour, "db-1", 1, 2, effect="degraded")
    assert spans(outages(harbour, "berths").counted) == [(1, 2, "degraded")]


def test_a_running_outage_ends_and_what_follows_ends_with_it(harbour: Store) -> None:
    began = measurements.began(harbour, "db-1", hour(1), **BY)
    assert spans(outages(harbour, "berths").counted) == [(1, None, "outage")]
    measurements.ended(harbour, began.id, hour(3), **BY)
    assert spans(outages(harbour, "berths").counted) == [(1, 3, "outage")]
    with pytest.raises(Refused, match="ended at 2026-11-10T03:00:00Z") as refused:
        measurements.ended(harbour, began.id, hour(4), **BY)
    assert "cmdb outage correct out-0001" in refused.value.remedy


def test_a_later_edit_of_the_estate_rewrites_no_past_report(local: Store) -> None:
    down(local, "db-1", 1, 2)
    with local.write() as uow:
        tables_graph.remove_dependency(uow, "booking-app", "db-1", "uses")
        tables_graph.put_dependency(uow, Dependency(source="radar", target="db-1", kind="uses"))
        uow.commit()
    assert spans(outages(local, "berths").counted) == [(1, 2, "outage")]
    assert outages(local, "radar").counted == ()
    down(local, "db-1", 5, 6)
    assert spans(outages(local, "berths").counted) == [(1, 2, "outage")]
    assert spans(outages(local, "radar").counted) == [(5, 6, "outage")]


def test_a_correction_keeps_the_old_value_and_what_had_followed(local: Store) -> None:
    first = down(local, "db-1", 1, 2)
    with local.write() as uow:
        tables_graph.remove_dependency(uow, "booking-app", "db-1", "uses")
        uow.commit()
    second = measurements.correct(local, first.id, ended=hour(1.5), **BY)
    assert spans(outages(local, "berths").counted) == [(1, 1.5, "outage")]
    with local.read() as uow:
        assert uow.get(Outage, first.id) == first
        assert [one.id for one in measurements.listed(uow)] == [second.id]
        assert [one.id for one in measurements.listed(uow, corrected=True)] == [second.id, first.id]
    with pytest.raises(Refused, match="was corrected by out-0002"):
        measurements.correct(local, first.id, ended=hour(3), **BY)


def test_a_correction_that_nothing_happened_leaves_what_ran_beside_it(local: Store) -> None:
    one = down(local, "sw-11", 1, 4)
    down(local, "sw-12", 3, 6)
    measurements.correct(local, one.id, effect="none", **BY)
    assert outages(local, "mail").counted == ()
    assert spans(outages(local, "berths").counted) == [(3, 6, "degraded")]


def test_what_was_seen_on_the_service_outranks_and_both_are_shown(harbour: Store) -> None:
    down(harbour, "db-1", 1, 3)
    down(harbour, "berths", 1.5, 2)
    found = outages(harbour, "berths")
    assert spans(found.counted) == [(1.5, 2, "outage")]
    assert spans(found.derived) == [(1, 3, "outage")]
    assert sum(end - start for start, end in found.differs) == 90 * 60


def test_a_measurement_from_the_future_is_refused(local: Store) -> None:
    with pytest.raises(Invalid, match="Only what has happened") as refused:
        measurements.record_outage(
            local, subject="mail", started=NOW + timedelta(hours=1), ended=NOW + timedelta(hours=2), **BY
        )
    assert len(refused.value.problems) == 2
    assert "change request" in refused.value.remedy
    running = measurements.began(local, "mail", hour(1), **BY)
    with pytest.raises(Invalid, match="Only what has happened"):
        measurements.ended(local, running.id, NOW + timedelta(hours=1), **BY)


def test_unknown_items_people_without_the_role_and_unknown_outages_are_refused(local: Store) -> None:
    with pytest.raises(NotFound, match="There is no item 'ghost'"):
        down(local, "ghost", 1, 2)
    with pytest.raises(Refused, match="record outages"):
        down(local, "mail", 1, 2, actor="r.bakker")
    with pytest.raises(NotFound, match="no outage 'out-9999'"):
        measurements.ended(local, "out-9999", hour(2), **BY)
    with local.read() as uow:
        assert measurements.listed(uow) == []


def test_an_outage_of_a_change_takes_its_approved_window_and_no_other(local: Store) -> None:
    window = PlannedWork(reference="CR-1", window_start=hour(1), window_end=hour(2), down=("mail",))
    with local.write() as uow:
        planned.plan(uow, window)
        planned.plan(uow, window.but(reference="CR-2", tentative=True))
        planned.plan(uow, window.but(reference="CR-3", unplanned=True))
        uow.commit()
    recorded = [down(local, "mail", 1, 3, change=change) for change in ("CR-1", "CR-2", "CR-3", "")]
    assert [one.planned_end for one in recorded] == [hour(2), None, None, None]
    with local.write() as uow:
        planned.cancel(uow, "CR-1")
        planned.cancel(uow, "CR-1")
        uow.commit()
    corrected = measurements.correct(local, recorded[0].id, ended=hour(2.5), **BY)
    assert corrected.planned_end == hour(2), "the window it was approved for stays"


def test_an_outage_observed_inside_a_transaction_may_bring_its_window(local: Store) -> None:
    with local.write() as uow:
        seen = Outage(
            id=measurements.next_id(uow),
            subject="db-1",
            started=hour(1),
            ended=hour(3),
            change="CR-8",
            planned_start=hour(1),
            planned_end=hour(2),
            recorded_by="k.chen",
            recorded_at=NOW,
        )
        assert measurements.observe(uow, seen) == seen
        uow.commit()
    assert [one.planned_end for one in outages(local, "berths").counted] == [hour(2)]


def test_what_follows_from_a_planned_outage_is_planned(local: Store) -> None:
    with local.write() as uow:
        planned.plan(
            uow, PlannedWork(reference="CR-1", window_start=hour(1), window_end=hour(2), down=("db-1",))
        )
        uow.commit()
    down(local, "db-1", 1, 3, change="CR-1")
    [derived] = outages(local, "berths").counted
    assert (derived.change, derived.planned_start, derived.planned_end) == ("CR-1", hour(1), hour(2))


def test_outages_are_listed_by_subject_and_since(local: Store) -> None:
    early, late = down(local, "mail", 1, 2), down(local, "mail", 5, 6)
    down(local, "radar", 1, 2)
    with local.read() as uow:
        assert measurements.listed(uow, subject="mail") == [late, early]
        assert measurements.listed(uow, subject="mail", since=hour(3)) == [late]


def test_what_is_out_already_does_not_begin_to_be_out_again(local: Store) -> None:
    first = down(local, "db-1", 1, None)
    for effect in ("outage", "degraded"):
        with pytest.raises(Refused) as refused:
            down(local, "db-1", 2, None, effect=effect)
        assert refused.value.reason == f"db-1 is already out since 2026-11-10T01:00:00Z: {first.id}."
        assert f"'cmdb outage ended {first.id}'" in refused.value.remedy
    down(local, "db-1", -4, -3)  # one that is over is another one
    slow = down(local, "mail", 1, None, effect="degraded")
    with pytest.raises(Refused, match=f"already degraded .*{slow.id}"):
        down(local, "mail", 2, None, effect="degraded")
    assert down(local, "mail", 2, None).effect == "outage"  # it got worse
