"""A commitment about any quantity says which figure is set against what; nonsense is refused in words."""

from decimal import Decimal
from typing import Any

import pytest

from cmdb.amounts import Amount
from cmdb.commitments import ServiceCommitment, spelled, statistic_of
from cmdb.errors import Invalid


def made(**changes: Any) -> ServiceCommitment:
    fields: dict[str, Any] = {
        "id": "respond",
        "service": "mail",
        "attribute": "response time",
        "comparator": "<=",
        "target": Decimal(30),
        "unit": "min",
        "statistic": "p95",
    }
    return ServiceCommitment(**{**fields, **changes})


def problems(**changes: Any) -> str:
    with pytest.raises(Invalid) as refused:
        made(**changes)
    return "\n".join(refused.value.problems)


def test_any_quantity_can_be_promised_with_any_figure_and_comparator() -> None:
    assert made().observed
    assert made().says == "p95 of response time at most 30 min"
    for statistic in ("mean", "median", "p0.1", "p99.99", "p100", "maximum", "minimum", "count", "sum"):
        assert made(statistic=statistic, comparator=">").limit == "above 30 min"
    assert made(attribute="page load time", unit="").counted_in == ""


def test_a_share_is_counted_in_the_unit_of_its_limit() -> None:
    share = made(statistic="share within 4 h", unit="%", target=Decimal(95), comparator=">=")
    assert share.counted_in == "h"
    assert statistic_of(share.statistic).within == Amount(Decimal(4), "h")


def test_an_availability_stays_what_it_was() -> None:
    up = ServiceCommitment(id="up", service="mail", target=Decimal("99.9"))
    assert not up.observed
    assert (up.limit, up.outside, up.clock) == ("99.9 %", "", "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"statistic": "p0"}, "The statistic 'p0' is not one of"),
        ({"statistic": "p101"}, "The statistic 'p101' is not one of"),
        ({"statistic": "ratio"}, "The statistic 'ratio' is not one of"),
        ({"comparator": "="}, "The comparator '=' is not one of"),
        ({"attribute": "Response  Time"}, "write 'response time'"),
        ({"attribute": ""}, "The attribute is empty"),
        ({"unit": "minutes"}, "The unit 'minutes' is kept as 'min'"),
        ({"target": Decimal("NaN")}, "is no number"),
        ({"planned": "no"}, "are about availability"),
        ({"degraded": True}, "are about availability"),
        ({"outside": "maybe"}, "outside the service hours"),
        ({"clock": "lunar"}, "The clock 'lunar'"),
        ({"unit": "kg", "clock": "elapsed"}, "Only a length of time has a clock"),
        ({"statistic": "share within 4 h"}, "The unit of a share 'min' is not one of: %"),
        ({"statistic": "share within 4 h", "unit": "%", "comparator": "<="}, "The comparator of a share"),
        (
            {"statistic": "share within 4 h", "unit": "%", "comparator": ">", "target": Decimal(100)},
            "No share is above 100 %.",
        ),
        (
            {"statistic": "share within 4 h", "unit": "%", "comparator": ">=", "target": Decimal(101)},
            "not between 0 and 100",
        ),
    ],
)
def test_what_cannot_be_counted_is_said(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in problems(**changes)


@pytest.mark.parametrize(
    "changes", [{"comparator": "<="}, {"unit": "h"}, {"statistic": "mean"}, {"clock": "elapsed"}]
)
def test_an_availability_is_promised_in_one_way_only(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        ServiceCommitment(id="up", service="mail", target=Decimal(99), **changes)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("P95", "p95"),
        ("95th percentile", "p95"),
        ("p 99.9", "p99.9"),
        ("Median", "median"),
        ("max", "maximum"),
        ("average", "mean"),
        ("share within 4h", "share within 4 h"),
        ("Share  within 30 minutes", "share within 30 min"),
        ("share within 1h30m", "share within 90 min"),
        ("share within 5 kB", "share within 5 kB"),
    ],
)
def test_a_statistic_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert spelled(typed) == kept
    assert spelled(kept) == kept
    assert statistic_of(kept)
