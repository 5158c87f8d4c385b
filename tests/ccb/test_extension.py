"""Work that takes longer: what it costs, who is told, and that the request stays as approved."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ccb import extension, requests
from ccb.ballot import blocks, worded
from cmdb import agreements, notices
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid, Refused
from cmdb.model import Contact, Party
from cmdb.promises import PlannedWork, ServiceAgreement
from tests.ccb.quay import OUTAGE, TONIGHT


@pytest.fixture
def under_way(quay):
    """Work on sw-11 that takes mail down, checked out and started when its window began."""
    with quay.store.write() as uow:
        uow.add(Party(id="acme", name="ACME", contacts=(Contact(name="NOC", email="noc@acme.example"),)))
        uow.commit()
    promise = ServiceAgreement(
        id="acme-mail", title="Mail", customer="acme", start=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Amsterdam", services=("mail",), manager="m.jansen", state="published",
        commitments=(ServiceCommitment(id="availability", service="mail", target=Decimal("99.5")),),
    )  # fmt: skip
    agreements.register(quay.store, promise, actor="a.vries", at=quay.now)
    request = quay.approved(OUTAGE)
    return _out(quay, request)


def _out(quay, request):
    """Check-out is a floor up: the state is set the way it sets it."""
    with quay.store.write() as uow:
        request = requests.move(uow, request, "check out", actor="k.chen", at=quay.now)
        requests.put(uow, request, action="check-out", actor="k.chen", at=quay.now)
        uow.commit()
    return request


def extended(quay, id, **more):
    with quay.store.write() as uow:
        found = extension.extend(uow, id, actor="k.chen", at=quay.now, **more)
        uow.commit()
    return found


def planned(quay, id):
    with quay.store.read() as uow:
        return uow.get(PlannedWork, id)


def test_a_longer_window_is_forecast_again_and_warns_of_the_breach(quay, under_way):
    quay.now = TONIGHT.start
    requests.start(quay.store, under_way.id, actor="k.chen", at=quay.now)
    later = TONIGHT.end + timedelta(hours=3)
    found = extended(quay, under_way.id, until=later)
    assert (found.end, found.worst) == (later, 5400 + 3 * 3600)
    assert found.breaches[0].startswith("breach in the worst case: acme-mail, mail out 4h30m of 3h")
    assert {"r.bakker", "o.owner", "m.jansen"} <= set(found.told)
    assert "k.chen" not in found.told
    assert found.by_hand == ("acme noc@acme.example",)
    with quay.store.read() as uow:
        assert f"{under_way.id} takes longer" in notices.inbox(uow, "o.owner")[0].text


def test_the_request_stays_as_approved_and_later_steps_keep_the_longer_plan(quay, under_way):
    quay.now = TONIGHT.start
    requests.start(quay.store, under_way.id, actor="k.chen", at=quay.now)
    later = TONIGHT.end + timedelta(hours=1)
    extended(quay, under_way.id, until=later, worst=6000)
    assert quay.request(under_way.id).window == TONIGHT
    with quay.store.write() as uow:  # any later step stores the request and its plan again
        requests.put(uow, requests.find(uow, under_way.id), action="note", actor="k.chen", at=quay.now)
        uow.commit()
    assert (planned(quay, under_way.id).window_end, planned(quay, under_way.id).worst) == (later, 6000)


def test_what_is_extended_is_so_until_it_is_finished(quay, under_way):
    def now():
        with quay.store.read() as uow:
            return extension.extended(uow, requests.find(uow, under_way.id))

    assert now() is None
    quay.now = TONIGHT.start
    requests.start(quay.store, under_way.id, actor="k.chen", at=quay.now)
    assert now() is None
    later = TONIGHT.end + timedelta(hours=1)
    extended(quay, under_way.id, until=later, worst=6000)
    assert (now().window_end, now().worst) == (later, 6000)


def test_two_works_that_now_overlap_are_told_to_those_who_do_the_other(quay, under_way):
    night = TONIGHT.but(start=TONIGHT.end, end=TONIGHT.end + timedelta(hours=2))
    patch = OUTAGE.but(title="Patch mail-app", window=night, implementer="s.berg")
    other = quay.approved(patch.but(changes=(patch.changes[0].but(id="sw-12"),)))
    quay.now = TONIGHT.start
    requests.start(quay.store, under_way.id, actor="k.chen", at=quay.now)
    found = extended(quay, under_way.id, until=TONIGHT.end + timedelta(hours=1))
    assert any(other.id in clash for clash in found.clashes)
    assert "s.berg" in found.told


def test_work_that_has_not_started_or_an_earlier_end_is_refused(quay, under_way):
    with pytest.raises(Refused) as refusal:
        extended(quay, under_way.id, until=TONIGHT.end + timedelta(hours=1))
    assert refusal.value.reason == "No start is recorded."
    quay.now = TONIGHT.start
    requests.start(quay.store, under_way.id, actor="k.chen", at=quay.now)
    with pytest.raises(Invalid) as earlier:
        extended(quay, under_way.id, until=TONIGHT.end)
    assert "no later than the end it has" in earlier.value.reason
    with pytest.raises(Invalid):
        extended(quay, under_way.id, until=TONIGHT.end + timedelta(hours=1), worst=60)


def test_a_condition_blocks_what_the_voter_chose_and_says_so_in_what_is_signed():
    assert worded("photograph  the rack", "") == "photograph the rack"
    assert worded("photograph the rack", "closing") == "photograph the rack"
    assert worded("a spare is on site", "check-out") == "before check-out: a spare is on site"
    assert worded("Before check-out: a spare", "check-out") == "Before check-out: a spare"
    assert [blocks(one) for one in ("before check-out: x", "x")] == ["check-out", "closing"]
    with pytest.raises(Invalid):
        worded("before check-out: a spare", "closing")


@pytest.mark.parametrize("said", ["", "  ", "before check-out:", "before check-out:  "])
def test_a_condition_says_something(said):
    for before in ("", "closing", "check-out"):
        with pytest.raises(Invalid, match="says nothing"):
            worded(said, before)
