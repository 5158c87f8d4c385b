"""What is wrong with a change request as written, and the values its changes are written against.

Everything a request names is looked up: records, fields, people, groups, items that go down. All
problems are found at once. Inside a transaction; commits nothing. Source: rules.md 5.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from ccb import (
    board_rules,
    controlled,
    levels,
    proposal,
    release_sets,
    scope,
    standard,
    statements,
    templates,
)
from ccb.ballot import Board, Policy
from ccb.model import CHANGE_KINDS, ChangeDraft, ChangeRequest, ProposedChange, content_problems
from ccb.proposal import Fields, Key
from cmdb import agreement_acceptance, agreement_life, documents, item_rules, people, tables_graph, types
from cmdb.errors import CmdbError
from cmdb.model import LEVELS, Group, Item, Person, shown
from cmdb.store import UnitOfWork
from cmdb.written import Document

_OWN_ITEM_FIELDS = frozenset(one.name for one in fields_of(Item)) - {"id", "level", "characteristics"}


def examined(
    uow: UnitOfWork, changes: Sequence[ProposedChange], before: Sequence[ProposedChange] = ()
) -> tuple[ProposedChange, ...]:
    """Give the changes with the values each one saw.

    A change that stands unaltered in `before` keeps what it saw then: what moved since stays a
    conflict until somebody settles it.
    """
    kept = {_without_seen(one): one for one in before}
    found = []
    for change in changes:
        old = kept.get(_without_seen(change))
        found.append(old if old is not None else seeing(uow, change))
    return tuple(found)


def seeing(uow: UnitOfWork, change: ProposedChange) -> ProposedChange:
    """Give the change with the values that stand there now."""
    if change.record == "scope":
        now = scope.summary(uow, change)
        return change.but(seen={"digest": now.digest, "count": now.count})
    if change.record not in controlled.KINDS and change.record not in ("dependency", "redundancy group"):
        return change
    return change.but(seen=proposal.seen(controlled.held(uow, *change.holder), change))


def moved(uow: UnitOfWork, changes: Sequence[ProposedChange]) -> tuple[str, ...]:
    """Sentences about what moved since the changes were written: field, original and current."""
    found = [
        f"{one.subject}: {one.field} was {_said(one.original)}, is now {_said(one.current)}, "
        f"the request wants {_said(one.proposed)}"
        for one in proposed(uow, changes).moved
    ]
    for change in changes:
        if change.record == "scope" and change.seen:
            now = scope.summary(uow, change)
            if (now.digest, now.count) != (change.seen.get("digest"), change.seen.get("count")):
                found.append(
                    f"the candidates of {change.id} are not those named: {change.seen.get('count')} then, "
                    f"{now.count} now"
                )
    return tuple(found)


def proposed(uow: UnitOfWork, changes: Sequence[ProposedChange]) -> proposal.Proposal:
    """What the changes make of the records as they stand now."""
    return controlled.completed(proposal.proposed(controlled.held_all(uow, proposal.keys(changes)), changes))


def problems(uow: UnitOfWork, draft: ChangeDraft | ChangeRequest) -> list[str]:
    """Everything about a request that names what does not exist or proposes what cannot be."""
    found = [*content_problems(draft), *_people_problems(uow, draft), *standard.problems(uow, draft)]
    if draft.kind == "release":
        found += _release_problems(draft)
    if draft.down is not None:
        found += [
            f"There is no item '{shown(one)}' to go down."
            for one in draft.down.items
            if tables_graph.find_item(uow, one) is None and not _adds(draft.changes, one)
        ]
    known = []
    for change in draft.changes:
        wrong = _change_problems(uow, change, draft)
        found += [f"{change.subject}: {one}" for one in wrong]
        if not wrong and change.record != "scope":
            known.append(change)
    if not found:
        found += levels.overlap_problems(uow, [one for one in draft.changes if one.record == "scope"])
    return found + _outcome_problems(uow, known, draft.window.end if draft.window else None)


def incomplete(request: ChangeRequest) -> list[str]:
    """What a request still lacks before it can be submitted."""
    found = []
    if not request.reason.strip():
        found.append("The reason is empty.")
    if not request.changes:
        found.append("It proposes no change.")
    if request.kind in CHANGE_KINDS:
        if request.window is None:
            found.append("The window is missing.")
        if not request.backout.strip():
            found.append("The back-out plan is empty.")
        if not request.test.strip():
            found.append("The test plan is empty.")
    return found


def _release_problems(draft: ChangeDraft | ChangeRequest) -> list[str]:
    found = [
        f"A release changes no record; leave out what is to happen to {one.subject}."
        for one in draft.changes
        if one.operation != release_sets.RELEASE
    ]
    if draft.window is not None or draft.down is not None:
        found.append("A release has no window and takes nothing down.")
    return found


def _people_problems(uow: UnitOfWork, draft: ChangeDraft | ChangeRequest) -> list[str]:
    found = []
    for role, person in (("implementer", draft.implementer), ("reviewer", draft.reviewer)):
        if not person:
            continue
        known = uow.find(Person, person)
        if known is None:
            found.append(f"The {role} '{shown(person)}' is not a registered person.")
        elif not known.active:
            found.append(f"The {role} {person} is not active.")
    originator = draft.originator if isinstance(draft, ChangeRequest) else ""
    for role, person in (("implementer", draft.implementer), ("originator", originator)):
        if draft.reviewer and draft.reviewer == person:
            found.append(f"The reviewer is the {role}; name somebody else.")
    found += [
        f"There is no group '{shown(one)}' to be affected."
        for one in draft.groups
        if uow.find(Group, one) is None
    ]
    return found


def _change_problems(
    uow: UnitOfWork, change: ProposedChange, draft: ChangeDraft | ChangeRequest
) -> list[str]:
    if change.record == "scope":
        return levels.scope_problems(uow, change, draft)
    kind, id = change.holder
    if kind not in controlled.KINDS:
        return [f"records of the kind '{kind}' are not kept yet."]
    held = controlled.held(uow, kind, id)
    if change.operation == "add":
        return [f"{kind} {id} exists already."] if held is not None else _field_problems(uow, change, {})
    if held is None and not _adds(draft.changes, id, kind):
        return [f"there is no {kind} '{shown(id)}'."]
    found = []
    if change.operation == "change level" and change.exact["level"] not in LEVELS[1:]:
        found.append("nothing under control goes back to being a candidate; retire it instead.")
    if held is not None and held.get("level") == "draft":
        found.append(
            "it is a candidate: amend it directly, or bring it under control with a baseline request."
        )
    if change.record == "dependency" and change.operation == "connect":
        found += _target_problems(uow, change, draft)
    if change.record == kind and held is not None:
        found += _field_problems(uow, change, held)
    if change.operation == "retire" and kind == "item":
        found += _retire_problems(uow, id, draft.changes)
    return found


def _target_problems(
    uow: UnitOfWork, change: ProposedChange, draft: ChangeDraft | ChangeRequest
) -> list[str]:
    found = []
    target = tables_graph.find_item(uow, change.target)
    if target is None and not _adds(draft.changes, change.target):
        found.append(f"there is no item '{shown(change.target)}'.")
    elif target is not None and target.level == "draft":
        found.append(f"{change.target} is a candidate; a controlled record refers only to controlled ones.")
    if not uow.rows("SELECT 1 FROM dependency_kind WHERE id = ?", change.kind):
        found.append(f"there is no dependency kind '{shown(change.kind)}'.")
    return found


def _field_problems(uow: UnitOfWork, change: ProposedChange, held: Fields) -> list[str]:
    if change.operation not in ("add", "set"):
        return []
    if change.operation == "add":
        given = {*change.fields, "id"}
        required = [one.name for one in fields_of(controlled.KINDS[change.record].value) if _required(one)]
        # A new item is baselined, and a controlled item names the criterion it meets.
        required += ["criterion"] if change.record == "item" else []
        missing = [name for name in required if name not in given]
        if missing:
            return [f"the field '{name}' is missing." for name in missing]
    if wrong := _content_problems(change):
        return wrong
    if change.record != "item":
        allowed = controlled.names_of(change.record) - {"id", "level"}
        return [
            f"it has no field '{shown(name)}'; a {change.record} has: {', '.join(sorted(allowed))}."
            for name in change.fields
            if name not in allowed
        ]
    declared = _declared(uow, str(change.exact.get("type", held.get("type", ""))))
    known = _OWN_ITEM_FIELDS | declared | set(held.get("characteristics", {}))
    return [
        f"it has no field '{shown(name)}'; known are {', '.join(sorted(known))}."
        for name in change.fields
        if declared and name not in known
    ]


def _content_problems(change: ProposedChange) -> list[str]:
    """Fields of the record itself that are empty or no text where it needs one."""
    texts = {one.name: one for one in fields_of(controlled.KINDS[change.record].value) if one.type is str}
    found = []
    for name, content in change.exact.items():
        if name in texts and not isinstance(content, str | None):
            found.append(f"the field '{name}' is text; put {shown(str(content))} in quotes.")
        elif name in texts and not content and _required(texts[name]):
            found.append(f"the field '{name}' is empty.")
    return found


def _required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _declared(uow: UnitOfWork, type_id: str) -> frozenset[str]:
    """The characteristics a type names; none when it names none, or does not exist."""
    if not uow.rows("SELECT 1 FROM item_type WHERE id = ?", type_id):
        return frozenset()
    effective = types.effective(uow, type_id)
    return frozenset({*effective.schema.get("properties", {}), *effective.recommended, *effective.unique})


def _retire_problems(uow: UnitOfWork, id: str, changes: Sequence[ProposedChange]) -> list[str]:
    retired = {one.id for one in changes if one.operation == "retire"}
    gone = {(one.id, one.target, one.kind) for one in changes if one.operation == "disconnect"}
    gone |= {
        (one.source, one.target, one.kind)
        for one in tables_graph.dependants_of(uow, id)
        if one.source in retired
    }
    try:
        item_rules.refuse_needed(uow, id, moved=frozenset(gone))
    except CmdbError as needed:
        return [f"{needed.reason} {needed.remedy} ({'; '.join(needed.problems)})"]
    return []


def _outcome_problems(uow: UnitOfWork, changes: Sequence[ProposedChange], by: datetime | None) -> list[str]:
    """What is wrong with the records as they would be once the work is over."""
    result = proposed(uow, changes)
    found = list(result.problems)
    opened = {key[1] for key in result.open}
    for (kind, id), fields in result.after.items():
        try:
            value = controlled.KINDS[kind].read(fields)
            if kind == "item":
                item_rules.check_item(uow, value[0])
            elif kind == "person":
                found += _key_problems(uow, value, result.after)
                found += _owner_problems(uow, value, result)
                found += _seat_problems(uow, value, result)
            elif kind == "agreement":
                wrong = agreement_life.change_problems(result.before.get((kind, id)), value, by=by)
                wrong += filter(None, (agreement_acceptance.problem(value),))
                found += [f"agreement {id}: {one}" for one in wrong]
            elif kind == "document":
                found += [f"document {id}: {one}" for one in _document_problems(uow, value, result)]
            elif kind == "template":
                found += [f"template {id}: {one}" for one in templates.unusable(value)]
            elif kind in ("policy", "board"):
                found += _board_problems(uow, value, result.after)
        except CmdbError as wrong:
            # What is still open may be what is still missing: check-in looks again.
            if id not in opened:
                found += [f"{kind} {id}: {one}" for one in (wrong.problems or (wrong.reason,))]
    return found + _group_problems(result.after) + levels.level_problems(uow, result)


def _document_problems(uow: UnitOfWork, document: Document, result: proposal.Proposal) -> list[str]:
    """What a document names that is not there, and attachments whose bytes nobody brought.

    What the same request adds is there; what is open is looked at when it comes in.
    """
    coming = {f"{kind}:{id}" for kind, id in result.after}
    wrong = documents.problems(uow, document, coming=coming)
    return [*wrong, *documents.missing(uow, document, uow.find(Document, document.id))]


def _key_problems(uow: UnitOfWork, person: Person, after: Mapping[Key, Fields]) -> list[str]:
    """Logins and keys of a person that belong to somebody else, once these records are written."""
    others = [controlled.KINDS["person"].read(one) for key, one in after.items() if key[0] == "person"]
    coming = {one.id: one for one in others if one.id != person.id}
    mine = {key.text for key in person.keys}
    found = [f"person {person.id}: {one}" for one in people.clashes(uow, person, besides=coming)]
    found += [
        f"person {person.id}: this request gives {one.id} the same key or login."
        for one in coming.values()
        if mine & {key.text for key in one.keys} or (person.login and person.login == one.login)
    ]
    return found


def _owner_problems(uow: UnitOfWork, person: Person, result: proposal.Proposal) -> list[str]:
    """What somebody still owns who is to stop being active, but for what the same request hands over."""
    before = result.before.get(("person", person.id)) or {}
    if person.active or not before.get("active"):
        return []
    found = [
        f"person {person.id}: this request makes them the owner of {kind} {id}; name somebody who stays."
        for (kind, id), fields in result.after.items()
        if kind in ("item", "document") and fields["owner"] == person.id
        and (result.before.get((kind, id)) or {}).get("owner") != person.id
    ]  # fmt: skip
    try:
        people.refuse_owner(uow, person, besides=handed_over(result, person.id))
    except CmdbError as owner:
        found += [f"person {person.id}: {owner.reason} {owner.remedy} ({', '.join(owner.problems)})"]
    return found


def _seat_problems(uow: UnitOfWork, person: Person, result: proposal.Proposal) -> list[str]:
    """The boards somebody sits on who is to stop being active, but for what the same request changes."""
    before = result.before.get(("person", person.id)) or {}
    if person.active or not before.get("active"):
        return []
    return [f"person {person.id}: {one}" for one in board_rules.seat_problems(uow, person, result.after)]


def handed_over(result: proposal.Proposal, owner: str) -> set[Key]:
    """The items and documents that a request gives to somebody else; a document it retires as well."""
    owned = ((key, one) for key, one in result.after.items() if key[0] in ("item", "document"))
    gone = ("document", "retired")
    return {key for key, one in owned if one["owner"] != owner or (key[0], one.get("status")) == gone}


def _group_problems(after: dict[Key, Fields] | Any) -> list[str]:
    found = []
    for (kind, id), fields in after.items():
        if kind != "item" or "groups" not in fields:
            continue
        members = {link.get("group") for link in fields.get("dependencies", ())}
        found += [
            f"item {id}: the redundancy group '{group['name']}' has no member."
            for group in fields["groups"]
            if group["name"] not in members
        ]
    return found


def _board_problems(uow: UnitOfWork, value: Board | Policy, after: Any) -> list[str]:
    """What keeps a board or a policy from standing as written, once all these records are."""
    if isinstance(value, Board):
        return [f"board {value.id}: {one}" for one in board_rules.board_and_policies(uow, value, after)]
    return [f"policy {value.id}: {one}" for one in board_rules.policy_problems(uow, value, after)]


def _adds(changes: Sequence[ProposedChange], id: str, kind: str = "item") -> bool:
    return any(one.operation == "add" and one.holder == (kind, id) for one in changes)


def _without_seen(change: ProposedChange) -> str:
    return json.dumps(statements.change_record(change.but(seen={})), sort_keys=True)


def _said(content: Any) -> str:
    return "empty" if content in (None, "", [], {}) else shown(str(content))
