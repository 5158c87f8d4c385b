"""Joint outages on the estate as it will be: what earlier work takes away or adds counts once it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmdb.differences import Done, then
from cmdb.graph import GraphDelta
from cmdb.joint_ahead import joint_outages_ahead
from cmdb.model import Dependency, RedundancyGroup
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from tests.cmdb.harbour import settle

START = datetime(2026, 11, 22, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def work(number: int, *down: str, start: float = 0, end: float = 4) -> PlannedWork:
    return PlannedWork(
        reference=f"CR-{number}", window_start=START + start * HOUR, window_end=START + end * HOUR, down=down
    )


def done(number: int, hours: float, **delta: Any) -> Done:
    return Done(f"CR-{number}", START + hours * HOUR, GraphDelta(**delta))


@pytest.fixture
def estate(sqlite_store: Store) -> Iterator[StoredEstate]:
    settle(sqlite_store)
    with sqlite_store.read() as uow:
        yield StoredEstate(uow.rows, uow.dialect)


CUT = {"disconnected": (("mail", "sw-12", "uses"),)}
BOTH = [work(1, "sw-11"), work(2, "sw-12")]


def told(found: Any) -> list[tuple[tuple[str, ...], float, float, tuple[str, ...]]]:
    return [
        (
            one.changes,
            (one.start - START) / HOUR,
            (one.end - START) / HOUR,
            tuple(hit.id for hit in one.services),
        )
        for one in found.found
    ]


def test_a_joint_outage_ends_when_earlier_work_took_the_redundancy_away(estate: StoredEstate) -> None:
    # Once mail needs sw-11 alone, losing it is no joint outage any more: it is one of CR-1 by itself.
    assert told(joint_outages_ahead(estate, BOTH, [])) == [(("CR-1", "CR-2"), 0, 4, ("berths", "mail"))]
    assert told(joint_outages_ahead(estate, BOTH, [done(3, 1, **CUT)])) == [
        (("CR-1", "CR-2"), 0, 1, ("berths", "mail")),
        (("CR-1", "CR-2"), 1, 4, ("berths",)),
    ]


def test_a_joint_outage_begins_when_earlier_work_added_a_dependency(estate: StoredEstate) -> None:
    group = RedundancyGroup(source="radar", name="heads", need="1")
    links = tuple(
        Dependency(source="radar", target=one, kind="runs on", group="heads") for one in ("web-1", "db-1")
    )
    works = [work(1, "web-1"), work(2, "db-1")]
    assert told(joint_outages_ahead(estate, works, [])) == []
    found = joint_outages_ahead(estate, works, [done(3, 2, connected=links, groups=(group,))])
    assert told(found) == [(("CR-1", "CR-2"), 2, 4, ("radar",))]


def test_what_changes_elsewhere_leaves_the_answer_whole(estate: StoredEstate) -> None:
    elsewhere = done(3, 1, disconnected=(("manual", "sw-11", "documents"), ("radar", "old-radar", "uses")))
    assert told(joint_outages_ahead(estate, BOTH, [elsewhere])) == told(joint_outages_ahead(estate, BOTH, []))


def test_a_difference_that_fits_no_more_is_named_and_the_rest_counts(estate: StoredEstate) -> None:
    broken = done(4, 1, connected=(Dependency(source="mail", target="sw-11", kind="uses", group="nowhere"),))
    found = joint_outages_ahead(estate, BOTH, [done(3, 1, **CUT), broken])
    assert found.missed == (("CR-4", "mail has no redundancy group 'nowhere'."),)
    assert found.not_computed == "what CR-4 will have changed: mail has no redundancy group 'nowhere'"
    assert told(found)[1] == (("CR-1", "CR-2"), 1, 4, ("berths",))


def test_of_two_differences_the_later_one_holds() -> None:
    hard = Dependency(source="mail", target="sw-12", kind="uses")
    cut, link = GraphDelta(**CUT), GraphDelta(connected=(hard,))
    assert then(cut, link) == link
    assert then(link, cut) == cut
    soft = hard.but(strength="soft")
    assert then(link, GraphDelta(connected=(soft,))).connected == (soft,)
