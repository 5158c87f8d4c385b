"""Action items: initiated, reviewed, approved, done and closed with evidence.

An action item of another record (a condition of a vote, the review after an emergency) may block
that record's next step. Source: rules.md 9; IT Service CMM 5.5, Activity 5.
"""

from datetime import datetime
from typing import Any

from cmdb import (
    journal,
    notices,
    origins,
    tables_work,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, check, shown
from cmdb.numbers import next_number
from cmdb.roles import registered, roles_of
from cmdb.store import Store, UnitOfWork
from cmdb.work import STEPS, ActionItem


def initiate(
    uow: UnitOfWork,
    *,
    origin: str,
    what: str,
    owner: str,
    items: tuple[str, ...] = (),
    blocks: str = "",
    due: datetime | None = None,
    told: tuple[str, ...] = (),
    actor: str,
    at: datetime,
) -> ActionItem:
    """Note something to be done, inside the transaction of the decision that makes it necessary.

    It is approved from the start: that decision approved it. `told` hear of every step.
    """
    item = ActionItem(
        id=_mint(uow),
        origin=origin,
        what=what,
        owner=owner,
        items=items,
        blocks=blocks,
        due=due,
        told=told,
        state="approved",
        initiated_at=at,
        initiated_by=actor,
    )
    uow.add(item)
    text = f"{item.id} is yours: {what}"
    notices.tell(uow, [owner], about=f"action:{item.id}", text=text, at=at, kind="action item")
    return item


def add(
    store: Store,
    *,
    origin: str = "",
    what: str,
    owner: str,
    items: tuple[str, ...] = (),
    plan: str = "",
    due: datetime | None = None,
    risk: str = "",
    reviewer: str = "",
    told: tuple[str, ...] = (),
    actor: str,
    at: datetime,
) -> ActionItem:
    """Initiate an action item on its own; its owner, reviewer and whoever is named are told.

    Raises Invalid with every person or item that does not exist, NotFound for its origin.
    """
    with store.write() as uow:
        registered(uow, actor)
        item = ActionItem(
            id=_mint(uow),
            origin=origins.known(uow, origin) if origin else "",
            what=what,
            owner=owner,
            items=items,
            plan=plan,
            due=due,
            risk=risk,
            reviewer=reviewer,
            told=told,
            initiated_at=at,
            initiated_by=actor,
        )
        check(f"Action item '{item.id}'", _unknown(uow, item))
        uow.add(item)
        notices.tell(
            uow,
            [one for one in (owner, reviewer, *told) if one],
            about=f"action:{item.id}",
            text=f"{item.id} of {owner} is initiated: {what}",
            at=at,
            kind="action item",
        )
        _journal(uow, item, "action initiate", actor, at)
        uow.commit()
    return item


_OFFICE = frozenset({"configuration manager", "CM group"})
_MANAGERS = frozenset(
    {"senior manager", "service manager", "service delivery manager", "event manager", "SQA"}
)
# What may be said anew of an open action item; all else follows from its life.
AMENDABLE = ("what", "owner", "items", "plan", "due", "risk", "reviewer", "told")


def amend(store: Store, id: str, *, actor: str, at: datetime, **changes: Any) -> ActionItem:
    """Change what an open action item says: who owns or reviews it, until when, what and how.

    Those it concerned before and those it concerns now are told, with what moved. Journalled field by
    field. Raises Refused for one that is closed or declined, Invalid for people who do not exist.
    """
    with store.write() as uow:
        registered(uow, actor)
        before = uow.get(ActionItem, id)
        if not before.open:
            raise Refused(
                f"{id} is {before.state}; nothing in it changes any more.",
                "Initiate a new one with 'cmdb action add'.",
            )
        _refuse_stranger(uow, before, actor, at)
        item = before.but(**changes)
        moved = [name for name in AMENDABLE if getattr(item, name) != getattr(before, name)]
        check(f"Action item '{id}'", _unknown(uow, item))
        if not moved:
            return before
        if before.blocks and "what" in moved:
            raise Refused(
                f"{before.origin} waits for {id} as it was decided: what is to be done stays as it is.",
                f"Say how it will be done: 'cmdb action amend {id} --plan TEXT'.",
            )
        uow.replace(item)
        people = (before.owner, before.reviewer, item.owner, item.reviewer, *item.told)
        notices.tell(
            uow,
            [one for one in people if one and one != actor],
            about=f"action:{id}",
            text=f"{id}, of {item.owner}, was changed ({', '.join(moved)}): {item.what}",
            at=at,
            kind="action item",
        )
        changed = {name: [_plain(getattr(before, name)), _plain(getattr(item, name))] for name in moved}
        journal.record(
            uow, at=at, actor=actor, action="action amend", subjects=(f"action:{id}",), changed=changed
        )
        uow.commit()
    return item


def step(
    store: Store, id: str, state: str, *, evidence: str = "", evaluation: str = "", actor: str, at: datetime
) -> ActionItem:
    """Take an action item to its next state: its owner is told.

    Raises Refused for a step the table does not have or somebody else's item, Invalid for closing
    without evidence and evaluation or declining without a reason (`evaluation`).
    """
    with store.write() as uow:
        registered(uow, actor)
        before = uow.get(ActionItem, id)
        if state not in STEPS[before.state]:
            raise Refused(
                f"{id} is {before.state}; it cannot become {shown(state)}.",
                f"Next is: {', '.join(STEPS[before.state])}."
                if before.open
                else "That is final: initiate a new one with 'cmdb action add'.",
            )
        if state == "closed":
            _refuse_unproved(before, evidence, evaluation)
            _refuse_own(before, actor)
            _refuse_stranger(uow, before, actor, at)
        item = before.but(
            state=state,
            evidence=evidence or before.evidence,
            evaluation=evaluation or before.evaluation,
            reviewer=before.reviewer or (actor if state == "reviewed" else ""),
            closed_at=at if state in ("closed", "declined") else None,
        )
        uow.replace(item)
        asked = (item.initiated_by,) if item.blocks else ()
        notices.tell(
            uow,
            {one for one in (item.owner, *item.told, *asked) if one != actor},
            about=f"action:{id}",
            text=f"{id} is {state}: {item.what}",
            at=at,
            kind="action item",
        )
        _journal(uow, item, f"action {state}", actor, at)
        uow.commit()
    return item


def carry(
    uow: UnitOfWork, item: ActionItem, state: str, *, evidence: str, evaluation: str = "", at: datetime
) -> ActionItem:
    """Take an action item on inside the transaction of what moves it, which tells and journals it.

    Stays where it is when its own steps do not lead there.
    """
    if state not in STEPS[item.state]:
        return item
    moved = item.but(
        state=state,
        evidence=evidence or item.evidence,
        evaluation=evaluation or item.evaluation,
        closed_at=at if state in ("closed", "declined") else None,
    )
    uow.replace(moved)
    return moved


def _refuse_unproved(item: ActionItem, evidence: str, evaluation: str) -> None:
    """Raise Invalid where nobody says what shows it, or whether it helped. Source: rules.md 9."""
    lacking = [] if (evidence or item.evidence).strip() else ["what shows that it is done (--evidence)"]
    lacking += [] if (evaluation or item.evaluation).strip() else ["whether it helped (--evaluation)"]
    if lacking:
        raise Invalid(
            f"{item.id} cannot be closed without {' and '.join(lacking)}.",
            f"Say it: 'cmdb action close {item.id} --evidence TEXT --evaluation TEXT'.",
        )


def _refuse_own(item: ActionItem, actor: str) -> None:
    """Raise Refused for an owner who closes their own item although somebody else is to review it."""
    if item.reviewer and item.reviewer != item.owner and actor == item.owner:
        raise Refused(
            f"{item.id} is yours, and {item.reviewer} reviews it: you cannot close it yourself.",
            f"Say that it is done, and ask {item.reviewer} to close it: 'cmdb action done {item.id}'.",
        )


def _refuse_stranger(uow: UnitOfWork, item: ActionItem, actor: str, at: datetime) -> None:
    """Raise Refused for who has no say in an item: neither has nor reviews it, nor asked for it.

    The CM group settles it in their place, and managers what no other record waits for. What a step of
    another record waits for is not settled by whom it is about: they are among those told.
    """
    if actor in (item.owner, item.reviewer):
        return
    office = _OFFICE if item.blocks else _OFFICE | _MANAGERS
    asked = actor == item.initiated_by or roles_of(uow, actor, at=at) & office
    if asked and not (item.blocks and actor in item.told):
        return
    waits = f", and {item.origin} waits for it" if item.blocks else ""
    raise Refused(
        f"{item.id} is {item.owner}'s{waits}: {actor} does not settle it.",
        f"Ask {item.owner}; where {item.owner} is away, somebody of the CM group who has no part in it.",
    )


def close(
    store: Store, id: str, *, evidence: str, evaluation: str = "", actor: str, at: datetime
) -> ActionItem:
    """Close an approved action item with evidence and evaluation. Raises Refused for one nobody approved."""
    return step(store, id, "closed", evidence=evidence, evaluation=evaluation, actor=actor, at=at)


def listed(
    uow: UnitOfWork, *, owner: str = "", origin: str = "", only_open: bool = True
) -> tuple[ActionItem, ...]:
    """Action items of an owner or an origin (all when neither is named), in order of number."""
    clauses, parameters = ["1 = 1"], []
    for name, content in (("owner", owner), ("origin", origin)):
        if content:
            clauses.append(f"{name} = ?")
            parameters.append(content)
    if only_open:
        clauses.append("state NOT IN ('closed', 'declined')")
    found = uow.where(ActionItem, " AND ".join(clauses), *parameters)
    return tuple(sorted(found, key=lambda one: int(one.id.removeprefix("AI-"))))


def overdue(uow: UnitOfWork, *, at: datetime) -> tuple[ActionItem, ...]:
    """The open action items whose date has passed, the longest overdue first."""
    found = uow.where(ActionItem, "due < ? AND state NOT IN ('closed', 'declined')", rfc3339(at))
    return tuple(sorted(found, key=lambda one: (rfc3339(one.due or at), one.id)))


def blocking(uow: UnitOfWork, origin: str, step: str = "closing") -> tuple[ActionItem, ...]:
    """The open action items of a record that its step waits for."""
    return tuple(one for one in listed(uow, origin=origin) if one.blocks == step)


def _plain(content: Any) -> Any:
    return rfc3339(content) if isinstance(content, datetime) else content


def _mint(uow: UnitOfWork) -> str:
    return f"AI-{next_number(uow, 'AI')}"


def _unknown(uow: UnitOfWork, item: ActionItem) -> list[str]:
    people = dict.fromkeys(one for one in (item.owner, item.reviewer, *item.told) if one)
    problems = [f"There is no person '{shown(one)}'." for one in people if uow.find(Person, one) is None]
    problems += [
        f"There is no item '{shown(one)}'."
        for one in dict.fromkeys(item.items)
        if not uow.rows("SELECT 1 FROM item WHERE id = ?", one)
    ]
    return problems


def _journal(uow: UnitOfWork, item: ActionItem, action: str, actor: str, at: datetime) -> None:
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(f"action:{item.id}", *([item.origin] if item.origin else []), *item.items),
        changed={
            "what": item.what,
            "state": item.state,
            "evidence": item.evidence,
            "evaluation": item.evaluation,
        },
    )
