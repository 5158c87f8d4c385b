"""Better moments: what bars a start, what ranks it, and what is said of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cmdb import calendar
from cmdb.availability import Facts, agreed_windows
from cmdb.better_moments import Agreed, Bar, Job, Moments, notice_bar
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.forecast import Ledger
from cmdb.intervals import seconds
from cmdb.periods import zone_of
from cmdb.promise_costs import Cost, Steps
from cmdb.promises import Outage, ServiceAgreement

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
ZONE = zone_of("UTC")
JOB = Job(length=3600, expected=1800, worst=3600, after=0)
OFFICE = ServiceHours(
    rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=36_000),)
)
NIGHT = (Recurrence(rule="FREQ=WEEKLY;BYDAY=WE", start="02:00", length=2 * 3600),)


def agreement(id: str = "sla", **more) -> ServiceAgreement:
    about = {"id": "up", "service": "mail", "target": Decimal("99"), "period": "week"}
    commitment = {name: more.pop(name) for name in ("planned", "hours", "target") if name in more}
    return ServiceAgreement(
        id=id,
        title="Mail",
        customer="acme",
        manager="m",
        start=NOW - timedelta(days=300),
        services=("mail",),
        commitments=(ServiceCommitment(**about | commitment),),
        state="published",
        **more,
    )


def moments(*promised: ServiceAgreement, days: int = 3, job: Job = JOB, bars=(), outages=()) -> Moments:
    within = seconds(NOW), seconds(NOW + timedelta(days=days))
    whole = within[0], within[1] + job.length
    costs = []
    for one in promised:
        facts = Facts(outages=tuple(outages), now=NOW)
        ledger = Ledger(one, one.commitments[0], (), facts, NOW, calendar.service_time)
        costs.append(Cost(one, one.commitments[0], *ledger.laid_out(whole, job.expected, job.worst)))
    agreed = [
        Agreed(one.id, agreed_windows(one.windows, zone_of(one.zone), whole, calendar.service_time))
        for one in promised
        if one.windows
    ]
    return Moments(job, within, costs=costs, bars=bars, agreed=agreed)


def starts(found) -> list[datetime]:
    return [one.start for one in found.moments]


def test_out_of_service_hours_nothing_is_taken_and_the_earliest_of_each_day_is_told():
    found = moments(agreement(hours=OFFICE)).ranked(ZONE, 10)
    assert starts(found) == [
        NOW + 6 * HOUR,  # 18:00, when the office closes
        datetime(2026, 11, 24, tzinfo=UTC),
        datetime(2026, 11, 25, tzinfo=UTC),
        datetime(2026, 11, 26, tzinfo=UTC),
    ]
    assert {(one.share, one.breaks, one.shares) for one in found.moments} == {(0.0, False, ())}


def test_inside_the_agreed_windows_comes_first_and_outside_is_named():
    found = moments(agreement(windows=NIGHT, planned="beyond the agreed windows")).ranked(ZONE, 2)
    best, second = found.moments
    assert best.start == datetime(2026, 11, 25, 2, tzinfo=UTC)
    assert (best.inside, best.outside) == (("sla",), ())
    # Exempt there, but no longer counted: the allowance shrinks by a hundredth of the hour.
    assert [(one.use.taken, one.use.left, one.use.exempt) for one in best.shares] == [(36, 6048, True)]
    assert (second.inside, second.outside) == ((), ("sla",))
    assert (second.shares[0].use.taken, second.shares[0].use.exempt) == (3600, False)


def test_a_moment_that_breaks_a_promise_comes_after_one_that_does_not_and_says_so():
    tight = agreement("tight", hours=OFFICE, target=Decimal("99.9"), windows=NIGHT)
    long = Job(length=20 * 3600, expected=1800, worst=20 * 3600, after=0)
    found = moments(tight, days=1, job=long).ranked(ZONE, 5)
    assert [one.breaks for one in found.moments] == [True, True]
    assert found.moments[0].share > 1
    spent = Outage(
        id="o1",
        subject="mail",
        started=NOW - 2 * HOUR,
        ended=NOW,
        recorded_by="m",
        recorded_at=NOW,
    )
    gone = moments(agreement(target=Decimal(100)), days=1, outages=[spent]).ranked(ZONE, 1).moments[0]
    assert gone.share == float("inf")
    assert gone.breaks


def test_a_window_may_end_where_a_bar_begins_and_begin_where_it_ends():
    bar = Bar(seconds(NOW + HOUR), seconds(NOW + 4 * HOUR), "freeze year-end")
    found = moments(bars=[bar], days=1)
    assert starts(found.ranked(ZONE, 1)) == [NOW]
    assert found.at(seconds(NOW) + 60).bars == ("freeze year-end",)
    late = Bar(seconds(NOW) + 3599, seconds(NOW + 4 * HOUR), "freeze year-end")
    assert starts(moments(bars=[late], days=1).ranked(ZONE, 1)) == [NOW + 4 * HOUR]


def test_none_is_possible_where_bars_cover_everything_and_they_are_told():
    bar = Bar(seconds(NOW) - 60, seconds(NOW + timedelta(days=9)), "freeze year-end")
    found = moments(agreement(), bars=[bar]).ranked(ZONE, 10)
    assert found.moments == ()
    assert [one.why for one in found.bars] == ["freeze year-end"]
    assert found.bars[0].start == seconds(NOW)


def test_notice_bars_the_time_in_which_it_would_come_too_late():
    assert notice_bar(agreement(), NOW) is None
    bar = notice_bar(agreement(notice=48 * 3600), NOW)
    assert bar is not None
    assert (bar.end, bar.why) == (seconds(NOW + 48 * HOUR), "sla asks for 48 h notice")
    over = agreement(notice=48 * 3600, end=NOW - HOUR)
    assert notice_bar(over, NOW + 2 * HOUR).end == seconds(NOW - HOUR)


def test_work_that_may_fall_anywhere_in_its_window_is_counted_where_it_costs_most():
    anywhere = Job(length=4 * 3600, expected=1800, worst=3600)
    found = moments(agreement(hours=OFFICE), job=anywhere)
    assert (
        found.at(seconds(NOW + 5 * HOUR)).shares[0].use.taken == 3600
    )  # 17:00 to 21:00: still in the office
    assert found.at(seconds(NOW + 6 * HOUR)).shares == ()


@pytest.mark.parametrize(
    ("start", "end", "sum_"), [(0, 100, 50), (10, 20, 20), (15, 30, 30), (40, 50, 0), (9, 9, 0)]
)
def test_rates_add_up_over_any_stretch(start, end, sum_):
    steps = Steps([(((10, 30),), 1), (((10, 20), (20, 40)), 1)])
    assert steps.between(start, end) == sum_
    assert list(steps.edges) == [10, 30, 40]
