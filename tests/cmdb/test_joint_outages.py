"""Joint outages: who must not work at the same time, on what, for how long, and why."""

from datetime import UTC, datetime, timedelta

import pytest

from cmdb.joint_outages import GaveWay, JointHit, Sweep, Taken, joint_outages
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from tests.laws.estates import Plan, Thing
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")

NIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)


def work(number: int, *down: str, start: int = 0, end: int = 60, **more) -> PlannedWork:
    minute = timedelta(minutes=1)
    return PlannedWork(
        reference=f"CR-{number}",
        window_start=NIGHT + start * minute,
        window_end=NIGHT + end * minute,
        down=down,
        **more,
    )


@pytest.fixture
def estate(stored):  # noqa: F811 - the fixture
    """Mail needs the app, the app one of three switches; the archive wants one of two softly."""
    plan = Plan(
        things={
            "mail": Thing(service=True),
            "archive": Thing(service=True),
            **{one: Thing() for one in ("app", "sw-1", "sw-2", "sw-3")},
        },
        needs={
            ("mail", "app", "uses"): ("hard", ""),
            **{("app", one, "uses"): ("hard", "uplink") for one in ("sw-1", "sw-2", "sw-3")},
            **{("archive", one, "uses"): ("soft", "pair") for one in ("sw-1", "sw-2")},
        },
        groups={("app", "uplink"): ("1", "hard"), ("archive", "pair"): ("50%", "soft")},
    )
    stored.hold(plan)
    return StoredEstate(stored.rows, "sqlite")


def test_three_works_are_one_joint_outage_and_two_of_them_another(estate):
    found = joint_outages(
        estate,
        [
            work(10, "sw-3", end=50),
            work(2, "sw-1", start=10),
            work(9, "sw-2", start=20, end=90, tentative=True),
        ],
    )
    assert found.sizes is None
    assert found.not_computed == ""
    triple, pair = found.found
    assert pair.changes == ("CR-2", "CR-9")
    assert (pair.start, pair.end) == (NIGHT + timedelta(minutes=20), NIGHT + timedelta(minutes=60))
    assert [(one.id, one.effect) for one in pair.items] == [("archive", "degraded")]
    assert pair.effect == "degraded"
    assert triple.changes == ("CR-2", "CR-9", "CR-10")  # by number, not by letter
    assert triple.end == NIGHT + timedelta(minutes=50)
    assert triple.items == (
        JointHit("mail", "The mail", "outage", True, ("mail", "app")),
        JointHit("app", "The app", "outage", False, ("app",)),
    )
    assert triple.services == triple.items[:1]
    assert triple.groups == (
        GaveWay(
            "app",
            "uplink",
            "1",
            3,
            (Taken("sw-1", ("CR-2",)), Taken("sw-2", ("CR-9",)), Taken("sw-3", ("CR-10",))),
        ),
    )
    assert pair.tentative
    assert triple.tentative


def test_windows_that_only_touch_are_never_open_together(estate):
    assert joint_outages(estate, [work(1, "sw-1"), work(2, "sw-2", start=60, end=120)]).found == ()


def test_what_one_work_does_alone_is_no_joint_outage(estate):
    assert joint_outages(estate, [work(1, "sw-1", "sw-2", "sw-3"), work(2, "sw-2"), work(3)]).found == ()


def test_items_that_do_not_exist_take_nothing_down(estate):
    assert joint_outages(estate, [work(1, "gone"), work(2, "sw-2"), work(3, "away")]).found == ()


def test_moving_a_window_away_and_back_leaves_what_was_there(estate):
    sweep = Sweep(estate, [work(1, "sw-1"), work(2, "sw-2"), work(3, "sw-3")])
    before = sweep.found()
    assert len(before.found) == 2
    sweep.moved("CR-2", NIGHT + timedelta(days=1), NIGHT + timedelta(days=1, hours=1))
    assert sweep.found().found == ()
    sweep.moved("CR-2", NIGHT, NIGHT + timedelta(hours=1))
    assert sweep.found() == before


def test_a_search_that_was_stopped_says_which_sizes_are_missing(estate):
    works = [work(1, "sw-1"), work(2, "sw-2"), work(3, "sw-3")]
    assert Sweep(estate, works, steps=0).found().not_computed == (
        "joint outages: too much work is planned at the same time on the same redundancy groups"
    )
    steps = next(steps for steps in range(100) if Sweep(estate, works, steps=steps).sizes == 2)
    found = Sweep(estate, works, steps=steps).found()
    assert [one.changes for one in found.found] == [("CR-1", "CR-2")]
    assert found.not_computed == "joint outages of more than 2 changes"
