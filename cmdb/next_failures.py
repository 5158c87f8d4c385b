"""The next single failures: what, after this outage, must not fail as well.

Candidates are the remaining members of groups that were touched and are now at margin 0; those
count whose loss puts a service in outage that is not in outage yet. A group some of whose members
are merely degraded has lost its margin to degraded and may still have one to outage: where that is
gone as well, degraded members are candidates too, since they carry what is left. All are followed
at once: each item carries a whole number whose bit i says "in outage if candidate i fails too".
Pure. Source: rules.md 3.
"""

import sys
from typing import NamedTuple

from cmdb.spread import DEGRADED, HARD, OUTAGE, Spread


class NextFailures(NamedTuple):
    """Pairs (item, first service it would take down) by item id; `total` is None when cut off."""

    total: int | None
    first: tuple[tuple[str, str], ...]


def next_failures(spread: Spread, *, most: int, limit: int | None) -> NextFailures:
    """Find the next single failures; at most `most` are listed.

    Exact, unless more than `limit` items lie above the candidates: then those listed are true but
    the total is unknown.
    """
    candidates, ids, complete = _candidates(spread, limit)
    if not candidates:
        return NextFailures(0 if complete else None, ())
    falls, followed = _follow(spread, candidates, limit)
    services = {item for item in spread.estate.services(list(falls)) if spread.effect.get(item) != OUTAGE}
    names = {fact[0]: fact[1] for fact in spread.estate.facts(services)}
    first: dict[int, str] = {}
    taken = 0
    for service in sorted(services, key=names.__getitem__):
        fresh = falls[service] & ~taken
        taken |= fresh
        while fresh:
            lowest = fresh & -fresh
            first[lowest.bit_length() - 1] = names[service]
            fresh ^= lowest
    listed = tuple((ids[candidates[bit]], first[bit]) for bit in sorted(first)[:most])
    return NextFailures(len(first) if complete and followed else None, listed)


def _candidates(spread: Spread, limit: int | None) -> tuple[list[int], dict[int, str], bool]:
    """The remaining members of touched groups at margin 0, in id order."""
    effect, losses = spread.effect, spread.lost
    most = sys.maxsize if limit is None else limit
    tight: dict[int, int] = {}
    carrying: set[int] = set()
    for group, (source, slack, _passes) in spread.touched.items():
        lost = losses[group]
        if len(lost) < slack or not slack or effect.get(source) == OUTAGE:
            continue
        if len(lost) == slack:
            tight[group] = source
        if len(spread.out_of(group)) == slack:
            tight[group] = source
            carrying.update([member for member in lost if effect[member] < OUTAGE])
        if len(tight) > most:
            return [], {}, False
    members = {one for one in spread.estate.members(tight) if spread.effect.get(one, 0) < DEGRADED}
    members |= carrying
    ids = {fact[0]: fact[1] for fact in spread.estate.facts(members)}
    return sorted(members, key=ids.__getitem__), ids, True


def _follow(spread: Spread, candidates: list[int], limit: int | None) -> tuple[dict[int, int], bool]:
    """For every item above the candidates, the candidates whose loss puts it in outage."""
    out = {item for effect, _distance, items in spread.levels if effect == OUTAGE for item in items}
    falls = {item: 1 << bit for bit, item in enumerate(candidates)}
    spare: dict[int, int] = {}  # how many more members each group can lose
    seen: dict[int, set[int]] = {}
    changed: set[int] = set(candidates)
    while changed:
        if limit is not None and len(falls) > limit:
            return falls, False
        above = spread.estate.rising(sorted(changed))
        changed = set()
        for source, target in zip(*above.hard, strict=True):
            if source not in out:
                known = falls.get(source, 0)
                more = falls[target] | known
                if more != known:
                    falls[source] = more
                    changed.add(source)
        weakened: dict[int, int] = {}  # groups that may give way now: whose they are
        for source, target, passes, group, slack in zip(*above.grouped, strict=True):
            if passes != HARD or source in out:
                continue
            members = seen.get(group)
            if members is None:
                members = seen[group] = set()
                spare[group] = slack - (len(spread.out_of(group)) if group in spread.lost else 0)
            members.add(target)
            if len(members) > spare[group]:  # else enough others stay, whatever fails with them
                weakened[group] = source
        for group, source in weakened.items():
            known = falls.get(source, 0)
            more = known | _at_least(spare[group] + 1, [falls[member] for member in seen[group]])
            if more != known:
                falls[source] = more
                changed.add(source)
    return falls, True


def _at_least(count: int, sets: list[int]) -> int:
    """The bits that stand in at least `count` of the sets, of which there are that many."""
    if count == 1 == len(sets):
        return sets[0]
    if count == 2 == len(sets):
        return sets[0] & sets[1]
    levels = [0] * count
    for one in sets:
        for place in range(count - 1, 0, -1):
            levels[place] |= levels[place - 1] & one
        levels[0] |= one
    return levels[-1]
