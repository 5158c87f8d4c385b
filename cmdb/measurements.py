"""Outages as people and monitors record them, and what follows from them for services.

What follows is worked out once, when an outage is recorded, on the estate as it was when it began,
and kept: a later edit of the estate never rewrites a past report. Outages that run together are
worked out together, because redundancy groups may survive each of them alone. A correction keeps
the old outage and takes over what had followed from it. What the estate was is for the library to
know: it is handed in (`Past`). Source: rules.md 4, Outages of a service.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import NamedTuple

import cmdb.tables_promises  # noqa: F401 - registers the rows of what is kept here
from cmdb import journal
from cmdb.canonical import rfc3339
from cmdb.chains import Chains
from cmdb.derivations import Derivation, DerivedOutage
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.estate import Estate
from cmdb.graph import ChangedEstate, GraphDelta
from cmdb.model import shown
from cmdb.numbers import next_number
from cmdb.promises import Outage, PlannedWork
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import CURRENT
from cmdb.roles import require
from cmdb.spread import DEGRADED, OUTAGE, Spread
from cmdb.store import Store, UnitOfWork

SERIES = "out"


class Then(NamedTuple):
    """The estate at a past moment: the baseline in force, and what to lay over the estate of today."""

    baseline: str
    delta: GraphDelta


# Who knows the estate as it was: at a moment, without what some change requests made of it.
Past = Callable[[UnitOfWork, datetime, Collection[str]], Then]


def today(_uow: UnitOfWork, _at: datetime, _changes: Collection[str]) -> Then:
    """Take the estate as it is for the estate as it was: where no library says otherwise."""
    return Then(baseline="", delta=GraphDelta())


def record_outage(
    store: Store,
    *,
    subject: str,
    started: datetime,
    ended: datetime | None = None,
    effect: str = "outage",
    change: str = "",
    source: str = "",
    note: str = "",
    actor: str,
    at: datetime,
    past: Past = today,
) -> Outage:
    """Record that an item or service is or was down or degraded; no end: it still is.

    Works out and keeps what follows for services. Raises Invalid for a time that lies ahead,
    NotFound for an unknown item, Refused for one that is known to be as bad already.
    """
    with store.write() as uow:
        require(uow, actor, "record outages", at=at)
        if ended is None:
            _refuse_again(uow, subject, effect)
        outage = observe(
            uow,
            Outage(
                id=next_id(uow),
                subject=subject,
                started=started,
                ended=ended,
                effect=effect,
                change=change,
                source=source,
                note=note,
                recorded_by=actor,
                recorded_at=at,
            ),
            past=past,
        )
        uow.commit()
    return outage


def _refuse_again(uow: UnitOfWork, subject: str, effect: str) -> None:
    """Raise Refused where an outage of an item that is no less bad is running: it would be told twice."""
    for one in listed(uow, subject=subject):
        if one.ended is None and (one.effect == effect or one.effect == "outage"):
            state = "out" if one.effect == "outage" else one.effect
            raise Refused(
                f"{subject} is already {state} since {rfc3339(one.started)}: {one.id}.",
                f"When it is up again, 'cmdb outage ended {one.id}'; to change what is known of it,"
                f" 'cmdb outage correct {one.id} --from T'.",
            )


def observe(uow: UnitOfWork, outage: Outage, *, past: Past = today) -> Outage:
    """Store a new outage inside a transaction, with what follows from it and its journal entry.

    Take its id from `next_id`. Raises as `enter`.
    """
    entered = enter(uow, outage, past=past)
    _journal(uow, entered, "outage record", outage.recorded_at, outage.recorded_by)
    return entered


def enter(uow: UnitOfWork, outage: Outage, *, past: Past = today) -> Outage:
    """Store a new outage or a correction, with what follows from it; its journal entry is the caller's.

    An outage that names a change and no planned window takes the approved window of the work that
    is noted for the change. Raises Invalid for a time that lies ahead, NotFound for an unknown item.
    """
    window = None if outage.planned_start else _planned_window(uow, outage.change)
    if window:
        outage = outage.but(planned_start=window[0], planned_end=window[1])
    _add(uow, outage, outage.recorded_at, past)
    if outage.replaces:
        # Where the old one no longer runs, the rest may run without it.
        before = uow.get(Outage, outage.replaces)
        derive(uow, before.started, before.ended, at=outage.recorded_at, past=past)
    return outage


def began(
    store: Store, subject: str, started: datetime, *, actor: str, at: datetime, effect: str = "outage"
) -> Outage:
    """Record an outage that is going on."""
    return record_outage(store, subject=subject, started=started, effect=effect, actor=actor, at=at)


def ended(store: Store, id: str, ended: datetime, *, actor: str, at: datetime, past: Past = today) -> Outage:
    """Record that a running outage is over. Raises Refused when its end is known already."""
    with store.write() as uow:
        require(uow, actor, "record outages", at=at)
        before = current(uow, id)
        if before.ended is not None:
            raise Refused(
                f"{id} ended at {rfc3339(before.ended)}.",
                f"If that is wrong, correct it: 'cmdb outage correct {id} --until TIME'.",
            )
        outage = before.but(ended=ended)
        _refuse_ahead(outage, at)
        uow.replace(outage)
        # What ran beside it may now run on without it.
        derive(uow, before.started, before.ended, at=at, past=past)
        _journal(uow, outage, "outage end", at, actor)
        uow.commit()
    return outage


def correct(
    store: Store,
    id: str,
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    effect: str = "",
    change: str | None = None,
    note: str = "",
    actor: str,
    at: datetime,
    past: Past = today,
) -> Outage:
    """Replace an outage by a corrected one; the old one is kept and counts no more.

    What is not given stays. The effect `none` says that nothing had happened.
    """
    with store.write() as uow:
        require(uow, actor, "record outages", at=at)
        before = current(uow, id)
        named = before.change if change is None else change
        window = _planned_window(uow, named)
        if (
            window is None
            and named
            and named == before.change
            and before.planned_start
            and before.planned_end
        ):
            window = before.planned_start, before.planned_end
        outage = before.but(
            id=next_id(uow),
            started=started or before.started,
            ended=ended or before.ended,
            effect=effect or before.effect,
            change=named,
            planned_start=window[0] if window else None,
            planned_end=window[1] if window else None,
            note=note or before.note,
            replaces=before.id,
            recorded_by=actor,
            recorded_at=at,
        )
        outage = enter(uow, outage, past=past)
        _journal(uow, outage, "outage correct", at, actor)
        uow.commit()
    return outage


def current(uow: UnitOfWork, id: str) -> Outage:
    """Give an outage that counts. Raises NotFound, or Refused when a correction replaced it."""
    outage = uow.get(Outage, id)
    replaced = uow.rows("SELECT id FROM outage WHERE replaces = ?", id)
    if replaced:
        raise Refused(f"{id} was corrected by {replaced[0][0]}.", f"Go on with {replaced[0][0]}.")
    return outage


def listed(
    uow: UnitOfWork, *, subject: str = "", since: datetime | None = None, corrected: bool = False
) -> list[Outage]:
    """Outages as recorded, newest first; corrected ones only when asked for."""
    where, parameters = ["1 = 1"], []
    if subject:
        where.append("o.subject = ?")
        parameters.append(subject)
    if since:
        where.append("(o.ended IS NULL OR o.ended > ?)")
        parameters.append(rfc3339(since))
    if not corrected:
        where.append(CURRENT)
    found = uow.rows(
        f"SELECT o.id FROM outage o WHERE {' AND '.join(where)} ORDER BY o.started DESC, o.id DESC",
        *parameters,
    )
    return [uow.get(Outage, row[0]) for row in found]


def derive(
    uow: UnitOfWork, start: datetime, end: datetime | None, *, at: datetime, past: Past = today
) -> None:
    """Work out what follows for services from the outages that run, alone or together, in a stretch.

    Each set of outages that run together is worked out once and never again.
    """
    for together in _sets(uow, start, end):
        key = " ".join(one.id for one in together)
        if uow.find(Derivation, key) is not None:
            continue
        then = past(
            uow, max(one.started for one in together), sorted({one.change for one in together} - {""})
        )
        followed = _taken_over(uow, together, key)
        if followed is None:
            followed = _follows(_estate(uow, then), together, key)
        uow.add(Derivation(together=key, at=at, baseline=then.baseline))
        for one in followed:
            uow.add(one)


def _add(uow: UnitOfWork, outage: Outage, at: datetime, past: Past) -> None:
    if not uow.rows("SELECT 1 FROM item WHERE id = ?", outage.subject):
        raise NotFound(
            f"There is no item '{shown(outage.subject)}'.",
            f"Look for it with 'cmdb item search {shown(outage.subject)}'.",
        )
    _refuse_ahead(outage, at)
    uow.add(outage)
    derive(uow, outage.started, outage.ended, at=at, past=past)


def _refuse_ahead(outage: Outage, at: datetime) -> None:
    """A measurement from the future is a mistake, or a plan."""
    ahead = [
        f"It {word} at {rfc3339(when)}, which lies ahead; it is {rfc3339(at)} now."
        for word, when in (("starts", outage.started), ("ends", outage.ended))
        if when is not None and when > at
    ]
    if ahead:
        raise Invalid(
            "Only what has happened can be recorded.",
            "Correct the time; for work that is planned, raise a change request with a window.",
            ahead,
        )


def _planned_window(uow: UnitOfWork, change: str) -> tuple[datetime, datetime] | None:
    """The approved window of a change: none for unplanned work, or work nobody approved."""
    work = uow.find(PlannedWork, change) if change else None
    return None if work is None or work.tentative or work.unplanned else (work.window_start, work.window_end)


def _sets(uow: UnitOfWork, start: datetime, end: datetime | None) -> list[tuple[Outage, ...]]:
    """Every set of outages that count and run at the same moment of a stretch, each by id."""
    sql = "SELECT o.id FROM outage o WHERE o.effect <> 'none' AND (o.ended IS NULL OR o.ended > ?)"
    sql += f" AND {CURRENT}"
    parameters = [rfc3339(start)]
    if end is not None:
        sql += " AND o.started < ?"
        parameters.append(rfc3339(end))
    running = [uow.get(Outage, row[0]) for row in uow.rows(sql + " ORDER BY o.id", *parameters)]
    # The set changes only where one begins or ends, so these moments see every set there is.
    moments = {start, *(one.started for one in running), *(one.ended for one in running if one.ended)}
    found = {
        tuple(one for one in running if one.started <= moment and (one.ended is None or moment < one.ended))
        for moment in moments
        if start <= moment and (end is None or moment < end)
    }
    return sorted((one for one in found if one), key=lambda one: [each.id for each in one])


def _taken_over(uow: UnitOfWork, together: tuple[Outage, ...], key: str) -> list[DerivedOutage] | None:
    """What had followed from the same outages before one was corrected in time only; None if it was not."""
    for one in together:
        before = uow.find(Outage, one.replaces) if one.replaces else None
        if before is None or (before.subject, before.effect) != (one.subject, one.effect):
            continue
        old = " ".join(sorted(before.id if each is one else each.id for each in together))
        if uow.find(Derivation, old) is not None:
            return [each.but(together=key) for each in uow.all(DerivedOutage, together=old)]
    return None


def _estate(uow: UnitOfWork, then: Then) -> Estate:
    estate = StoredEstate(uow.rows, uow.dialect)
    return estate if then.delta == GraphDelta() else ChangedEstate(estate, then.delta)


def _follows(estate: Estate, together: tuple[Outage, ...], key: str) -> list[DerivedOutage]:
    """What follows on an estate: outage, or degraded at worst from degraded items.

    Whether a service is at least degraded depends only on which items are, so taking the degraded
    ones for down and capping the answer at `degraded` is exact. Source: rules.md 3.
    """
    out = {one.subject for one in together if one.effect == "outage"}
    everything = {one.subject for one in together}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for down, effect in ((out, "outage"), (everything, "degraded")):
        for service, because in _services_hit(estate, down, OUTAGE if effect == "outage" else DEGRADED):
            if service not in everything:
                found.setdefault(service, (effect, because))
    return [
        DerivedOutage(together=key, service=service, effect=effect, because=because)
        for service, (effect, because) in sorted(found.items())
    ]


def _services_hit(
    estate: Estate, down: Collection[str], at_least: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not down:
        return
    spread = Spread(estate, estate.keys(down).values())
    ids = {fact[0]: fact[1] for fact in estate.facts(spread.effect)}
    chains = Chains(spread, ids)
    for key in estate.services([key for key, rank in spread.effect.items() if rank >= at_least]):
        yield ids[key], chains.of(key)


def next_id(uow: UnitOfWork) -> str:
    """The next free id of an outage, `out-0001`; a number is given out once."""
    while True:
        id = f"{SERIES}-{next_number(uow, SERIES):04d}"
        if uow.find(Outage, id) is None:
            return id


def _journal(uow: UnitOfWork, outage: Outage, action: str, at: datetime, actor: str) -> None:
    changed = {
        "started": rfc3339(outage.started),
        "ended": rfc3339(outage.ended) if outage.ended else "",
        "effect": outage.effect,
        "change": outage.change,
        "replaces": outage.replaces,
    }
    subjects = (f"outage:{outage.id}", outage.subject)
    journal.record(uow, at=at, actor=actor, action=action, subjects=subjects, changed=changed)
