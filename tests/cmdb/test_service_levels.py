"""How an observed promise stands: figure, verdict, and what is left, by examples a person can check."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import calendar, service_levels
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.intervals import seconds
from cmdb.promises import Claim, ServiceAgreement
from cmdb.service_levels import BROKEN, MET, NOT_YET, NOTHING, Level, Seen

MONTH = (seconds(datetime(2026, 10, 31, 23, tzinfo=UTC)), seconds(datetime(2026, 11, 30, 23, tzinfo=UTC)))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OVER = datetime(2026, 12, 5, tzinfo=UTC)
OFFICE = ServiceHours(
    rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=36_000),)
)
FRIDAY = datetime(2026, 11, 13, 9, tzinfo=UTC)  # 10:00 in Amsterdam


def promised(**changes: Any) -> ServiceAgreement:
    fields: dict[str, Any] = {
        "id": "respond",
        "service": "mail",
        "attribute": "response time",
        "comparator": "<=",
        "target": Decimal(30),
        "unit": "min",
        "statistic": "p95",
    }
    return ServiceAgreement(
        id="ag-1",
        title="Mail",
        customer="acme",
        manager="a.vries",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Amsterdam",
        services=("mail",),
        commitments=(ServiceCommitment(**{**fields, **changes}),),
    )


def seen(*values: str, unit: str = "min", at: datetime = FRIDAY) -> list[Seen]:
    return [Seen(seconds(at) + place, None, Decimal(value), unit) for place, value in enumerate(values)]


def stood(found: list[Seen], *, now: datetime = NOW, claims: tuple[Claim, ...] = (), **changes: Any) -> Level:
    agreement = promised(**changes)
    (counted,) = service_levels.levels(
        agreement,
        agreement.commitments[0],
        MONTH,
        found,
        claims,
        now=now,
        hours=calendar.service_time,
    )
    return counted


def test_nothing_observed_is_neither_kept_nor_broken() -> None:
    level = stood([])
    assert (level.state, level.met, level.left, level.used) == (NOTHING, None, None, 0.0)
    assert (level.delivered, level.left_said) == (NOTHING, NOTHING)


def test_a_percentile_by_nearest_rank_and_its_headroom() -> None:
    level = stood(seen(*map(str, range(1, 21))))
    assert (level.delivered, level.left_said, level.state) == ("19 min", "11 min left", MET)
    assert level.promised == "p95 at most 30 min"
    late = stood(seen("40", "1", "2"))
    assert (late.delivered, late.left_said, late.state, late.used) == (
        "40 min",
        "broken by 10 min",
        BROKEN,
        1.0,
    )


def test_values_in_other_units_of_time_are_turned_and_others_are_left_out() -> None:
    level = stood(
        [*seen("0.5", unit="h"), *seen("600", unit="s"), *seen("3", unit="kg")], statistic="maximum"
    )
    assert (level.delivered, level.counted, level.unfit) == ("30 min", 2, 1)
    assert level.met


@pytest.mark.parametrize(
    ("statistic", "figure"),
    [("mean", 4), ("median", 3), ("maximum", 9), ("minimum", 1), ("sum", 16), ("count", 4), ("p50", 2)],
)
def test_every_figure_is_what_people_take_it_for(statistic: str, figure: int) -> None:
    assert stood(seen("1", "2", "9", "4"), statistic=statistic).figure == figure


def test_a_share_counts_misses_like_an_allowance() -> None:
    share = {"statistic": "share within 30 min", "unit": "%", "comparator": ">=", "target": Decimal(90)}
    level = stood(seen(*["10"] * 19, "31"), **share)
    assert (level.figure, level.missed, level.allowed) == (95, 1, 2)
    assert level.left_said == "1 more may miss"
    assert level.used == 0.5
    assert not level.at_risk
    risky = stood(seen(*["10"] * 9, "31"), **share)
    assert (risky.left_said, risky.at_risk, risky.state) == ("no more may miss", True, MET)
    broken = stood(seen("10", "31"), **share)
    assert (broken.left_said, broken.state) == ("broken: 1 missed, 0 may", BROKEN)
    free = stood(seen("31"), **{**share, "target": Decimal(0)})
    assert (free.left, free.left_said) == (None, "nothing can break it")


def test_a_count_that_still_grows_is_not_broken_before_the_period_is_over() -> None:
    backups = {"statistic": "count", "comparator": ">=", "target": Decimal(20), "unit": ""}
    running = stood(seen("1", "1"), **backups)
    assert (running.state, running.left_said) == (NOT_YET, "18 to go")
    over = stood(seen("1", "1"), now=OVER, **backups)
    assert (over.state, over.left_said) == (BROKEN, "broken by 18")
    assert stood([], now=OVER, **backups).figure == 0
    enough = stood(seen(*["1"] * 21), **backups)
    assert (enough.state, enough.left_said) == (MET, "1 to spare")
    assert stood(seen("1"), statistic="count", comparator="<=", target=Decimal(0), unit="").state == BROKEN


def test_strictly_below_means_below() -> None:
    assert stood(seen("30"), comparator="<").state == BROKEN
    assert stood(seen("30"), comparator="<=").state == MET
    assert stood(seen("30"), comparator=">").state == BROKEN


def test_a_value_outside_the_service_hours_counts_only_where_it_is_said() -> None:
    night = seen("90", at=FRIDAY.replace(hour=23))
    assert stood(night, hours=OFFICE).outside == 1
    assert stood(night, hours=OFFICE).state == NOTHING
    assert stood(night, hours=OFFICE, outside="included").state == BROKEN


def test_a_stretch_over_a_weekend_takes_the_service_time_between() -> None:
    start = FRIDAY.replace(hour=16)  # 17:00: an hour of service is left on Friday
    monday = start + timedelta(days=2, hours=16)  # Monday 09:00
    lasted = Decimal(seconds(monday) - seconds(start))
    weekend = [Seen(seconds(monday), seconds(start), lasted, "s")]
    assert stood(weekend, hours=OFFICE, unit="h").delivered == "2 h"
    assert stood(weekend, hours=OFFICE, unit="h", clock="elapsed").delivered == "64 h"


def test_an_accepted_claim_exempts_what_was_seen_in_it_and_stops_the_clock() -> None:
    flood = Claim(
        id="claim-1",
        agreement="ag-1",
        start=FRIDAY,
        end=FRIDAY + timedelta(hours=1),
        state="accepted",
        decided_by="Bram",
    )
    assert stood(seen("90"), claims=(flood,)).exempt == 1
    assert stood(seen("90"), claims=(flood.but(state="refused"),)).exempt == 0
    started, at = seconds(FRIDAY) - 1800, seconds(FRIDAY) + 5400
    spanning = [Seen(at, started, Decimal(7200), "s")]
    assert stood(spanning, claims=(flood,)).delivered == "60 min"
    assert stood(spanning, claims=(flood,), clock="elapsed").delivered == "120 min"


def test_what_lies_ahead_of_the_moment_asked_about_is_not_counted() -> None:
    assert stood(seen("90", at=NOW + timedelta(hours=1))).state == NOTHING


def test_each_version_of_an_agreement_is_judged_by_what_it_promised() -> None:
    old = promised(target=Decimal(60))
    fields = {"commitments": [_plain(old.commitments[0])]}
    new = promised().but(
        terms={
            "version": 2,
            "effective": "2026-11-14T00:00:00Z",
            "former": [{"version": 1, "until": "2026-11-14T00:00:00Z", "fields": fields}],
        }
    )
    found = service_levels.levels(
        new,
        new.commitments[0],
        MONTH,
        [*seen("45"), *seen("45", at=FRIDAY + timedelta(days=4))],
        (),
        now=NOW,
        hours=calendar.service_time,
    )
    assert [(one.target, one.counted, one.state) for one in found] == [(60, 1, MET), (30, 1, BROKEN)]
    assert found[0].end == found[1].start == datetime(2026, 11, 14, tzinfo=UTC)


def _plain(one: ServiceCommitment) -> dict[str, Any]:
    return {
        "id": one.id,
        "service": one.service,
        "attribute": one.attribute,
        "comparator": one.comparator,
        "target": str(one.target),
        "unit": one.unit,
        "statistic": one.statistic,
        "period": one.period,
        "days": one.days,
        "planned": one.planned,
        "degraded": one.degraded,
    }


@pytest.mark.parametrize(
    ("how", "values", "beyond"),
    [
        ({"statistic": "p95", "target": Decimal(30)}, ("29", "30", "31", "45"), ["31", "45"]),
        (
            {"statistic": "share within 30 min", "target": Decimal(90), "unit": "%", "comparator": ">="},
            ("30", "31"),
            ["31"],
        ),
        ({"statistic": "minimum", "comparator": ">", "target": Decimal(5)}, ("5", "6"), ["5"]),
        ({"statistic": "count", "target": Decimal(1), "unit": ""}, ("5", "6"), []),
    ],
)
def test_each_observation_that_is_not_as_promised_is_named(
    how: dict[str, Any], values: tuple[str, ...], beyond: list[str]
) -> None:
    one = promised(**how)
    found = service_levels.misses(
        one, one.commitments[0], MONTH, seen(*values), (), now=NOW, hours=calendar.service_time
    )
    assert [str(each.seen.value) for each in found] == beyond


def test_what_does_not_count_is_not_named_as_missed() -> None:
    one = promised(hours=OFFICE)
    late, night = seen("99"), seen("99", at=FRIDAY + timedelta(hours=12))
    claim = Claim(
        id="c-1", agreement="ag-1", kind="calamity", start=FRIDAY, end=FRIDAY + timedelta(seconds=1),
        evidence="x", state="accepted", decided_by="ann",
    )  # fmt: skip
    hours = calendar.service_time
    about = one, one.commitments[0], MONTH, [*late, *night]
    [found] = service_levels.misses(*about, (), now=NOW, hours=hours)
    assert (found.seen, found.beyond) == (late[0], 69 * 60)
    assert list(service_levels.misses(*about, (claim,), now=NOW, hours=hours)) == []
    assert list(service_levels.misses(*about, (), now=FRIDAY - timedelta(days=1), hours=hours)) == []
