"""The record of an agreement goes to canonical bytes and back, and damage is named."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import agreement_records, canonical
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import Corrupt
from cmdb.model import Contact
from cmdb.promises import ServiceAgreement

START = datetime(2026, 1, 1, tzinfo=UTC)
FULL = ServiceAgreement(
    id="ag-1",
    title="Mail",
    customer="acme",
    provider="it",
    manager="a.vries",
    start=START,
    end=datetime(2027, 1, 1, tzinfo=UTC),
    zone="Europe/Amsterdam",
    services=("mail", "web"),
    purpose="Mail arrives.\nAlways.",
    notice=7200,
    windows=(Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="02:00", length=7200),),
    commitments=(
        ServiceCommitment(
            id="up",
            service="mail",
            target=Decimal("99.90"),
            period="rolling",
            days=30,
            hours=ServiceHours(rules=(Recurrence(rule="FREQ=DAILY"),), holiday_calendar="NL"),
            planned="no",
            degraded=True,
        ),
        ServiceCommitment(id="web", service="web", target=Decimal(99)),
    ),
    contacts=(Contact(name="Desk", email="desk@acme.example"),),
    review="2026-11-30",
)


def there_and_back(agreement: ServiceAgreement) -> ServiceAgreement:
    data = canonical.encode(agreement_records.FORMAT, agreement_records.record_of(agreement))
    form, fields = canonical.decode(data)
    assert form == "agreement/1"
    return agreement_records.from_record(fields)


def test_an_agreement_survives_its_canonical_bytes() -> None:
    assert there_and_back(FULL) == FULL
    bare = ServiceAgreement(
        id="ag-2", title="Web", customer="acme", manager="a.vries", start=START, services=("web",)
    )
    assert there_and_back(bare) == bare


@given(target=st.decimals(min_value=0, max_value=100, places=9))
def test_a_target_stays_the_text_it_was(target: Decimal) -> None:
    one = FULL.commitments[1].but(target=target)
    [_, back] = there_and_back(FULL.but(commitments=(FULL.commitments[0], one))).commitments
    assert back.target == target
    assert "E" not in agreement_records.record_of(FULL.but(commitments=(one,)))["commitments"][0]["target"]


def test_services_are_a_set_and_their_order_changes_no_byte() -> None:
    turned = FULL.but(services=("web", "mail"))
    assert agreement_records.record_of(turned) == agreement_records.record_of(FULL)


@pytest.mark.parametrize(
    "damage",
    [
        {"start": "2026-01-01T00:00:00"},
        {"services": 3},
        {"commitments": [{"id": "up", "service": "mail", "target": "much"}]},
        {"commitments": [{"id": "up"}]},
        {"windows": ["x"]},
        {"unknown": "field"},
        {"manager": ""},
    ],
)
def test_a_damaged_record_is_corrupt(damage: dict[str, object]) -> None:
    with pytest.raises(Corrupt, match="not readable"):
        agreement_records.from_record({**agreement_records.record_of(FULL), **damage})


def test_the_record_of_an_availability_has_the_fields_it_always_had() -> None:
    (_, web) = agreement_records.record_of(FULL)["commitments"]
    assert web == {
        "id": "web",
        "service": "web",
        "attribute": "availability",
        "comparator": ">=",
        "target": "99",
        "unit": "%",
        "statistic": "ratio",
        "period": "month",
        "days": 0,
        "hours": {"holidays": "excluded"},
        "planned": "yes",
        "degraded": False,
    }


@pytest.mark.parametrize("unit", ["", "min", "requests"])
@pytest.mark.parametrize("words", [{}, {"outside": "included"}])
def test_what_is_promised_about_an_observed_quantity_survives_its_record(
    unit: str, words: dict[str, str]
) -> None:
    one = ServiceCommitment(
        id="seen",
        service="web",
        attribute="queue length",
        comparator="<",
        target=Decimal("3.5"),
        unit=unit,
        statistic="p99.9",
        **words,
    )
    assert there_and_back(FULL.but(commitments=(one,))).commitments == (one,)
    assert agreement_records.record_of(FULL.but(commitments=(one,)))["commitments"][0].get("outside") == (
        words.get("outside")
    )


def test_the_clock_on_the_wall_survives_its_record() -> None:
    one = ServiceCommitment(
        id="seen",
        service="web",
        attribute="resolution time",
        target=Decimal(95),
        statistic="share within 4 h",
        clock="elapsed",
    )
    assert there_and_back(FULL.but(commitments=(one,))).commitments == (one,)
