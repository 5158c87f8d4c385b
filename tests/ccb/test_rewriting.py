"""Cloning a request, and settling what moved under it value by value."""

import pytest

from ccb import requests, rewriting
from ccb.model import ProposedChange
from ccb.rewriting import Settled
from cmdb.errors import Invalid
from cmdb.model import Person
from tests.ccb.quay import SWAP

TWO = SWAP.but(
    changes=(
        ProposedChange(
            record="item",
            id="sw-12",
            operation="set",
            exact={"model": "QFX5120", "firmware": "22.4"},
            open=("serial",),
        ),
        ProposedChange(record="item", id="sw-11", operation="set", exact={"model": "QFX5120"}),
    )
)


def moved(quay, request):
    with quay.store.read() as uow:
        return [(one.subject, one.field, one.original, one.proposed, one.current) for one in
                rewriting.moved(uow, request)]  # fmt: skip


def drifted(quay):
    """A draft under which two values of sw-12 moved."""
    request = quay.raised(TWO, to="draft")
    quay.set_item("sw-12", characteristics={"model": "EX4300", "firmware": "21.1"})
    return request


def test_what_moved_is_told_value_by_value(quay):
    request = drifted(quay)
    assert moved(quay, request) == [
        ("item sw-12", "firmware", None, "22.4", "21.1"),
        ("item sw-12", "model", None, "QFX5120", "EX4300"),
    ]


def test_each_value_is_settled_for_itself_and_the_other_stays_a_conflict(quay):
    request = drifted(quay)
    keep = Settled(subject="item sw-12", field="model")
    after = rewriting.settle(quay.store, request.id, [keep], actor="r.bakker", at=quay.now)
    assert [one[1] for one in moved(quay, after)] == ["firmware"]
    assert after.changes[0].exact == {"model": "QFX5120", "firmware": "22.4"}
    leave = Settled(subject="item sw-12", field="firmware", take="current")
    after = rewriting.settle(quay.store, request.id, [leave], actor="r.bakker", at=quay.now)
    assert moved(quay, after) == []
    assert after.changes[0].exact == {"model": "QFX5120"}
    assert after.changes[0].open == ("serial",)
    assert requests.submit(quay.store, after.id, actor="r.bakker", at=quay.now).state == "submitted"


def test_a_change_of_which_nothing_is_left_goes_out_of_the_request(quay):
    request = quay.raised(TWO, to="draft")
    quay.set_item("sw-11", characteristics={"model": "EX4300"})
    leave = Settled(subject="item sw-11", field="model", take="current")
    after = rewriting.settle(quay.store, request.id, [leave], actor="r.bakker", at=quay.now)
    assert [one.id for one in after.changes] == ["sw-12"]


def test_without_a_choice_everything_keeps_what_is_proposed(quay):
    request = drifted(quay)
    after = rewriting.settle(quay.store, request.id, actor="r.bakker", at=quay.now)
    assert moved(quay, after) == []
    assert after.changes[0].exact == TWO.changes[0].exact


def test_settling_an_assessed_request_makes_it_a_draft_again(quay):
    request = quay.raised(TWO, to="assessed")
    quay.set_item("sw-12", characteristics={"model": "EX4300"})
    after = rewriting.settle(quay.store, request.id, actor="r.bakker", at=quay.now)
    assert after.state == "draft"


def test_a_choice_about_what_is_not_proposed_is_refused_with_what_is(quay):
    request = drifted(quay)
    with pytest.raises(Invalid) as refusal:
        rewriting.settle(
            quay.store, request.id, [Settled(subject="item mail")], actor="r.bakker", at=quay.now
        )
    assert "item sw-11; item sw-12" in refusal.value.remedy


def test_a_clone_proposes_the_same_against_what_stands_there_now(quay):
    request = quay.raised(TWO, to="assessed")
    quay.set_item("sw-12", characteristics={"model": "EX4300"})
    copy = rewriting.clone(quay.store, request.id, actor="p.ng", at=quay.now)
    assert (copy.state, copy.originator, copy.round) == ("draft", "p.ng", 0)
    assert (copy.title, copy.backout, copy.window) == (request.title, request.backout, request.window)
    assert copy.changes[0].exact == request.changes[0].exact
    assert copy.changes[0].seen["model"] == "EX4300"
    with quay.store.read() as uow:
        [(changed,)] = uow.rows("SELECT changed FROM journal WHERE request = ?", copy.id)
    assert f'"cloned from": "{request.id}"' in changed or f'"cloned from":"{request.id}"' in changed


def test_a_clone_takes_neither_a_window_that_is_over_nor_somebody_who_left(quay):
    request = quay.raised(TWO.but(implementer="s.berg"), to="assessed")
    with quay.store.write() as uow:
        uow.replace(uow.get(Person, "s.berg").but(active=False))
        uow.commit()
    copy = rewriting.clone(quay.store, request.id, actor="p.ng", at=quay.later(days=5))
    assert (copy.window, copy.implementer, copy.answers) == (None, "p.ng", ())
