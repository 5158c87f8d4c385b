"""An observation is one value at an instant, or a stretch of time whose value is its seconds."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb.errors import Invalid
from cmdb.observed import Observation, lasted

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def made(**changes: Any) -> Observation:
    fields: dict[str, Any] = {
        "id": "obs-0001",
        "service": "mail",
        "quantity": "response time",
        "at": AT,
        "value": Decimal("1.5"),
        "unit": "s",
        "recorded_at": AT,
    }
    return Observation(**{**fields, **changes})


def test_a_stretch_of_time_is_worth_its_seconds() -> None:
    start = AT - timedelta(hours=2)
    assert made(started=start, value=lasted(start, AT)).value == 7200
    assert made(started=AT, value=Decimal(0)).value == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"started": AT - timedelta(hours=2)}, "The value of a stretch of time is its seconds."),
        ({"started": AT + timedelta(hours=2), "value": Decimal(-7200)}, "not after its start"),
        ({"quantity": "availability"}, "counted from outages"),
        ({"quantity": "Response Time"}, "kept in small letters"),
        ({"unit": "sec"}, "is kept as 's'"),
        ({"value": Decimal("Infinity")}, "is no number"),
        ({"at": AT.replace(tzinfo=None)}, "is not in UTC"),
        ({"service": "No Service"}, "is no id"),
        ({"reference": "a\nb"}, "control character"),
    ],
)
def test_what_is_wrong_with_an_observation_is_said(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(**changes)
    assert any(sentence in one for one in refused.value.problems)
