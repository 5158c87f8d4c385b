"""Writing a request anew from one that is there: cloning it, and settling what moved under it.

A settled request is a draft again, by an edit; what was not chosen stays a conflict.
Source: rules.md 5, A proposed change; Life cycle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from ccb import examination, requests
from ccb.model import ChangeDraft, ChangeRequest, ProposedChange
from cmdb.errors import Invalid
from cmdb.model import Person, Value, check, choice_problems, shown
from cmdb.store import Store, UnitOfWork

TAKES = ("proposed", "current")
CANDIDATES = "candidates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Value):
    """What moved under a request: the value it saw, the one it proposes, the one that stands there now."""

    subject: str
    field: str
    original: Any
    proposed: Any
    current: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Value):
    """What to do about a change whose values moved: keep what is `proposed`, or leave what is `current`.

    `subject` names the change as `ProposedChange.subject` does; no `field` means all of it.
    """

    subject: str
    field: str = ""
    take: str = "proposed"

    def __post_init__(self) -> None:
        check("What to take", choice_problems("It", self.take, TAKES))


def clone(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Write a new draft that proposes the same, against the values that stand there now.

    A window that is over, what it answered and an implementer who left are not taken along. Raises
    Invalid with every problem, such as a record that the first one has added already.
    """
    with store.write() as uow:
        model = requests.find(uow, id)
        content = {one.name: getattr(model, one.name) for one in fields_of(ChangeDraft)}
        if model.window is not None and model.window.start <= at:
            content["window"] = None
            content["down"] = model.down.but(start=None) if model.down else None
        for role in ("implementer", "reviewer"):
            person = uow.find(Person, content[role]) if content[role] else None
            content[role] = content[role] if person is not None and person.active else ""
        content |= {"answers": (), "changes": tuple(one.but(seen={}) for one in model.changes)}
        request = requests.add(uow, ChangeDraft(**content), after=model.id, actor=actor, at=at)
        uow.commit()
    return request


def moved(uow: UnitOfWork, request: ChangeRequest) -> tuple[Moved, ...]:
    """Every value that is not what the request saw when it was written."""
    found = [
        Moved(
            subject=one.subject,
            field=one.field,
            original=one.original,
            proposed=one.proposed,
            current=one.current,
        )
        for one in examination.proposed(uow, request.changes).moved
    ]
    for change in request.changes:
        if change.record != "scope" or not change.seen:
            continue
        now = examination.seeing(uow, change).seen
        if now != dict(change.seen):
            counts = (change.seen.get("count"), change.seen.get("count"), now.get("count"))
            found.append(_moved_scope(change, *counts))
    return tuple(found)


def settle(
    store: Store, id: str, choices: Sequence[Settled] = (), *, actor: str, at: datetime
) -> ChangeRequest:
    """Settle what moved, field by field; everything keeps what is proposed when no choice is given.

    Kept: the change sees the present value and still wants its own. Left as it is: the field, or
    where nothing else is left of it the change, goes out of the request. The request is a draft
    again. Raises Invalid for a choice about what the request does not propose.
    """
    with store.write() as uow:
        before = requests.find(uow, id)
        _refuse_unknown(before, choices)
        request = requests.move(uow, before, "edit", actor=actor, at=at)
        changes: list[ProposedChange] = []
        for change in before.changes:
            mine = [one for one in choices if one.subject == change.subject]
            after = _settled(uow, change, mine) if mine or choices else examination.seeing(uow, change)
            changes += [after] if after is not None else []
        told = [f"{one.subject} {one.field}: {one.take}".replace(" :", ":") for one in choices]
        request = requests.put(
            uow,
            request.but(changes=tuple(changes)),
            actor=actor,
            action="change settle",
            at=at,
            changed={"settled": told} if told else {},
        )
        uow.commit()
    return request


def _settled(uow: UnitOfWork, change: ProposedChange, choices: Sequence[Settled]) -> ProposedChange | None:
    """The change after the choices about it; None when nothing is left of it."""
    for one in choices:
        if one.take == "current":
            left = _without(change, one.field)
            if left is None:
                return None
            change = left
        else:
            change = _seeing(uow, change, one.field)
    return change


def _seeing(uow: UnitOfWork, change: ProposedChange, field: str) -> ProposedChange:
    """The change as it sees the present value of one field; of all of them where that is no field of it."""
    now: Mapping[str, Any] = examination.seeing(uow, change).seen
    if field not in now or set(change.seen) != set(now):
        return change.but(seen=now)
    return change.but(seen={**change.seen, field: now[field]})


def _without(change: ProposedChange, field: str) -> ProposedChange | None:
    """The change without one field; None where it is that field, or the whole change, that goes."""
    exact = {name: content for name, content in change.exact.items() if name != field}
    opened = tuple(name for name in change.open if name != field)
    if field not in change.fields or not (exact or opened):
        return None
    seen = {name: content for name, content in change.seen.items() if name != field}
    return change.but(exact=exact, open=opened, seen=seen)


def _moved_scope(change: ProposedChange, original: Any, wanted: Any, current: Any) -> Moved:
    return Moved(
        subject=change.subject, field=CANDIDATES, original=original, proposed=wanted, current=current
    )


def _refuse_unknown(request: ChangeRequest, choices: Sequence[Settled]) -> None:
    known = {change.subject for change in request.changes}
    unknown = [
        f"'{shown(one.subject)}' is not in {request.id}." for one in choices if one.subject not in known
    ]
    if unknown:
        raise Invalid(
            f"{request.id} proposes no such change.", f"It has: {'; '.join(sorted(known))}.", unknown
        )
