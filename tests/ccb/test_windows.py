"""Impact in a window on a real store: what approved requests change and take down, and what promises feel."""

from datetime import timedelta

import pytest

from ccb import windows
from ccb.model import DownSet, ProposedChange, Window
from ccb.windows import Answer
from cmdb.errors import Invalid
from tests.ccb.quay import OUTAGE, SWAP, TONIGHT, Quay
from tests.ccb.test_assessment import promise, uplink

START = TONIGHT.start
OTHER = SWAP.but(title="Patch sw-12", down=DownSet(items=("sw-12",), expected=600, worst=1800))
BEFORE = Window(start=START - timedelta(hours=4), end=START - timedelta(hours=2))


def asked(quay: Quay, *down: str, **more: int) -> Answer:
    with quay.store.read() as uow:
        lasts = {"expected": 2280, "worst": 5400, **more}
        return windows.answer(uow.rows, uow.dialect, down, START, **lasts, at=quay.now)


def test_a_joint_outage_with_an_approved_request_is_named_and_counted_against_the_promise(either_quay):
    uplink(either_quay)
    promise(either_quay)
    found, rows = asked(either_quay, "sw-11")
    assert (found.own, rows) == ("reduced redundancy", ())
    half = Window(start=START + timedelta(minutes=30), end=START + timedelta(minutes=45))
    other = either_quay.approved(OTHER.but(window=half))
    found, rows = asked(either_quay, "sw-11")
    assert found.own == "outage"
    assert [(one.start, one.end, one.effect, one.because_of) for one in found.when["mail"]] == [
        (half.start, half.end, "outage", (other.id,))
    ]
    [row] = rows
    # In the expected case sw-11 is up again 8 minutes after sw-12 goes down.
    assert (row.service, row.planned_expected_s, row.planned_worst_s) == ("mail", 480, 900)
    _found, rows = asked(either_quay, "sw-11", expected=5400)
    assert rows[0].planned_expected_s == 600  # what the other request says it takes


def test_an_approved_change_whose_window_is_over_by_then_has_changed_the_estate(either_quay):
    link = ProposedChange(
        record="dependency", id="mail-app", operation="disconnect", target="sw-11", kind="uses"
    )
    request = either_quay.approved(SWAP.but(title="Cut", changes=(link,), window=BEFORE))
    found, _rows = asked(either_quay, "sw-11")
    assert found.applied == (request.id,)
    assert set(found.when) == {"sw-11"}


def test_undecided_requests_are_tentative_and_drafts_are_nothing(quay):
    uplink(quay)
    quay.raised(OTHER, to="draft")
    asked_for = quay.raised(OTHER, to="submitted")
    found, _rows = asked(quay, "sw-11")
    assert [one.reference for one in found.tentative] == [asked_for.id]


def test_a_request_whose_window_is_over_is_not_scheduled_any_more(quay):
    request = quay.approved(OTHER.but(window=BEFORE))
    quay.now = BEFORE.end
    found, _rows = asked(quay, "sw-11")
    assert request.state == "approved"
    assert (found.applied, found.not_computed) == ((), ())


def test_the_same_item_asked_about_while_its_own_change_runs_is_not_counted_twice(quay):
    promise(quay)
    quay.approved(OUTAGE)
    found, [row] = asked(quay, "sw-11")
    assert all(one.because_of == () for parts in found.when.values() for one in parts)
    assert row.planned_worst_s < 5400


@pytest.mark.parametrize(("expected", "worst"), [(0, 0), (600, 300), (-1, 0)])
def test_a_length_that_is_none_is_refused(quay, expected, worst):
    with pytest.raises(Invalid):
        asked(quay, "sw-11", expected=expected, worst=worst)
