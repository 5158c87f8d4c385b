"""The calendar's lines: windows decided or not, freezes, and what must not be done at the same time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr

from ccb import assessment
from ccb.model import DownSet, Window
from cmdb import freezes, intervals, planned
from cmdb.commitments import Recurrence
from cmdb.intervals import moment
from cmdb.promises import Freeze
from tests.ccb import quay as quays
from tests.ccb.quay import OUTAGE, SWAP, TONIGHT, Quay
from tests.ccb.test_assessment import uplink
from tui import schedule
from tui.commands import calendar_ical
from tui.desk_cards import change_card
from tui.duty_views import CalendarLine


@pytest.fixture
def quay(sqlite_store: Any, keys: Any) -> Quay:
    return quays.built(sqlite_store, keys)


def lines(quay: Quay) -> tuple[CalendarLine, ...]:
    with quay.store.read() as uow:
        return schedule.planned(uow, quay.now, quay.now + timedelta(days=30)).lines()


def test_windows_that_take_a_service_down_only_together_are_a_line_of_their_own(quay: Quay) -> None:
    uplink(quay)
    half = Window(start=TONIGHT.start + timedelta(minutes=30), end=TONIGHT.end + timedelta(hours=1))
    other = SWAP.but(window=half, down=DownSet(items=("sw-12",), expected=600, worst=1800))
    first, second = quay.approved(OUTAGE), quay.raised(other, to="submitted")
    found = lines(quay)
    assert [(one.kind, one.subject) for one in found] == [
        ("scheduled", first.id),
        ("joint outage", f"{first.id} + {second.id}"),
        ("asked for", second.id),
    ]
    [joint] = [one for one in found if one.kind == "joint outage"]
    assert (joint.start, joint.end) == (half.start, TONIGHT.end)
    assert joint.text == "DOWN: mail, if all are approved; none of them by one alone"


def test_a_window_says_what_goes_down_and_a_freeze_whom_it_concerns(quay: Quay) -> None:
    request = quay.approved(OUTAGE)
    freeze = Freeze(id="peak", title="Peak", start=TONIGHT.end, end=TONIGHT.end + timedelta(days=1))
    planned.freeze(quay.store, freeze, actor="a.vries", at=quay.now)
    assert [(one.subject, one.text) for one in lines(quay)] == [
        (request.id, "Replace core switch sw-11; down 38m, at worst 1h30m"),
        ("peak", "Peak; everything"),
    ]


def test_where_nothing_is_planned_there_is_nothing(quay: Quay) -> None:
    assert lines(quay) == ()


def test_what_recurs_is_one_entry_with_a_line_each_time_and_work_inside_it_is_named(quay: Quay) -> None:
    request = quay.raised(OUTAGE, to="submitted")
    sundays = Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="23:00", length=7200)
    freeze = Freeze(id="fr", title="Sundays", start=quay.now, rules=(sundays,), items=("mail",))
    planned.freeze(quay.store, freeze, actor="a.vries", at=quay.now)
    planned.freeze(quay.store, freeze.but(id="fr-2", items=("sw-12",)), actor="a.vries", at=quay.now)
    with quay.store.read() as uow:
        found = schedule.planned(uow, quay.now, quay.now + timedelta(days=14))
    assert [one.id for one in found.freezes] == ["fr", "fr-2"]
    assert [one.subject for one in found.lines() if one.kind == "freeze"] == ["fr", "fr-2"] * 2
    start = TONIGHT.start + timedelta(hours=1)
    assert found.frozen == (schedule.Frozen(request.id, "fr", "Sundays", start, TONIGHT.end),)
    [line] = [one for one in found.lines() if one.kind == "in a freeze"]
    assert (line.subject, line.text) == (request.id, "lies in the freeze fr: Sundays")


def test_an_icalendar_file_has_what_recurs_once_with_its_rule_and_zone(quay: Quay) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    night = Recurrence(rule="FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20270331", start="20:00", length=43_200)
    freeze = Freeze(id="fr", title="Month end", start=quay.now, rules=(night,), zone="Europe/Amsterdam")
    text = calendar_ical.written([], [freeze], site="port", at=quay.now)
    whole = icalendar.Calendar.from_ical(text)
    [event] = whole.walk("VEVENT")
    assert [str(one["TZID"]) for one in whole.walk("VTIMEZONE")] == ["Europe/Amsterdam"]
    assert event["DTSTART"].dt == datetime(2026, 11, 30, 20, tzinfo=zone)
    assert event["DTEND"].dt == datetime(2026, 12, 1, 8, tzinfo=zone)
    read = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event["DTSTART"].dt)
    span = quay.now, quay.now + timedelta(days=400)
    found = [moment(start) for start, _end in freezes.stretches(freeze, intervals.span(*span))]
    assert list(read) == found
    assert len(found) == 5
    zones = ("Asia/Tokyo", "America/New_York", "Europe/Paris")
    abroad = [freeze.but(id=f"fr-{number}", zone=one) for number, one in enumerate(zones)]
    text = calendar_ical.written([], [freeze, *abroad], site="port", at=quay.now)
    named = [str(one["TZID"]) for one in icalendar.Calendar.from_ical(text).walk("VTIMEZONE")]
    assert named == sorted([*zones, "Europe/Amsterdam"])  # the same calendar is the same file


def test_a_card_says_of_undecided_work_what_the_calendar_says(quay: Quay) -> None:
    uplink(quay)
    half = Window(start=TONIGHT.start + timedelta(minutes=30), end=TONIGHT.end + timedelta(hours=1))
    other = SWAP.but(window=half, down=DownSet(items=("sw-12",), expected=600, worst=1800))
    first, second = quay.raised(OUTAGE), quay.raised(other)
    with quay.store.read() as uow:
        cards = [change_card(uow, quay.request(one.id), "a.vries", quay.now, UTC) for one in (first, second)]
    [line] = [one.text for one in lines(quay) if one.kind == "joint outage"]
    said = f"{first.id} + {second.id}, 2026-11-22 22:30 UTC to 2026-11-23 00:00 UTC: {line}."
    assert line == "DOWN: mail, if all are approved; none of them by one alone"
    assert [card.clashes for card in cards] == [(said,), (said,)]
    quay.approved(other)  # another one like it, decided: it clashes for good
    with quay.store.read() as uow:
        found = assessment.assess(uow, quay.request(first.id), at=quay.now)
    decided = {one["subject"] for one in found.material["conflicts"] if one["kind"] == "joint outage"}
    assert decided == {"mail", "mail-app"}
    assert [one["changes"] for one in found.context["undecided"]] == [[first.id, second.id]]
