"""What a promise about an observed quantity lacks is said, sentence by sentence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreements, level_gaps, observations
from cmdb.amounts import amount
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.promises import ServiceAgreement
from cmdb.store import Store
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import NOW, agreement, with_customer
from tests.cmdb.test_observations import BY, RESPOND


@pytest.fixture
def harbour(store: Store) -> Store:
    return with_customer(settle(store))


def unseen(store: Store, promised: ServiceAgreement) -> list[str]:
    with store.read() as uow:
        return [says for _, says, _ in level_gaps.unseen(uow, promised, now=NOW)]


def test_what_nobody_ever_looked_at_or_looks_at_any_more_is_said(harbour: Store) -> None:
    promised = agreement(commitments=(RESPOND,))
    agreements.register(harbour, promised, **BY)
    never = "No response time of mail was ever observed: nobody can say whether respond is kept."
    assert unseen(harbour, promised) == [never]
    told: dict[str, Any] = {"service": "mail", "quantity": "response time", **BY}
    observations.record(harbour, value=amount("9m"), seen=datetime(2026, 9, 3, 12, tzinfo=UTC), **told)
    assert unseen(harbour, promised) == ["No response time of mail was observed since 2026-09-03."]
    observations.record(harbour, value=amount("9m"), seen=NOW - timedelta(days=21), **told)
    assert unseen(harbour, promised) == []
    assert unseen(harbour, promised.but(state="draft")) == []


def test_a_unit_that_cannot_be_counted_any_more_is_said(harbour: Store) -> None:
    told: dict[str, Any] = {"service": "mail", "quantity": "response time", **BY}
    observations.record(harbour, value=amount("3 jiffies"), seen=NOW, **told)
    promised = agreement(commitments=(RESPOND,))
    assert unseen(harbour, promised) == [
        "Response time of mail was observed in 'jiffies' too, which respond cannot count."
    ]
    assert unseen(harbour, agreement(commitments=(RESPOND.but(statistic="count", unit=""),))) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": Decimal(100)}, "it promises 100 %: not one may miss."),
        ({"target": Decimal(0)}, "it promises at least 0 %: nothing can break it."),
        (
            {"statistic": "count", "target": Decimal(0), "unit": ""},
            "it promises at least 0: nothing can break it.",
        ),
    ],
)
def test_what_nobody_can_keep_or_break_is_said(changes: dict[str, Any], sentence: str) -> None:
    fields: dict[str, Any] = {
        "id": "it",
        "service": "mail",
        "attribute": "response time",
        "target": Decimal(95),
        "statistic": "share within 4 h",
    }
    assert list(level_gaps.promised(ServiceCommitment(**fields))) == []
    assert [says for _, says, _ in level_gaps.promised(ServiceCommitment(**{**fields, **changes}))] == [
        sentence
    ]


def test_service_hours_that_change_nothing_are_said() -> None:
    hours = ServiceHours(rules=(Recurrence(rule="FREQ=DAILY", start="08:00", length=3600),))
    (gap,) = level_gaps.promised(RESPOND.but(hours=hours, outside="included", clock="elapsed"))
    assert "counts what is outside them" in gap[1]
