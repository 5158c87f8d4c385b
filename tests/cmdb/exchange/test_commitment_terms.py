"""What people write about an observed promise is read in any usual way, and kept in one."""

from decimal import Decimal
from pathlib import Path

import pytest

from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid
from cmdb.exchange import agreement_file, agreement_writing

HEAD = (
    "id: ag-1\ntitle: Mail\ncustomer: acme\nmanager: a.vries\nstart: 2026-01-01\nservices: [mail]\n"
    "commitments:\n"
)


def read(*fields: str) -> ServiceCommitment:
    text = HEAD + "  - {id: it, service: mail, " + ", ".join(fields) + "}\n"
    return agreement_file.read(text).commitments[0]


def problems(*fields: str) -> str:
    with pytest.raises(Invalid) as refused:
        read(*fields)
    return "\n".join(refused.value.problems)


RESPONSE = ("attribute: Response  Time", "statistic: 95th percentile")


@pytest.mark.parametrize(
    "target",
    [
        "target: at most 4h",
        "target: <= 4 h",
        "target: no more than 4 hours",
        "target: ≤ 4h",
        "target: 4h, comparator: at most",
        "target: 4, unit: hours, comparator: <=",
        "target: 4h, unit: h, comparator: within",
    ],
)
def test_a_target_is_read_however_it_is_put(target: str) -> None:
    one = read(*RESPONSE, target)
    assert (one.attribute, one.statistic) == ("response time", "p95")
    assert (one.comparator, one.target, one.unit) == ("<=", Decimal(4), "h")


def test_a_length_in_parts_is_kept_in_the_smallest_of_them() -> None:
    assert read(*RESPONSE, "target: at most 1h30m").limit == "at most 90 min"
    assert read(*RESPONSE, "target: below PT2M").limit == "below 120 s"


def test_a_share_needs_no_comparator_and_no_unit() -> None:
    one = read("attribute: resolution time", "statistic: share within 4h", "target: 95%")
    assert (one.statistic, one.comparator, one.target, one.unit) == ("share within 4 h", ">=", 95, "%")


def test_what_holds_anyway_is_not_kept() -> None:
    one = read(*RESPONSE, "target: at most 4h", "outside: excluded", "clock: service hours")
    assert (one.outside, one.clock) == ("", "")
    other = read(*RESPONSE, "target: at most 4h", "outside: included", "clock: elapsed")
    assert (other.outside, other.clock) == ("included", "elapsed")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (("attribute: response time", "target: at most 4h"), "statistic: is missing"),
        ((*RESPONSE, "target: 4h"), "comparator: is missing: write 'at most' or 'at least'"),
        ((*RESPONSE, "target: at most 4h", "comparator: at least"), "compares otherwise"),
        ((*RESPONSE, "target: at most 4h", "unit: kg"), "is not in kg, as 'unit' says"),
        ((*RESPONSE, "target: at most soon"), "'soon' is no amount"),
        ((*RESPONSE, "target: at most 4:30"), "Write 4:30:00 for hours and minutes"),
        (("attribute: x", "statistic: p101", "target: at most 1"), "The statistic 'p101' is not one of"),
        (("attribute: x", "statistic: share within lots", "target: 9%"), "'lots' is no amount"),
        (("target: 99.9, comparator: at most",), "The comparator of an availability"),
        (("target: high",), "'high' is no percentage"),
    ],
)
def test_each_mistake_has_its_sentence_and_is_said_once(fields: tuple[str, ...], sentence: str) -> None:
    said = problems(*fields)
    assert sentence in said
    assert "'ratio'" not in said


def test_what_was_read_is_written_and_read_back_as_it_was(tmp_path: Path) -> None:
    lines = (
        "  - {id: a, service: mail, attribute: response time, statistic: p95, target: at most 4h}\n"
        "  - {id: b, service: mail, attribute: backups completed, statistic: count, target: at least 30}\n"
        "  - {id: c, service: mail, attribute: resolution time, statistic: share within 5 d, target: 80%,"
        " clock: elapsed, outside: included}\n"
    )
    agreement = agreement_file.read(HEAD + lines)
    assert agreement_file.read(agreement_writing.written(agreement)) == agreement
