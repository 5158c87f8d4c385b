"""Backing a change out: its own fields put back, as the approved back-out plan foresaw.

    foresee(library, id, *, actor, at) -> Undoing              what it would write, and every problem
    back_out(library, id, *, reason, outage, actor, key, at) -> Baseline | None

From checked out nothing was written, so nothing is written now: the records are let go. From checked
in it is a new signed baseline, authorised by the decision on the change; history is never rewritten.
What somebody altered since is a conflict that is settled by a request of its own.
Source: rules.md 5, Back-out.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from baselines import attached, checkout, tables
from baselines.checkin import drafted, issue
from baselines.establish import enter_baseline
from baselines.inspection import against
from baselines.library import Draft, Library, commit_point, settled, unheard
from baselines.model import BACK_OUT, Baseline, LibraryCommit
from baselines.past import Past
from baselines.state import around
from ccb import closing, controlled, proposal, requests
from ccb.authorisation import authorised
from ccb.model import ChangeRequest
from ccb.proposal import Proposal
from ccb.reversal import reversal
from ccb.standing import active_person
from cmdb import canonical, records
from cmdb.errors import CmdbError, Invalid, Refused
from cmdb.model import Value, shown
from cmdb.store import UnitOfWork

LIFT = (
    "Have what is checked out given back and holds lifted; what others changed since is settled by a"
    " request: 'cmdb change new'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing(Value):
    """What a back-out would write, and everything that stands against it.

    `baseline` is the one it undoes, empty where nothing was checked in: then no record is written.
    """

    request: ChangeRequest
    baseline: str = ""
    proposal: Proposal = field(default_factory=lambda: Proposal(before={}, after={}))
    problems: tuple[str, ...] = ()


def foresee(library: Library, id: str, *, actor: str, at: datetime) -> Undoing:
    """Tell what backing a request out would write, and what stands against it. Changes nothing.

    Raises Refused where the life cycle knows no way back: not checked out, or closed.
    """
    with library.store.write() as trial:  # rolled back: the records are only tried out
        return _undoing(library, trial, requests.find(trial, id), actor=actor, at=at)


def back_out(
    library: Library,
    id: str,
    *,
    reason: str,
    outage: int | None = None,
    actor: str,
    key: Callable[[], Path],
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> Baseline | None:
    """Undo a change that is checked out or checked in; give the new baseline, None where none is due.

    `key` is asked for the signing key only where something is signed. `outage` is what it really
    cost, in seconds. Raises Refused with every problem and conflict at once, or Invalid where the
    reason or the outage is missing; nothing is changed then.
    """
    with library.store.read() as uow:
        request = requests.find(uow, id)
        author = active_person(uow, actor)
    id = request.id
    missing = closing.back_out_problems(request, reason=reason, outage=outage)
    if missing and request.state in ("checked out", "checked in"):
        raise Invalid(f"{id} cannot be backed out as said.", "Say what is missing.", missing)
    if request.state != "checked in":
        _let_go(library, id, reason=reason, outage=outage, actor=actor, at=at)
        return None
    found: list[Undoing] = []
    entered: list[Baseline] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        undoing, made = _drafted(library, uow, id, newest, actor=actor, at=at)
        found[:] = [undoing]
        return made

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        before = found[0]
        _refuse_moved(uow, before)
        controlled.put_all(uow, before.proposal.after)
        closing.back_out(
            uow,
            before.request,
            reason=reason,
            outage=outage,
            past=Past(library),
            baseline=commit.name,
            actor=actor,
            at=at,
        )
        entered.append(enter_baseline(uow, commit, title=_title(before.request)))
        issue(uow, before.proposal.after, commit.name, at)

    signed = partial(commit_point, library, author=author, key=key(), at=at)
    signed(kind="baseline", draft=draft, enter=enter, request=id, steps=steps)
    return entered[-1]


def _drafted(
    library: Library, uow: UnitOfWork, id: str, newest: LibraryCommit | None, *, actor: str, at: datetime
) -> tuple[Undoing, Draft]:
    """The baseline that undoes a request, not signed yet. Raises Refused with every problem."""
    with library.store.write() as trial:  # rolled back: the records are only tried out
        undoing = _undoing(library, trial, requests.find(trial, id), actor=actor, at=at)
        refuse(undoing)
        known = authorised(trial, undoing.request, at=at, recompute=False)
    files = [
        (records.path_of(*key), canonical.encode(controlled.form_of(key[0]), fields))
        for key, fields in undoing.proposal.after.items()
    ]
    past = [parent for parent in (_parent_of(library, uow, undoing.baseline),) if parent]
    after = undoing.proposal.after
    head = newest.commit if newest else ""
    beside = attached.changes(uow, library.vault, after, head=head, past=past)
    trailers = {BACK_OUT: undoing.baseline}
    subject = _title(undoing.request)
    return undoing, drafted(
        library,
        undoing.request,
        known,
        newest,
        itertools.chain(files, beside),
        subject=subject,
        trailers=trailers,
    )


def _parent_of(library: Library, uow: UnitOfWork, baseline: str) -> str:
    """The commit before the baseline that is undone: what it replaced is there."""
    commit = library.vault.commit(uow.get(Baseline, baseline).commit)
    return commit.parents[0] if commit.parents else ""


def _refuse_moved(uow: UnitOfWork, before: Undoing) -> None:
    """Refuse when anything the back-out was worked out from moved before the lock was taken."""
    if requests.find(uow, before.request.id) != before.request:
        raise Refused(f"{before.request.id} was changed meanwhile.", "Look at it and back it out again.")
    if controlled.held_all(uow, tuple(before.proposal.before)) != before.proposal.before:
        raise Refused("A record was changed meanwhile.", "Back it out again.")


def _title(request: ChangeRequest) -> str:
    return f"Back out {request.id}: {request.title}"


def refuse(found: Undoing) -> None:
    """Raise Refused with every problem of a back-out, or return when there is none."""
    if found.problems:
        raise Refused(f"{found.request.id} cannot be backed out; nothing was changed.", LIFT, found.problems)


def _let_go(library: Library, id: str, *, reason: str, outage: int | None, actor: str, at: datetime) -> None:
    """Back out what was never checked in: no record changes, and the work in the directory is kept."""
    with library.store.write() as uow:
        settled(library, uow)
        request = requests.find(uow, id)
        closing.back_out(uow, request, reason=reason, outage=outage, past=Past(library), actor=actor, at=at)
        out = tables.checkout_of(uow, id)
        if out is not None and out.state == "out":
            checkout.release_leases(uow, out)
            uow.replace(out.but(state="returned", ended_at=at, reason=f"backed out: {reason}"))
        uow.commit()


def _undoing(
    library: Library, uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime
) -> Undoing:
    requests.move(uow, request, "back out", actor=actor, at=at)
    if request.state != "checked in":
        return Undoing(request=request)
    keys = proposal.keys(request.changes)
    if not keys:
        raise Refused(
            f"{request.id} brought records under control, which no back-out undoes.",
            "Raise a request that retires or changes what should not be there: 'cmdb change new'.",
        )
    baseline = uow.all(Baseline, request=request.id)[0]
    commit = library.vault.commit(baseline.commit)
    found = reversal(around(library.vault, commit, keys), controlled.held_all(uow, keys))
    problems = [*checkout.holders(uow, keys, at=at), *found.problems]
    problems += [
        f"{one.subject}: {one.field} is {_said(one.current)} now; {request.id} left it {_said(one.original)}"
        f" and found it {_said(one.proposed)}."
        for one in found.moved
    ]
    if not problems:
        found = controlled.completed(found)
        problems += against(uow, found)
    try:
        authorised(uow, request, at=at, recompute=False)
    except CmdbError as refusal:
        problems += [refusal.reason, *refusal.problems]
    return Undoing(request=request, baseline=baseline.id, proposal=found, problems=tuple(problems))


def _said(content: object) -> str:
    return "empty" if content in (None, "", [], {}) else f"'{shown(str(content))}'"
