"""Who is asked for a vote is said with why and since when, and so is who is not."""

from datetime import timedelta

from ccb import ballots, voters
from ccb.ballot import Alternate
from tests.ccb.quay import BOARD, NOW, OUTAGE, SWAP


def of(quay, request):
    with quay.store.read() as uow:
        now = ballots.ballot(uow, quay.request(request.id), at=quay.now)
        found = {one.person: one for one in voters.asked(uow, now)}
        return found, {one.person: one.why for one in voters.not_asked(uow, now, at=quay.now)}


def test_each_who_is_asked_has_every_reason_and_when_they_were_told(quay):
    request = quay.raised(OUTAGE)
    found, _left = of(quay, request)
    assert {person: one.why for person, one in found.items()} == {
        "a.vries": ("speaks for cm-group",),
        "m.jansen": ("speaks for ops",),
        "s.berg": ("speaks for apps",),
        "k.chen": ("owns sw-11",),
        "o.owner": ("manages mail: outage",),
    }
    assert {one.told for one in found.values()} == {NOW}
    assert {one.vote for one in found.values()} == {""}


def test_what_somebody_said_stands_beside_and_that_it_is_stale(quay):
    request = quay.raised()
    quay.vote(request.id, "a.vries")
    quay.set_item("sw-12", owner="p.ng")
    found, _left = of(quay, request)
    assert (found["a.vries"].vote, found["a.vries"].voted) == ("approve", NOW)
    assert found["a.vries"].stale == ("the assessment moved",)
    assert found["p.ng"].why == ("owns sw-12",)
    assert found["p.ng"].told is None  # not yet: the next tick tells them


def test_who_is_not_asked_is_named_with_the_reason(quay):
    later = Alternate(person="p.ng", member="m.jansen", start=NOW + timedelta(days=1))
    with quay.store.write() as uow:
        uow.replace(BOARD.but(alternates=(later,)))
        uow.commit()
    _found, left = of(quay, quay.raised(OUTAGE.but(implementer="s.berg")))
    assert left["s.berg"] == "has a seat, but does it: four eyes"
    assert left["p.ng"] == "stands in for m.jansen from 2026-11-21T12:00:00Z only"
    _found, left = of(quay, quay.raised(SWAP))
    assert left["r.bakker"] == "consented by submitting it"


def test_owners_of_what_is_hit_and_not_changed_are_named_as_not_asked(quay):
    with quay.store.write() as uow:
        uow.rows("UPDATE item SET owner = 's.berg' WHERE id = 'mail-app'")
        uow.commit()
    found, left = of(quay, quay.raised(OUTAGE))
    assert "s.berg" in found  # for the seat
    quay.set_item("mail-app", owner="p.ng")
    _found, left = of(quay, quay.raised(OUTAGE))
    assert left["p.ng"] == "owns an item that is hit and not changed: owners of what changes are asked"
