"""What must hold of an item and what it needs, whoever writes it: an owner, an import, a check-in.

Every function runs inside a transaction, says everything that is wrong at once, and never commits.
A connection (`connects to`) holds both ways and is two rows. Source: rules.md 2.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from cmdb import (
    tables_graph,
    tables_work,  # noqa: F401 - registers the rows of holds
    types,
)
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Dependency, Group, Item, ItemType, Party, Person, RedundancyGroup, check, shown
from cmdb.roles import allowed, roles_of
from cmdb.store import UnitOfWork
from cmdb.work import Hold

BOTH_WAYS = ("connects to",)  # kinds of dependency in which each end needs the other


def check_item(uow: UnitOfWork, item: Item) -> None:
    """Raise Invalid with everything about an item that does not fit what is stored around it."""
    problems: list[str] = []
    owner = uow.find(Person, item.owner)
    if owner is None:
        problems.append(f"The owner '{shown(item.owner)}' is not a registered person.")
    elif not owner.active:
        problems.append(f"The owner {owner.id} is not active.")
    if item.group and uow.find(Group, item.group) is None:
        problems.append(f"There is no group '{shown(item.group)}'.")
    if item.party and uow.find(Party, item.party) is None:
        problems.append(f"There is no party '{shown(item.party)}'.")
    try:
        kind = types.effective(uow, item.type)
    except NotFound as unknown:
        problems.append(f"{unknown.reason} {unknown.remedy}")
    else:
        problems += types.characteristic_problems(types.validator(kind), item.characteristics)
        problems += _not_unique(uow, kind, item)
    check(f"Item '{item.id}'", problems)


def check_needs(uow: UnitOfWork, item: Item) -> None:
    """Raise Invalid when the type of an item does not allow what it needs already."""
    needs = tables_graph.dependencies_of(uow, item.id)
    check(f"Item '{item.id}'", _kind_problems(types.effective(uow, item.type), needs))


def check_dependency(uow: UnitOfWork, dependency: Dependency, *, need: str = "") -> None:
    """Raise Invalid or NotFound with what does not fit around a dependency. Changes nothing."""
    source = tables_graph.get_item(uow, dependency.source)
    tables_graph.get_item(uow, dependency.target)
    others = [
        one
        for one in tables_graph.dependencies_of(uow, dependency.source)
        if (one.target, one.kind) != (dependency.target, dependency.kind)
    ]
    check(
        f"The dependency {dependency.source} -> {dependency.target}",
        [
            *_unknown_kinds(uow, [dependency]),
            *_kind_problems(types.effective(uow, source.type), [*others, dependency]),
        ],
    )
    if not dependency.group and need:
        raise Invalid(
            "A need belongs to a redundancy group.", "Name the group with --group, or leave the need out."
        )
    known = {one.name: one for one in tables_graph.groups_of(uow, dependency.source)}
    old = known.get(dependency.group)
    if old is not None and need not in ("", old.need):
        _refuse_other_need(dependency, need, old, others)


def put_dependency(uow: UnitOfWork, dependency: Dependency, *, need: str = "") -> None:
    """Store a dependency inside a transaction, with its group, after the checks of the source's type."""
    check_dependency(uow, dependency, need=need)
    known = {one.name for one in tables_graph.groups_of(uow, dependency.source)}
    if dependency.group and dependency.group not in known:
        group = RedundancyGroup(
            source=dependency.source, name=dependency.group, need=need or "1", strength=dependency.strength
        )
        tables_graph.put_group(uow, group)
    tables_graph.put_dependency(uow, dependency)


def put_needs(
    uow: UnitOfWork, source: str, needs: Sequence[Dependency], groups: Sequence[RedundancyGroup]
) -> None:
    """Make these, and nothing else, what an item needs, after the checks of its type on the whole.

    Raises Invalid with every problem at once, NotFound for a target that does not exist.
    """
    item = tables_graph.get_item(uow, source)
    check(
        f"What {source} needs",
        [
            *_unknown_kinds(uow, needs),
            *_kind_problems(types.effective(uow, item.type), needs),
            *(
                f"{source} -> {one.target} is in the group '{one.group}', which is not described."
                for one in needs
                if one.group and one.group not in {group.name for group in groups}
            ),
            *(
                f"{one.source} -> {getattr(one, 'target', one)} is not about {source}."
                for one in needs
                if one.source != source
            ),
        ],
    )
    tables_graph.replace_needs(uow, source, needs, groups)


def missing_needs(uow: UnitOfWork, item: Item) -> list[str]:
    """Say which dependencies the type of an item asks for and it does not have.

    Not asked of drafts as they grow: of what comes under control, and by audits.
    """
    needs = tables_graph.dependencies_of(uow, item.id)
    return [
        f"A {item.type} needs at least {rule.minimum} by '{rule.kind}'; {item.id} has {has}."
        for rule in types.effective(uow, item.type).kinds
        if (has := sum(1 for one in needs if one.kind == rule.kind)) < rule.minimum
    ]


def rows_of(dependency: Dependency) -> tuple[Dependency, ...]:
    """The rows a statement "source kind target" stands for: two where the kind holds both ways.

    The row back is in no redundancy group: a group belongs to the source it is named for.
    """
    if dependency.kind not in BOTH_WAYS:
        return (dependency,)
    return dependency, dependency.but(source=dependency.target, target=dependency.source, group="")


def one_dependency(uow: UnitOfWork, source: str, target: str, kind: str = "") -> Dependency:
    """Find the dependency meant by a pair and, where there are several, a kind."""
    pair = [
        one
        for one in tables_graph.dependencies_of(uow, source)
        if one.target == target and kind in ("", one.kind)
    ]
    if not pair:
        by = f" by '{kind}'" if kind else ""
        raise NotFound(
            f"{source} does not depend on {target}{by}.", f"See what it needs: 'cmdb item show {source}'."
        )
    if len(pair) > 1:
        kinds = ", ".join(one.kind for one in pair)
        raise Invalid(f"{source} needs {target} in several ways: {kinds}.", "Say which with --kind.")
    return pair[0]


def refuse_needed(uow: UnitOfWork, id: str, *, moved: frozenset[tuple[str, str, str]] = frozenset()) -> None:
    """Raise Refused when something in service needs an item; `moved` are dependencies going away too."""
    holding = [
        (source, kind)
        for source, kind in uow.rows(
            "SELECT s.id, k.id FROM dependency d JOIN item s ON s.key = d.source"
            " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind"
            " WHERE t.id = ? AND (s.serves OR s.status = 'in service') ORDER BY s.id, k.id",
            id,
        )
        if (source, id, kind) not in moved
    ]
    if holding:
        more = [f"... and {len(holding) - 20} more"] if len(holding) > 20 else []
        count = len({source for source, _ in holding})
        raise Refused(
            f"{id} is needed by {count} {'item' if count == 1 else 'items'} in service.",
            "Disconnect or retire those in the same change.",
            [*(f"{source} {kind} {id}" for source, kind in holding[:20]), *more],
        )


def refuse_controlled(item: Item) -> None:
    """Raise Refused for an item under control, saying how it is changed."""
    if item.level != "draft":
        raise Refused(
            f"{item.id} is under control ({item.level}).",
            f"Raise a change request: 'cmdb change new' naming {item.id}.",
        )


def refuse_held(uow: UnitOfWork, id: str, *, at: datetime) -> None:
    """Raise Refused for an item on hold: nobody changes it, its owner neither. Source: rules.md 7."""
    hold = uow.find(Hold, id)
    if hold is not None and hold.stands(at):
        raise Refused(
            f"{id} is on hold by {hold.person} until {rfc3339(hold.until)}: {hold.reason}.",
            f"Wait, or ask {hold.person} to lift it: 'cmdb item hold {id} --lift'.",
        )


def refuse_stranger(uow: UnitOfWork, item: Item, actor: str, at: datetime) -> None:
    """Raise Refused unless the actor owns a draft, or may amend any."""
    if item.owner == actor:
        return
    if roles_of(uow, actor, at=at) & allowed(uow, "amend any draft"):
        return
    whose = "is a draft of" if item.level == "draft" else "belongs to"
    raise Refused(
        f"{item.id} {whose} {item.owner}.",
        f"Ask {item.owner}, or somebody of the CM group, to do it.",
    )


def _refuse_other_need(
    dependency: Dependency, need: str, group: RedundancyGroup, others: Sequence[Dependency]
) -> None:
    member = next((one.target for one in others if one.group == group.name), "")
    other = f"{group.source} -> {member}" if member else "the group"
    raise Invalid(
        f"The rows of the group '{group.name}' of {group.source} disagree on need:"
        f" {group.source} -> {dependency.target} says {need}, {other} says {group.need}.",
        "Leave the need out to join the group as it is, or change the whole group's need first.",
    )


def _not_unique(uow: UnitOfWork, kind: ItemType, item: Item) -> list[str]:
    problems = []
    for name in kind.unique:
        wanted = item.characteristics.get(name)
        if wanted in (None, ""):
            continue
        # As the characteristics are written: finds candidates in the database, compared exactly here.
        text = json.dumps({name: wanted}, ensure_ascii=False, sort_keys=True)[1:-1]
        inside = "instr" if uow.dialect == "sqlite" else "strpos"
        found = tables_graph.items_where(
            uow, f"type = ? AND id <> ? AND {inside}(characteristics, ?) > 0", item.type, item.id, text
        )
        problems += [
            f"{name} '{shown(str(wanted))}' belongs to {other.id} already."
            for other in found
            if other.characteristics.get(name) == wanted
        ]
    return problems


def _unknown_kinds(uow: UnitOfWork, needs: Sequence[Dependency]) -> list[str]:
    known = [row[0] for row in uow.rows("SELECT id FROM dependency_kind ORDER BY id")]
    unknown = dict.fromkeys(one.kind for one in needs if one.kind not in known)
    return [f"There is no dependency kind '{shown(one)}': use one of {', '.join(known)}." for one in unknown]


def _kind_problems(kind: ItemType, needs: Sequence[Dependency]) -> list[str]:
    """Say which dependencies of an item its type does not allow. No rules allow everything."""
    if not kind.kinds:
        return []
    rules = {rule.kind: rule for rule in kind.kinds}
    has = Counter(one.kind for one in needs)
    problems = [
        f"A {kind.id} does not connect by '{shown(one)}', only by: {', '.join(rules)}."
        for one in has
        if one not in rules
    ]
    problems += [
        f"A {kind.id} connects by '{one}' at most {rules[one].maximum} times."
        for one, count in has.items()
        if one in rules and 0 < rules[one].maximum < count
    ]
    return problems
