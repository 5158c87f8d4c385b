"""The elements of an agreement: whole ones are right, and each thing that is wrong is said with its path."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import agreement_records, agreement_terms, canonical
from cmdb.agreement_terms import ELEMENTS, LISTS, SECTIONS
from cmdb.errors import Corrupt
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreements import agreement


def wrong(name: str, content: Any) -> list[str]:
    return agreement_terms.problems({**TERMS, name: content}, ["mail"])


def test_whole_terms_are_right_and_hold_every_element() -> None:
    assert agreement_terms.problems(TERMS, ["mail"]) == []
    assert set(ELEMENTS) <= TERMS.keys()


@pytest.mark.parametrize("name", sorted(SECTIONS))
@pytest.mark.parametrize("content", ["", "  \n", 3, None, ["x"], {"a": "b"}, "x\x00y", "y" * 65_537])
def test_a_section_is_text_that_says_something(name: str, content: Any) -> None:
    assert [one.partition(":")[0] for one in wrong(name, content)] == [name]


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("content", ["text", 7, None, [], ["x"], [{}], [{"colour": "blue"}], {"ours": []}])
def test_a_list_holds_what_it_is_a_list_of(name: str, content: Any) -> None:
    found = wrong(name, content)
    assert found
    assert all(one.startswith(name) for one in found)


@pytest.mark.parametrize(
    ("name", "entry", "says"),
    [
        ("schedule", {"kind": "holiday"}, "schedule[0].kind: it 'holiday' is not one of"),
        ("schedule", {"start": "2026-12-20"}, "schedule[0].start: '2026-12-20' is no time with its zone"),
        ("schedule", {"when": "later"}, "give either 'start' or"),
        ("schedule", {"end": None}, "is no time with its zone"),
        ("schedule", {"end": "2026-12-01T00:00:00Z"}, "not after its start"),
        ("schedule", {"services": ["web"]}, "'web' is not among the services"),
        ("conditions", {"id": "Not An Id"}, "is no id"),
        ("conditions", {"services": ["web"]}, "'web' is not among the services"),
        ("calamities", {"colour": "blue"}, "calamities[0].colour: there is no such field"),
        ("calamities", {"id": "strike"}, "'strike' is listed twice"),
        ("reporting", {"every": "fortnight"}, "'fortnight' is not one of"),
        ("payments", {"amount": "much"}, "'much' is no amount"),
        ("payments", {"amount": "NaN"}, "is no amount"),
        ("payments", {"due": "tomorrow"}, "is no date"),
        ("roles", {"contacts": [{"email": "x"}]}, "contacts[0].name: is missing"),
        ("risks", {"text": "\x1b[31m"}, "control character"),
        ("reviews", {"on": "2025-13-01"}, "is no date"),
    ],
)
def test_each_mistake_in_an_entry_is_said_with_its_path(name: str, entry: dict[str, Any], says: str) -> None:
    content = copy.deepcopy(TERMS[name])
    content[0] |= entry
    assert any(says in one for one in wrong(name, content)), wrong(name, content)


def test_a_freeze_lasts_and_a_condition_is_no_time() -> None:
    freeze = {"id": "x", "kind": "freeze", "title": "Year end"}
    assert "a freeze has a 'start' and an 'end'" in wrong("schedule", [{**freeze, "when": "snow"}])[0]
    open_end = [{**freeze, "kind": "release", "when": "ready", "end": "2026-12-01T00:00:00Z"}]
    assert "what has an 'end' has a 'start'" in wrong("schedule", open_end)[0]


def test_a_report_comes_at_some_time() -> None:
    assert "say how often" in wrong("reporting", [{"id": "x", "text": "A report"}])[0]


def test_unknown_sides_names_and_endless_lists_are_refused() -> None:
    assert (
        "is not one of ours; the customer's; the end users'" in wrong("responsibilities", {"God's": ["x"]})[0]
    )
    assert "no such element" in wrong("colour", "blue")[0]
    many = [{"id": f"c-{number}", "text": "x"} for number in range(501)]
    assert "at most 500 fit" in wrong("calamities", many)[0]


@given(
    name=st.sampled_from(sorted(agreement_terms.NAMES)),
    content=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one)),
)
def test_whatever_stands_there_is_refused_or_right_and_never_breaks_off(name: str, content: Any) -> None:
    found = agreement_terms.problems({name: content})
    assert all(isinstance(one, str) and one.startswith(name) for one in found)


def test_elements_stand_in_the_record_under_their_own_names_and_come_back() -> None:
    one = agreement(terms=TERMS)
    form, fields = canonical.decode(canonical.encode("agreement/1", agreement_records.record_of(one)))
    assert form == "agreement/1"
    assert "terms" not in fields
    assert fields["calamities"] == TERMS["calamities"]
    assert agreement_records.from_record(fields) == one


def test_an_agreement_without_elements_has_the_bytes_it_always_had() -> None:
    digest = canonical.digest_of("agreement/1", agreement_records.record_of(agreement()))
    assert digest == "0d37664341095da87d0880e09b1db9c6ea219bc60e9cef3923da8ece7c05720a"


def test_a_record_with_a_wrong_element_is_no_record() -> None:
    fields = agreement_records.record_of(agreement(terms=TERMS))
    with pytest.raises(Corrupt) as broken:
        agreement_records.from_record({**fields, "calamities": [{"id": "x"}]})
    assert broken.value.problems == ("calamities[0].text: is missing.",)


def test_what_is_agreed_can_be_found_by_its_name() -> None:
    one = agreement(terms=TERMS)
    assert agreement_terms.ids_of(one, "calamities") == ("flood", "strike")
    assert agreement_terms.entry(one, "conditions", "clean-dns") == TERMS["conditions"][0]
    assert agreement_terms.entry(one, "conditions", "flood") is None
    assert agreement_terms.ids_of(agreement(), "calamities") == ()


def test_freezes_of_agreements_that_bind_are_freezes() -> None:
    [freeze] = agreement_terms.freezes([agreement(terms=TERMS), agreement(terms=TERMS, state="draft")])
    assert (freeze.id, freeze.services, freeze.reason) == ("ag-1:year-end", ("mail",), "agreed in ag-1")
    assert freeze.end == datetime(2027, 1, 1, tzinfo=UTC)
    schedule = [{name: one for name, one in TERMS["schedule"][0].items() if name != "services"}]
    [freeze] = agreement_terms.freezes([agreement(terms={"schedule": schedule}, services=("mail", "web"))])
    assert freeze.services == ("mail", "web"), "about all of them where none is named"
