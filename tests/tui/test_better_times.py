"""Better moments in words: what a moment takes, and what bars the way, however often it comes back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cmdb.better_moments import Bar, Moment, Share
from cmdb.intervals import seconds
from cmdb.promise_costs import Use
from tests.cmdb.test_agreements import agreement
from tui.better_times import barring, takes

NIGHT = seconds(datetime(2026, 11, 23, 1, tzinfo=UTC))
DAY = 86_400
ZONE = ZoneInfo("Europe/Amsterdam")


def taking(seconds_of_left: int) -> Moment:
    """A moment that takes one second of so many that are left."""
    use = Use((0, DAY), seconds_of_left, 1, 1 / seconds_of_left)
    start = datetime(2026, 11, 23, tzinfo=UTC)
    return Moment(start, start, (), (), (Share(agreement(), "up", "mail", use),))


def test_what_takes_hardly_anything_takes_something() -> None:
    assert [takes(taking(left)) for left in (2, 100, 1000, 1999, 2001, 100_000)] == [
        "50.0 %", "1.0 %", "0.1 %", "0.1 %", "< 0.1 %", "< 0.1 %",
    ]  # fmt: skip
    assert takes(taking(2)._replace(shares=())) == "nothing"


def nights(count: int) -> list[Bar]:
    return [Bar(NIGHT + day * DAY, NIGHT + day * DAY + 3600, "freeze fr-1: Night") for day in range(count)]


def test_what_comes_back_is_told_once_with_how_often_and_until_when() -> None:
    peak = Bar(NIGHT + DAY, NIGHT + 2 * DAY, "freeze fr-2: Peak")
    assert barring([peak, *nights(20)], ZONE) == [
        ("2026-11-23 02:00 to 03:00 CET, 20 times until 2026-12-12 03:00 CET", "freeze fr-1: Night"),
        ("2026-11-24 02:00 CET to 2026-11-25 02:00 CET", "freeze fr-2: Peak"),
    ]
    assert [why for _, why in barring([peak, *nights(20)], ZONE, longest=True)] == [
        "freeze fr-2: Peak",
        "freeze fr-1: Night",
    ]


def test_what_comes_twice_is_told_twice() -> None:
    assert [when for when, _ in barring(nights(2), ZONE)] == [
        "2026-11-23 02:00 to 03:00 CET",
        "2026-11-24 02:00 to 03:00 CET",
    ]
