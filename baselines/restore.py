"""Restoring records from an older baseline: a change request that proposes what they were.

    foresee(library, baseline, wanted) -> Restoration            the changes, and what they leave
    restore(library, baseline, wanted, *, actor, at) -> ChangeRequest      the same as a draft

Records are chosen one by one, as everything a service needed then, or all. The request goes the way
of every other one: assessed, voted on, checked in. Source: rules.md 7, Baseline (restore is a request).
"""

from dataclasses import dataclass
from datetime import datetime

from baselines import attached, scoped
from baselines.library import Library
from baselines.model import Baseline, ScopedBaseline
from baselines.state import State
from ccb import controlled, requests
from ccb.model import REPLACE, ChangeDraft, ChangeRequest, ProposedChange
from ccb.proposal import Key
from ccb.restoring import changes_to
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Value, shown
from cmdb.store import UnitOfWork

LIMIT = 2_000  # proposed changes of one request: more is a plan of its own, not one decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Value):
    """What to restore: records by (kind, id), all that `services` needed then, or `everything`."""

    records: tuple[Key, ...] = ()
    services: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration(Value):
    """The changes that restore what was asked for; `notes` say what stays different."""

    baseline: Baseline | ScopedBaseline
    changes: tuple[ProposedChange, ...] = ()
    notes: tuple[str, ...] = ()


def foresee(library: Library, baseline: str, wanted: Wanted) -> Restoration:
    """Give the changes that make records again what they were in a baseline. Changes nothing.

    Raises Invalid when nothing is named, NotFound with every record that the baseline does not hold,
    Refused when it is more than one request should decide.
    """
    with library.store.read() as uow:
        return _foreseen(library, uow, baseline, wanted)


def restore(library: Library, baseline: str, wanted: Wanted, *, actor: str, at: datetime) -> ChangeRequest:
    """Write the change request that restores records, as a draft without window and plans.

    Raises what `foresee` raises, and Refused when everything is as it was.
    """
    with library.store.write() as uow:
        found = _foreseen(library, uow, baseline, wanted)
        if not found.changes:
            raise Refused(
                f"Everything asked for is as it was in {found.baseline.id}.",
                f"See what differs: 'cmdb baseline compare {found.baseline.id}'.",
                found.notes,
            )
        ids = list(dict.fromkeys(change.id for change in found.changes))
        subjects = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
        draft = ChangeDraft(
            title=f"Restore {subjects} as in {found.baseline.id}",
            reason=f"Back to what {found.baseline.id} holds.",
            changes=found.changes,
        )
        for one in found.changes:
            if one.operation == REPLACE:
                attached.keep_past(uow, library.vault, found.baseline.commit, one.id, actor=actor, at=at)
        request = requests.add(uow, draft, actor=actor, at=at)
        uow.commit()
    return request


def _foreseen(library: Library, uow: UnitOfWork, baseline: str, wanted: Wanted) -> Restoration:
    side = scoped.side(uow, baseline)
    older = side.baseline
    then = State(library.vault, older.commit)
    keys = [key for key in _chosen(then, wanted) if side.keys is None or key in {*side.keys, *wanted.records}]
    if wanted.everything:
        keys = _differing(library, side, scoped.side(uow, "latest"))
    if not keys:
        if wanted.everything:
            return Restoration(baseline=older)
        raise Invalid("Nothing is named to restore.", "Name items, a service with --service, or --all.")
    changes: list[ProposedChange] = []
    notes: list[str] = []
    missing: list[str] = []
    for key in keys:
        inside = side.keys is None or key in side.keys
        before, now = then.record(key) if inside else None, controlled.held(uow, *key)
        if before is None and not wanted.everything:
            missing.append(f"{key[0]} '{shown(key[1])}' is not in {older.id}.")
            continue
        made, left = changes_to(key, before, now)
        changes += made
        notes += left
    if missing:
        raise NotFound(
            "There is nothing to restore it from.", f"See 'cmdb baseline show {older.id}'.", missing
        )
    if len(changes) > LIMIT:
        raise Refused(
            f"That is {len(changes):,} changes; one request decides on {LIMIT:,} at most.",
            "Restore it service by service: 'cmdb baseline restore BL --service ID'.",
        )
    return Restoration(baseline=older, changes=tuple(changes), notes=tuple(notes))


def _chosen(then: State, wanted: Wanted) -> list[Key]:
    """The records asked for by name or by service, each once."""
    keys: list[Key] = [(kind, id) for kind, id in wanted.records if controlled.form_of(kind)]
    absent = [one for one in wanted.services if then.record(("item", one)) is None]
    if absent:
        raise NotFound(
            "There was no such service then.",
            "Name one of that baseline.",
            [f"'{shown(one)}' is not in it." for one in absent],
        )
    keys += [("item", one) for one in sorted(then.below(wanted.services))]
    return list(dict.fromkeys(keys))


def _differing(library: Library, older: scoped.Side, newer: scoped.Side) -> list[Key]:
    """The records that are not the same in two baselines, in the order in which they may be written."""
    found = scoped.between(library, older, newer)
    keys = {(one.kind, one.id) for one in (*found.added, *found.removed)}
    keys |= {(one.kind, one.id) for one in found.changed}
    keys |= {("item", one.source) for one in (*found.connected, *found.disconnected)}
    order = list(controlled.KINDS)
    return sorted(keys, key=lambda key: (order.index(key[0]), key[1]))
