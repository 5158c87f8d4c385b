"""A physical audit: each thing found otherwise than recorded, and the change that explains it.

    explain(uow, differences, now=...) -> Iterator[Explained]

Compared is what an export shows with the records in force, which verify holds against the newest
baseline. Source: rules.md 10, Physical audit; IT Service CMM 5.5, Activity 10.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccb import tables
from ccb.model import ChangeRequest, ProposedChange
from ccb.standing import active_person
from cmdb import action_items, journal
from cmdb.exchange.differing import Difference
from cmdb.model import Value, shown
from cmdb.store import Store, UnitOfWork

# Worst first: what each word means.
VERDICTS = {
    "unauthorised": "no change under way or just done speaks of it",
    "wrong value": "a change speaks of that field, but of another content",
    "late": "the window of the change is over, and field and record still differ",
    "early": "an approved change proposes it, but its window has not begun",
    "expected": "an approved change proposes it, and its window is open",
    "not agreed": "a candidate: no baseline says how it has to be",
}
TO_ANSWER = ("unauthorised", "wrong value", "late")
NAMED = 20  # differences an action item names one by one
_PENDING = ("approved", "checked out")
_DONE = ("checked in", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained(Value):
    """A difference with its verdict, the request that explains it if any, and its owner to ask."""

    difference: Difference
    verdict: str
    request: str = ""
    owner: str = ""


def explain(uow: UnitOfWork, differences: Iterable[Difference], *, now: datetime) -> Iterator[Explained]:
    """Say of each difference what explains it, and who owns the item it is about."""
    named = {row[0] for row in uow.rows("SELECT DISTINCT id FROM proposed_record WHERE record = 'item'")}
    about: tuple[str, list[ChangeRequest], str] = "", [], ""
    for one in differences:
        if one.id != about[0]:  # differences of one item come together
            ids = tables.requests_naming(uow, "item", one.id) if one.id in named else []
            owner = uow.rows("SELECT owner FROM item WHERE id = ?", one.id)
            about = (
                one.id,
                [uow.get(ChangeRequest, id) for id in reversed(ids)],
                str(owner[0][0]) if owner else "",
            )
        verdict, request = _verdict(one, about[1], now)
        yield Explained(difference=one, verdict=verdict, request=request, owner=about[2])


def _verdict(one: Difference, newest_first: Iterable[ChangeRequest], now: datetime) -> tuple[str, str]:
    """The verdict and its request: that of a change under way before one that is done."""
    found: list[tuple[str, str]] = []
    for request in newest_first:
        for change in request.changes:
            if not _speaks_of(change, one):
                continue
            if request.state in _PENDING:
                found.insert(0, (_pending(change, one, request, now), request.id))
            elif request.state in _DONE and _was(change, one):
                found.append(("late", request.id))
            elif request.state == "checked in":
                found.append(("wrong value", request.id))
    if found:
        return found[0]
    return ("unauthorised" if one.agreed or one.what == "new" else "not agreed"), ""


def _speaks_of(change: ProposedChange, one: Difference) -> bool:
    """Whether a proposed change is about what differs."""
    if change.holder != ("item", one.id):
        return False
    if one.record == "dependency":
        return change.record == "dependency" and (change.target, change.kind) == (one.target, one.kind)
    if one.what == "field":
        return change.record == "item" and (one.field in change.fields or _status(change, one))
    return change.record == "item" and change.operation in ("add", "retire", "return to service")


def _pending(change: ProposedChange, one: Difference, request: ChangeRequest, now: datetime) -> str:
    if not _proposes(change, one):
        return "wrong value"
    if request.window is None or request.window.start <= now < request.window.end:
        return "expected"
    return "early" if now < request.window.start else "late"


def _proposes(change: ProposedChange, one: Difference) -> bool:
    """Whether what was observed is what the change makes of it; any content fits an open field."""
    if one.record == "dependency":
        wanted = {"new": ("connect",), "missing": ("disconnect",), "field": ("set dependency",)}
        return change.operation in wanted[one.what]
    if one.what == "field":
        if one.field in change.open:
            return True
        wanted_status = {"retire": "retired", "return to service": "in service"}.get(change.operation)
        content = wanted_status if wanted_status else change.exact.get(one.field)
        return _same(content, one.observed)
    return (
        change.operation == {"new": "add", "missing": "retire", "still there": "return to service"}[one.what]
    )


def _was(change: ProposedChange, one: Difference) -> bool:
    """Whether what was observed is how it was before the change that is done."""
    if one.record == "dependency":
        undone = {"missing": "connect", "new": "disconnect", "field": "set dependency"}
        return change.operation == undone[one.what]
    if one.what == "field":
        return _same(change.seen.get(one.field), one.observed)
    return change.operation == {"missing": "add", "still there": "retire", "new": ""}[one.what]


def _status(change: ProposedChange, one: Difference) -> bool:
    return one.field == "status" and change.operation in ("retire", "return to service")


def _same(one: Any, other: Any) -> bool:
    return (not one and not other) or str(one) == str(other)


def follow_up(
    store: Store,
    found: Iterable[Explained],
    *,
    file: str,
    digest: str,
    due: datetime | None,
    actor: str,
    at: datetime,
) -> dict[str, str]:
    """Initiate one action item for each owner who has to answer; gives their ids by owner.

    What nobody owns yet is the auditor's. One journal entry holds the file's digest and the counts.
    Raises Refused for somebody who is not registered.
    """
    to_answer: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for one in found:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
        if one.verdict in TO_ANSWER:
            to_answer.setdefault(one.owner or actor, []).append(sentence(one))
    made: dict[str, str] = {}
    with store.write() as uow:
        active_person(uow, actor)
        for owner, sentences in sorted(to_answer.items()):
            more = len(sentences) - NAMED
            rest = f"; and {more:,} more, see the audit of {file}" if more > 0 else ""
            item = action_items.initiate(
                uow,
                origin=f"audit:{file}",
                what=f"Answer for what {file} shows: {'; '.join(sentences[:NAMED])}{rest}",
                owner=owner,
                due=due,
                actor=actor,
                at=at,
            )
            made[owner] = item.id
        journal.record(
            uow,
            at=at,
            actor=actor,
            action="audit physical",
            subjects=(f"file:{file}",),
            changed={"sha256": digest, **counts, "action items": sorted(made.values())},
        )
        uow.commit()
    return made


def sentence(one: Explained) -> str:
    """What was found, in a few words: `sw-11 model is EX4650, recorded QFX5120 (wrong value, CR-4)`."""
    what = one.difference
    subject = what.id if what.record == "item" else f"{what.id} {what.kind} {what.target}"
    said = {
        "field": f"{subject} {what.field} is {_said(what.observed)}, recorded {_said(what.recorded)}",
        "new": f"{subject} is there and not recorded",
        "missing": f"{subject} is recorded and not there",
        "still there": f"{subject} is retired and still there",
    }[what.what]
    return f"{said} ({', '.join(filter(None, (one.verdict, one.request)))})"


def _said(content: Any) -> str:
    return "empty" if content in (None, "", [], {}) else shown(str(content))
