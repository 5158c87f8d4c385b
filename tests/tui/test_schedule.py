"""The calendar's lines: windows decided or not, freezes, and what must not be done at the same time."""

from datetime import timedelta
from typing import Any

import pytest

from ccb.model import DownSet, Window
from cmdb import planned
from cmdb.promises import Freeze
from tests.ccb import quay as quays
from tests.ccb.quay import OUTAGE, SWAP, TONIGHT, Quay
from tests.ccb.test_assessment import uplink
from tui import schedule
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
