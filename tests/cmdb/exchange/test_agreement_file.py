"""An agreement as a file: what people write is understood, and what is wrong is all said at once."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import agreements
from cmdb.commitments import Recurrence, ServiceHours
from cmdb.errors import Invalid
from cmdb.exchange import agreement_file, agreement_writing
from tests.cmdb.agreed import TERMS

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "westhaven" / "agreements").glob("*.yaml"))

GOOD = """
id: ag-1
title: Mail for Acme
customer: acme
manager: a.vries
start: 2026-01-01
end: 2027-01-01T00:00:00+01:00
zone: Europe/Amsterdam
services: [web, mail]
notice: 2d12h
windows:
  - {days: sun, start: "02:00", length: 2h}
commitments:
  - id: up
    service: mail
    target: 99.90%
    period: rolling 30 days
    planned: no
    degraded: yes
    hours:
      rules:
        - {days: [mon-fri, sun], start: 08:00, length: 10h}
      holiday_calendar: NL
  - {id: web, service: web, target: 99, hours: 24x7}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        agreement_file.read(text)
    return list(refused.value.problems) or [refused.value.reason]


def changed(old: str, new: str) -> list[str]:
    assert old in GOOD
    return problems(GOOD.replace(old, new))


def test_what_people_write_is_understood() -> None:
    found = agreement_file.read(GOOD)
    assert found.start == datetime(2025, 12, 31, 23, tzinfo=UTC), "midnight in Amsterdam"
    assert found.end == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert (found.notice, found.services) == (60 * 3600, ("mail", "web"))
    assert found.windows == (Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="02:00", length=7200),)
    up, web = found.commitments
    assert (str(up.target), up.period, up.days, up.planned, up.degraded) == (
        "99.90",
        "rolling",
        30,
        "no",
        True,
    )
    assert up.hours.rules[0].rule == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SU"
    assert up.hours.rules[0].length == 36_000
    assert (web.target, web.hours, web.planned) == (Decimal(99), ServiceHours(), "yes")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_agreements_of_the_sample_estate_read_and_surprise_nobody(path: Path) -> None:
    found = agreement_file.read(path.read_text("utf-8"), path.name)
    assert agreements.time_problems(found) == []
    assert agreements.remarks(found) == ()


def test_every_problem_is_named_at_once_with_its_field() -> None:
    said = problems(
        "id: X!\ntitle: t\ncustomer: acme\nmanager: ''\nstart: 2026-01-01T00:00\nzone: Europe/Amsterdam\n"
        "foo: 1\nservices: [b]\nstate: maybe\ncommitments:\n"
        "- {id: a, service: b, target: 120, planned: maybe,"
        " hours: {rules: [{days: mon-xx, start: '25:00'}]}}\n"
        "- {id: a}\n"
    )
    assert [one.split("'")[0].split(":")[0] for one in said] == [
        "foo",
        "manager",
        "start",
        "commitments[0].hours.rules[0].days",
        "commitments[0].hours.rules[0]",
        "commitments[0]",
        "commitments[0]",
        "commitments[1].service",
        "commitments[1].target",
        "Agreement ",
        "The state ",
    ]


def test_a_time_without_a_zone_is_refused_with_both_readings() -> None:
    [said] = changed("start: 2026-01-01", "start: 2026-07-01T09:00")
    assert "write 2026-07-01T09:00:00Z for UTC, or 2026-07-01T09:00:00+02:00 for Europe/Amsterdam" in said


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("services: [web, mail]", "services: []", "services: is missing."),
        ("services: [web, mail]", "services: mail", "services: expected a list"),
        ("services: [web, mail]", "services: [mail]", "which is not among the services"),
        ("zone: Europe/Amsterdam", "zone: Europe/Atlantis", "zone: There is no time zone 'Europe/Atlantis'."),
        ("notice: 2d12h", "notice: soon", "notice: 'soon' is no length of time"),
        ("notice: 2d12h", "notice: [1d]", "notice: expected a text."),
        ("target: 99.90%", "target: three nines", "commitments[0].target: 'three nines' is no percentage"),
        ("degraded: yes", "degraded: perhaps", "commitments[0].degraded: 'perhaps' is neither yes nor no."),
        ("hours: 24x7", "hours: always", "commitments[1].hours: expected fields such as"),
        ("{days: sun, ", "{", "windows[0]: give either 'rule' or 'days'."),
        ("end: 2027-01-01T00:00:00+01:00", "end: 2025-01-01", "not after its start"),
        ("start: 2026-01-01", "start: 2026-13-01", "start: '2026-13-01' is no time"),
        (
            "start: 2026-01-01",
            "start: 0001-01-01T00:00:00+14:00",
            "start: '0001-01-01T00:00:00+14:00' is no time",
        ),
        ("period: rolling 30 days", "period: fortnight", "is not one of: day; week; month"),
        ("period: rolling 30 days", "days: x", "commitments[0].days: 'x' is no whole number."),
    ],
)
def test_each_mistake_has_its_sentence(old: str, new: str, sentence: str) -> None:
    assert any(sentence in one for one in changed(old, new)), changed(old, new)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id: a\nid: b\n", "the key id stands twice"),
        ("id: [", "is no YAML at line"),
        ("", "expected fields such as id"),
        ("- id: a", "expected fields such as id"),
        ("? [a, b]\n: c", "is no text"),
        ("a: &a [*a]", "is no YAML"),
        ("id: \x07", "is no YAML"),
        ("x" * 1_000_001, "has 1,000,001 characters"),
        ("[" * 5_000, "is no YAML"),
    ],
)
def test_what_is_no_agreement_at_all_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    assert sentence in "\n".join(problems(text))


@given(st.text(max_size=200))
def test_no_chance_text_is_an_agreement_or_makes_it_fall_over(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        agreement_file.read(text)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("38m", 2280),
        ("1h30m", 5400),
        ("90s", 90),
        ("2 h", 7200),
        ("1d", 86_400),
        ("", None),
        ("5", None),
        ("1m1h", None),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, length: int | None) -> None:
    assert agreement_file.seconds_of(text) == length


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_is_written_is_read_back_as_it_was(path: Path) -> None:
    found = agreement_file.read(path.read_text("utf-8"), path.name)
    assert agreement_file.read(agreement_writing.written(found)) == found
    hostile = found.but(purpose="no: yes\n- *x\n\ttab 24x7", title="\u202eliam # : {", terms=TERMS)
    assert agreement_file.read(
        agreement_writing.written(hostile.but(services=("mail",), commitments=()))
    ).terms == {name: one for name, one in TERMS.items() if name != "signed"}


def test_elements_are_read_with_their_times_in_utc() -> None:
    found = agreement_file.read(
        GOOD
        + """
goals: |
  Mail arrives.
schedule:
  - {id: yearly, kind: freeze, title: Year end, start: 2026-12-20, end: 2026-12-27T00:00:00+01:00}
calamities:
  - {id: flood, text: Water}
"""
    )
    assert found.terms == {
        "goals": "Mail arrives.",
        "schedule": [
            {
                "id": "yearly",
                "kind": "freeze",
                "title": "Year end",
                "start": "2026-12-19T23:00:00Z",
                "end": "2026-12-26T23:00:00Z",
            }
        ],
        "calamities": [{"id": "flood", "text": "Water"}],
    }


def test_what_is_wrong_with_elements_is_said_beside_all_else() -> None:
    said = problems(
        GOOD.replace("notice: 2d12h", "notice: soon")
        + """
security: ""
version: 2
signed: {by: me}
schedule:
  - {id: x, kind: freeze, title: T, start: soon, end: 2026-12-27}
calamities: flood
conditions: [{id: c, text: Words, services: [ftp], colour: blue}]
"""
    )
    for start in (
        "notice: 'soon'",
        "security: it is empty",
        "version: there is no such field",
        "signed: there is no such field",
        "schedule[0].start: 'soon' is no time",
        "calamities: expected a list",
        "conditions[0].colour: there is no such field",
    ):
        assert any(one.startswith(start) for one in said), (start, said)
