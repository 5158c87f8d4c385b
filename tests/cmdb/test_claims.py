"""Claims in the store: raised by one, accepted for the customer, exempt only while accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmdb import agreements, claims, journal, measurements
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import RoleGrant
from cmdb.promises import Claim
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import NOW, agreement, with_customer

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}


@pytest.fixture
def harbour(store: Store) -> Store:
    """The harbour with an agreement about mail, and an hour of outage at noon of the 18th."""
    with_customer(settle(store))
    with store.write() as uow:
        uow.add(
            RoleGrant(id="g-3", person="r.bakker", role="service manager", start=NOON - timedelta(days=1))
        )
        uow.commit()
    agreements.register(store, agreement(), **BY)
    hour = NOON + timedelta(hours=1)
    measurements.record_outage(store, subject="mail", started=NOON, ended=hour, **BY)
    return store


def raised(store: Store, **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "agreement": "ag-1",
        "kind": "calamity",
        "start": NOON,
        "end": NOON + timedelta(minutes=40),
        "evidence": "flood report 17",
    }
    return claims.raise_claim(store, **(fields | changes), **BY)


def used(store: Store) -> int:
    with store.read() as uow:
        return agreements.standings_of(uow, "ag-1", at=NOW, now=NOW)[0].used_s


def test_a_claim_exempts_from_the_moment_it_is_accepted_and_no_more_once_refused(harbour):
    claim = raised(harbour)
    assert (claim.id, claim.state) == ("claim-0001", "raised")
    assert used(harbour) == 3600
    decided = claims.decide(harbour, claim.id, "accepted", by="Bram Visser", **BY)
    assert (decided.before.state, decided.claim.decided_by) == ("raised", "Bram Visser")
    assert used(harbour) == 1200
    claims.decide(harbour, claim.id, "refused", reason="the flood came later", **BY)
    assert used(harbour) == 3600
    with harbour.read() as uow:
        told = [one.action for one in journal.of_subject(uow, f"claim:{claim.id}")]
    assert sorted(told) == ["claim accept", "claim raise", "claim refuse"]


def test_who_raised_a_claim_does_not_accept_it_alone(harbour):
    claim = raised(harbour)
    with pytest.raises(Refused, match="cannot accept it alone") as refusal:
        claims.decide(harbour, claim.id, "accepted", **BY)
    assert f"cmdb claim accept {claim.id} --by NAME" in refusal.value.remedy
    assert (
        claims.decide(harbour, claim.id, "accepted", actor="r.bakker", at=NOW).claim.decided_by == "r.bakker"
    )


def test_every_problem_of_a_claim_is_named_at_once_and_nothing_is_written(harbour):
    with pytest.raises(Invalid) as wrong:
        raised(harbour, evidence=" ", service="radar", end=NOW + timedelta(days=1))
    assert len(wrong.value.problems) == 3
    with pytest.raises(Invalid, match="in force"):
        raised(harbour, start=NOON.replace(year=2024), end=NOON.replace(year=2025))
    with pytest.raises(NotFound):
        raised(harbour, agreement="ag-9")
    with harbour.read() as uow:
        assert claims.listed(uow) == ()


def test_a_decision_against_an_earlier_one_needs_a_reason_and_the_same_one_twice_is_refused(harbour):
    claim = raised(harbour)
    with pytest.raises(Invalid, match="reason"):
        claims.decide(harbour, claim.id, "refused", **BY)
    claims.decide(harbour, claim.id, "refused", reason="no evidence", **BY)
    with pytest.raises(Refused, match="was refused by a.vries already"):
        claims.decide(harbour, claim.id, "refused", reason="again", **BY)
    with pytest.raises(Invalid, match="reason"):
        claims.decide(harbour, claim.id, "accepted", by="Bram Visser", **BY)


def test_claims_are_listed_newest_first_and_by_agreement(harbour):
    old = raised(harbour, start=NOON - timedelta(days=3), end=NOON - timedelta(days=2))
    new = raised(harbour)
    with harbour.read() as uow:
        assert claims.listed(uow, "ag-1") == (new, old)
        with pytest.raises(NotFound):
            claims.listed(uow, "ag-9")


def test_naming_oneself_is_no_second_pair_of_eyes(harbour):
    claim = raised(harbour)
    for by in ("a.vries", " a.vries "):
        with pytest.raises(Refused, match="cannot accept it alone"):
            claims.decide(harbour, claim.id, "accepted", by=by, **BY)
    assert claims.decide(harbour, claim.id, "accepted", by=" Bram Visser ", **BY).claim.decided_by == (
        "Bram Visser"
    )


def test_who_decided_a_claim_is_a_name_and_a_reason_says_something(harbour):
    claim = raised(harbour)
    with pytest.raises(Invalid) as wrong:
        claims.decide(harbour, claim.id, "refused", by="Bram\x1b[31m", reason=" ", **BY)
    assert len(wrong.value.problems) == 2


def test_a_claim_is_about_what_was_agreed_where_anything_was(harbour):
    with harbour.write() as uow:
        uow.replace(agreement(terms=TERMS))
        uow.commit()
    claim = raised(harbour, named="flood")
    with harbour.read() as uow:
        assert uow.get(Claim, claim.id).named == "flood"
        [entry] = journal.of_subject(uow, f"claim:{claim.id}")
        assert entry.changed["named"] == "flood"
    for named, says in (
        ("", "It names no calamity: name one of flood, strike."),
        ("earthquake", "earthquake is no calamity ag-1 lists: name one of flood, strike."),
        ("clean-dns", "clean-dns is no calamity"),
        ("\x1b[31m", "is no calamity ag-1 lists"),
    ):
        with pytest.raises(Invalid) as wrong:
            raised(harbour, named=named)
        assert any(says in one for one in wrong.value.problems)
    assert raised(harbour, kind="unmet condition", named="clean-dns").named == "clean-dns"


def test_nothing_can_be_named_that_no_agreement_lists(harbour):
    with pytest.raises(Invalid) as wrong:
        raised(harbour, named="flood")
    assert wrong.value.problems == ("ag-1 lists no calamity: flood cannot be named.",)
