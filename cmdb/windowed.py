"""What fails in a window: the answer about impact, swept over everything else that is scheduled.

The estate at a moment is the one given with the differences of the work whose window is over by
then; down are the items asked about and those of the work whose window is open. Nothing changes
between two edges of windows, so one answer per stretch between them is exact. Pure: estate, work
and window are parameters. Source: rules.md 3, Windowed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from cmdb.differences import NOTHING, Done, Estates
from cmdb.errors import Invalid
from cmdb.estate import Estate
from cmdb.graph import GraphDelta
from cmdb.impact import LISTED_FAILURES, Hit, Impact, Saved, ServiceHit, down_keys, impact
from cmdb.model import Value
from cmdb.next_failures import NextFailures
from cmdb.spread import DEGRADED, EFFECTS, REDUCED, Spread

Effects = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Value):
    """Work with a window: what is down meanwhile, and how the estate differs once it is over."""

    reference: str
    start: datetime
    end: datetime
    down: tuple[str, ...] = ()
    delta: GraphDelta | None = None


class Stretch(NamedTuple):
    """An effect and how long it lasts. `because_of` names the work without which it would not be.

    `shared` tells whether the items asked about have a part in it; it is true where `because_of` is
    empty, and false for what other work does by itself.
    """

    start: datetime
    end: datetime
    effect: str
    because_of: tuple[str, ...] = ()
    shared: bool = True


class Tentative(NamedTuple):
    """Undecided work in the same window: what would become worse if it were approved as asked for."""

    reference: str
    start: datetime
    end: datetime
    items: tuple[tuple[str, str], ...]


class Windowed(NamedTuple):
    """The answer for a window.

    `answer` holds the worst of the whole window; `when` the stretches of every item hit, in order.
    `own` is the worst effect in which the items asked about have a part, as `answer.effect` has it.
    `alone` are the services that the items asked about put in outage or degraded by themselves;
    `joint` the stretches in which services suffer only because other work runs beside it.
    `not_computed` names work that could not be taken into account, and why.
    """

    start: datetime
    end: datetime
    answer: Impact
    when: Mapping[str, tuple[Stretch, ...]]
    own: str
    alone: Mapping[str, str]
    joint: tuple[tuple[datetime, datetime, Mapping[str, str]], ...]
    tentative: tuple[Tentative, ...]
    applied: tuple[str, ...]
    not_computed: tuple[tuple[str, str], ...]


def windowed(
    estate: Estate,
    down: Sequence[str],
    start: datetime,
    end: datetime,
    *,
    scheduled: Iterable[Work] = (),
    tentative: Iterable[Work] = (),
    everything: bool = False,
) -> Windowed:
    """Answer what follows when these items are down from `start` to `end`.

    `scheduled` is all decided work that is not over, whatever its window; `tentative` the undecided.
    Raises Invalid for an empty list or window, NotFound for ids that exist at no time of it.
    """
    if end <= start:
        raise Invalid("The window lasts no time.", "Give its length, such as 2h.")
    sweep = _Sweep(estate, tuple(sorted(set(down))), everything)
    works = sorted(scheduled, key=lambda one: (one.end, one.reference))
    asked = sorted(tentative, key=lambda one: (one.start, one.reference))
    edges = {edge for one in works for edge in (one.start, one.end) if start < edge < end}
    cuts = sorted({start, end, *edges})
    for first, last in pairwise(cuts):
        while works and works[0].end <= first:
            sweep.finish(works.pop(0))
        beside = [one for one in works if one.start <= first and one.down]
        may = [one for one in asked if one.start < last and first < one.end and one.down]
        sweep.stretch(first, last, beside, may)
    return sweep.told(start, end, asked)


class _Sweep:
    """The estate as it becomes, stretch by stretch, and what was found so far."""

    def __init__(self, estate: Estate, down: tuple[str, ...], everything: bool) -> None:
        self.base = self.estate = estate
        self.estates = Estates(estate)
        self.over: list[Done] = []
        self.down = down
        self.everything = everything
        self.answers: list[Impact] = []
        self.when: dict[str, list[Stretch]] = defaultdict(list)
        self.part: dict[str, int] = {}  # the worst rank the items asked about have a part in
        self.alone: dict[str, str] = {}
        self.joint: list[tuple[datetime, datetime, Mapping[str, str]]] = []
        self.maybe: dict[str, dict[str, tuple[int, bool]]] = defaultdict(dict)

    def finish(self, work: Work) -> None:
        """Lay the difference of work that is over onto the estate."""
        if work.delta is None or work.delta == NOTHING:
            return
        self.over.append(Done(work.reference, work.end, work.delta))
        self.estate = self.estates.after(self.over)

    def stretch(self, first: datetime, last: datetime, beside: list[Work], may: list[Work]) -> None:
        """Answer for a stretch in which nothing opens, ends or changes."""
        estate = self.estate
        keys = estate.keys(self.down)
        theirs = [estate.keys(one.down) for one in beside]
        every = sorted({*keys, *(id for found in theirs for id in found)})
        if not every:
            return
        answer = impact(estate, every, everything=self.everything)
        effects = {key: rank for key, rank in Spread(estate, _keys(keys, *theirs)).effect.items() if rank}
        own: Effects = Spread(estate, keys.values()).effect if beside else effects
        others: Effects = Spread(estate, _keys(*theirs)).effect if beside else {}
        causes = _causes(estate, effects, own, keys, list(zip(beside, theirs, strict=True)))
        facts = {fact[0]: fact for fact in estate.facts(effects)}
        for key, rank in effects.items():
            found = Stretch(first, last, EFFECTS[rank], causes.get(key, ()), others.get(key, 0) < rank)
            if not found.because_of:
                found = found._replace(shared=True)
            id = facts[key][1]
            self._note(id, found)
            self.part[id] = max(self.part.get(id, 0), rank if found.shared else own.get(key, 0))
        self.answers.append(answer)
        self._services(
            first, last, {key: facts[key][1] for key in effects if facts[key][7]}, effects, own, others
        )
        for one in may:
            self._might(one, effects, _keys(keys, *theirs))

    def _note(self, item: str, found: Stretch) -> None:
        known = self.when[item]
        if known and known[-1].end == found.start and known[-1][2:] == found[2:]:
            known[-1] = known[-1]._replace(end=found.end)
        else:
            known.append(found)

    def _services(
        self,
        first: datetime,
        last: datetime,
        services: Mapping[int, str],
        effects: Effects,
        own: Effects,
        others: Effects,
    ) -> None:
        together: dict[str, str] = {}
        for key, id in services.items():
            by_itself = own.get(key, 0)
            if by_itself >= DEGRADED and by_itself > EFFECTS.index(self.alone.get(id, "none")):
                self.alone[id] = EFFECTS[by_itself]
            if effects[key] >= DEGRADED and effects[key] > max(by_itself, others.get(key, 0)):
                together[id] = EFFECTS[effects[key]]
        if together:
            self.joint.append((first, last, together))

    def _might(self, work: Work, effects: Effects, down: set[int]) -> None:
        estate = self.estate
        theirs = _keys(estate.keys(work.down))
        by_itself = Spread(estate, theirs).effect
        with_it = Spread(estate, down | theirs).effect
        worse = {
            key: rank
            for key, rank in with_it.items()
            if rank > effects.get(key, 0) and rank > by_itself.get(key, 0)
        }
        for fact in estate.facts(worse) if worse else ():
            found = self.maybe[work.reference]
            found[fact[1]] = max(found.get(fact[1], (0, False)), (worse[fact[0]], bool(fact[7])))

    def told(self, start: datetime, end: datetime, asked: Sequence[Work]) -> Windowed:
        """Put it together. Raises NotFound when nothing asked about ever exists."""
        unknown = [one for one in self.down if one not in self.when]
        if unknown or not self.answers:
            down_keys(self.base, unknown or self.down)
        answer = _merged(self.answers)._replace(down=self.down)
        missed = self.estates.missed
        return Windowed(
            start=start,
            end=end,
            answer=answer,
            when={item: tuple(found) for item, found in self.when.items()},
            own=self._own(answer),
            alone=self.alone,
            joint=tuple(self.joint),
            tentative=tuple(
                Tentative(one.reference, one.start, one.end, _ranked(self.maybe[one.reference]))
                for one in asked
                if one.start < end and start < one.end
            ),
            applied=tuple(one.reference for one in self.over if one.reference not in missed),
            not_computed=tuple(missed.items()),
        )

    def _own(self, answer: Impact) -> str:
        """The worst effect the items asked about have a part in: of the services, else of the items."""
        lost = any(rank == REDUCED for rank in self.part.values())
        services = [
            (REDUCED if lost else 0) if one.inherited else self.part.get(one.id, 0) for one in answer.services
        ]
        return EFFECTS[max(services if any(services) else self.part.values(), default=0)]


def _keys(*found: Mapping[str, int]) -> set[int]:
    return {key for one in found for key in one.values()}


def _causes(
    estate: Estate,
    effects: Effects,
    own: Effects,
    keys: Mapping[str, int],
    beside: Sequence[tuple[Work, Mapping[str, int]]],
) -> dict[int, tuple[str, ...]]:
    """The work without which each effect would be less; where any of several would do, all those."""
    worse = {key for key, rank in effects.items() if rank > own.get(key, 0)}
    if not worse:
        return {}
    names: dict[int, list[str]] = defaultdict(list)
    for work, _theirs in beside:
        rest = [found for other, found in beside if other is not work]
        without = Spread(estate, _keys(keys, *rest)).effect
        for key in worse:
            if without.get(key, 0) < effects[key]:
                names[key].append(work.reference)
    if worse - names.keys():
        for work, theirs in beside:
            just = Spread(estate, _keys(keys, theirs)).effect
            for key in worse - {one for one, found in names.items() if work.reference in found}:
                if just.get(key, 0) > own.get(key, 0):
                    names[key].append(work.reference)
    every = [work.reference for work, _theirs in beside]
    return {key: tuple(sorted(names[key] or every, key=_numbered)) for key in worse}


def _numbered(reference: str) -> tuple[str, int]:
    head, _, number = reference.rpartition("-")
    return (head, int(number)) if number.isdecimal() else (reference, 0)


def _merged(answers: Sequence[Impact]) -> Impact:
    """One answer that holds the worst of several, the earliest of equals."""
    if len(answers) == 1:
        return answers[0]
    items: dict[str, Hit] = {}
    services: dict[str, ServiceHit] = {}
    saved: dict[tuple[str, str], Saved] = {}
    for answer in answers:
        for hit in answer.items:
            if hit.id not in items or _rank(hit.effect) > _rank(items[hit.id].effect):
                items[hit.id] = hit
        for one in answer.services:
            known = services.get(one.id)
            if known is None or _weight(one) > _weight(known):
                services[one.id] = one
        for group in answer.saved:
            place = group.id, group.group
            if place not in saved or group.after < saved[place].after:
                saved[place] = group
    widest = max(answers, key=lambda one: len(one.items))  # what is exposed there is hit at no other time
    order = sorted(services.values(), key=lambda one: (-_rank(one.effect), len(one.because), one.id))
    hits = sorted(items.values(), key=lambda one: (-_rank(one.effect), one.distance, one.id))
    told = {(one.kind, one.id): one for answer in reversed(answers) for one in answer.tell}
    facts = [answer.weakest_fact for answer in answers if answer.weakest_fact]
    return answers[0]._replace(
        effect=(order or hits)[0].effect,
        items=tuple(hits),
        saved=tuple(
            one for place, one in sorted(saved.items()) if items[place[0]].effect == "reduced redundancy"
        ),
        broken_before=tuple(sorted({one for answer in answers for one in answer.broken_before}, key=str)),
        services=tuple(order),
        inherited_complete=all(answer.inherited_complete for answer in answers),
        exposed=widest.exposed,
        tell=tuple(told[key] for key in sorted(told, key=lambda one: (_TOLD.index(one[0]), one[1]))),
        next_failures=_next(answers),
        weakest_fact=min(facts, key=lambda one: one.confirmed_at or "", default=None),
    )


_TOLD = ("person", "group", "party")


def _next(answers: Sequence[Impact]) -> NextFailures:
    """What must not fail as well in any stretch; how many is known where every list is complete."""
    found: dict[str, str] = {}
    for one in answers:
        for item, service in one.next_failures.first:
            found[item] = min(service, found.get(item, service))
    pairs = tuple(sorted(found.items()))
    told = {one.next_failures for one in answers}
    if len(told) == 1:
        return answers[0].next_failures
    whole = all(one.total == len(one.first) for one in told)
    return NextFailures(len(pairs) if whole else None, pairs[:LISTED_FAILURES])


def _weight(hit: ServiceHit) -> tuple[int, bool]:
    """What it lost itself weighs more than the same that it only inherits at another time."""
    return _rank(hit.effect), not hit.inherited


def _rank(effect: str) -> int:
    return EFFECTS.index(effect)


def _ranked(found: Mapping[str, tuple[int, bool]]) -> tuple[tuple[str, str], ...]:
    """Items and effects: services first, then the worst."""
    order = sorted(found.items(), key=lambda one: (not one[1][1], -one[1][0], one[0]))
    return tuple((id, EFFECTS[rank]) for id, (rank, _service) in order)
