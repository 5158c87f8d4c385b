"""What a form about items would do: checked against the rules, as a difference, not done yet.

One function a verb. Each gives the problems and, when there are none, either what writes it or the
proposed changes of a change request: what is under control is never written past the board. The
same plan judges while typing and saves, so that a form never promises what a save refuses.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from ccb.model import ProposedChange
from cmdb import holds, item_rules, items, tables_graph
from cmdb.checks import OPERATING_STATES
from cmdb.errors import CmdbError, Invalid
from cmdb.model import Dependency, Item, ItemType, choice_problems, id_problems
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork
from cmdb.work import Hold
from tui import link_plans
from tui import typed as words
from tui.clockface import clock
from tui.item_planning import (
    Ground,
    Plan,
    altered_rows,
    asked_for,
    built,
    get_all,
    known_type,
    proposed,
    refuse_direct,
    refuse_moved,
    seen_item,
)
from tui.item_sheets import fields_of, text_of
from tui.item_source import Sheet, Typed
from tui.present import counted, listed
from tui.views import FieldChange


def plan(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    """Say what a form would do. Raises CmdbError for what stands against the whole of it."""
    filled = {**sheet.start, **{name: text.strip() for name, text in typed.items()}}
    return PLANS[sheet.verb](ground, sheet, filled)


# Items ------------------------------------------------------------------------------------------


def _register(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    require(ground.uow, ground.actor, "register items", at=ground.at)
    kind = known_type(ground.uow, typed["type"])
    start = seen_item(sheet.seen)
    item, problems = built(ground.uow, start, fields_of(start, kind, sheet.blanks, typed), ground.actor)
    wanted = typed["id"]
    problems += _taken(ground.uow, wanted) if wanted else []
    made = item.but(id=wanted or "x") if not problems else item
    needs = _needs_of(ground.uow, sheet.subjects[0]) if typed.get("connections") == "yes" else ()
    if typed.get("connections", "no") not in ("yes", "no"):
        problems.append("Say yes or no.")

    def write(store: Store) -> str:
        id = wanted or items.mint_id(store, made.type)
        items.register(store, made.but(id=id), actor=ground.actor, at=ground.at)
        for one, need in needs:
            items.connect(store, one.but(source=id), need=need, actor=ground.actor, at=ground.at)
        return f"{id} is registered as a draft of {made.owner}."

    shown = _facts(made, wanted or "its id is made when it is saved")
    return Plan(problems=tuple(problems), diff=shown, remarks=_remarks(kind, made), write=write, item=wanted)


def _amend(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    uow, id = ground.uow, sheet.subjects[0]
    seen, now = seen_item(sheet.seen), tables_graph.get_item(uow, id)
    kind = known_type(uow, typed["type"])
    fields = fields_of(seen, kind, sheet.blanks, typed)
    if now.level != "draft":
        changes = proposed(now, fields)
        return asked_for(ground, sheet, typed, changes, item=id)
    refuse_moved(seen, now)
    refuse_direct(ground, now)
    item, problems = built(uow, seen, fields, ground.actor)
    if not problems and item.status == "retired" != seen.status:
        item_rules.refuse_needed(uow, id)
    if not problems and item.type != seen.type:
        item_rules.check_needs(uow, item)

    def write(store: Store) -> str:
        items.amend(store, item, seen=seen, actor=ground.actor, at=ground.at)
        return f"{id} is changed."

    return Plan(
        problems=tuple(problems),
        diff=altered_rows(seen, item),
        remarks=_remarks(kind, item),
        write=write if fields else None,
        item=id,
    )


def _retire(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    uow, id = ground.uow, sheet.subjects[0]
    item = tables_graph.get_item(uow, id)
    if item.level != "draft":
        change = ProposedChange(record="item", id=id, operation="retire")
        return asked_for(ground, sheet, typed, (change,), item=id)
    refuse_direct(ground, item)
    item_rules.refuse_needed(uow, id)
    row = FieldChange(f"item {id}", "retire", "status", item.status, "retired")

    def write(store: Store) -> str:
        items.retire(store, id, actor=ground.actor, at=ground.at)
        return f"{id} is retired; its record stays."

    return Plan(diff=(row,), write=write if item.status != "retired" else None, item=id)


def _remove(ground: Ground, sheet: Sheet, _typed: Typed) -> Plan:
    uow, id = ground.uow, sheet.subjects[0]
    item = tables_graph.get_item(uow, id)
    refuse_direct(ground, item)
    row = FieldChange(f"item {id}", "delete", "name", item.name, "")

    def write(store: Store) -> str:
        items.remove(store, id, actor=ground.actor, at=ground.at)
        return f"{id} is deleted; its id is spent for ever."

    return Plan(
        diff=(row,), remarks=("Its id can never be used again; 'retire' keeps the record.",), write=write
    )


def _hand_over(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    uow, owner = ground.uow, typed["owner"]
    every = get_all(uow, sheet.subjects)
    problems: list[str] = []
    if owner:
        _, wrong = built(uow, every[0], {"owner": owner}, ground.actor)
        problems += wrong
    drafts = [one for one in every if one.level == "draft" and one.owner != owner]
    changes = tuple(
        ProposedChange(record="item", id=one.id, operation="set", exact={"owner": owner})
        for one in every
        if one.level != "draft" and one.owner != owner and owner and not problems
    )
    for one in drafts:
        refuse_direct(ground, one)
    diff = tuple(FieldChange(f"item {one.id}", "amend", "owner", one.owner, owner) for one in drafts)
    asked = asked_for(ground, sheet, typed, changes) if changes else Plan()

    def write(store: Store) -> str:
        for one in drafts:
            items.amend(store, one.but(owner=owner), seen=one, actor=ground.actor, at=ground.at)
        return f"{counted(len(drafts), 'draft')} went to {owner}."

    return Plan(
        problems=(*problems, *asked.problems),
        diff=(*diff, *asked.diff),
        write=write if drafts and owner else None,
        changes=changes,
        item=sheet.subjects[0] if len(sheet.subjects) == 1 else "",
    )


def _taken(uow: UnitOfWork, id: str) -> list[str]:
    problems = id_problems("Item", id)
    if not problems and tables_graph.find_item(uow, id) is not None:
        problems.append(f"The item '{id}' exists already.")
    elif not problems and uow.rows("SELECT 1 FROM spent_id WHERE id = ?", id):
        problems.append(f"The id '{id}' was used before: ids are never used twice.")
    return problems


def _needs_of(uow: UnitOfWork, id: str) -> tuple[tuple[Dependency, str], ...]:
    groups = {one.name: one.need for one in tables_graph.groups_of(uow, id)}
    return tuple((one, groups.get(one.group, "")) for one in tables_graph.dependencies_of(uow, id))


def _facts(item: Item, id: str) -> tuple[FieldChange, ...]:
    """A new item as a difference from nothing."""
    names = ("type", "name", "owner", "group", "status", "custody", "party", "criterion", "points")
    rows = [(name, getattr(item, name)) for name in names]
    rows += sorted(item.characteristics.items())
    record = f"item {id}"
    return tuple(
        FieldChange(record, "register", name, "", text_of(list(new) if name == "points" else new))
        for name, new in rows
        if new
    )


def _remarks(kind: ItemType | None, item: Item) -> tuple[str, ...]:
    lacking = [name for name in (kind.recommended if kind else ()) if not item.characteristics.get(name)]
    return (f"Recommended for {item.type} and empty: {', '.join(lacking)}.",) if lacking else ()


# Accounting data: at any control level ------------------------------------------------------------


def _hold(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    require(ground.uow, ground.actor, "hold items", at=ground.at)
    try:
        until = words.moment(typed["until"], zone=ground.zone, now=ground.at)
    except CmdbError as wrong:
        raise Invalid(f"until: {wrong.reason}", wrong.remedy) from wrong
    made = [
        Hold(item=id, person=ground.actor, reason=typed["reason"], placed_at=ground.at, until=until)
        for id in sheet.subjects
    ]
    found = [
        f"{id} is on hold by {there.person}: {there.reason}."
        for id in sheet.subjects
        if (there := holds.current(ground.uow, id, at=ground.at)) is not None
    ]

    def write(store: Store) -> str:
        for one in made:
            holds.place(store, one, at=ground.at)
        return f"{listed(sheet.subjects)} {'is' if len(made) == 1 else 'are'} on hold until {said}."

    said = clock(until, ZoneInfo(ground.zone))
    rows = tuple(FieldChange(f"item {id}", "hold", "until", "", said) for id in sheet.subjects)
    return Plan(problems=tuple(found), diff=rows, write=write, undo=("lift", *sheet.subjects))


def _state(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    require(ground.uow, ground.actor, "record outages", at=ground.at)
    id, state = sheet.subjects[0], typed["state"]
    problems = choice_problems("The state", state, OPERATING_STATES)
    before = sheet.start["state"]

    def write(store: Store) -> str:
        items.set_operating(store, id, state, actor=ground.actor, at=ground.at)
        return f"{id} is {state}."

    row = FieldChange(f"item {id}", "state", "operating", before, state)
    return Plan(
        problems=tuple(problems),
        diff=(row,),
        write=write if state != before else None,
        item=id,
        undo=("state", id, before),
    )


PLANS: Mapping[str, Callable[[Ground, Sheet, Typed], Plan]] = {
    "register": _register,
    "clone": _register,
    "amend": _amend,
    "retire": _retire,
    "remove": _remove,
    "hand over": _hand_over,
    "connect": link_plans.connect,
    "disconnect": link_plans.disconnect,
    "need": link_plans.need,
    "hold": _hold,
    "state": _state,
}
