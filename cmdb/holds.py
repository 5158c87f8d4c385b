"""Holds: for a time nobody changes an item, with the reason and the end for everybody to see.

A hold that has ended holds nothing and is replaced by the next one. Source: rules.md 7, Check-out.
"""

from datetime import datetime

from cmdb import (
    journal,
    tables_graph,
    tables_work,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.roles import allowed, require, roles_of
from cmdb.store import Store, UnitOfWork
from cmdb.work import Hold


def place(store: Store, hold: Hold, *, at: datetime) -> Hold:
    """Put an item on hold. Raises Refused when it is on hold already, Invalid when it would end at once."""
    if hold.until <= at:
        raise Invalid(f"A hold until {rfc3339(hold.until)} has ended already.", "Name a later end.")
    with store.write() as uow:
        require(uow, hold.person, "hold items", at=at)
        tables_graph.get_item(uow, hold.item)
        there = current(uow, hold.item, at=at)
        if there is not None:
            raise Refused(
                f"{hold.item} is on hold by {there.person} until {rfc3339(there.until)}: {there.reason}.",
                f"Ask them to lift it: 'cmdb item hold {hold.item} --lift'.",
            )
        ended = uow.find(Hold, hold.item)
        if ended is not None:
            uow.remove(ended)
        uow.add(hold)
        journal.record(
            uow,
            at=at,
            actor=hold.person,
            action="item hold",
            subjects=(hold.item,),
            changed={"until": rfc3339(hold.until), "reason": hold.reason},
        )
        uow.commit()
    return hold


def lift(store: Store, item: str, *, actor: str, at: datetime) -> Hold:
    """End a hold now. For whoever placed it, and for the CM group."""
    with store.write() as uow:
        hold = current(uow, item, at=at)
        if hold is None:
            raise Refused(f"{item} is not on hold.", "Nothing needs doing.")
        if hold.person != actor and not roles_of(uow, actor, at=at) & allowed(uow, "amend any draft"):
            raise Refused(f"{item} is on hold by {hold.person}.", f"Ask {hold.person} or the CM group.")
        uow.remove(hold)
        journal.record(uow, at=at, actor=actor, action="item hold lift", subjects=(item,))
        uow.commit()
    return hold


def standing(uow: UnitOfWork, *, at: datetime) -> tuple[Hold, ...]:
    """Every hold in force, in order of item."""
    return uow.where(Hold, "until > ?", rfc3339(at))


def current(uow: UnitOfWork, item: str, *, at: datetime) -> Hold | None:
    """The hold that is in force on an item, or None."""
    hold = uow.find(Hold, item)
    return hold if hold is not None and hold.stands(at) else None
