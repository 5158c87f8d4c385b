"""Change requests: writing, submitting, assessing, doing and closing them.

The board's part is in `ccb.board`; check-out and check-in are a floor higher and move a request with
`move`. No state is set but by `lifecycle.advance`. Source: rules.md 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from ccb import assessment, clashes, examination, lifecycle, statements, tables
from ccb.guards import Facts
from ccb.lifecycle import Offer
from ccb.model import Assessment, ChangeDraft, ChangeRequest, Comment, Evidence, decision_of
from ccb.standing import EMERGENCY_REVIEW, active_person, facts
from cmdb import action_items, canonical, journal, notices, planned
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import shown
from cmdb.numbers import next_number
from cmdb.promises import PlannedWork
from cmdb.store import Store, UnitOfWork

_TENTATIVE = ("submitted", "assessed", "under review")
_FIRM = ("approved", "checked out", "checked in")
# Where an approval is over, with why; what it was given on is not asked for any more.
_VOID = {
    "draft": "was edited, and is decided anew",
    "under review": "lies before the board again",
    "withdrawn": "was withdrawn",
    "backed out": "was backed out",
}


def new(store: Store, draft: ChangeDraft, *, actor: str, at: datetime) -> ChangeRequest:
    """Write a change request, as a draft. Raises Invalid with every problem of it at once."""
    with store.write() as uow:
        request = add(uow, draft, actor=actor, at=at)
        uow.commit()
    return request


def add(uow: UnitOfWork, draft: ChangeDraft, *, after: str = "", actor: str, at: datetime) -> ChangeRequest:
    """Write a change request inside a transaction, each change with the values it saw.

    `after` is the request it was cloned from, if any.
    """
    active_person(uow, actor)
    _refuse_problems(draft.title, examination.problems(uow, draft))
    content = _content(draft)
    content["changes"] = examination.examined(uow, draft.changes)
    content["implementer"] = draft.implementer or actor
    id = f"CR-{next_number(uow, tables.SERIES)}"
    request = ChangeRequest(id=id, originator=actor, created_at=at, changed_at=at, **content)
    tables.add_request(uow, request)
    changed = {"title": request.title, **({"cloned from": after} if after else {})}
    _journal(uow, request, "change new", actor=actor, at=at, changed=changed)
    return request


def edit(
    store: Store, id: str, draft: ChangeDraft, *, seen: str = "", actor: str, at: datetime
) -> ChangeRequest:
    """Replace the content of a request, which is a draft again; its votes are kept, and stale.

    A change that stands unaltered keeps the values it saw. `seen` is `statements.seen_as` of the request
    the person began from: Refused when it has moved since. Raises Invalid or Refused.
    """
    with store.write() as uow:
        before = find(uow, id)
        statements.refuse_moved(before, seen)
        request = move(uow, before, "edit", actor=actor, at=at)
        _refuse_problems(id, examination.problems(uow, draft))
        content = _content(draft)
        content["changes"] = examination.examined(uow, draft.changes, before.changes)
        content["implementer"] = draft.implementer or request.originator
        request = _put(uow, request.but(**content), actor=actor, action="change edit", at=at)
        uow.commit()
    return request


def submit(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Hand a draft in: it is complete and nothing it names has moved since it was written."""
    with store.write() as uow:
        request = find(uow, id)
        wrong = [*examination.incomplete(request), *examination.problems(uow, request)]
        wrong += [
            f"{one}; settle it: 'cmdb change settle {request.id}'."
            for one in examination.moved(uow, request.changes)
        ]
        request = move(uow, request, "submit", actor=actor, at=at, problems=tuple(wrong))
        request = _put(uow, request.but(submitted_at=at), actor=actor, action="change submit", at=at)
        uow.commit()
    return request


def assess(store: Store, id: str, *, actor: str, at: datetime) -> tuple[ChangeRequest, Assessment]:
    """Compute what the request costs and where it clashes; keep the answer as evidence."""
    with store.write() as uow:
        request = find(uow, id)
        found = assessment.assess(uow, request, at=at)
        consenters = [one.person for one in found.consents]
        request = move(uow, request, "assess", actor=actor, at=at, consenters=consenters)
        tables.keep_evidence(uow, evidence(statements.ASSESSMENT, found.material))
        request = _put(
            uow,
            request.but(assessment=found.digest),
            actor=actor,
            action="change assess",
            at=at,
            changed={"assessment": found.digest},
        )
        uow.commit()
    return request, found


def withdraw(store: Store, id: str, *, reason: str = "", actor: str, at: datetime) -> ChangeRequest:
    """Take a request back, for good. For its originator, before check-out."""
    return _step(store, id, "withdraw", actor=actor, at=at, changed={"reason": reason})


def resume(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Bring a deferred request back, to be assessed anew: on its date for anybody, before for the chair."""
    with store.write() as uow:
        request = come_back(uow, find(uow, id), actor=actor, at=at)
        uow.commit()
    return request


def come_back(uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime) -> ChangeRequest:
    """Bring a deferred request back inside a transaction. Raises Refused."""
    back = move(uow, request, "resume", actor=actor, at=at).but(until=None)
    changed = {"put off until": canonical.rfc3339(request.until)} if request.until else {}
    return _put(uow, back, actor=actor, action="change resume", at=at, changed=changed)


def start(store: Store, id: str, *, when: datetime | None = None, actor: str, at: datetime) -> ChangeRequest:
    """Record that the work has started, now or at `when`."""
    return _step(store, id, "start", actor=actor, at=at, started=_past(when or at, at))


def finish(store: Store, id: str, *, when: datetime | None = None, actor: str, at: datetime) -> ChangeRequest:
    """Record that the work is finished, now or at `when`."""
    return _step(store, id, "finish", actor=actor, at=at, finished=_past(when or at, at))


def comment(store: Store, id: str, text: str, *, actor: str, at: datetime) -> Comment:
    """Say something about a request. Voids nothing."""
    with store.write() as uow:
        active_person(uow, actor)
        request = find(uow, id)
        said = comments(uow, request.id)
        remark = Comment(request=request.id, sequence=len(said) + 1, person=actor, at=at, text=text)
        uow.add(remark)
        subject = f"change:{request.id}"
        journal.record(
            uow, at=at, actor=actor, action="change comment", subjects=(subject,), request=request.id
        )
        uow.commit()
    return remark


def comments(uow: UnitOfWork, id: str) -> tuple[Comment, ...]:
    """What was said about a request, oldest first."""
    return uow.all(Comment, request=id)


def find(uow: UnitOfWork, id: str) -> ChangeRequest:
    """Give a request; the number alone will do. Raises NotFound."""
    wanted = id.upper() if id.upper().startswith("CR-") else f"CR-{id}"
    found = uow.find(ChangeRequest, wanted)
    if found is None:
        raise NotFound(f"There is no change request '{shown(id)}'.", "List them with 'cmdb change list'.")
    return found


def listed(uow: UnitOfWork, *, states: Sequence[str] = (), limit: int = -1) -> tuple[ChangeRequest, ...]:
    """The requests in these states (all when none is named), newest first."""
    wrong = [f"'{shown(one)}' is not a state." for one in states if one not in lifecycle.STATES]
    if wrong:
        raise Invalid("There is no such state.", f"Use: {', '.join(lifecycle.STATES)}.", wrong)
    ids = tables.request_ids(uow, states=tuple(states), limit=limit, newest_first=True)
    return tuple(uow.get(ChangeRequest, one) for one in ids)


def offered(
    uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime, **more: Any
) -> tuple[Offer, ...]:
    """What the actor may do with the request now, and why not what may not be done.

    `more` are facts that only the caller knows (the ballot's result, the lease).
    """
    return lifecycle.offered(request.state, facts(uow, request, actor, at=at, **more))


def move(
    uow: UnitOfWork, request: ChangeRequest, action: str, *, actor: str, at: datetime, **more: Any
) -> ChangeRequest:
    """Give the request in its next state, not stored yet. `more` are facts for the guards.

    Raises Refused with the guards' sentences. The one way a state changes.
    """
    active_person(uow, actor)
    known: Facts = facts(uow, request, actor, at=at, **more)
    return request.but(state=lifecycle.advance(request.state, action, known), changed_at=at)


def put(
    uow: UnitOfWork,
    request: ChangeRequest,
    *,
    action: str,
    actor: str,
    at: datetime,
    changed: dict[str, Any] | None = None,
) -> ChangeRequest:
    """Store a moved request, with its planned work and its journal entry."""
    return _put(uow, request, actor=actor, action=action, at=at, changed=changed)


def evidence(form: str, fields: Mapping[str, Any]) -> Evidence:
    """A piece of evidence: the canonical text of the fields, with its digest."""
    data = canonical.encode(form, fields)
    return Evidence(digest=canonical.digest(form, data), form=form, text=data.decode())


def _step(
    store: Store,
    id: str,
    action: str,
    *,
    actor: str,
    at: datetime,
    changed: dict[str, Any] | None = None,
    **values: Any,
) -> ChangeRequest:
    with store.write() as uow:
        request = move(uow, find(uow, id), action, actor=actor, at=at).but(**values)
        request = _put(uow, request, actor=actor, action=f"change {action}", at=at, changed=changed)
        uow.commit()
    return request


def _put(
    uow: UnitOfWork,
    request: ChangeRequest,
    *,
    action: str,
    actor: str,
    at: datetime,
    changed: dict[str, Any] | None = None,
) -> ChangeRequest:
    tables.put_request(uow, request)
    plan(uow, request)
    void = {"void": ids} if (ids := _void(uow, request, at)) else {}
    said = {"state": request.state, **(changed or {}), **void}
    _journal(uow, request, action, actor=actor, at=at, changed=said)
    return request


def _void(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> list[str]:
    """Close what an approval that is over was given on, and tell who had it; give the action items."""
    if request.state not in _VOID:
        return []
    why = f"{request.id} {_VOID[request.state]}."
    stays = EMERGENCY_REVIEW if request.state == "backed out" else None
    ended = []
    for item in action_items.listed(uow, origin=f"change:{request.id}"):
        if not item.blocks or (stays and item.what.startswith(stays)):
            continue
        done = action_items.carry(uow, item, "closed", evidence=why, evaluation=why, at=at)
        if done.open:
            continue
        text = f"{item.id} is closed, {why.removesuffix('.')}: {item.what}"
        about = f"action:{item.id}"
        notices.tell(uow, [item.owner], about=about, text=text, at=at, kind="action item")
        ended.append(item.id)
    return ended


def plan(uow: UnitOfWork, request: ChangeRequest) -> None:
    """Note the work for impact, forecast and calendar while it is asked for or agreed."""
    work = planned_for(request)
    if work is None:
        planned.cancel(uow, request.id)
    else:
        planned.plan(uow, _as_extended(uow, request, work))


def planned_for(request: ChangeRequest) -> PlannedWork | None:
    """The work a request plans while it is asked for or agreed; None before, after and without a window."""
    due = request.state in (*_TENTATIVE, *_FIRM) and request.finished is None
    work = clashes.planned_work(request) if due else None
    if work is None:
        return None
    return work.but(tentative=request.state in _TENTATIVE, unplanned=request.kind == "emergency")


def _as_extended(uow: UnitOfWork, request: ChangeRequest, work: PlannedWork) -> PlannedWork:
    """Work under way keeps what it was extended to: the request itself stays as it was approved."""
    known = uow.find(PlannedWork, request.id) if request.state in ("checked out", "checked in") else None
    if known is None:
        return work
    return work.but(window_end=max(work.window_end, known.window_end), worst=max(work.worst, known.worst))


def _journal(
    uow: UnitOfWork, request: ChangeRequest, action: str, *, actor: str, at: datetime, changed: dict[str, Any]
) -> None:
    subjects = [f"change:{request.id}"]
    for kind, id in dict.fromkeys(change.holder for change in request.changes):
        subjects.append(id if kind == "item" else f"{kind}:{id}")
    journal.record(
        uow, at=at, actor=actor, action=action, subjects=subjects, changed=changed, request=request.id
    )


def _content(draft: ChangeDraft) -> dict[str, Any]:
    return {one.name: getattr(draft, one.name) for one in fields_of(draft)}


def _past(when: datetime, at: datetime) -> datetime:
    if when > at:
        raise Invalid("That time lies ahead.", "Record it when it has happened.")
    return when


def _refuse_problems(what: str, found: Sequence[str]) -> None:
    if found:
        raise Invalid(f"The change request '{shown(what)}' is not valid.", "Correct what is listed.", found)


def refuse_unless(request: ChangeRequest, kind: str) -> None:
    """Raise Refused unless the request asks for this kind of decision."""
    if decision_of(request.kind) != kind:
        raise Refused(
            f"{request.id} is a {request.kind} request, not one for a {kind}.",
            "Raise a request of the right kind with 'cmdb change new'.",
        )
