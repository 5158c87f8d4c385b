"""The estate as it would be after a change: a difference laid over what the database holds.

`GraphDelta` says what the change does to the graph; `ChangedEstate` answers every question of
impact as if it had been done, and writes nothing. What a change touches is read once and worked
out again here by the rules the stored columns follow; all else is passed through.
Source: rules.md 3 and 5; house.md, Rooms.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cmdb.errors import NotFound
from cmdb.estate import (
    Contact,
    Described,
    Estate,
    Facts,
    Group,
    Link,
    Need,
    Rising,
    described,
    in_columns,
)
from cmdb.model import Dependency, Item, RedundancyGroup, Value, needed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem(Value):
    """An item as it would be: `serves` says whether its status does, `service` what its type is."""

    item: Item
    serves: bool = True
    service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphDelta(Value):
    """What a change does to the graph.

    `items` are added, or stand in for those of the same id (a retired one no longer serves).
    `removed` items go with everything that hangs on them. `connected` adds dependencies or
    replaces those of the same (source, target, kind); `disconnected` names such triples. `groups`
    adds redundancy groups or replaces those of the same (source, name).
    """

    items: tuple[PlannedItem, ...] = ()
    removed: tuple[str, ...] = ()
    connected: tuple[Dependency, ...] = ()
    disconnected: tuple[tuple[str, str, str], ...] = ()
    groups: tuple[RedundancyGroup, ...] = ()


class ChangedEstate:
    """An estate with a change laid over it; itself an estate, so another change can lie on top.

    Raises NotFound for an item, group or kind that neither the estate nor the change has.
    """

    def __init__(self, base: Estate, delta: GraphDelta) -> None:
        self._base = base
        self.next_key = base.next_key
        self._ids = base.keys(_named(delta))
        self._planned: dict[int, PlannedItem] = {}
        for planned in delta.items:
            self._planned[self._ids.setdefault(planned.item.id, self._fresh_key())] = planned
        self._removed = {self._key(name) for name in delta.removed}
        self._touched = self._touched_sources(delta)
        self._serves = self._serving(delta)
        self._groups = self._changed_groups(delta)
        self._needs: dict[int, list[Need]] = {source: [] for source in self._touched}
        self._links: dict[int, list[Link]] = {}
        self._work_out(delta)

    def _fresh_key(self) -> int:
        self.next_key += 1
        return self.next_key - 1

    def _key(self, name: str) -> int:
        if name not in self._ids:
            raise NotFound(f"There is no item '{name}'.", f"Look for it with 'cmdb item search {name}'.")
        return self._ids[name]

    def _touched_sources(self, delta: GraphDelta) -> set[int]:
        """Every source whose dependencies or groups come out differently."""
        moved = {*self._planned, *self._removed}
        named = [*(one.source for one in delta.connected), *(one.source for one in delta.groups)]
        named += [source for source, _target, _kind in delta.disconnected]
        return {*moved, *map(self._key, named), *self._base.sources(moved)}

    def _serving(self, delta: GraphDelta) -> dict[int, bool]:
        """Whether the touched sources and the new targets serve."""
        asked = {*self._touched, *(self._key(one.target) for one in delta.connected)}
        serves = {fact[0]: bool(fact[8]) for fact in self._base.facts(asked)}
        serves.update({key: planned.serves for key, planned in self._planned.items()})
        return serves

    def _changed_groups(self, delta: GraphDelta) -> dict[tuple[int, str], Group]:
        groups = {(group.source, group.name): group for group in self._base.groups_of(self._touched)}
        for wanted in delta.groups:
            place = self._key(wanted.source), wanted.name
            key = groups[place].key if place in groups else self._fresh_key()
            groups[place] = Group(key, *place, wanted.need, wanted.strength == "hard", 0, 0)
        return groups

    def _work_out(self, delta: GraphDelta) -> None:
        rows = self._rows(delta)
        kept = {need.group for need in rows}  # a group goes with its last member
        self._groups = {place: group for place, group in self._groups.items() if group.key in kept}
        members: dict[int, set[int]] = {}
        for need in rows:
            if need.group is not None and need.serves and need.impact:
                members.setdefault(need.group, set()).add(need.target)
        for place, group in self._groups.items():
            count = len(members.get(group.key, ()))
            slack = max(0, count - needed(group.need, count))
            self._groups[place] = group._replace(members=count, slack=slack)
        self._by_key = {group.key: group for group in self._groups.values()}
        for need in rows:
            group_of = None if need.group is None else self._by_key[need.group]
            hard = need.hard if group_of is None else group_of.hard
            counts = need.impact and self._serves[need.source] and (group_of is None or need.serves)
            passes = (2 if hard else 1) if counts else 0
            self._needs[need.source].append(need._replace(hard=hard, passes=passes))
            if passes:
                slack_of = None if group_of is None else group_of.slack
                link = (need.target, need.source, passes, need.group, slack_of)
                self._links.setdefault(need.target, []).append(link)

    def _rows(self, delta: GraphDelta) -> list[Need]:
        """The dependencies of the touched sources, as the change leaves them."""
        gone = {(self._key(source), self._key(target), kind) for source, target, kind in delta.disconnected}
        rows = {}
        for need in self._base.needs(self._touched):
            if need.source in self._removed or need.target in self._removed:
                continue
            if (need.source, need.target, need.kind) not in gone:
                serves = self._serves.get(need.target, need.serves)
                rows[need.source, need.target, need.kind] = need._replace(serves=serves)
        kinds = self._base.kinds() if delta.connected else {}
        for one in delta.connected:
            source, target = self._key(one.source), self._key(one.target)
            if one.kind not in kinds:
                known = ", ".join(sorted(kinds))
                raise NotFound(f"There is no dependency kind '{one.kind}'.", f"Use one of: {known}.")
            group = self._groups.get((source, one.group)) if one.group else None
            if one.group and group is None:
                raise NotFound(
                    f"{one.source} has no redundancy group '{one.group}'.",
                    "Say how many of its members are needed: give the group's need.",
                )
            rows[source, target, one.kind] = Need(
                source,
                target,
                one.kind,
                one.strength == "hard",
                None if group is None else group.key,
                0,
                self._serves[target],
                kinds[one.kind],
                None,
            )
        return list(rows.values())

    def keys(self, ids: Collection[str]) -> dict[str, int]:
        """Give the keys of the ids that exist after the change."""
        known = self._base.keys(ids)
        known.update({name: self._ids[name] for name in ids if name in self._ids})
        return {name: key for name, key in known.items() if key not in self._removed}

    def links(self, targets: Collection[int]) -> Iterable[Link]:
        """Give what needs these items after the change and passes something on."""
        for link in self._base.links(targets):
            if link[1] not in self._touched:
                yield link
        for target in targets:
            yield from self._links.get(target, ())

    def rising(self, targets: Collection[int]) -> Rising:
        """Give the same as `links`, column by column."""
        return in_columns(self.links(targets))

    def above(self, targets: Collection[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Give the same as `links`, of each only its source and its target."""
        links = list(self.links(targets))
        return [link[1] for link in links], [link[0] for link in links]

    def facts(self, keys: Collection[int]) -> Iterable[Facts]:
        """Describe items as the change leaves them."""
        yield from self._base.facts([key for key in keys if key not in self._planned])
        for key in self._planned.keys() & set(keys):
            planned = self._planned[key]
            item = planned.item
            group, party = item.group or None, item.party or None
            yield (
                key,
                item.id,
                item.type,
                item.name,
                item.owner,
                group,
                party,
                planned.service,
                planned.serves,
            )

    def described(self, keys: Sequence[int]) -> Described:
        """Describe items as the change leaves them, column by column."""
        return described(keys, self.facts(keys))

    def needs(self, sources: Collection[int]) -> Iterable[Need]:
        """Give everything these items need after the change."""
        yield from self._base.needs(self._untouched(sources))
        for source in self._touched & set(sources):
            yield from self._needs[source]

    def members(self, groups: Mapping[int, int]) -> Iterable[int]:
        """Give the serving members of redundancy groups, which are {group key: source key}."""
        below = {key: source for key, source in groups.items() if source not in self._touched}
        yield from self._base.members(below)
        for source in {source for key, source in groups.items() if key not in below}:
            yield from (need.target for need in self._needs[source] if need.passes and need.group in groups)

    def sources(self, targets: Collection[int]) -> Collection[int]:
        """Give what needs these items after the change."""
        asked = set(targets)
        own = {source for source, needs in self._needs.items() if any(need.target in asked for need in needs)}
        return own | (set(self._base.sources(targets)) - self._touched)

    def kinds(self) -> dict[str, bool]:
        """Give every kind of dependency, and whether it carries impact."""
        return self._base.kinds()

    def groups(self, keys: Collection[int]) -> Iterable[Group]:
        """Describe redundancy groups as the change leaves them."""
        yield from self._base.groups([key for key in keys if key not in self._by_key])
        yield from (self._by_key[key] for key in keys if key in self._by_key)

    def groups_of(self, sources: Collection[int]) -> Iterable[Group]:
        """Give all redundancy groups of these items."""
        yield from self._base.groups_of(self._untouched(sources))
        asked = set(sources)
        yield from (group for group in self._groups.values() if group.source in asked)

    def groups_without_slack(self, sources: Collection[int]) -> Iterable[Group]:
        """Give the groups of these items that can lose no member."""
        yield from self._base.groups_without_slack(self._untouched(sources))
        asked = set(sources)
        yield from (group for group in self._groups.values() if group.source in asked and group.slack == 0)

    def idle_needs(self, sources: Collection[int]) -> Iterable[tuple[int, int]]:
        """Give ungrouped dependencies with impact on targets that do not serve."""
        yield from self._base.idle_needs(self._untouched(sources))
        for source in self._touched & set(sources):
            for need in self._needs[source]:
                if need.group is None and need.passes and not need.serves:
                    yield source, need.target

    def services(self, keys: Collection[int]) -> Collection[int]:
        """Give those of the items that are services."""
        found = self._base.services([key for key in keys if key not in self._planned])
        planned = self._planned.keys() & set(keys)
        return [*found, *(key for key in planned if self._planned[key].service)]

    def weakest(self, used: Mapping[int, int]) -> tuple[int, int, str | None] | None:
        """Give the need never confirmed, or confirmed longest ago; a new dependency was never confirmed."""
        found = [
            (need.source, need.target, need.confirmed_at)
            for source in self._touched & used.keys()
            for need in self._needs[source]
            if need.target == used[source]
        ]
        stored = {source: target for source, target in used.items() if source not in self._touched}
        below = self._base.weakest(stored) if stored else None
        if below is not None:
            found.append(below)
        return min(found, key=lambda one: (one[2] or "", one[0], one[1]), default=None)

    def customers(self, services: Collection[str]) -> Iterable[tuple[str, str]]:
        """Give (service, party) of every customer some service was promised to."""
        return self._base.customers(services)

    def contacts(
        self, people: Collection[str], groups: Collection[str], parties: Collection[str]
    ) -> Iterable[Contact]:
        """Say how to reach these people, groups and parties."""
        return self._base.contacts(people, groups, parties)

    def _untouched(self, sources: Collection[int]) -> list[int]:
        return [source for source in sources if source not in self._touched]


def _named(delta: GraphDelta) -> list[str]:
    """Every item id the change speaks of."""
    named = [*(planned.item.id for planned in delta.items), *delta.removed]
    named += [end for one in delta.connected for end in (one.source, one.target)]
    named += [end for row in delta.disconnected for end in row[:2]]
    named += [group.source for group in delta.groups]
    return list(dict.fromkeys(named))
