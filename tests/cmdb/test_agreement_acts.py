"""A candidate agreement takes the steps of its life in the store: signed, journalled, once."""

from typing import Any

import pytest

from cmdb import agreement_acts, agreement_gaps, agreement_life, agreements, journal
from cmdb.agreement_life import Acceptance
from cmdb.errors import Refused
from cmdb.model import Person, PublicKey
from cmdb.promises import ServiceAgreement
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.test_agreement_gaps import prepared
from tests.cmdb.test_agreements import NOW, agreement
from tests.conftest import Keys

BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
YES = Acceptance(name="Ann Acme", on="2026-11-20", evidence="letter 18")


@pytest.fixture
def site(store: Store, keys: Keys) -> Store:
    """The harbour, where Anna has a key, with a draft that was reviewed."""
    prepared(store)
    with store.write() as uow:
        anna = uow.get(Person, "a.vries")
        uow.replace(anna.but(keys=(PublicKey(text=keys.public("a.vries")),)))
        uow.commit()
    terms = {name: one for name, one in TERMS.items() if name not in ("accepted", "signed")}
    agreements.register(store, agreement(state="reviewed", terms=terms), **BY)
    return store


def held(store: Store) -> ServiceAgreement:
    with store.read() as uow:
        return uow.get(ServiceAgreement, "ag-1")


def test_what_is_agreed_is_signed_and_the_signature_holds_as_long_as_it_says_the_same(site, keys):
    before = held(site)
    after = agreement_acts.sign(
        agreement_life.agree(before, YES), by="a.vries", key=keys.private("a.vries"), at=NOW
    )
    agreement_acts.take(site, before, after, "agree", **BY)
    assert held(site) == after
    with site.read() as uow:
        assert agreement_acts.signature_problem(uow, after) == ""
        assert "signed" not in {one.where for one in agreement_gaps.gaps_of(uow, after, now=NOW)}
        [entry, _registered] = journal.of_subject(uow, "agreement:ag-1")
        assert (entry.action, entry.changed["state"]) == (
            "agreement agree",
            {"old": "reviewed", "new": "agreed"},
        )
        altered = after.but(scope="Something else")
        assert "over another statement" in agreement_acts.signature_problem(uow, altered)
        assert "signed" in {one.where for one in agreement_gaps.gaps_of(uow, altered, now=NOW)}
        forged = after.but(terms={**after.terms, "signed": {**after.terms["signed"], "by": "k.chen"}})
        assert "does not count here" in agreement_acts.signature_problem(uow, forged)
        assert agreement_acts.signature_problem(uow, before) == ""


def test_a_step_from_what_moved_or_is_under_control_is_refused_and_changes_nothing(site):
    before = held(site)
    agreement_acts.take(site, before, before.but(scope="New"), "review", **BY)
    with pytest.raises(Refused, match="changed by somebody else"):
        agreement_acts.take(site, before, before.but(scope="Other"), "review", **BY)
    with pytest.raises(Refused, match="keep agreements"):
        agreement_acts.take(site, held(site), before, "review", actor="k.chen", at=NOW)
    with site.write() as uow:
        uow.rows("UPDATE agreement SET level = 'baselined'")
        uow.commit()
    with pytest.raises(Refused, match="by a change request"):
        agreement_acts.take(site, held(site), held(site).but(scope="Other"), "publish", **BY)
    assert held(site).scope == "New"


def test_an_amendment_keeps_the_versions_there_are_and_no_signature(site):
    before = held(site).but(state="agreed")
    reviews = [{**one, "on": "2026-11-20"} for one in TERMS["reviews"]]
    second = agreement_life.revise(before, before.but(scope="Second"), NOW, YES, reviews)
    with site.write() as uow:
        uow.replace(second)
        uow.commit()
    agreements.amend(site, agreement(scope="Amended"), **BY)
    after = held(site)
    assert after.scope == "Amended"
    assert {name: after.terms[name] for name in ("version", "former")} == {
        name: second.terms[name] for name in ("version", "former")
    }


def test_the_groups_that_answer_for_the_services_review(site):
    with site.write() as uow:
        uow.rows("INSERT INTO people_group VALUES ('net', 'Net', 'a.vries', '[]', '', 'draft')")
        uow.rows("UPDATE item SET grp = 'net' WHERE id = 'mail'")
        assert agreement_acts.groups_of(uow, ["mail", "ghost"]) == ("net",)
        assert agreement_acts.groups_of(uow, ["ghost"]) == ()
