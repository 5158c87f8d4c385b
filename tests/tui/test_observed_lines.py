"""Observed promises in the app and in reports: what is left in their own words, trends, figures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cmdb import agreements, observations
from cmdb.amounts import amount
from cmdb.commitments import ServiceCommitment
from cmdb.promises import ServiceAgreement
from cmdb.service_levels import Level
from cmdb.service_reports import ServiceReport
from tests.tui import program, quayside
from tests.tui.pilots import at_work
from tests.tui.quayside import Quayside
from tui import level_lines, observed_parts
from tui.app import CmdbApp

NARROW, WIDE = (80, 24), (120, 36)
START = datetime(2026, 10, 1, tzinfo=UTC)


def level(**changes: Any) -> Level:
    fields: dict[str, Any] = {
        "agreement": "ag-1",
        "commitment": "respond",
        "service": "mail",
        "attribute": "response time",
        "statistic": "p95",
        "comparator": "<=",
        "target": Fraction(30),
        "unit": "min",
        "start": START,
        "end": START + timedelta(days=31),
        "over": True,
        "figure": Fraction(50, 3),
        "counted": 7,
    }
    return Level(**{**fields, **changes})


def report(*levels: Level) -> ServiceReport:
    agreement = ServiceAgreement(
        id="ag-1", title="Mail", customer="acme", manager="a", start=START, services=("mail",)
    )
    return ServiceReport(
        agreement=agreement,
        start=START,
        end=START + timedelta(days=90),
        made_at=START + timedelta(days=90),
        delivered=(),
        levels=levels,
        outages={},
        differs={},
        claims=(),
        ahead=(),
    )


def test_a_figure_is_rounded_against_us_for_people_and_programs() -> None:
    assert level().delivered == "16.667 min"
    record = level_lines.record(level())
    assert (record["figure"], record["left"], record["state"]) == ("16.666667", "13.333333", "met")
    more = level(comparator=">=", target=Fraction(10))
    assert (more.delivered, level_lines.record(more)["figure"]) == ("16.666 min", "16.666666")


def test_one_line_says_what_was_promised_seen_and_left_and_what_did_not_count() -> None:
    said = level_lines.said("acme", level(), UTC)
    assert said == (
        "acme mail: response time, p95 at most 30 min: 16.667 min of 7 observed, 13.333 min left, Oct 2026"
    )
    nothing = level(figure=None, counted=0, exempt=2, outside=1, unfit=3)
    assert level_lines.said("acme", nothing, UTC).endswith(
        "nothing was observed that counts: 2 exempt, 1 outside the hours, 3 in another unit, Oct 2026"
    )
    assert level_lines.observed(nothing) == "0 (2 exempt, 1 outside the hours, 3 in another unit)"


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [
        (level(), level(figure=Fraction(5)), "better"),
        (level(), level(figure=Fraction(45)), "worse"),
        (level(), level(), "same"),
        (level(comparator=">="), level(comparator=">=", figure=Fraction(45)), "better"),
        (level(figure=None), level(), ""),
        (level(commitment="other"), level(), ""),
        (level(statistic="sum"), level(statistic="sum", over=False), ""),
    ],
)
def test_a_trend_is_seen_from_who_was_promised_it(before: Level, now: Level, trend: str) -> None:
    first, second = observed_parts.rows_of(report(before, now))
    assert (first.trend, second.trend) == ("", trend)
    assert second.period == ("Oct 2026" if now.over else "Oct 2026 so far")


def test_a_chart_marks_what_is_below_where_the_line_is_the_least() -> None:
    (most,) = observed_parts.charts(report(level(), level(figure=None)), 60)
    assert (most.least, most.limits) == (False, (30.0, 30.0))
    assert [round(value) for _, value in most.bars] == [17, 0]
    floor = level(comparator=">", unit="")
    (least,) = observed_parts.charts(report(floor, floor), 60)
    assert (least.least, least.unit) == (True, "response time")
    assert observed_parts.charts(report(level()), 60) == []


@pytest.fixture
def site(tmp_path: Path, keys: Any) -> Iterator[Quayside]:
    made = quayside.built(tmp_path / "site", keys)
    store = made.desk("a.vries").store
    by = {"actor": "a.vries", "at": quayside.NOW}
    told: dict[str, Any] = {
        "id": "respond",
        "service": "mail",
        "attribute": "response time",
        "target": Decimal(30),
    }
    promised = (
        ServiceCommitment(**told, comparator="<=", unit="min", statistic="p95"),
        ServiceCommitment(**{**told, "id": "within", "target": Decimal(50)}, statistic="share within 1 h"),
        ServiceCommitment(
            **{**told, "id": "pages", "attribute": "page load time"}, statistic="mean", unit="s"
        ),
    )
    agreement = ServiceAgreement(
        id="ag-desk",
        title="Desk",
        customer="acme",
        manager="a.vries",
        start=datetime(2026, 6, 1, tzinfo=UTC),
        services=("mail",),
        commitments=promised,
    )
    agreements.register(store, agreement, **by)
    for value, days in (("41m", 1), ("12m", 2), ("10m", 30)):
        observations.record(
            store,
            service="mail",
            quantity="response time",
            value=amount(value),
            seen=quayside.NOW - timedelta(days=days),
            **by,
        )
    yield made
    made.close()


def app(site: Quayside, start: str, *subjects: str) -> CmdbApp:
    environ = {
        **site.keys.environ("a.vries"),
        "CMDB_SITE": str(site.site.path),
        "CMDB_PERSON": "a.vries",
        "CMDB_NOW": f"{site.clock():%Y-%m-%dT%H:%M:%SZ}",
    }
    return CmdbApp(
        site.fast("a.vries"),
        lambda: site.desk("a.vries"),
        start=start,
        subjects=subjects,
        line=lambda: program.line(environ),
    )


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_promises_show_what_is_left_of_what_is_observed(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "agreements"), size) as hand:
        await hand.sees("1 broken", "response time", "broken by 11 min", "2 more may miss")
        await hand.sees("page load time", "nothing was observed")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_an_agreement_shows_the_figure_beside_the_promise(
    site: Quayside, size: tuple[int, int]
) -> None:
    async with at_work(app(site, "agreement", "ag-desk"), size) as hand:
        await hand.sees("response time, p95 at most 30 min: 41 min of 2 observed", "broken by 11 min")


async def test_today_names_the_promise_that_is_broken(site: Quayside) -> None:
    async with at_work(app(site, "today"), NARROW) as hand:
        await hand.sees("Promises at risk", "response time of mail: broken by 11 min")
