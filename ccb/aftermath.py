"""What a change did, held against what had been foreseen of it: time, outage, and who was hit.

    of_requests(uow, requests) -> {id: Aftermath}    read inside a transaction, commits nothing
    missing(uow, request, aftermath) -> Missing ...   hits that no dependency explains
    follow_up(uow, request, ...) -> action items      what is missing becomes work of the item's owner

Foreseen is the assessment the request was decided on. What happened is what was recorded since: the
start and finish of the work, outages that name the change with what followed from them for services,
and incidents it caused. Source: rules.md 5, Risk; IT Service CMM 5.5, Activity 6.1.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ccb import conflicts, statements, tables
from ccb.model import ChangeRequest
from cmdb import (
    action_items,
    event_lines,
    journal,
    tables_events,  # noqa: F401 - registers the rows that are read here
    tables_promises,  # noqa: F401 - the same
)
from cmdb.canonical import instant, rfc3339
from cmdb.model import Value
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import CURRENT
from cmdb.store import Store, UnitOfWork
from cmdb.work import ActionItem

REPORTED = "reported"  # the effect of an item that an incident names and nobody measured
ANSWER = timedelta(days=14)  # in which the owner says what the item needs
RECENT = timedelta(days=60)  # how long ago a surprise may have been recorded to become work
NAMED = 3  # items a sentence names
_PAGE = 500
_MARGIN = "reduced redundancy"


class Hit(NamedTuple):
    """An item that was hit: how, by which records, and what had been foreseen of it (empty: nothing)."""

    item: str
    effect: str
    records: tuple[str, ...]
    foreseen: str
    service: bool

    @property
    def surprise(self) -> bool:
        """Whether it was hit worse than foreseen."""
        if self.effect == REPORTED:
            return self.foreseen in ("", "none")
        return conflicts.rank(self.effect) > conflicts.rank(self.foreseen)


class Missing(NamedTuple):
    """An item that was hit although no dependency leads from it to anything the change touched."""

    item: str
    owner: str
    touched: tuple[str, ...]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath(Value):
    """What became of one change, in seconds.

    `overrun` is the work beyond the end of its window (below zero: done before); None while it is not
    known when it finished. `outage` is the longest that anything planned down was out, None where nobody
    said; `expected` and `worst` are what was planned. `foreseen` are services by the effect that was
    foreseen, None where nothing was assessed.
    """

    request: str
    started_late: int | None = None
    overrun: int | None = None
    expected: int | None = None
    worst: int | None = None
    outage: int | None = None
    foreseen: Mapping[str, str] | None = None
    hits: tuple[Hit, ...] = ()

    @property
    def surprises(self) -> tuple[Hit, ...]:
        """What was hit worse than foreseen; nothing is a surprise where nothing was foreseen at all."""
        return () if self.foreseen is None else tuple(one for one in self.hits if one.surprise)

    @property
    def spared(self) -> tuple[str, ...]:
        """Services foreseen to be degraded or out that were not, as far as anybody recorded."""
        hit = {one.item for one in self.hits}
        return tuple(
            sorted(
                one
                for one, effect in (self.foreseen or {}).items()
                if one not in hit and effect not in ("none", _MARGIN)
            )
        )

    @property
    def beyond_worst(self) -> bool:
        """Whether it was down for longer than the worst that was planned."""
        return self.outage is not None and self.worst is not None and self.outage > self.worst

    @property
    def as_foreseen(self) -> bool:
        """Whether nothing was hit that nobody foresaw, nor anything out for longer than at worst."""
        return not (self.surprises or self.beyond_worst)


def of_requests(
    uow: UnitOfWork, requests: Sequence[ChangeRequest], then: datetime | None = None
) -> dict[str, Aftermath]:
    """What became of each of these requests, as far as it is recorded. Assessments are read of those hit.

    With `then` by outages begun and incidents reported and linked by that moment.
    """
    ids = [one.id for one in requests]
    outages = _outages(uow, ids, then)
    hit = _hit(uow, ids, outages, then)
    services = _services(uow, {item for found in hit.values() for item in found})
    lasted = {id: _longest(found) for id, found in outages.items()}
    return {
        one.id: _aftermath(uow, one, hit.get(one.id, {}), services, lasted.get(one.id, {}))
        for one in requests
    }


def of_request(uow: UnitOfWork, request: ChangeRequest) -> Aftermath:
    """What became of one request, as far as it is recorded."""
    return of_requests(uow, [request])[request.id]


def missing(uow: UnitOfWork, request: ChangeRequest, found: Aftermath) -> tuple[Missing, ...]:
    """The surprises that no path of dependencies explains, on the estate as it is recorded now.

    Of several that need one another only the deepest: the others were hit through it.
    """
    touched = _touched(request)
    if not touched:
        return ()
    estate = StoredEstate(uow.rows, uow.dialect)
    roots = set(estate.keys(touched).values())
    new = {one.item: one for one in found.surprises if one.foreseen in ("", "none")}
    keys = {id: key for id, key in estate.keys(new).items() if not _reaches(estate, key, roots)}
    # What needs another of them was hit through that one: the deepest are asked, of a circle the first.
    deepest = [id for id, key in keys.items() if not _reaches(estate, key, {*keys.values()} - {key})]
    owners = {fact[1]: fact[4] for fact in estate.facts(keys.values())}
    return tuple(
        Missing(id, owners[id], touched, new[id].records) for id in sorted(deepest) or sorted(keys)[:1]
    )


def sentence(request: str, one: Missing) -> str:
    """What the owner of an item is asked; the same whenever it is worked out."""
    named = ", ".join(one.touched[:NAMED]) + (" ..." if len(one.touched) > NAMED else "")
    return (
        f"{one.item} was hit by {request} ({', '.join(one.records[:NAMED])}), but no dependency leads from it"
        f" to {named}: record what it needs, or say why it needs none of them"
    )


def follow_up(uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime) -> tuple[ActionItem, ...]:
    """Ask the owner of every item hit without a path for the dependency that is missing, each once."""
    origin = f"change:{request.id}"
    asked = []
    for one in missing(uow, request, of_request(uow, request)):
        if not known(uow, origin, one.item):
            asked.append(
                action_items.initiate(
                    uow,
                    origin=origin,
                    what=sentence(request.id, one),
                    owner=one.owner,
                    items=(one.item, *one.touched[:NAMED]),
                    due=at + ANSWER,
                    told=tuple({request.effective_implementer} - {one.owner}),
                    actor=actor,
                    at=at,
                )
            )
    return tuple(asked)


def follow(store: Store, id: str, *, actor: str, at: datetime) -> tuple[ActionItem, ...]:
    """Ask the owners what is missing, once more was recorded of what a change did; journalled.

    Raises NotFound for a request that does not exist.
    """
    with store.write() as uow:
        asked = follow_up(uow, uow.get(ChangeRequest, id), actor=actor, at=at)
        if asked:
            subjects = (
                f"change:{id}",
                *(f"action:{one.id}" for one in asked),
                *(one.items[0] for one in asked),
            )
            changed = {"action items": [one.id for one in asked]}
            journal.record(
                uow, at=at, actor=actor, action="change follow up", subjects=subjects, changed=changed
            )
            uow.commit()
    return asked


def known(uow: UnitOfWork, origin: str, item: str) -> bool:
    """Whether the owner of an item was asked already what it needs, because of this change."""
    asked = f"{item} was hit by {origin.partition(':')[2]} "
    rows = uow.rows("SELECT what FROM action_item WHERE origin = ?", origin)
    return any(what.startswith(asked) for (what,) in rows)


def recent(uow: UnitOfWork, at: datetime) -> list[ChangeRequest]:
    """The requests of which an outage or an incident was recorded lately, in order of number."""
    since = rfc3339(at - RECENT)
    rows = [
        *uow.rows("SELECT DISTINCT change FROM outage WHERE change <> '' AND recorded_at >= ?", since),
        *uow.rows(
            "SELECT DISTINCT caused_by FROM event WHERE caused_by <> '' AND"
            " (recorded_at >= ? OR reported >= ?)",
            since,
            since,
        ),
    ]
    ids = sorted({row[0] for row in rows}, key=lambda one: (len(one), one))
    found = (uow.find(ChangeRequest, one) for one in ids)
    return [one for one in found if one is not None]


def _aftermath(
    uow: UnitOfWork,
    request: ChangeRequest,
    hit: Mapping[str, tuple[str, list[str]]],
    services: set[str],
    lasted: Mapping[str, int],
) -> Aftermath:
    foreseen = _foreseen(uow, request)
    window, down = request.window, request.down
    measured = [lasted[one] for one in (down.items if down else ()) if one in lasted]
    said = [] if request.outage is None else [request.outage]
    return Aftermath(
        request=request.id,
        started_late=_seconds(window.start, request.started) if window and request.started else None,
        overrun=_seconds(window.end, request.finished) if window and request.finished else None,
        expected=down.expected if down else None,
        worst=down.worst if down else None,
        outage=max([*said, *measured], default=None),
        foreseen=None
        if foreseen is None
        else {one["service"]: one["effect"] for one in foreseen.get("services", ())},
        hits=tuple(
            Hit(item, effect, tuple(records), _effect_of(foreseen, item), item in services)
            for item, (effect, records) in sorted(hit.items())
        ),
    )


def _foreseen(uow: UnitOfWork, request: ChangeRequest) -> Mapping[str, list[dict[str, str]]] | None:
    kept = tables.kept_evidence(uow, request.assessment, statements.ASSESSMENT)
    if kept is None:
        return None
    found: dict[str, list[dict[str, str]]] = json.loads(kept.text)
    return found


def _effect_of(foreseen: Mapping[str, list[dict[str, str]]] | None, item: str) -> str:
    effects = [
        row["effect"]
        for name, key in (("items", "item"), ("services", "service"))
        for row in (foreseen or {}).get(name, ())
        if row[key] == item
    ]
    return max(effects, key=conflicts.rank, default="")


class _Out(NamedTuple):
    id: str
    subject: str
    effect: str
    started: str
    ended: str | None


def _outages(uow: UnitOfWork, ids: Sequence[str], then: datetime | None) -> dict[str, list[_Out]]:
    """The outages that count of each change; those begun by `then`, and over if they were by then."""
    found: dict[str, list[_Out]] = defaultdict(list)
    until = rfc3339(then) if then else "~"
    for page in _pages(ids):
        for change, *row in uow.rows(
            "SELECT o.change, o.id, o.subject, o.effect, o.started, o.ended FROM outage o"
            f" WHERE o.change IN ({_marks(page)}) AND o.effect <> 'none' AND {CURRENT} ORDER BY o.id",
            *page,
        ):
            one = _Out(*row)
            if one.started <= until:
                found[change].append(one if (one.ended or "") <= until else one._replace(ended=None))
    return found


def _hit(
    uow: UnitOfWork, ids: Sequence[str], outages: Mapping[str, list[_Out]], then: datetime | None
) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """What was hit by each change: the effect and the records that say so, by item."""
    found: dict[str, dict[str, tuple[str, list[str]]]] = defaultdict(dict)
    for change, every in outages.items():
        for one in every:
            _note(found[change], one.subject, one.effect, one.id)
        for service, effect, because in _followed(uow, {one.id for one in every}):
            _note(found[change], service, effect, because)
    for change, id, items in (
        _incidents(uow, ids) if then is None else event_lines.caused_then(uow, set(ids), then)
    ):
        for item in items:
            _note(found[change], item, REPORTED, id)
    return found


def _incidents(uow: UnitOfWork, ids: Sequence[str]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """The incidents each change caused, with their items."""
    for page in _pages(ids):
        for change, id, items in uow.rows(
            f"SELECT caused_by, id, items FROM event WHERE caused_by IN ({_marks(page)})"
            " AND kind = 'incident' AND NOT potential AND state <> 'withdrawn' ORDER BY id",
            *page,
        ):
            yield change, id, json.loads(items)


def _note(found: dict[str, tuple[str, list[str]]], item: str, effect: str, record: str) -> None:
    """Keep the worst effect; one that was measured says more than that somebody reported it."""
    before, records = found.get(item, (REPORTED, []))
    worst = before if effect == REPORTED else effect if before == REPORTED else max(
        before, effect, key=conflicts.rank
    )  # fmt: skip
    found[item] = (worst, [*records, *([record] if record not in records else [])])


def _followed(uow: UnitOfWork, outages: set[str]) -> Iterator[tuple[str, str, str]]:
    """What followed for services from these outages alone, without any other that ran beside them."""
    for id in sorted(outages):
        for together, service, effect in uow.rows(
            "SELECT together, service, effect FROM derived_outage WHERE together = ? OR together LIKE ?",
            id,
            f"{id} %",
        ):
            if outages.issuperset(together.split()):
                yield service, effect, id


def _services(uow: UnitOfWork, ids: set[str]) -> set[str]:
    found: set[str] = set()
    for page in _pages(sorted(ids)):
        rows = uow.rows(f"SELECT id FROM item WHERE service AND id IN ({_marks(page)})", *page)
        found |= {row[0] for row in rows}
    return found


def _longest(outages: Iterable[_Out]) -> dict[str, int]:
    """For how many seconds each item was out, as far as that is over."""
    lasted: dict[str, int] = defaultdict(int)
    for one in outages:
        if one.ended is not None and one.effect == "outage":
            lasted[one.subject] += _seconds(instant(one.started), instant(one.ended))
    return lasted


def _reaches(estate: StoredEstate, start: int, roots: set[int]) -> bool:
    """Whether an item needs one of these, over any number of dependencies that pass something on."""
    seen, frontier = {start}, {start}
    while frontier:
        if frontier & roots:
            return True
        frontier = {one.target for one in estate.needs(frontier) if one.impact} - seen
        seen |= frontier
    return False


def _touched(request: ChangeRequest) -> tuple[str, ...]:
    """What the change took down, then what else it changed."""
    changed = (one.id for one in request.changes if one.holder[0] == "item")
    return tuple(dict.fromkeys((*(request.down.items if request.down else ()), *changed)))


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + _PAGE] for first in range(0, len(ids), _PAGE))


def _marks(page: Sequence[str]) -> str:
    return ", ".join("?" * len(page))
