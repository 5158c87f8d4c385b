"""What the reports of events count, held against plain SQL that counts the same its own way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cmdb import action_items, event_acts, event_reports, events
from cmdb.errors import Invalid
from cmdb.event_reports import Figures
from cmdb.store import Store
from tests.cmdb.test_events import BY, NOW, acted, in_progress, ready, told

START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
ITEMS = ("mail", "radar", "web-1", "db-1", "sw-11")
CLOSE = "COALESCE(NULLIF(resolved_at, ''), closed_at)"


@pytest.fixture
def year(sqlite_store: Store) -> Store:
    """Ninety events over a year, of every state, kind and priority, closed after different times."""
    store = ready(sqlite_store)
    with store.write() as uow:
        made = []
        for place in range(90):
            reported = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3.5 * place, seconds=place)
            resolved = reported + timedelta(hours=5 * (place % 17) + 1)
            closed = resolved + timedelta(days=place % 5)
            state = ("closed", "closed", "resolved", "closed", "in progress", "withdrawn")[place % 6]
            fields: dict[str, Any] = {
                "id": f"EV-{place + 1}",
                "kind": "service request" if place % 7 == 0 else "incident",
                "state": state,
                "priority": ("low", "normal", "high")[place % 3],
                "items": (ITEMS[place % 5], ITEMS[(place + 2) % 5]) if place % 4 else (ITEMS[place % 5],),
                "reported": reported,
                "occurred": reported,
                "resolved_at": resolved if state in ("resolved", "closed") and place % 11 else None,
                "closed_at": closed if state in ("closed", "withdrawn") else None,
                "resolve_by": reported + timedelta(hours=30) if place % 2 else None,
                "on_time": ("yes", "no", "")[place % 3],
                "fixed_by": "CR-1" if place % 8 == 1 else "",
                "caused_by": "CR-2" if place % 9 == 1 else "",
            }
            made.append(told(**fields))
        for one in made:
            uow.add(one)
        events.index(uow, made)
        uow.commit()
    return store


def report(store: Store, **more: Any) -> event_reports.EventReport:
    with store.read() as uow:
        return event_reports.report(uow, **{"start": START, "end": END, "now": NOW, **more})


def count(store: Store, where: str, *parameters: str, what: str = "COUNT(*)") -> int:
    """Count events that were not withdrawn, in words SQL understands; S and E are the ends of the period."""
    sql = f"SELECT {what} FROM event v WHERE state <> 'withdrawn' AND ({where})"
    sql = sql.replace(":S", "'2026-09-01T00:00:00Z'").replace(":E", "'2026-11-01T00:00:00Z'")
    with store.read() as uow:
        return int(uow.rows(sql, *parameters)[0][0] or 0)


IN_HAND = "state IN ('recorded', 'analysed', 'in progress')"
# One that is resolved, but nobody said when, is resolved all the same.
UNRESOLVED = f"reported < :E AND ({IN_HAND} OR {CLOSE} >= :E)"
LATE = (
    f"closed_at >= :S AND closed_at < :E AND CASE WHEN resolve_by IS NOT NULL"
    f" THEN julianday({CLOSE}) > julianday(resolve_by) ELSE on_time = 'no' END"
)


def hold(store: Store, found: Figures, within: str = "1 = 1", *parameters: str) -> None:
    """Hold the figures against counts of plain SQL over the events for which `within` holds."""

    def counted(where: str, **more: str) -> int:
        return count(store, f"({where}) AND {within}", *parameters, **more)

    lead = "CAST(ROUND(SUM((julianday(closed_at) - julianday(reported)) * 86400)) AS INTEGER)"
    closed = counted("closed_at >= :S AND closed_at < :E")
    assert (found.reported, found.resolved, found.closed, found.unresolved) == (
        counted("reported >= :S AND reported < :E"),
        counted(f"{CLOSE} >= :S AND {CLOSE} < :E"),
        closed,
        counted(UNRESOLVED),
    )
    total = counted("closed_at >= :S AND closed_at < :E", what=lead)
    assert found.lead_mean == (total // closed if closed else None)
    assert found.late == counted(LATE)
    assert found.judged == counted(
        "closed_at >= :S AND closed_at < :E AND (resolve_by IS NOT NULL OR on_time <> '')"
    )


def test_the_figures_of_a_period_are_those_plain_sql_counts(year: Store) -> None:
    found = report(year)
    assert found.total.reported > 10 > found.total.closed > 5
    assert found.total.late
    assert found.total.unresolved
    hold(year, found.total)
    assert found.overdue == count(
        year, "state IN ('recorded', 'analysed', 'in progress') AND resolve_by < '2026-11-20T12:00:00Z'"
        " AND reported < :E",
    )  # fmt: skip
    assert found.withdrawn == 3
    assert sum(found.states.values()) == len(found.touched)


def test_the_figures_of_every_item_and_priority_are_those_plain_sql_counts(year: Store) -> None:
    found = report(year)
    assert {one.group for one in found.by_item} == set(ITEMS)
    for one in found.by_item:
        hold(year, one, "EXISTS (SELECT 1 FROM event_item i WHERE i.event = v.id AND i.item = ?)", one.group)
        assert report(year, item=one.group).total.but(group=one.group) == one
    for one in found.by_priority:
        hold(year, one, "priority = ?", one.group)


def test_every_unit_of_time_adds_up_and_is_read_in_the_zone(year: Store) -> None:
    for per in event_reports.UNITS:
        found = report(year, per=per, zone=ZoneInfo("Europe/Amsterdam"))
        assert sum(one.reported for one in found.pace) == found.total.reported
        assert sum(one.resolved for one in found.pace) == found.total.resolved
        assert sum(one.closed for one in found.pace) == found.total.closed
    months = {one.unit: one.reported for one in report(year).pace}
    by_sql = {month: count(year, "SUBSTR(reported, 1, 7) = ?", month) for month in ("2026-09", "2026-10")}
    assert months == by_sql


def test_action_items_of_events_are_counted_in_the_month_they_were_done(local_event: Store) -> None:
    found = report(local_event, start=NOW - timedelta(days=1), end=NOW + timedelta(days=1))
    (month,) = found.pace
    assert (month.unit, month.actions_initiated, month.actions_closed) == ("2026-11", 2, 1)


@pytest.fixture
def local_event(sqlite_store: Store) -> Store:
    """An incident in progress with two action items, one of them closed, and one declined."""
    store = ready(sqlite_store)
    event = in_progress(store, events.record(store, told(), **BY))
    done, _open, declined = (acted(store, event) for _ in range(3))
    for state in ("reviewed", "approved"):
        action_items.step(store, done, state, **BY)
    action_items.close(store, done, evidence="mail arrives", evaluation="good", **BY)
    action_items.step(store, declined, "declined", evaluation="not needed", **BY)
    action_items.add(store, what="Something else", owner="k.chen", **BY)
    return store


def test_trouble_reports_name_every_incident_with_its_fix(year: Store) -> None:
    with year.read() as uow:
        found = event_reports.troubles(uow, start=START, end=END, now=NOW)
        listed = {
            row[0]
            for row in uow.rows(
                "SELECT id FROM event v WHERE kind = 'incident' AND state <> 'withdrawn' AND reported < ? AND"
                f" (reported >= ? OR {CLOSE} >= ? OR closed_at >= ? OR {IN_HAND} OR {CLOSE} >= ?)",
                *("2026-11-01T00:00:00Z", *("2026-09-01T00:00:00Z",) * 3, "2026-11-01T00:00:00Z"),
            )
        }
    assert {one.line.id for one in found.troubles} == listed
    assert list(found.troubles) == sorted(found.troubles, key=lambda one: one.line.reported, reverse=True)
    fixed = [one for one in found.troubles if one.line.fixed_by]
    assert found.by_change == len(fixed) > 0
    hold(year, found.total, "kind = 'incident'")


def test_a_trouble_report_names_the_action_items_behind_it(local_event: Store) -> None:
    with local_event.read() as uow:
        found = event_reports.troubles(
            uow, start=NOW - timedelta(days=1), end=NOW + timedelta(days=1), now=NOW
        )
    (one,) = found.troubles
    assert (one.actions, one.fixed, found.by_action) == (
        (("AI-1", "closed"), ("AI-2", "initiated")),
        True,
        1,
    )
    event_acts.resolve(local_event, "EV-1", how="mended", **BY)
    with local_event.read() as uow:
        assert event_reports.troubles(
            uow, start=NOW - timedelta(days=1), end=NOW + timedelta(days=1), now=NOW
        ).states == {"resolved": 1}


def test_a_period_that_ends_before_it_starts_is_refused(year: Store) -> None:
    with pytest.raises(Invalid, match="ends before it starts"):
        report(year, start=END, end=START)
    assert report(year, end=START + timedelta(seconds=1)).total.reported == 0


def test_a_site_without_events_has_a_report(sqlite_store: Store) -> None:
    found = report(sqlite_store)
    assert (found.total.reported, found.total.late_share, found.touched, found.pace) == (0, None, (), ())


def test_of_imported_events_nothing_says_how_far_they_had_come_then(year: Store) -> None:
    then = datetime(2026, 6, 1, tzinfo=UTC)
    with year.write() as uow:
        uow.rows("UPDATE event SET source = 'desk'")
        uow.commit()
    found = report(year, start=datetime(2026, 1, 1, tzinfo=UTC), end=then, now=then, past=True)
    over = "COALESCE(NULLIF(resolved_at, ''), closed_at)"
    with year.read() as uow:
        [(open_,)] = uow.rows(
            "SELECT COUNT(*) FROM event WHERE reported < '2026-06-01'"
            f" AND (closed_at IS NULL OR closed_at > '2026-06-01T00:00:00Z')"
            f" AND ({over} IS NULL OR {over} > '2026-06-01T00:00:00Z')"
        )
    assert found.total.unresolved == open_ > 0
    assert found.states[event_reports.LOST] == len(found.unsaid)
    assert sum(found.states.values()) == len(found.touched)
    assert "in progress" not in found.states
