"""Why an item is hit, step by step; and why it is not, or not worse.

Every step names the dependency or the group that passed the effect on, with its numbers; every
reason names the rule that held it back. Pure. Source: rules.md 3.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import NamedTuple

from cmdb.chains import Chains
from cmdb.errors import Refused
from cmdb.estate import Estate, Group, Need
from cmdb.impact import Impact, broken_before, down_keys, impact
from cmdb.spread import DEGRADED, EFFECTS, NONE, OUTAGE, REDUCED, Spread


class Step(NamedTuple):
    """One link of a chain: `id` has its effect because of `target`.

    In a group: how many members served before and serve now, how many are needed, and `along`, the
    other members lost. `inherited`: a service above an item that lost margin has no effect of its own,
    nor has what lies between.
    """

    id: str
    effect: str
    target: str
    kinds: tuple[str, ...]
    strength: str
    group: str
    need: str
    before: int
    after: int
    along: tuple[str, ...]
    inherited: bool = False


class Why(NamedTuple):
    """An item's effect and the steps from it back to an item that is down (none: it is down itself)."""

    id: str
    effect: str
    distance: int
    steps: tuple[Step, ...]


class Reason(NamedTuple):
    """What held an effect back.

    `rule` is one of: `saved` (a group has enough left), `soft` (passes on degraded at most),
    `degraded only` (the target, or members of the group, still work), `no impact` (the kind only
    documents), `does not serve` (this target, this group's members, or the item itself), `below was
    saved` (`path` leads to the item whose group held), `not reached`.
    """

    rule: str
    target: str = ""
    kind: str = ""
    group: str = ""
    need: str = ""
    before: int = 0
    after: int = 0
    path: tuple[str, ...] = ()


class WhyNot(NamedTuple):
    """An item's effect and what kept it from being worse, in the order of what it needs."""

    id: str
    effect: str
    reasons: tuple[Reason, ...]


def why(estate: Estate, item: str, down: Collection[str]) -> Why:
    """Explain the effect on one item. Raises Refused when it is not hit, NotFound for unknown ids."""
    spread, key = _asked(estate, item, down)
    if spread.effect.get(key, NONE) == NONE:
        below = inherited(impact(estate, down), item)
        if below:
            return _inherited(estate, spread, below, down)
        raise Refused(
            f"{item} is not hit when {_listed(down)} down.",
            f"See what holds it up: 'cmdb why-not {item} --down {' '.join(sorted(set(down)))}'.",
        )
    ids = _ids(estate, spread.effect)
    chains = Chains(spread, ids)
    path = [key]
    while path[-1] in chains.targets:
        path.append(chains.targets[path[-1]])
    needs = list(estate.needs(path[:-1]))
    groups = {group.key: group for group in estate.groups_of(path[:-1])}
    steps = tuple(_step(chains, source, target, needs, groups) for source, target in pairwise(path))
    return Why(item, EFFECTS[spread.effect[key]], spread.distance[key], steps)


def inherited(answer: Impact, id: str) -> tuple[str, ...]:
    """Through whom a service inherits the loss of margin below it, which no rule of its own groups shows."""
    return next((one.because for one in answer.services if one.id == id and one.inherited), ())


def _inherited(estate: Estate, spread: Spread, because: tuple[str, ...], down: Collection[str]) -> Why:
    """The steps of a service down to the item that lost margin, and from there on that item's own."""
    keys = estate.keys(because)
    above = [id for id in because if keys[id] not in spread.effect]
    needs = list(estate.needs([keys[id] for id in above]))
    groups = {group.key: group.name for group in estate.groups_of([keys[id] for id in above])}
    steps = []
    for source, target in pairwise(because[: len(above) + 1]):
        rows = [need for need in needs if need[:2] == (keys[source], keys[target]) and need.passes]
        grouped = sorted(groups[need.group] for need in rows if need.group is not None)
        plain = len(grouped) < len(rows)
        steps.append(
            Step(
                source,
                EFFECTS[REDUCED],
                target,
                tuple(sorted(need.kind for need in rows)),
                "hard" if any(need.hard for need in rows) else "soft",
                "" if plain else grouped[0],
                *("", 0, 0, ()),
                inherited=True,
            )
        )
    rest = why(estate, because[len(above)], down)
    return Why(because[0], EFFECTS[REDUCED], len(above) + rest.distance, (*steps, *rest.steps))


def _listed(down: Collection[str]) -> str:
    names = sorted(set(down))
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _step(chains: Chains, source: int, target: int, needs: list[Need], groups: Mapping[int, Group]) -> Step:
    spread, ids = chains.spread, chains.ids
    key = chains.groups.get(source)
    rows = [need for need in needs if need[:2] == (source, target) and need.group == key and need.passes]
    group = groups[key] if key is not None else None
    gone = len(spread.lost[key]) if key is not None else 0
    return Step(
        ids[source],
        EFFECTS[spread.effect[source]],
        ids[target],
        tuple(sorted(need.kind for need in rows)),
        "hard" if any(need.hard for need in rows) else "soft",
        group.name if group else "",
        group.need if group else "",
        group.members if group else 0,
        group.members - gone if group else 0,
        chains.along(source),
    )


def why_not(estate: Estate, item: str, down: Collection[str]) -> WhyNot:
    """Explain why an item is not hit, or no worse. Raises Refused when it is in outage."""
    spread, key = _asked(estate, item, down)
    effect = spread.effect.get(key, NONE)
    if effect == OUTAGE:
        raise Refused(
            f"{item} is in outage when {_listed(down)} down.",
            f"See the chain: 'cmdb why {item} --down {' '.join(sorted(set(down)))}'.",
        )
    if not next(iter(estate.facts([key])))[8]:
        return WhyNot(item, EFFECTS[effect], (Reason("does not serve"),))
    reasons = _reasons(estate, spread, key)
    if not reasons:
        path = _way_down(estate, spread, key)
        reasons = [Reason("below was saved", path[-1], path=path)] if path else [Reason("not reached")]
    return WhyNot(item, EFFECTS[effect], tuple(reasons))


def _reasons(estate: Estate, spread: Spread, key: int) -> list[Reason]:
    """What the item's own dependencies and groups held back."""
    needs = list(estate.needs([key]))
    names = _ids(estate, {need.target for need in needs})
    reasons = []
    for need in sorted(needs, key=lambda one: (names[one.target], one.kind)):
        hit = spread.effect.get(need.target, NONE)
        target, kind = names[need.target], need.kind
        if not need.impact:
            if hit >= DEGRADED:
                reasons.append(Reason("no impact", target, kind))
        elif not need.serves and hit == NONE:
            if need.group is None:
                reasons.append(Reason("does not serve", target, kind))
        elif need.group is None and hit >= DEGRADED:
            reasons.append(Reason("soft" if hit == OUTAGE else "degraded only", target, kind))
    for group in sorted(estate.groups_of([key]), key=lambda one: one.name):
        gone = len(spread.lost.get(group.key, ()))
        if gone <= group.slack and gone:
            rule = "saved"
        elif gone:
            rule = "degraded only" if group.hard else "soft"
        elif broken_before(group.need, group.members):
            rule = "does not serve"
        else:
            continue
        reasons.append(Reason(rule, "", "", group.name, group.need, group.members, group.members - gone))
    return reasons


def _way_down(estate: Estate, spread: Spread, key: int) -> tuple[str, ...]:
    """The shortest way from the item down to one that lost margin; empty when there is none."""
    came: dict[int, int] = {key: key}
    frontier = [key]
    while frontier:
        found: dict[int, list[int]] = {}
        for need in estate.needs(frontier):
            if need.passes and need.target not in came:
                found.setdefault(need.target, []).append(need.source)
        names = _ids(estate, {*found, *(source for sources in found.values() for source in sources)})
        came.update({target: min(sources, key=names.__getitem__) for target, sources in found.items()})
        reached = [target for target in found if spread.effect.get(target) == REDUCED]
        if reached:
            path = [min(reached, key=names.__getitem__)]
            while path[-1] != key:
                path.append(came[path[-1]])
            known = _ids(estate, path)
            return tuple(known[one] for one in reversed(path))
        frontier = list(found)
    return ()


def _asked(estate: Estate, item: str, down: Collection[str]) -> tuple[Spread, int]:
    keys = down_keys(estate, tuple(sorted({item, *down}) if down else ()))
    return Spread(estate, [keys[one] for one in set(down)]), keys[item]


def _ids(estate: Estate, keys: Collection[int]) -> dict[int, str]:
    return {fact[0]: fact[1] for fact in estate.facts(keys)}
