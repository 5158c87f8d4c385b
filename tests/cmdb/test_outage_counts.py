"""What one outage takes adds up to what a period used; the rest says why it does not count."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from cmdb import calendar
from cmdb.availability import Facts, standing
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.intervals import seconds
from cmdb.outage_counts import CLAIMED, DEGRADED, OUTSIDE, PLANNED, Counted, counted
from cmdb.promises import Claim, Outage, ServiceAgreement
from tests.cmdb.test_agreements import agreement

# Wednesday to Wednesday; the clocks of Amsterdam go back on the Sunday in it.
START = datetime(2026, 10, 20, 22, tzinfo=UTC)
WEEK = seconds(START), seconds(START) + 7 * 86_400 + 3600
NOW = START + timedelta(days=30)
OFFICE = ServiceHours(
    rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=36_000),)
)
CLAIM = Claim(
    id="cl-1", agreement="ag-1", kind="calamity", start=START + timedelta(hours=14),
    end=START + timedelta(hours=16), evidence="flood",
    state="accepted", decided_by="Bram",
)  # fmt: skip


def promise(**more: Any) -> tuple[ServiceAgreement, ServiceCommitment]:
    one = ServiceCommitment(
        **{"id": "up", "service": "mail", "target": Decimal("99"), "hours": OFFICE, "planned": "no", **more}
    )
    return agreement(zone="Europe/Amsterdam", windows=(), commitments=(one,)), one


def out(hours: float, lasts: float, **more: Any) -> Outage:
    start = START + timedelta(hours=hours)
    end = {"ended": start + timedelta(hours=lasts)}
    return Outage(id="out-1", subject="mail", started=start, recorded_at=NOW, **{**end, **more})


def told(one: Outage, now: datetime = NOW, **more: Any) -> Counted:
    facts = Facts(outages=(one,), claims=(CLAIM,), now=now)
    return counted(*promise(**more), one, facts, calendar.service_time)


def test_it_says_how_much_counts_and_why_the_rest_does_not() -> None:
    """Wednesday in Amsterdam: the night until 8:00 is not due, 14:00 to 16:00 is claimed."""
    assert told(out(1, 2)) == Counted("up", 0, ((OUTSIDE, 7200),))
    assert told(out(7, 2)) == Counted("up", 3600, ((OUTSIDE, 3600),))
    assert told(out(13, 4)) == Counted("up", 7200, ((CLAIMED, 7200),))
    assert told(out(9, 1, effect="degraded")) == Counted("up", 0, ((DEGRADED, 3600),))
    assert told(out(9, 1, effect="degraded"), degraded=True).taken == 3600
    window = {"planned_start": START + timedelta(hours=9), "planned_end": START + timedelta(hours=10)}
    assert told(out(9, 2, change="CR-1", **window)) == Counted("up", 3600, ((PLANNED, 3600),))
    assert told(out(9, 2, change="CR-1", **window), planned="yes") == Counted("up", 7200, ())


def test_an_outage_that_never_ended_counts_until_now_and_one_ahead_takes_nothing() -> None:
    running = out(9, 0, ended=None)
    assert told(running, now=START + timedelta(hours=10)) == Counted("up", 3600, ())
    assert told(running, now=START + timedelta(hours=8)) == Counted("up", 0, ())


def test_outages_that_do_not_overlap_add_up_to_what_the_period_used() -> None:
    dice = Random(11)
    for _round in range(40):
        edges = sorted(dice.sample(range(7 * 24 * 4), 12))
        outages = tuple(
            out(first / 4, (last - first) / 4, effect=dice.choice(["outage", "degraded"]))
            for first, last in zip(edges[::2], edges[1::2], strict=True)
        )
        facts = Facts(outages=outages, claims=(CLAIM,), now=NOW)
        for more in ({}, {"degraded": True}, {"hours": ServiceHours()}):
            one, up = promise(**more)
            used = standing(one, up, WEEK, facts, calendar.service_time).used_s
            found = [counted(one, up, each, facts, calendar.service_time) for each in outages]
            assert sum(each.taken for each in found) == used
            lasted = sum((each.ended - each.started).total_seconds() for each in outages if each.ended)
            assert sum(each.taken + sum(lost for _, lost in each.free) for each in found) == lasted
