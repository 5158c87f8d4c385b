"""Impact in a window: what else is scheduled changes the estate, adds to what is down, and is named."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmdb.errors import Invalid, NotFound
from cmdb.graph import GraphDelta, PlannedItem
from cmdb.impact import impact
from cmdb.model import Dependency, Item
from cmdb.next_failures import NextFailures
from cmdb.reading import Reader
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from cmdb.windowed import Windowed, Work, windowed
from cmdb.windowed import _next as next_of_all
from tests.cmdb import harbour

START = datetime(2026, 11, 22, 22, tzinfo=UTC)
END = START + timedelta(hours=2)


@pytest.fixture
def estate(store: Store, database: str) -> Iterator[StoredEstate]:
    harbour.settle(store)
    with Reader.open(database) as reader, reader.question() as estate:
        yield estate


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def work(reference: str, start: int, end: int, *down: str, **more: Any) -> Work:
    return Work(reference=reference, start=at(start), end=at(end), down=down, **more)


def asked(estate: StoredEstate, *down: str, **more: Any) -> Windowed:
    return windowed(estate, down, START, END, **more)


def parts(found: Windowed, item: str) -> list[tuple[int, int, str, tuple[str, ...]]]:
    """The stretches of an item, in minutes from the start of the window."""
    return [
        (
            int((one.start - START).total_seconds()) // 60,
            int((one.end - START).total_seconds()) // 60,
            one.effect,
            one.because_of,
        )
        for one in found.when[item]
    ]


def test_with_nothing_else_scheduled_it_is_the_plain_answer_all_the_window_long(estate: StoredEstate) -> None:
    found = asked(estate, "sw-11")
    assert found.answer == impact(estate, ["sw-11"])
    assert {item: parts(found, item) for item in found.when} == {
        one.id: [(0, 120, one.effect, ())] for one in found.answer.items
    }
    assert (found.own, found.joint, found.tentative, found.applied) == (found.answer.effect, (), (), ())


def test_what_comes_only_with_other_work_is_named_with_its_time(estate: StoredEstate) -> None:
    found = asked(estate, "sw-11", scheduled=[work("CR-7", 30, 60, "sw-12")])
    # Mail has an uplink of two and needs one: it falls only while both are down.
    assert parts(found, "mail") == [
        (0, 30, "reduced redundancy", ()),
        (30, 60, "outage", ("CR-7",)),
        (60, 120, "reduced redundancy", ()),
    ]
    [mail] = [one for one in found.answer.items if one.id == "mail"]
    assert (mail.effect, mail.because, mail.along) == ("outage", ("mail", "sw-12"), ("sw-11",))
    assert found.answer.effect == found.own == "outage"
    assert found.joint == ((at(30), at(60), {"mail": "outage", "berths": "outage"}),)
    assert "mail" not in found.alone
    # What the other work does by itself is listed, but is no part of the question.
    assert [one.shared for one in found.when["sw-12"]] == [False]
    assert parts(found, "db-1") == [(30, 60, "degraded", ("CR-7",))]


def test_what_other_work_does_by_itself_is_not_the_effect_of_the_question(estate: StoredEstate) -> None:
    found = asked(estate, "manual", scheduled=[work("CR-7", 0, 120, "sw-11", "sw-12")])
    assert found.answer.effect == "outage"
    assert found.own == "outage"  # the manual itself is down
    assert {item for item, found_at in found.when.items() if found_at[0].shared} == {"manual"}
    assert found.alone == {}


@pytest.mark.parametrize(("ends", "mail"), [(-60, "none"), (0, "none"), (1, "reduced redundancy")])
def test_a_change_counts_from_the_moment_its_window_is_over(
    estate: StoredEstate, ends: int, mail: str
) -> None:
    cut = GraphDelta(disconnected=(("mail", "sw-11", "uses"),))
    found = asked(estate, "sw-11", scheduled=[work("CR-7", -120, ends, delta=cut)])
    assert found.applied == ("CR-7",)
    worst = {one.id: one.effect for one in found.answer.items}.get("mail", "none")
    assert worst == mail
    if mail != "none":
        assert parts(found, "mail") == [(0, 1, "reduced redundancy", ())]


def test_changes_lie_on_each_other_in_the_order_in_which_they_end(estate: StoredEstate) -> None:
    new = Item(id="sw-13", type="network-device", name="Core switch 13", owner="k.chen")
    first = GraphDelta(items=(PlannedItem(item=new),))
    then = GraphDelta(connected=(Dependency(source="mail", target="sw-13", group="uplink"),))
    found = asked(
        estate,
        "sw-11",
        "sw-12",
        scheduled=[work("CR-8", 40, 60, delta=then), work("CR-7", 0, 30, delta=first)],
    )
    assert found.applied == ("CR-7", "CR-8")
    assert parts(found, "mail") == [(0, 60, "outage", ()), (60, 120, "reduced redundancy", ())]


def test_an_item_that_a_change_brings_or_takes_is_down_only_while_it_is_there(estate: StoredEstate) -> None:
    gone = GraphDelta(removed=("old-radar",))
    found = asked(estate, "old-radar", "sw-11", scheduled=[work("CR-7", 0, 60, delta=gone)])
    assert parts(found, "old-radar") == [(0, 60, "outage", ())]
    new = Item(id="sw-13", type="network-device", name="Core switch 13", owner="k.chen")
    comes = GraphDelta(items=(PlannedItem(item=new),))
    assert parts(asked(estate, "sw-13", scheduled=[work("CR-7", 0, 60, delta=comes)]), "sw-13") == [
        (60, 120, "outage", ())
    ]
    with pytest.raises(NotFound, match="no item 'sw-13'"):
        asked(estate, "sw-13", scheduled=[work("CR-7", 0, 180, delta=comes)])


def test_where_any_of_several_would_do_all_of_them_are_named(estate: StoredEstate) -> None:
    found = asked(
        estate, "sw-11", scheduled=[work("CR-10", 0, 120, "sw-12"), work("CR-9", 0, 120, "sw-12", "web-2")]
    )
    assert parts(found, "mail") == [(0, 120, "outage", ("CR-9", "CR-10"))]


def test_undecided_work_stands_apart_and_changes_nothing(estate: StoredEstate) -> None:
    maybe = [work("CR-9", 60, 90, "sw-12"), work("CR-11", 130, 150, "sw-12")]
    found = asked(estate, "sw-11", tentative=maybe)
    assert found.answer == impact(estate, ["sw-11"])
    [one] = found.tentative
    assert (one.reference, one.start, one.end) == ("CR-9", at(60), at(90))
    assert dict(one.items)["mail"] == "outage"
    assert "sw-12" not in dict(one.items)  # its own business


def test_work_that_cannot_be_worked_out_is_named_and_not_silently_left_out(estate: StoredEstate) -> None:
    broken = GraphDelta(disconnected=(("nobody", "sw-11", "uses"),))
    found = asked(estate, "sw-11", scheduled=[work("CR-7", -60, -30, delta=broken)])
    assert (found.applied, found.not_computed) == ((), (("CR-7", "There is no item 'nobody'."),))


def test_a_window_of_no_length_or_of_nothing_is_refused(estate: StoredEstate) -> None:
    with pytest.raises(Invalid, match="lasts no time"):
        windowed(estate, ["sw-11"], START, START)
    with pytest.raises(Invalid, match="No item is named"):
        windowed(estate, [], START, END)
    with pytest.raises(NotFound, match="no item 'nope'"):
        asked(estate, "nope")


def test_next_failures_of_several_stretches_are_counted_only_where_every_list_is_whole(
    estate: StoredEstate,
) -> None:
    plain = impact(estate, ["sw-11"])

    def stretches(*told: tuple[int | None, list[tuple[str, str]]]) -> NextFailures:
        return next_of_all(
            [plain._replace(next_failures=NextFailures(total, tuple(first))) for total, first in told]
        )

    whole = stretches((1, [("sw-12", "svc-web")]), (2, [("pdu-1", "svc-web"), ("sw-12", "svc-mail")]))
    assert whole == NextFailures(2, (("pdu-1", "svc-web"), ("sw-12", "svc-mail")))
    many = [(f"srv-{number:03}", "svc-web") for number in range(100)]
    # 130 in one and 1 in another may be 130 or 131.
    assert stretches((130, many), (1, [("a-1", "svc-web")])).total is None
    assert len(stretches((100, many), (1, [("a-1", "svc-web")])).first) == 100
    assert stretches((100, many), (1, [("a-1", "svc-web")])).total == 101
    assert stretches((130, many), (130, many)) == NextFailures(130, tuple(many))
    assert stretches((None, many), (0, [])).total is None
