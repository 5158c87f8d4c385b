"""Joint outages ahead equal what every minute shows on the estate as it is at that minute."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.differences import Done
from cmdb.graph import GraphDelta, PlannedItem
from cmdb.joint_ahead import Outlook, joint_outages_ahead
from cmdb.joint_outages import JointOutages
from cmdb.model import Dependency, Item, RedundancyGroup
from cmdb.promises import PlannedWork
from cmdb.reading_graph import StoredEstate
from tests.laws import estates
from tests.laws.estates import NAMES, Plan, Stored, Thing
from tests.laws.test_impact_laws import stored  # noqa: F401 - a fixture
from tests.laws.test_joint_outage_laws import HORIZON, ORIGIN, at, crowded, window, works

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")

Minutes = set[tuple[int, frozenset[str], str, str]]


def an_item(id: str, status: str) -> Item:
    return Item(id=id, type="thing", name=f"The {id}", owner="p.owner", status=status)


def grouped(delta: GraphDelta, group: RedundancyGroup) -> tuple[RedundancyGroup, ...]:
    rest = [one for one in delta.groups if (one.source, one.name) != (group.source, group.name)]
    return (*rest, group)


def difference(dice: Random, plan: Plan, number: int) -> GraphDelta:
    """A few changes of dependencies, groups and items, written against the estate of today."""
    delta = GraphDelta()
    for _step in range(dice.choice([1, 1, 2, 3])):
        source, target = dice.sample(list(plan.things), 2)
        match dice.choice(["disconnect", "connect", "connect", "retire", "serve", "need", "add"]):
            case "disconnect" if plan.needs:
                delta = delta.but(disconnected=(*delta.disconnected, dice.choice(list(plan.needs))))
            case "connect":
                link = {"source": source, "target": target, "kind": dice.choice(["uses", "runs on"])}
                mine = [name for owner, name in plan.groups if owner == source]
                group = dice.choice([*mine, *mine, "", ""]) if mine else dice.choice(["", "fresh"])
                strength = plan.groups[source, group][1] if group in mine else dice.choice(["hard", "soft"])
                if group and group not in mine:
                    known = [one for one in delta.groups if one.source == source]
                    strength = known[0].strength if known else strength
                    fresh = RedundancyGroup(source=source, name=group, need="1", strength=strength)
                    delta = delta.but(groups=grouped(delta, fresh))
                told = Dependency(**link, strength=strength, group=group)
                same = (told.source, told.target, told.kind)
                rest = [one for one in delta.connected if (one.source, one.target, one.kind) != same]
                delta = delta.but(connected=(*rest, told))
            case "retire" | "serve" as verb:
                status = "retired" if verb == "retire" else "in service"
                thing = PlannedItem(
                    item=an_item(source, status),
                    serves=status == "in service",
                    service=plan.things[source].service,
                )
                delta = delta.but(items=(*(one for one in delta.items if one.item.id != source), thing))
            case "need" if plan.groups:
                owner, name = dice.choice(list(plan.groups))
                wanted = RedundancyGroup(
                    source=owner,
                    name=name,
                    need=dice.choice(["1", "2", "50%"]),
                    strength=plan.groups[owner, name][1],
                )
                delta = delta.but(groups=grouped(delta, wanted))
            case "add":
                new = f"n{number}"
                link = Dependency(source=source, target=new, kind="uses")
                mine = [name for owner, name in plan.groups if owner == source]
                if mine:
                    link = link.but(group=mine[0], strength=plan.groups[source, mine[0]][1])
                delta = delta.but(
                    items=(
                        *(one for one in delta.items if one.item.id != new),
                        PlannedItem(item=an_item(new, "in service")),
                    ),
                    connected=(*(one for one in delta.connected if one.target != new), link),
                )
    return delta


def after(plan: Plan, deltas: list[GraphDelta]) -> Plan:
    """The estate with several differences made one after the other."""
    things, needs, groups = dict(plan.things), dict(plan.needs), dict(plan.groups)
    for delta in deltas:
        for one in delta.items:
            things[one.item.id] = Thing(one.item.status, one.service)
        for triple in delta.disconnected:
            needs.pop(triple, None)
        for group in delta.groups:
            groups[group.source, group.name] = (group.need, group.strength)
        for link in delta.connected:
            needs[link.source, link.target, link.kind] = (link.strength, link.group)
    return estates.drop_empty_groups(replace(plan, things=things, needs=needs, groups=groups))


def plainly(plan: Plan, planned: list[PlannedWork], done: list[Done]) -> Minutes:
    """Minute by minute on the estate of that minute: every set of open works, against every part of it."""
    found: Minutes = set()
    for minute in range(HORIZON):
        over = sorted(
            (one for one in done if one.end <= at(minute)), key=lambda one: (one.end, one.reference)
        )
        now = after(plan, [one.delta for one in over])
        by_name = {one.reference: one for one in planned if one.window_start <= at(minute) < one.window_end}
        known: dict[frozenset[str], dict[str, int]] = {}

        def effect(
            names: frozenset[str],
            known: dict[frozenset[str], dict[str, int]] = known,
            by_name: dict[str, PlannedWork] = by_name,
            now: Plan = now,
        ) -> dict[str, int]:
            if names not in known:
                down = [id for name in names for id in by_name[name].down if id in now.things]
                known[names] = estates.effects(now, down)
            return known[names]

        busy = [name for name, one in by_name.items() if one.down]
        for size in range(2, len(busy) + 1):
            for names in map(frozenset, combinations(busy, size)):
                parts = [effect(names - {one}) for one in names]
                for item, rank in effect(names).items():
                    if rank >= 2 and all(part[item] < rank for part in parts):
                        found.add((minute, names, item, NAMES[rank]))
    return found


def told(answer: JointOutages) -> Minutes:
    assert all(one.start < one.end for one in answer.found)
    return {
        (minute, frozenset(one.changes), hit.id, hit.effect)
        for one in answer.found
        for hit in one.items
        for minute in range(
            (one.start - ORIGIN) // timedelta(minutes=1), (one.end - ORIGIN) // timedelta(minutes=1)
        )
    }


def scene(dice: Random) -> tuple[Plan, list[PlannedWork], list[Done]]:
    plan = crowded(dice)
    planned = works(dice, plan)
    done = []
    for number, one in enumerate(planned):
        if dice.random() < 0.5:
            done.append(Done(one.reference, one.window_end, difference(dice, plan, number)))
        if dice.random() < 0.2 and number:
            planned[number] = one.but(down=tuple(dict.fromkeys((*one.down, f"n{number - 1}"))))
    return plan, planned, done


@settings(max_examples=1200)
@given(seed=st.integers(0, 2**32))
def test_joint_outages_are_those_of_the_estate_of_every_minute(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, planned, done = scene(dice)
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    found = joint_outages_ahead(estate, planned, done)
    assert (found.sizes, found.missed) == (None, ())
    expected = plainly(plan, planned, done)
    assert told(found) == expected
    about = dice.choice(planned).reference
    mine = joint_outages_ahead(estate, planned, done, about=about)
    assert told(mine) == {one for one in expected if about in one[1]}
    together = [(one.changes, one.end, {(hit.id, hit.effect) for hit in one.items}) for one in found.found]
    assert not [
        one
        for one in found.found
        if (one.changes, one.start, {(hit.id, hit.effect) for hit in one.items}) in together
    ]


@settings(max_examples=500)
@given(seed=st.integers(0, 2**32))
def test_moving_a_window_moves_what_the_work_will_have_changed(
    stored: Stored,  # noqa: F811 - the fixture
    seed: int,
) -> None:
    dice = Random(seed)
    plan, planned, done = scene(dice)
    stored.hold(plan)
    outlook = Outlook(StoredEstate(stored.rows, "sqlite"), planned, done)
    outlook.found()
    for _move in range(2):
        place = dice.randrange(len(planned))
        name = planned[place].reference
        start, end = window(dice)
        planned[place] = planned[place].but(window_start=at(start), window_end=at(end))
        done = [one._replace(end=at(end)) if one.reference == name else one for one in done]
        outlook.moved(name, at(start), at(end))
        assert told(outlook.found()) == plainly(plan, planned, done)
