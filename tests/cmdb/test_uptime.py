"""What uptime checks say of the time between them, by a declared rule for gaps."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cmdb.errors import Invalid
from cmdb.uptime import Check, GapRule, seen

T = datetime(2026, 11, 10, tzinfo=UTC)
HALF_HOUR = GapRule(longest=1800)
AS_BEFORE = GapRule(longest=1800, beyond="as before")


def checks(*found: tuple[int, str]) -> list[Check]:
    """Checks of `web` at these minutes."""
    return [
        Check(subject="web", at=T + timedelta(minutes=minute), state=state, line=number)
        for number, (minute, state) in enumerate(found, 2)
    ]


def minutes(rule: GapRule, *found: tuple[int, str]) -> list[tuple[float, float | None, str]]:
    def at(moment: datetime | None) -> float | None:
        return None if moment is None else (moment - T) / timedelta(minutes=1)

    outages = seen(checks(*found), rule).outages
    return [(at(one.started) or 0, at(one.ended), one.effect) for one in outages]


def test_an_outage_runs_from_the_first_bad_check_to_the_first_good_one():
    assert minutes(HALF_HOUR, (0, "up"), (10, "down"), (20, "down"), (30, "up")) == [(10, 30, "outage")]
    assert minutes(HALF_HOUR, (0, "up"), (10, "up")) == []
    assert minutes(HALF_HOUR) == []


def test_degraded_and_down_are_told_apart():
    found = minutes(HALF_HOUR, (0, "degraded"), (10, "down"), (20, "degraded"), (30, "up"))
    assert found == [(0, 10, "degraded"), (10, 20, "outage"), (20, 30, "degraded")]


def test_a_check_speaks_no_longer_than_the_rule_says_and_the_gap_is_listed():
    found = seen(checks((0, "down"), (90, "down"), (100, "up"), (200, "up")), HALF_HOUR)
    assert [(one.start, one.end, one.state) for one in found.gaps] == [
        (T + timedelta(minutes=30), T + timedelta(minutes=90), "down"),
        (T + timedelta(minutes=130), T + timedelta(minutes=200), "up"),
    ]
    assert minutes(HALF_HOUR, (0, "down"), (90, "down"), (100, "up")) == [
        (0, 30, "outage"),
        (90, 100, "outage"),
    ]


def test_the_other_rule_takes_the_gap_for_what_was_seen_before_it():
    assert minutes(AS_BEFORE, (0, "down"), (90, "down"), (100, "up")) == [(0, 100, "outage")]
    assert seen(checks((0, "down"), (90, "up")), AS_BEFORE).gaps == ()


def test_what_nobody_saw_the_end_of_is_bounded_or_still_running_by_the_rule():
    assert minutes(HALF_HOUR, (0, "up"), (10, "down")) == [(10, 40, "outage")]
    assert minutes(AS_BEFORE, (0, "up"), (10, "down")) == [(10, None, "outage")]


def test_of_two_checks_at_one_instant_the_worse_counts_and_it_is_said():
    found = seen(checks((0, "up"), (10, "up"), (10, "down"), (20, "up")), HALF_HOUR)
    assert [(one.started - T, one.first, one.last) for one in found.outages] == [
        (timedelta(minutes=10), 4, 5)
    ]
    assert found.disagreeing == (3,)


def test_the_order_of_the_checks_does_not_matter():
    found = checks((0, "up"), (10, "down"), (20, "down"), (30, "up"), (90, "down"))
    assert seen(found, HALF_HOUR) == seen(reversed(found), HALF_HOUR)


def test_a_rule_that_lets_no_check_speak_is_refused():
    with pytest.raises(Invalid, match="at least a second"):
        GapRule(longest=0)
    with pytest.raises(Invalid, match="beyond"):
        GapRule(longest=60, beyond="guess")


def published(folder: Path) -> dict[tuple[str, str], int]:
    """Minutes of outage the publisher of a monitor counted, by service and day."""
    services = json.loads((folder / "summary.json").read_text())
    return {
        (one["name"], day): minutes for one in services for day, minutes in one["dailyMinutesDown"].items()
    }


def counted(folder: Path, rule: GapRule, *, shortest: int = 0) -> dict[tuple[str, str], int]:
    """The same from its checks, in UTC; only outages of at least so many seconds."""
    with gzip.open(folder / "checks.csv.gz", "rt", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    found: Counter[tuple[str, str]] = Counter()
    for name in sorted({row["service"] for row in rows}):
        mine = [
            Check(subject=name, at=datetime.fromisoformat(row["at"]).astimezone(UTC), state=row["status"])
            for row in rows
            if row["service"] == name
        ]
        for one in seen(mine, rule).outages:
            if one.ended is not None and one.ended - one.started >= timedelta(seconds=shortest):
                for day, seconds in days(one.started, one.ended):
                    found[name, day] += seconds
    return {place: round(seconds / 60) for place, seconds in found.items()}


def days(start: datetime, end: datetime) -> Iterator[tuple[str, int]]:
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), datetime.min.time(), UTC)
        until = min(end, midnight)
        yield start.date().isoformat(), int((until - start).total_seconds())
        start = until


def test_the_minutes_of_a_real_monitor_are_its_publishers_but_for_what_the_publisher_leaves_out(shared_data):
    """The publisher drops what was over within a quarter of an hour; all else agrees to two minutes.

    It counts whole minutes of its reports, which it opens and closes moments after the checks.
    """
    folder = shared_data / "measurements" / "manticore"
    theirs = published(folder)
    ours = counted(folder, AS_BEFORE, shortest=900)
    apart = {
        place: (ours.get(place, 0), theirs.get(place, 0))
        for place in {*ours, *theirs}
        if abs(ours.get(place, 0) - theirs.get(place, 0)) > 2
    }
    assert apart == {}
    everything = counted(folder, AS_BEFORE)
    assert sum(everything.values()) > sum(theirs.values())
