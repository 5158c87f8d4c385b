"""The priority of an incident follows from the promises at stake."""

from datetime import UTC, datetime

import pytest

from cmdb.reported import EventImpact, Stake

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "effect", "priority"),
    [
        (0, "outage", "critical"),
        (-5, "degraded", "critical"),
        (60, "outage", "high"),
        (None, "outage", "normal"),
    ],
)
def test_the_priority_is_that_of_the_promise_with_least_left(
    left: int | None, effect: str, priority: str
) -> None:
    one = Stake(
        agreement="a", customer="c", commitment="up", service="mail", effect=effect, says="99 %", left_s=left
    )
    other = one.but(commitment="fix", left_s=None)
    assert EventImpact(at=NOW, stakes=(other, one)).priority == priority
    assert EventImpact(at=NOW).priority == "low"
    assert EventImpact(at=NOW, services=(("mail", "degraded"),)).priority == "normal"
