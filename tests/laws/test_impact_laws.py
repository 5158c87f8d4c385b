"""Impact equals the plainest reading of rules.md 3 on thousands of small estates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb import tables_promises  # noqa: F401 - impact asks for the customers of agreements
from cmdb.graph import ChangedEstate, GraphDelta, PlannedItem
from cmdb.impact import impact
from cmdb.model import Dependency, Item, RedundancyGroup
from cmdb.reading_graph import StoredEstate
from cmdb.store import Store
from cmdb.tables import ItemRow
from tests.laws import estates
from tests.laws.estates import Plan, Stored, Thing

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    store = Store.connect(str(tmp_path_factory.mktemp("layout") / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Layout")
    with store.read() as uow:
        layout = [
            row[0]
            for row in uow.rows(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'item_search%'"
                " ORDER BY type = 'table' DESC"
            )
        ]
    assert any(ItemRow.__tablename__ in statement for statement in layout)
    return Stored(layout)


def downs(draw: st.DrawFn, plan: Plan) -> list[str]:
    return draw(st.lists(st.sampled_from(sorted(plan.things)), min_size=1, max_size=3, unique=True))


@settings(max_examples=900)
@given(data=st.data())
def test_effects_distances_and_chains_equal_the_plain_fixed_point(
    stored: Stored, data: st.DataObject
) -> None:
    plan = data.draw(estates.plans())
    down = downs(data.draw, plan)
    stored.hold(plan)
    told = estates.explained(plan, down)
    answer = impact(StoredEstate(stored.rows, "sqlite"), down)
    got = {hit.id: (hit.effect, hit.distance, hit.because, hit.along) for hit in answer.items}
    wanted = {
        one: (estates.NAMES[rank], told.distance[one], told.because[one], told.along[one])
        for one, rank in told.effect.items()
        if rank
    }
    assert got == wanted
    assert all(hit.distance == len(hit.because) - 1 for hit in answer.items)


@pytest.mark.parametrize("kinds", [("uses", "runs on"), ("runs on", "uses")])
def test_of_groups_that_give_way_to_the_same_loss_the_one_whose_other_losses_come_first_is_told(
    stored: Stored, kinds: tuple[str, str]
) -> None:
    alone, other = kinds
    needs = {
        ("h1", "g1", "uses"): ("hard", ""),
        ("g1", "f1", alone): ("hard", "pair"),
        ("g1", "h1", "uses"): ("hard", "pool"),
        ("g1", "f1", other): ("hard", "pool"),
    }
    groups = {("g1", "pair"): ("1", "hard"), ("g1", "pool"): ("2", "hard")}
    stored.hold(Plan({one: Thing("in service", False) for one in ("h1", "g1", "f1")}, needs, groups))
    hits = {hit.id: hit for hit in impact(StoredEstate(stored.rows, "sqlite"), ["f1"]).items}
    assert (hits["g1"].because, hits["g1"].along) == (("g1", "f1"), ())


@settings(max_examples=500)
@given(data=st.data())
def test_inherited_and_exposed_equal_a_walk_over_everything_above(
    stored: Stored, data: st.DataObject
) -> None:
    plan = data.draw(estates.plans())
    down = downs(data.draw, plan)
    stored.hold(plan)
    above = estates.above(plan, set(down))
    answer = impact(StoredEstate(stored.rows, "sqlite"), down)
    inherited = {hit.id: hit.because for hit in answer.services if hit.inherited}
    assert inherited == {one: chain for one, chain in above.items() if plan.things[one].service}
    assert answer.exposed == len(above) - len(inherited)
    assert answer.inherited_complete
    plain = {hit.id: hit.effect for hit in answer.services if not hit.inherited}
    final = estates.effects(plan, down)
    assert plain == {
        one: estates.NAMES[final[one]] for one, thing in plan.things.items() if thing.service and final[one]
    }


@settings(max_examples=500)
@given(data=st.data())
def test_next_single_failures_equal_trying_each_of_them(stored: Stored, data: st.DataObject) -> None:
    plan = data.draw(estates.plans(most=12))
    down = downs(data.draw, plan)
    stored.hold(plan)
    answer = impact(StoredEstate(stored.rows, "sqlite"), down)
    wanted = estates.next_failures(plan, set(down))
    assert list(answer.next_failures.first) == wanted
    assert answer.next_failures.total == len(wanted)


def test_where_another_member_is_degraded_what_is_left_of_the_group_must_not_fail(stored: Stored) -> None:
    needs = {
        **{("h1", member, "uses"): ("hard", "pool") for member in ("g1", "f1", "e1")},
        ("f1", "d1", "uses"): ("soft", ""),
    }
    things = {one: Thing("in service", one == "h1") for one in ("h1", "g1", "f1", "e1", "d1")}
    stored.hold(Plan(things, needs, {("h1", "pool"): ("2", "hard")}))
    answer = impact(StoredEstate(stored.rows, "sqlite"), ["g1", "d1"])
    assert {hit.id: hit.effect for hit in answer.items}["h1"] == "degraded"
    assert answer.next_failures.first == (("e1", "h1"), ("f1", "h1"))


@settings(max_examples=300)
@given(data=st.data())
def test_saved_items_would_have_been_hit_without_the_group(stored: Stored, data: st.DataObject) -> None:
    plan = data.draw(estates.plans())
    down = downs(data.draw, plan)
    stored.hold(plan)
    answer = impact(StoredEstate(stored.rows, "sqlite"), down)
    final = estates.effects(plan, down)
    for saved in answer.saved:
        assert estates.NAMES[final[saved.id]] == "reduced redundancy"
        members = plan.members(saved.id, saved.group)
        assert saved.before == len(members)
        assert saved.after == sum(final[member] < 2 for member in members) < saved.before
        alone = Plan(plan.things, dict(plan.needs), dict(plan.groups))
        alone.groups[saved.id, saved.group] = ("100%", alone.groups[saved.id, saved.group][1])
        assert estates.effects(alone, down)[saved.id] >= 2
    reduced = {one for one, rank in final.items() if rank == 1}
    assert {saved.id for saved in answer.saved} == reduced


@settings(max_examples=500)
@given(data=st.data())
def test_more_down_never_helps(stored: Stored, data: st.DataObject) -> None:
    plan = data.draw(estates.plans())
    down = downs(data.draw, plan)
    more = data.draw(st.sampled_from(sorted(plan.things)))
    # An item that does not serve comes to life when it is declared down: what rested on it counts.
    stored.hold(plan)
    estate = StoredEstate(stored.rows, "sqlite")
    fewer = {hit.id: estates.NAMES.index(hit.effect) for hit in impact(estate, down).items}
    worse = {hit.id: estates.NAMES.index(hit.effect) for hit in impact(estate, [*down, more]).items}
    assert all(worse.get(one, 0) >= rank for one, rank in fewer.items())


@settings(max_examples=500)
@given(data=st.data())
def test_broken_before_lists_groups_and_plain_needs_of_what_is_hit(
    stored: Stored, data: st.DataObject
) -> None:
    plan = data.draw(estates.plans())
    down = downs(data.draw, plan)
    stored.hold(plan)
    final = estates.effects(plan, down)
    wanted: set[tuple[str, str | None, str, int, str]] = set()
    for (source, group), (need, _strength) in plan.groups.items():
        had = len(plan.members(source, group))
        short = had == 0 if need.endswith("%") else had < int(need)
        if final[source] and short:
            wanted.add((source, group, need, had, ""))
    for (source, target, kind), (_strength, group) in plan.needs.items():
        idle = not plan.things[target].serves and target not in down
        if final[source] and plan.things[source].serves and not group and estates.KINDS[kind] and idle:
            wanted.add((source, None, "1", 0, target))
    answer = impact(StoredEstate(stored.rows, "sqlite"), down)
    assert sorted(answer.broken_before, key=str) == sorted(wanted, key=str)


@st.composite
def changes(draw: st.DrawFn, plan: Plan) -> tuple[GraphDelta, Plan]:
    """A change as a difference, and the estate it leaves."""
    things, needs, groups = dict(plan.things), dict(plan.needs), dict(plan.groups)
    after = Plan(things, needs, groups)
    items, connected, new_groups = [], [], []
    for one in draw(st.lists(st.sampled_from([*sorted(things), "new1", "new2"]), max_size=2, unique=True)):
        status = draw(st.sampled_from(["in service", "in service", "retired"]))
        things[one] = Thing(status, draw(st.booleans()))
        item = Item(id=one, type="thing", name=f"The {one}", owner="p.owner", status=status)
        items.append(PlannedItem(item=item, serves=status == "in service", service=things[one].service))
    removed = draw(st.lists(st.sampled_from(sorted(plan.things)), max_size=1))
    removed = [one for one in removed if one not in {planned.item.id for planned in items}]
    live = sorted(things.keys() - set(removed))
    cut = draw(st.lists(st.sampled_from(sorted(needs)), max_size=2, unique=True)) if needs else []
    for triple in cut:
        del needs[triple]
    rows = st.tuples(
        st.sampled_from(live),
        st.sampled_from(live),
        st.sampled_from(sorted(estates.KINDS)),
        st.sampled_from(["hard", "soft"]),
        st.sampled_from(["", "pool", "late"]),
    )
    for source, target, kind, strength, group in draw(st.lists(rows, max_size=3)):
        if source == target:
            continue
        if group and (source, group) not in groups:
            need = draw(estates.NEEDS)
            groups[source, group] = (need, strength)
            new_groups.append(RedundancyGroup(source=source, name=group, need=need, strength=strength))
        strength = groups[source, group][1] if group else strength
        needs[source, target, kind] = (strength, group)
        connected.append(Dependency(source=source, target=target, kind=kind, strength=strength, group=group))
    for one in removed:
        del things[one]
        for triple in [triple for triple in needs if one in triple[:2]]:
            del needs[triple]
        for place in [place for place in groups if place[0] == one]:
            del groups[place]
    delta = GraphDelta(
        items=tuple(items),
        removed=tuple(removed),
        connected=tuple(connected),
        disconnected=tuple(cut),
        groups=tuple(new_groups),
    )
    return delta, estates.drop_empty_groups(after)


@settings(max_examples=700)
@given(data=st.data())
def test_impact_after_a_change_equals_impact_of_the_estate_it_leaves(
    stored: Stored, data: st.DataObject
) -> None:
    plan = estates.drop_empty_groups(data.draw(estates.plans()))
    delta, after = data.draw(changes(plan))
    if not after.things:
        return
    down = downs(data.draw, after)
    stored.hold(after)
    wanted = impact(StoredEstate(stored.rows, "sqlite"), down)
    stored.hold(plan)
    got = impact(ChangedEstate(StoredEstate(stored.rows, "sqlite"), delta), down)
    assert got._replace(weakest_fact=None) == wanted._replace(weakest_fact=None)
