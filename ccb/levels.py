"""Control levels as rules: what a request may do with them, and what stands below its minimum.

    findings(uow) -> (Finding, ...)      items below the minimum of a scope, references to less controlled

A controlled record refers only to records at least as controlled. A scope (type, service, customer)
states the least level of its items; less is a finding, for whoever checks, mends or audits a site.
Inside a transaction; commits nothing. Source: rules.md 5; 7, Control levels.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ccb import closures, controlled, proposal, release_sets, scope
from ccb.ballot import Policy
from ccb.minimums import MinimumLevel
from ccb.model import ChangeDraft, ChangeRequest, ProposedChange
from ccb.proposal import Fields, Key
from cmdb.errors import CmdbError
from cmdb.model import LEVELS, Value
from cmdb.reading_graph import StoredEstate
from cmdb.store import UnitOfWork

_LOWER = "CASE {0}.level WHEN 'draft' THEN 0 WHEN 'controlled' THEN 1 ELSE 2 END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Value):
    """Something whose control level is not as it has to be: what, why, and the command that mends it.

    `level` is where it is, `minimum` where it has to be, `scope` what says so (empty for a rule that
    holds everywhere).
    """

    kind: str
    id: str
    level: str
    minimum: str
    scope: str = ""
    why: str
    remedy: str


def findings(uow: UnitOfWork) -> tuple[Finding, ...]:
    """Everything about control levels that is not as it has to be: by kind of finding, then by id."""
    return (*_shortfalls(uow), *_loose_references(uow), *_loose_policies(uow))


def minimums(uow: UnitOfWork) -> tuple[MinimumLevel, ...]:
    """The minimum levels in force, by scope: those under control that state one."""
    return tuple(one for one in uow.all(MinimumLevel) if one.level != "draft" and one.minimum != "draft")


def below(uow: UnitOfWork, services: Iterable[str]) -> set[str]:
    """These services and everything they need, by id."""
    estate = StoredEstate(uow.rows, uow.dialect)
    found = set(estate.keys(list(services)).values())
    frontier = list(found)
    while frontier:
        fresh = {need.target for need in estate.needs(frontier)} - found
        found |= fresh
        frontier = list(fresh)
    return {fact[1] for fact in estate.facts(list(found))}


def _shortfalls(uow: UnitOfWork) -> list[Finding]:
    """Items that are less controlled than the strictest scope they lie in asks for; retired ones are not."""
    found: dict[str, Finding] = {}
    for one in minimums(uow):
        lower = LEVELS[: LEVELS.index(one.minimum)]
        marks = ", ".join("?" for _ in lower)
        rows = uow.rows(
            f"SELECT id, level, type FROM item WHERE level IN ({marks}) AND status <> 'retired' ORDER BY id",
            *lower,
        )
        inside = _inside(uow, one)
        for id, level, type in rows:
            known = found.get(id)
            if not (type == one.id.partition(":")[2] if inside is None else id in inside):
                continue
            if known is None or LEVELS.index(known.minimum) < LEVELS.index(one.minimum):
                found[id] = Finding(
                    kind="below the minimum",
                    id=id,
                    level=level,
                    minimum=one.minimum,
                    scope=one.id,
                    why=f"{id} is {level}; {one.id} asks for {one.minimum} at least.",
                    remedy=f"'cmdb promote {id} --to {one.minimum}'",
                )
    return [found[id] for id in sorted(found)]


def _inside(uow: UnitOfWork, one: MinimumLevel) -> set[str] | None:
    """The items of a service or customer; None for a type, which is a column of the item."""
    word, _, id = one.id.partition(":")
    if word == "type":
        return None
    if word == "service":
        return below(uow, [id])
    rows = uow.rows("SELECT services FROM agreement WHERE customer = ?", id)
    return below(uow, [service for row in rows for service in json.loads(row[0])])


def _loose_references(uow: UnitOfWork) -> list[Finding]:
    """Controlled items that need, or belong to, something less controlled."""
    queries = (
        ("item", "item t JOIN dependency d ON d.target = t.key JOIN item s ON s.key = d.source"),
        ("person", "person t JOIN item s ON s.owner = t.id"),
    )
    found = []
    for kind, joined in queries:
        rows = uow.rows(
            f"SELECT DISTINCT s.id, s.level, t.id, t.level FROM {joined} WHERE s.level <> 'draft' AND"
            f" {_LOWER.format('t')} < {_LOWER.format('s')} ORDER BY s.id, t.id"
        )
        found += [
            Finding(
                kind="refers to less controlled",
                id=source,
                level=level,
                minimum=above,
                why=f"{source}, which is {above}, refers to {kind} {target}, which is {level}.",
                remedy=f"'cmdb promote {kind}:{target} --to {above}'",
            )
            for source, above, target, level in rows
        ]
    return found


def _loose_policies(uow: UnitOfWork) -> list[Finding]:
    """Policies by which consents decide, without the named reviewer that merely controlled records need."""
    return [
        Finding(
            kind="asks for no reviewer",
            id=one.id,
            level=one.level,
            minimum=one.level,
            why=f"The policy {one.id} lets consents decide without a named reviewer.",
            remedy=f"write 'policy: {one.id}', 'set: {{reviewer: true}}' in a file for 'cmdb change new'",
        )
        for one in uow.all(Policy)
        if one.level != "draft" and one.rule == "consents" and not one.reviewer
    ]


def scope_problems(uow: UnitOfWork, change: ProposedChange, draft: ChangeDraft | ChangeRequest) -> list[str]:
    """What is wrong with what a request would do to a whole scope."""
    found = closures.problems(change)
    wanted = {"change level": "promotion", "release": "release"}.get(change.operation, "baseline")
    what = {
        "change level": "moving a scope between levels",
        "establish baseline": "a baseline of a scope",
        "release": "releasing a product",
    }
    if draft.kind != wanted:
        named = what.get(change.operation, "bringing under control")
        found.append(f"{named} is for a request of kind {wanted}, not {draft.kind}.")
    alone = change.operation != "bring under control" and len(draft.changes) > 1
    if alone or any(one.record != "scope" for one in draft.changes):
        found.append("a request about a scope holds nothing else; write a request of its own for the rest.")
    if not found and change.operation == release_sets.RELEASE:
        found += release_sets.unkept(uow, change)
    if found:
        return found
    try:
        scope.refuse_findings(scope.summary(uow, change), change)
    except CmdbError as wrong:
        found += wrong.problems or (f"{wrong.reason} {wrong.remedy}",)
    return found


def overlap_problems(uow: UnitOfWork, changes: Sequence[ProposedChange]) -> list[str]:
    """Records that two scopes of one request would bring under control differently."""
    first: dict[Key, tuple[str, Fields]] = {}
    found = []
    for change in changes if len(changes) > 1 else ():
        for key, fields in scope.stream(uow, change):
            there, known = first.setdefault(key, (change.id, fields))
            if known != fields:
                named = "level" if known["level"] != fields["level"] else "criterion"
                found.append(
                    f"{key[0]} {key[1]} lies in {there} and in {change.id}, with another {named} in each."
                )
    return found


def level_problems(uow: UnitOfWork, result: proposal.Proposal) -> list[str]:
    """References that come about here to a record less controlled than the one that refers to it.

    What referred so before is a finding of its own; it keeps no other change from being made.
    Source: rules.md 7, Control levels.
    """
    found = []
    for (kind, id), fields in result.after.items():
        before, level = result.before.get((kind, id)), str(fields.get("level", "draft"))
        raised = before is None or _rank(before) < _rank(fields)
        known = set() if before is None or raised else set(controlled.references(kind, before))
        for key in dict.fromkeys(controlled.references(kind, fields)):
            other = result.after.get(key) or controlled.held(uow, *key)
            if key not in known and other is not None and _rank(other) < _rank(fields):
                found.append(
                    f"{kind} {id}, which is {level}, may not refer to {key[0]} {key[1]}, which is"
                    f" {other['level']}: promote that first, 'cmdb promote {key[0]}:{key[1]} --to {level}'."
                )
        if before is None or _rank(before) <= _rank(fields):
            continue
        for key in scope.Rows(uow).referring((kind, id)):
            other = result.after.get(key) or controlled.held(uow, *key)
            if other is not None and _rank(other) > _rank(fields):
                found.append(
                    f"{key[0]} {key[1]}, which is {other['level']}, refers to {kind} {id}, which would be"
                    f" {level}: bring both down, 'cmdb demote {kind}:{id}'."
                )
    return found


def _rank(fields: Fields) -> int:
    return LEVELS.index(str(fields.get("level", "draft")))
