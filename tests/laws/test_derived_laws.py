"""After any walk of writes, every derived column is what a computation from scratch says."""

import importlib
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cmdb import item_rules, tables_derived, tables_graph, types
from cmdb.errors import CmdbError
from cmdb.model import Dependency, DependencyKind, Item, ItemType, RedundancyGroup
from cmdb.store import Store
from tests.builders import found

IDS = [f"i{number}" for number in range(7)]
TYPES = ["item", "service", "server", "network-device", "hardware"]
KINDS = ["uses", "runs on", "documents"]
GROUPS = ["", "", "ga", "gb"]

ids, kinds = st.sampled_from(IDS), st.sampled_from(KINDS)
statuses = st.sampled_from(["planned", "in service", "retired"])
strengths = st.sampled_from(["hard", "soft"])
needs = st.sampled_from(["1", "2", "3", "50%", "33.4%", "100%", "0.000001%"])
item_types = st.sampled_from(TYPES)
links = st.tuples(ids, kinds, strengths, st.sampled_from(GROUPS))

steps = st.one_of(
    st.tuples(st.just("item"), ids, item_types, statuses),
    st.tuples(st.just("status"), ids, statuses),
    st.tuples(st.just("connect"), ids, links),
    st.tuples(st.just("connect"), ids, links),
    st.tuples(st.just("row"), ids, links),
    st.tuples(st.just("group"), ids, st.sampled_from(["ga", "gb"]), needs, strengths),
    st.tuples(st.just("disconnect"), ids, ids, kinds),
    st.tuples(st.just("replace"), ids, st.lists(links, max_size=4), needs),
    st.tuples(st.just("remove"), ids),
    st.tuples(
        st.just("type"),
        item_types,
        st.sets(statuses),
        st.booleans(),
        st.sampled_from(["", "item", "service"]),
    ),
    st.tuples(st.just("kind"), kinds, st.booleans()),
)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    importlib.import_module("cmdb.tables")
    store = Store.connect(str(tmp_path_factory.mktemp("walk") / "cmdb.db"))
    store.create(site="s", name="Walk")
    return found(store)


def dependency(source, link, group=None):
    target, kind, strength, name = link
    return Dependency(
        source=source, target=target, kind=kind, strength=strength, group=name if group is None else group
    )


def do(uow, step):
    match step:
        case "item", id, type, status:
            value = Item(id=id, type=type, name=id, owner="a.vries", status=status)
            known = tables_graph.find_item(uow, id)
            (tables_graph.put_item if known else tables_graph.add_item)(uow, value)
        case "status", id, status:
            tables_graph.put_item(uow, tables_graph.get_item(uow, id).but(status=status))
        case "connect", source, link:
            item_rules.put_dependency(uow, dependency(source, link))
        case "row", source, link:
            tables_graph.put_dependency(uow, dependency(source, link))
        case "group", source, name, need, strength:
            tables_graph.put_group(
                uow, RedundancyGroup(source=source, name=name, need=need, strength=strength)
            )
        case "disconnect", source, target, kind:
            tables_graph.remove_dependency(uow, source, target, kind)
        case "replace", source, several, need:
            rows = {(link[0], link[1]): dependency(source, link) for link in several}
            strength = {one.group: one.strength for one in rows.values()}
            item_rules.put_needs(
                uow,
                source,
                [one.but(strength=strength[one.group]) if one.group else one for one in rows.values()],
                [
                    RedundancyGroup(source=source, name=name, need=need, strength=strength[name])
                    for name in strength
                    if name
                ],
            )
        case "remove", id:
            tables_graph.remove_item(uow, id)
        case "type", id, serves, service, parent:
            old = uow.get(ItemType, id)
            types.put(uow, old.but(serves=tuple(sorted(serves)), service=service, parent=parent))
        case "kind", id, impact:
            types.put_kind(uow, DependencyKind(id=id, impact=impact))


def attempt(uow, step):
    try:
        do(uow, step)
    except CmdbError as refusal:
        event(refusal.remedy)


def from_scratch(uow):
    """Everything derived, computed the long way."""
    known = {one.id: one for one in uow.all(ItemType)}

    def is_service(type):
        return known[type].service or bool(known[type].parent and is_service(known[type].parent))

    items = uow.rows("SELECT key, type, status FROM item")
    serves = {key: status in known[type].serves for key, type, status in items}
    service = {key: is_service(type) for key, type, _status in items}
    impact = {key: bool(has) for key, has in uow.rows("SELECT key, impact FROM dependency_kind")}
    rows = uow.rows("SELECT source, target, kind, hard, grp FROM dependency")
    margins = {}
    for key, need in uow.rows("SELECT key, need FROM redundancy_group"):
        count = len(
            {target for _, target, kind, _, grp in rows if grp == key and serves[target] and impact[kind]}
        )
        wanted = ceil(Fraction(need[:-1]) / 100 * count) if need.endswith("%") else int(need)
        margins[key] = (count, max(0, count - wanted))
    passes = {}
    for source, target, kind, hard, grp in rows:
        nothing = not impact[kind] or not serves[source] or (grp is not None and not serves[target])
        strength = 0 if nothing else 2 if hard else 1
        passes[source, target, kind] = (strength, margins[grp][1] if grp is not None else None)
    return serves, service, margins, passes


def as_stored(uow):
    items = uow.rows("SELECT key, serves, service FROM item")
    return (
        {key: bool(serves) for key, serves, _ in items},
        {key: bool(service) for key, _, service in items},
        {row[0]: row[1:] for row in uow.rows("SELECT key, members, slack FROM redundancy_group")},
        {row[:3]: row[3:] for row in uow.rows("SELECT source, target, kind, passes, slack FROM dependency")},
    )


# A walk starts in an estate in which most things serve and hang together, so that steps bite.
estates = st.builds(
    lambda types, first: [
        *(("item", id, type, "in service") for id, type in zip(IDS, types, strict=True)),
        *(("connect", source, link) for source, link in first),
    ],
    st.lists(item_types, min_size=len(IDS), max_size=len(IDS)),
    st.lists(st.tuples(ids, links), min_size=8, max_size=16),
)


@settings(max_examples=60)
@given(estates, st.lists(steps, min_size=4, max_size=25))
def test_derived_columns_follow_every_walk_of_writes(walked, start, walk):
    with walked.write() as uow:  # never committed: every walk starts anew
        for step in start:
            attempt(uow, step)
        for step in walk:
            attempt(uow, step)
            assert as_stored(uow) == from_scratch(uow), step
        assert list(tables_derived.mistaken(uow)) == []


@settings(max_examples=30)
@given(estates, st.randoms(use_true_random=False))
def test_whatever_is_spoilt_behind_its_back_is_found_and_mended(walked, walk, random):
    with walked.write() as uow:
        for step in walk:
            attempt(uow, step)
        right = as_stored(uow)
        place = random.choice(["item", "redundancy_group", "dependency"])
        if place == "item":
            uow.rows("UPDATE item SET serves = NOT serves WHERE id = (SELECT MIN(id) FROM item)")
        else:
            uow.rows(f"UPDATE {place} SET slack = 77 WHERE source = (SELECT MIN(source) FROM {place})")
        spoilt = as_stored(uow) != right
        assert bool(list(tables_derived.mistaken(uow))) == spoilt
        tables_derived.mend(uow)
        assert as_stored(uow) == right
        assert list(tables_derived.mistaken(uow)) == []
