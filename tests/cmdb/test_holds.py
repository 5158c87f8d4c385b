"""Holds: for a time nobody changes an item."""

import subprocess
import sys
from datetime import timedelta

import pytest

from cmdb import holds, items
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import RedundancyGroup
from cmdb.work import Hold
from tests.builders import AT, found, item, needs

HOUR = timedelta(hours=1)


@pytest.fixture
def site(store):
    found(store)
    items.register(store, item("sw-1"), actor="a.vries", at=AT)
    return store


def hold(**more):
    return Hold(
        **{
            "item": "sw-1",
            "person": "k.chen",
            "reason": "The auditor counts ports",
            "placed_at": AT,
            "until": AT + HOUR,
            **more,
        }
    )


def current(store, at):
    with store.read() as uow:
        assert holds.standing(uow, at=at) == tuple(
            one for one in [holds.current(uow, "sw-1", at=at)] if one is not None
        )
        return holds.current(uow, "sw-1", at=at)


def test_a_hold_holds_until_its_end_and_then_holds_nothing(site):
    one = holds.place(site, hold(), at=AT)
    assert current(site, AT) == one
    assert current(site, AT + HOUR) is None
    later = hold(placed_at=AT + HOUR, until=AT + 2 * HOUR, person="a.vries")
    assert holds.place(site, later, at=AT + HOUR) == current(site, AT + HOUR)


def test_one_hold_at_a_time_and_the_refusal_says_whose(site):
    holds.place(site, hold(), at=AT)
    with pytest.raises(Refused) as refusal:
        holds.place(site, hold(person="a.vries"), at=AT)
    assert "k.chen until 2026-11-22T13:00:00Z: The auditor counts ports" in refusal.value.reason


def test_whoever_placed_it_or_the_cm_group_lifts_it(site):
    holds.place(site, hold(person="a.vries"), at=AT)
    with pytest.raises(Refused, match="is on hold by"):
        holds.lift(site, "sw-1", actor="k.chen", at=AT)
    holds.lift(site, "sw-1", actor="a.vries", at=AT)
    assert current(site, AT) is None
    with pytest.raises(Refused, match="not on hold"):
        holds.lift(site, "sw-1", actor="a.vries", at=AT)
    holds.place(site, hold(), at=AT)
    assert holds.lift(site, "sw-1", actor="a.vries", at=AT).person == "k.chen"


@pytest.mark.parametrize("more", [{"reason": " "}, {"until": AT}, {"until": AT - HOUR}, {"item": "NO"}])
def test_a_hold_has_a_reason_and_an_end_that_comes_later(more):
    with pytest.raises(Invalid):
        hold(**more)


def test_a_hold_that_has_ended_is_not_placed(site):
    with pytest.raises(Invalid, match="ended already"):
        holds.place(site, hold(), at=AT + HOUR)


def test_a_hold_is_on_an_item_that_exists_by_somebody_who_may(site):
    with pytest.raises(NotFound):
        holds.place(site, hold(item="nowhere"), at=AT)
    with pytest.raises(Refused):
        holds.place(site, hold(person="r.gone"), at=AT)


def test_nobody_changes_a_draft_on_hold_and_everybody_may_look_after_it(site):
    by = {"actor": "a.vries", "at": AT}
    items.register(site, item("sw-2"), **by)
    items.connect(site, needs("sw-1", "sw-2", group="g"), **by)
    holds.place(site, hold(), at=AT)
    for act in (
        lambda: items.amend(site, item("sw-1", name="New"), **by),
        lambda: items.retire(site, "sw-1", **by),
        lambda: items.remove(site, "sw-1", **by),
        lambda: items.connect(site, needs("sw-1", "sw-2", kind="runs on"), **by),
        lambda: items.connect(site, needs("sw-2", "sw-1", kind="connects to"), **by),
        lambda: items.disconnect(site, "sw-1", "sw-2", **by),
        lambda: items.set_group(site, RedundancyGroup(source="sw-1", name="g", need="2"), **by),
        lambda: items.hand_over(site, giver="a.vries", taker="k.chen", **by),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert "on hold by k.chen until 2026-11-22T13:00:00Z: The auditor" in refusal.value.reason
        assert "--lift" in refusal.value.remedy
    assert items.confirm(site, ["sw-1"], **by) == 1
    items.set_operating(site, "sw-1", "maintenance", **by)
    items.remove(site, "sw-1", actor="a.vries", at=AT + HOUR)


def test_the_room_of_holds_knows_its_rows_without_any_other():
    alone = "import cmdb.holds; from cmdb import codec; from cmdb.work import Hold; codec.table_of(Hold)"
    subprocess.run([sys.executable, "-c", alone], check=True)
