"""Action items: initiated, reviewed, approved, done and closed with evidence.

An action item of another record (a condition of a vote, the review after an emergency) may block
that record's next step. Source: rules.md 9; IT Service CMM 5.5, Activity 5.
"""

from datetime import datetime

from cmdb import (
    journal,
    tables_work,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, shown
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
    actor: str,
    at: datetime,
) -> ActionItem:
    """Note something to be done, inside the transaction of what makes it necessary."""
    item = ActionItem(
        id=_mint(uow),
        origin=origin,
        what=what,
        owner=owner,
        items=items,
        blocks=blocks,
        due=due,
        initiated_at=at,
        initiated_by=actor,
    )
    uow.add(item)
    return item


def add(
    store: Store,
    *,
    origin: str,
    what: str,
    owner: str,
    items: tuple[str, ...] = (),
    due: datetime | None = None,
    actor: str,
    at: datetime,
) -> ActionItem:
    """Initiate an action item on its own. Raises NotFound for an unknown owner."""
    with store.write() as uow:
        uow.get(Person, actor)
        uow.get(Person, owner)
        item = initiate(uow, origin=origin, what=what, owner=owner, items=items, due=due, actor=actor, at=at)
        _journal(uow, item, "action initiate", actor, at)
        uow.commit()
    return item


def step(
    store: Store, id: str, state: str, *, evidence: str = "", evaluation: str = "", actor: str, at: datetime
) -> ActionItem:
    """Take an action item to its next state. Raises Refused for a step the table does not have."""
    with store.write() as uow:
        uow.get(Person, actor)
        before = uow.get(ActionItem, id)
        if state not in STEPS[before.state]:
            following = ", ".join(STEPS[before.state]) or "nothing: it is final"
            raise Refused(
                f"{id} is {before.state}; it cannot become {shown(state)}.", f"Next is {following}."
            )
        item = before.but(
            state=state,
            evidence=evidence or before.evidence,
            evaluation=evaluation or before.evaluation,
            closed_at=at if state in ("closed", "declined") else None,
        )
        uow.replace(item)
        _journal(uow, item, f"action {state}", actor, at)
        uow.commit()
    return item


def close(
    store: Store, id: str, *, evidence: str, evaluation: str = "", actor: str, at: datetime
) -> ActionItem:
    """Close an action item with its evidence, from whatever open state it is in."""
    with store.write() as uow:
        uow.get(Person, actor)
        before = uow.get(ActionItem, id)
        if not before.open:
            raise Invalid(f"{id} is {before.state} already.", "Nothing needs doing.")
        item = before.but(state="closed", evidence=evidence, evaluation=evaluation, closed_at=at)
        uow.replace(item)
        _journal(uow, item, "action close", actor, at)
        uow.commit()
    return item


def listed(
    uow: UnitOfWork, *, owner: str = "", origin: str = "", only_open: bool = True
) -> tuple[ActionItem, ...]:
    """Action items of an owner or an origin (all when neither is named), in id order."""
    wanted = {name: content for name, content in (("owner", owner), ("origin", origin)) if content}
    found = sorted(uow.all(ActionItem, **wanted), key=lambda one: int(one.id.removeprefix("AI-")))
    return tuple(one for one in found if one.open or not only_open)


def blocking(uow: UnitOfWork, origin: str, step: str = "closing") -> tuple[ActionItem, ...]:
    """The open action items of a record that its step waits for."""
    return tuple(one for one in listed(uow, origin=origin) if one.blocks == step)


def _mint(uow: UnitOfWork) -> str:
    found = uow.rows("SELECT last FROM number WHERE series = 'AI'")
    number = int(found[0][0]) + 1 if found else 1
    uow.rows("DELETE FROM number WHERE series = 'AI'")
    uow.rows("INSERT INTO number (series, last) VALUES ('AI', ?)", number)
    return f"AI-{number}"


def _journal(uow: UnitOfWork, item: ActionItem, action: str, actor: str, at: datetime) -> None:
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(f"action:{item.id}", item.origin, *item.items),
        changed={"what": item.what, "state": item.state},
    )
