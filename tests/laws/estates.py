"""Small random estates, what rules.md 3 says of them in the plainest way, and as a database.

The reference here shares no code with the product: sets, dictionaries and repeated passes.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

KINDS = {"uses": True, "runs on": True, "documents": False}
NAMES = ("none", "reduced redundancy", "degraded", "outage")


@dataclass(frozen=True)
class Thing:
    """An item: its status and whether it is a service."""

    status: str = "in service"
    service: bool = False

    @property
    def serves(self) -> bool:
        return self.status == "in service"


@dataclass(frozen=True)
class Plan:
    """An estate: items by id, (source, target, kind) -> (strength, group), groups -> (need, strength)."""

    things: dict[str, Thing]
    needs: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    groups: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def members(self, source: str, group: str) -> list[str]:
        return sorted(
            {
                target
                for (owner, target, kind), (_strength, name) in self.needs.items()
                if owner == source and name == group and KINDS[kind] and self.things[target].serves
            }
        )

    def needed(self, source: str, group: str) -> int:
        """How many members must serve, never more than there are."""
        need = self.groups[source, group][0]
        count = len(self.members(source, group))
        if need.endswith("%"):
            exact = Fraction(need[:-1]) * count / 100
            return -int(-exact // 1)
        return min(int(need), count)

    def slack(self, source: str, group: str) -> int:
        return len(self.members(source, group)) - self.needed(source, group)


IDS = tuple(f"{letter}{number}" for number in (1, 2) for letter in "hgfedcba")


@st.composite
def plans(draw: st.DrawFn, most: int = 9) -> Plan:
    """Estates with cycles, groups of whole and percent needs, idle items and several kinds a pair."""
    ids = IDS[: draw(st.integers(2, most))]
    statuses = st.sampled_from(["in service"] * 7 + ["planned", "retired"])
    things = {one: Thing(draw(statuses), draw(st.integers(0, 3)) == 0) for one in ids}
    plan = Plan(things)
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ids),
                st.sampled_from(ids),
                st.sampled_from(["uses", "uses", "runs on", "documents"]),
                st.sampled_from(["hard", "hard", "soft"]),
                st.sampled_from(["", "", "pool", "pool", "pair"]),
            ),
            max_size=3 * len(ids),
        )
    )
    for source, target, kind, strength, group in rows:
        if source != target:
            connect(plan, source, target, kind, strength, group, draw)
    return plan


def connect(
    plan: Plan, source: str, target: str, kind: str, strength: str, group: str, draw: st.DrawFn
) -> None:
    if group:
        if (source, group) not in plan.groups:
            plan.groups[source, group] = (draw(NEEDS), strength)
        strength = plan.groups[source, group][1]
    plan.needs[source, target, kind] = (strength, group)


NEEDS = st.sampled_from(["1", "1", "2", "2", "3", "50%", "66.7%", "100%", "0.5%"])


def drop_empty_groups(plan: Plan) -> Plan:
    used = {(source, group) for (source, _t, _k), (_s, group) in plan.needs.items()}
    return replace(plan, groups={place: group for place, group in plan.groups.items() if place in used})


def effects(plan: Plan, down: Iterable[str]) -> dict[str, int]:
    """The least fixed point of rules.md 3, by passes over everything until nothing moves."""
    fallen = set(down)
    effect = {one: 3 if one in fallen else 0 for one in plan.things}
    moved = True
    while moved:
        moved = False
        for one in plan.things:
            worst = max(effect[one], _effect(plan, one, effect, fallen))
            if worst != effect[one]:
                effect[one], moved = worst, True
    return effect


def _effect(plan: Plan, one: str, effect: dict[str, int], fallen: set[str]) -> int:
    if not plan.things[one].serves:
        return 0
    worst = 0
    for (source, target, kind), (strength, group) in plan.needs.items():
        if source != one or group or not KINDS[kind]:
            continue
        if not plan.things[target].serves and target not in fallen:
            continue
        passed = effect[target] if effect[target] >= 2 else 0
        worst = max(worst, passed if strength == "hard" else min(passed, 2))
    for source, group in plan.groups:
        if source == one:
            worst = max(worst, _group_effect(plan, source, group, effect))
    return worst


def _group_effect(plan: Plan, source: str, group: str, effect: dict[str, int]) -> int:
    members = plan.members(source, group)
    n, k = len(members), plan.needed(source, group)
    out = sum(effect[member] == 3 for member in members)
    degraded = sum(effect[member] == 2 for member in members)
    if n == 0:
        return 0
    result = 3 if n - out < k else 2 if n - out - degraded < k else 1 if out + degraded else 0
    return min(result, 2) if plan.groups[source, group][1] == "soft" else result


@dataclass
class Told:
    """Effects with distances, chains and companions, worked out one whole round at a time."""

    effect: dict[str, int]
    distance: dict[str, int]
    because: dict[str, tuple[str, ...]]
    along: dict[str, tuple[str, ...]]


def explained(plan: Plan, down: Iterable[str]) -> Told:
    """Rounds and causes of rules.md 3: outage first, then degraded, then reduced redundancy."""
    fallen = sorted(set(down))
    final = effects(plan, fallen)
    told = Told(final, dict.fromkeys(fallen, 0), {one: (one,) for one in fallen}, dict.fromkeys(fallen, ()))
    for rank in (3, 2, 1):
        for level in range(1, 2 * len(plan.things) + 2):
            fresh = {}
            for one in sorted(plan.things):
                if final[one] == rank and one not in told.distance:
                    causes = _causes(plan, one, rank, level, told, set(fallen))
                    if causes:
                        fresh[one] = min(causes, key=lambda cause: _order(plan, one, cause, final))
            for one, (target, group) in fresh.items():
                told.distance[one] = level
                told.because[one] = (one, *told.because[target])
                told.along[one] = (target, group)  # type: ignore[assignment]
    for one, cause in told.along.items():
        if cause:
            told.along[one] = _companions(plan, one, cause[0], cause[1], final)
    return told


def _causes(
    plan: Plan, one: str, rank: int, level: int, told: Told, fallen: set[str]
) -> list[tuple[str, str]]:
    """(target, group) whose loss in round level - 1 first made the effect hold."""
    final, distance = told.effect, told.distance

    def lost(target: str) -> bool:
        return target in distance and distance[target] < level and final[target] >= (3 if rank == 3 else 2)

    found = []
    for (source, target, kind), (strength, group) in plan.needs.items():
        if source != one or group or not KINDS[kind] or not lost(target) or rank == 1:
            continue
        if not plan.things[target].serves and target not in fallen:
            continue
        if rank == 3 and strength == "soft":
            continue
        if distance[target] == level - 1:
            found.append((target, ""))
    for source, group in plan.groups:
        if source != one or (rank == 3 and plan.groups[source, group][1] == "soft"):
            continue
        gone = sorted((distance[m], m) for m in plan.members(source, group) if lost(m))
        place = 0 if rank == 1 else plan.slack(source, group)
        if len(gone) > place and gone[place][0] == level - 1:
            found.append((gone[place][1], group))
    return found


def _order(plan: Plan, one: str, cause: tuple[str, str], final: dict[str, int]) -> tuple[Any, ...]:
    """By target; then a plain dependency first; then the group whose other losses come first."""
    target, group = cause
    return target, bool(group), _companions(plan, one, target, group, final)


def _companions(plan: Plan, one: str, target: str, group: str, final: dict[str, int]) -> tuple[str, ...]:
    if not group:
        return ()
    least = 3 if final[one] == 3 else 2
    return tuple(m for m in plan.members(one, group) if final[m] >= least and m != target)


def links(plan: Plan, fallen: set[str]) -> set[tuple[str, str]]:
    """(source, target) along which something may be passed on."""
    found = set()
    for (source, target, kind), (_strength, group) in plan.needs.items():
        serves = plan.things[target].serves or (not group and target in fallen)
        if KINDS[kind] and plan.things[source].serves and serves:
            found.add((source, target))
    return found


def above(plan: Plan, fallen: set[str]) -> dict[str, tuple[str, ...]]:
    """What lies above items that lost margin, without an effect of its own: shortest chain each."""
    told = explained(plan, fallen)
    chains = {one: told.because[one] for one, rank in told.effect.items() if rank == 1}
    margin = set(chains)
    for level in range(1, 2 * len(plan.things) + 2):
        fresh: dict[str, tuple[str, ...]] = {}
        for source, target in sorted(links(plan, fallen), key=lambda pair: pair[1], reverse=True):
            reached = target in chains and len(chains[target]) == level
            if reached and told.effect[source] == 0 and source not in chains:
                fresh[source] = (source, *chains[target])
        chains.update(fresh)
    return {one: chain for one, chain in chains.items() if one not in margin}


def next_failures(plan: Plan, fallen: set[str]) -> list[tuple[str, str]]:
    """Remaining members of touched groups at margin 0 that would take a service down, tried one by one."""
    effect = effects(plan, fallen)
    candidates = set()
    for source, group in plan.groups:
        if not plan.things[source].serves or effect[source] == 3:
            continue
        members = plan.members(source, group)
        gone = [member for member in members if effect[member] >= 2]
        out = [member for member in gone if effect[member] == 3]
        slack = plan.slack(source, group)
        if gone and len(gone) == slack:
            candidates |= set(members) - set(gone)
        if out and len(out) == slack:
            candidates |= set(members) - set(out)
    found = []
    for one in sorted(candidates):
        after = effects(plan, {*fallen, one})
        worse = [
            other
            for other in sorted(plan.things)
            if plan.things[other].service and after[other] == 3 and effect[other] < 3
        ]
        if worse:
            found.append((one, worse[0]))
    return found


class Stored:
    """A plan as rows in a database laid out like a site's, with the derived columns filled in."""

    def __init__(self, layout: Iterable[str]) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in layout:
            self.connection.execute(statement)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def hold(self, plan: Plan) -> None:
        """Replace whatever is in the database by this plan."""
        for table in ("dependency", "redundancy_group", "item", "item_type", "dependency_kind", "person"):
            self.rows(f"DELETE FROM {table}")
        self.rows("INSERT INTO person VALUES ('p.owner','P Owner','p@example.org','',1,'[]','draft')")
        for key, (kind, impact) in enumerate(KINDS.items(), 1):
            self.rows("INSERT INTO dependency_kind VALUES (?,?,?,'draft')", key, kind, impact)
        kinds = {kind: key for key, kind in enumerate(KINDS, 1)}
        keys = {one: key for key, one in enumerate(plan.things, 10)}
        for one, thing in plan.things.items():
            self.rows(
                "INSERT INTO item (key,id,type,name,owner,owner_active,status,level,custody,criterion,points,"
                "characteristics,serves,service,operating,revision) VALUES"
                " (?,?,'thing',?,'p.owner',1,?,'draft','ours','','[]','{}',?,?,'up',1)",
                *(keys[one], one, f"The {one}", thing.status, thing.serves, thing.service),
            )
        group_keys = {}
        for key, ((source, name), (need, strength)) in enumerate(plan.groups.items(), 50):
            group_keys[source, name] = key
            members, slack = len(plan.members(source, name)), plan.slack(source, name)
            self.rows(
                "INSERT INTO redundancy_group (key,source,name,need,hard,members,slack)"
                " VALUES (?,?,?,?,?,?,?)",
                *(key, keys[source], name, need, strength == "hard", members, slack),
            )
        for (source, target, kind), (strength, group) in plan.needs.items():
            counts = KINDS[kind] and plan.things[source].serves
            counts = counts and (not group or plan.things[target].serves)
            self.rows(
                "INSERT INTO dependency (source,target,kind,hard,grp,slack,passes) VALUES (?,?,?,?,?,?,?)",
                *(keys[source], keys[target], kinds[kind], strength == "hard"),
                group_keys.get((source, group)),
                plan.slack(source, group) if group else None,
                (2 if strength == "hard" else 1) if counts else 0,
            )


def shown(value: Any) -> str:
    return json.dumps(value, indent=1, default=str)
