"""Needs: noted, amended from a day on without losing what was, and compared then with now."""

from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreements, journal, needs
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Party
from cmdb.offers import Need
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreement_gaps import prepared, promise
from tests.cmdb.test_agreements import NOW, agreement

BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}


@pytest.fixture
def harbour(store: Store) -> Store:
    return ready(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return ready(sqlite_store)


def ready(store: Store) -> Store:
    prepared(store)
    accepted = {name: one for name, one in TERMS.items() if name == "accepted"}
    agreements.register(store, agreement(terms=accepted, commitments=promise(target=Decimal("99.5"))), **BY)
    return store


def need(**changes: Any) -> Need:
    fields: dict[str, Any] = {
        "id": "n-up",
        "since": "2025-11-01",
        "customer": "acme",
        "service": "mail",
        "what": "Mail at every hour",
        "quantity": "availability",
        "target": Decimal("99.5"),
        "unit": "%",
        "priority": "must",
        "source": "Workshop of 3 November",
        "commitments": ("ag-1:up",),
    }
    return Need(**(fields | changes))


def compared(store: Store, **days: str) -> dict[str, needs.Compared]:
    with store.read() as uow:
        found = needs.compare(uow, "acme", **({"then": "2025-12-10", "now": "2026-11-20"} | days))
    return {one.id: one for one in found}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"what": " "}, "does not say what is needed"),
        ({"what": "x\x00"}, "control character"),
        ({"what": "x" * 70_000}, "at most"),
        ({"id": "Not An Id"}, "is no id"),
        ({"since": "soon"}, "is no date"),
        ({"until": "2020-01-01"}, "before it began"),
        ({"topic": "colour"}, "is not one of"),
        ({"priority": "urgent"}, "is not one of"),
        ({"target": None}, "come together"),
        ({"quantity": ""}, "come together"),
        ({"quantity": "Availability"}, "small letters"),
        ({"commitments": ("ag-1",)}, "write AGREEMENT:COMMITMENT"),
        ({"source": "a\nb"}, "line break"),
    ],
)
def test_a_need_that_says_nothing_or_too_much_is_no_need(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as wrong:
        need(**change)
    assert any(says in one for one in wrong.value.problems), wrong.value.problems


def test_a_need_goes_on_under_its_id_and_what_it_said_is_kept(harbour: Store) -> None:
    needs.add(harbour, need(), **BY)
    with pytest.raises(Invalid, match="exists already"):
        needs.add(harbour, need(since="2026-01-01"), **BY)
    needs.amend(harbour, "n-up", {"target": Decimal("99.9")}, since="2026-06-01", **BY)
    needs.amend(harbour, "n-up", {"priority": "should"}, since="2026-06-01", **BY)
    with harbour.read() as uow:
        first, second = needs.listed(uow, "acme")
        assert (first.until, first.target) == ("2026-06-01", Decimal("99.5"))
        assert (second.since, second.until, second.target, second.priority) == (
            "2026-06-01", "", Decimal("99.9"), "should",
        )  # fmt: skip
        assert needs.listed(uow, on="2026-05-31") == (first,)
        assert needs.listed(uow, on="2026-06-01") == (second,)
        assert needs.listed(uow, on="2025-10-31") == ()
        entries = journal.of_subject(uow, "need:n-up")
    assert [one.action for one in entries] == ["need amend", "need amend", "need add"]
    needs.drop(harbour, "n-up", until="2026-11-01", **BY)
    with pytest.raises(Refused, match="no longer needed since 2026-11-01"):
        needs.amend(harbour, "n-up", {"what": "x"}, since="2026-11-20", **BY)


def test_what_cannot_be_is_refused(local: Store) -> None:
    needs.add(local, need(), **BY)
    with pytest.raises(Refused, match="lies before"):
        needs.amend(local, "n-up", {"what": "x"}, since="2025-01-01", **BY)
    with pytest.raises(Refused, match="lies before"):
        needs.drop(local, "n-up", until="2025-01-01", **BY)
    with pytest.raises(Invalid, match="Nothing would change"):
        needs.amend(local, "n-up", {"what": "Mail at every hour"}, since="2026-01-01", **BY)
    with pytest.raises(NotFound, match="no need 'n-none'"):
        needs.amend(local, "n-none", {}, since="2026-01-01", **BY)
    with pytest.raises(Refused, match="keep agreements"):
        needs.add(local, need(id="n-2"), actor="k.chen", at=NOW)
    with pytest.raises(NotFound), local.read() as uow:
        needs.listed(uow, "nobody")
    wrong = need(id="n-3", customer="us", service="ghost", standard="std-x", commitments=("ag-9:x", "ag-1:y"))
    with pytest.raises(Invalid) as refused:
        needs.add(local, wrong, **BY)
    said = " ".join(refused.value.problems)
    for words in ("not a customer", "no item 'ghost'", "no 'std-x'", "no agreement 'ag-9'", "commitment 'y'"):
        assert words in said


def test_needs_then_are_compared_with_needs_now_and_with_what_is_promised(local: Store) -> None:
    needs.add(local, need(), **BY)
    needs.add(local, need(id="n-gone", what="Fax", quantity="", target=None, unit="", commitments=()), **BY)
    needs.add(local, need(id="n-same", priority="could"), **BY)
    plan = need(
        id="n-plan", since="2026-03-01", topic="expected change", what="A second quay", service="",
        quantity="", target=None, unit="", commitments=(),
    )  # fmt: skip
    needs.add(local, plan, **BY)
    needs.add(local, plan.but(id="n-new", topic="service", what="Chat"), **BY)
    needs.amend(local, "n-up", {"target": Decimal("99.9")}, since="2026-06-01", **BY)
    needs.drop(local, "n-gone", until="2026-07-01", **BY)
    found = compared(local)
    assert {id: (one.state, one.fields) for id, one in found.items()} == {
        "n-gone": ("gone", ()),
        "n-new": ("new", ()),
        "n-plan": ("new", ()),
        "n-same": ("same", ()),
        "n-up": ("changed", ("target",)),
    }
    assert found["n-up"].unmet == ("ag-1:up promises 99.5 %, 99.9 % is needed.",)
    assert found["n-same"].unmet == found["n-gone"].unmet == found["n-plan"].unmet == ()
    assert found["n-new"].unmet == ("no commitment answers it.",)
    with local.write() as uow:
        uow.rows("UPDATE agreement SET state = 'ended'")
        uow.commit()
    assert compared(local)["n-same"].unmet == ("ag-1 does not bind.",)


def test_the_day_to_compare_with_is_the_day_it_was_agreed(local: Store) -> None:
    with local.write() as uow:
        assert needs.agreed_on(uow, "acme") == "2025-12-10"
        uow.add(Party(id="other", name="Other"))
        with pytest.raises(NotFound, match="No agreement with other binds"):
            needs.agreed_on(uow, "other")
