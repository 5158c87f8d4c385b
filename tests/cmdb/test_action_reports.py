"""The report of action items counts what happened in its period, and what stands now."""

from datetime import timedelta

import pytest

from cmdb import action_items, action_reports
from cmdb.errors import Invalid
from cmdb.work import ActionItem
from tests.builders import AT, found

DAY = timedelta(days=1)


@pytest.fixture
def site(store):
    return found(store)


def initiated(store, at=AT, **more):
    return action_items.add(store, **{"what": "X", "owner": "k.chen", "actor": "a.vries", "at": at, **more})


def taken(store, id, at, *states, **more):
    for state in states:
        action_items.step(store, id, state, actor="a.vries", at=at, **(more if state == states[-1] else {}))


def report(store, start=AT - DAY, end=AT + 30 * DAY, now=AT + 10 * DAY, **more):
    with store.read() as uow:
        return action_reports.report(uow, start=start, end=end, now=now, **more)


def test_an_empty_site_reports_zeros(site):
    found_ = report(site)
    assert (found_.initiated, found_.closed, found_.lasted, found_.open) == (0, 0, None, {})
    assert found_.owners == found_.units == found_.overdue == found_.touched == ()


def test_it_counts_initiated_closed_in_time_declined_open_and_overdue(site):
    for number in range(1, 6):
        initiated(site, due=AT + 2 * DAY, origin="person:k.chen" if number < 3 else "")
    initiated(site, at=AT - 40 * DAY, owner="a.vries")
    road = ("reviewed", "approved", "closed")
    taken(site, "AI-1", AT + DAY, *road, evidence="photo", evaluation="helped")
    taken(site, "AI-2", AT + 3 * DAY, *road, evidence="photo", evaluation="helped")
    with site.write() as uow:  # as it could be written once
        uow.replace(uow.get(ActionItem, "AI-2").but(evaluation=""))
        uow.commit()
    taken(site, "AI-3", AT + DAY, "declined", evaluation="no use")
    taken(site, "AI-4", AT + DAY, "reviewed")
    found_ = report(site)
    assert (found_.initiated, found_.closed, found_.declined, found_.in_time) == (5, 2, 1, 1)
    assert found_.lasted == 3 * 86_400  # the higher of two medians
    assert found_.unevaluated == ("AI-2",)
    assert found_.open == {"initiated": 2, "reviewed": 1}
    assert found_.origins == {"none": 3, "person": 2}
    assert [one.id for one in found_.overdue] == ["AI-4", "AI-5"]
    assert [(one.owner, one.open, one.overdue, one.closed, one.in_time) for one in found_.owners] == [
        ("a.vries", 1, 0, 0, 0),
        ("k.chen", 2, 2, 2, 1),
    ]
    assert [one.id for one in found_.touched] == ["AI-5", "AI-4", "AI-3", "AI-2", "AI-1"]


def test_weeks_and_months_are_those_of_the_zone(site):
    initiated(site, at=AT)
    initiated(site, at=AT + 9 * DAY)
    assert report(site).units == (("2026-11", 1, 0), ("2026-12", 1, 0))
    assert report(site, unit="week").units == (("2026-W47", 1, 0), ("2026-W49", 1, 0))


def test_a_period_that_ends_before_it_starts_is_refused(site):
    with pytest.raises(Invalid):
        report(site, end=AT - 2 * DAY)
