"""What was promised and what happened, read in plain SQL for those who wait for an answer.

Works on any function that runs a statement with `?` placeholders: a reader's, or a unit of work's
inside a transaction. Loads neither the ORM nor the calendar libraries. Outages of a service are
settled here: what was recorded on it, and what follows from its items.
Source: rules.md 4; speed.md, Read path.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cmdb.agreement_records import commitments, recurrences
from cmdb.agreement_versions import promised, versions
from cmdb.availability import Facts, periods_of, settled
from cmdb.bookings import touched
from cmdb.bound import BINDING_STATES, NOW, Tables
from cmdb.canonical import instant, rfc3339
from cmdb.dialect import BY_NAME
from cmdb.differences import Differences, Done
from cmdb.effects_ahead import alone_ahead
from cmdb.estate import Estate
from cmdb.forecast import WorkEffect
from cmdb.intervals import Spans, moment
from cmdb.model import Contact
from cmdb.promises import Claim, Outage, PlannedWork, ServiceAgreement
from cmdb.spread import EFFECTS, Spread

Rows = Callable[..., Iterable[tuple[Any, ...]]]
DoneBefore = Callable[[datetime], Collection[Done]]

_AGREEMENT = (
    "SELECT id, title, kind, structure, customer, provider, starts, ends, zone, services, purpose, scope,"
    " notice, windows, commitments, manager, contacts, state, review, level, terms FROM agreement"
)
_OUTAGE = (
    "o.id, o.subject, o.started, o.ended, o.effect, o.change, o.planned_start, o.planned_end, o.source,"
    " o.note, o.replaces, o.recorded_by, o.recorded_at"
)
_FORMER = '"former"'  # as the elements of an agreement with earlier versions hold it
# An outage `o` that no correction has replaced.
CURRENT = "NOT EXISTS (SELECT 1 FROM outage r WHERE r.replaces = o.id)"


class ServiceOutages(NamedTuple):
    """The outages of one service: recorded on it, following from its items, and those that count.

    `differs` is where the two disagree, in seconds since 1970; people see both there.
    """

    direct: tuple[Outage, ...]
    derived: tuple[Outage, ...]
    counted: tuple[Outage, ...]
    differs: Spans


class Gathered(NamedTuple):
    """Everything a forecast needs besides the work itself."""

    agreements: tuple[ServiceAgreement, ...]
    others: tuple[WorkEffect, ...]
    facts: Mapping[str, Facts]


class StoredPromises:
    """Agreements, outages and planned work in the transaction in which `rows` runs its statements.

    `tables` are what it reads, as they stood at a moment of the past where that is asked about.
    """

    def __init__(self, rows: Rows, dialect: str, tables: Tables = NOW) -> None:
        self.rows = rows
        self.dialect = BY_NAME[dialect]
        self.tables = tables

    def agreements_of(
        self, services: Collection[str], start: datetime, end: datetime | None = None, *, whole: bool = False
    ) -> tuple[ServiceAgreement, ...]:
        """Give the binding agreements about any of these services at a moment, or in a stretch.

        Each as the version in force then; several where it changes; with `whole` the agreement itself.
        """
        wanted = set(services)
        marks = ", ".join("?" * len(BINDING_STATES))
        named = self.rows(
            f"SELECT id, services, terms FROM agreement WHERE starts <= ? AND (ends IS NULL OR ends > ?)"
            f" AND state IN ({marks}) ORDER BY id",
            rfc3339(end or start),
            rfc3339(start),
            *BINDING_STATES,
        )
        ids = [row[0] for row in named if _FORMER in row[2] or not wanted.isdisjoint(json.loads(row[1]))]
        found = [_agreement(row) for one in ids for row in self.rows(f"{_AGREEMENT} WHERE id = ?", one)]
        cut = {
            one.id: [
                each
                for each in versions(one)
                if each.start <= (end or start)
                and (each.end is None or each.end > start)
                and not wanted.isdisjoint(each.services)
            ]
            for one in found
        }
        return tuple(each for one in found for each in ([one] if whole and cut[one.id] else cut[one.id]))

    def outages_of(
        self, services: Collection[str], start: datetime, end: datetime
    ) -> dict[str, ServiceOutages]:
        """Give the outages of each service that touch a stretch of time, direct and derived, settled."""
        since, until = rfc3339(start), rfc3339(end)
        direct: dict[str, list[Outage]] = defaultdict(list)
        for row in self.rows(
            f"SELECT {_OUTAGE} FROM {self.dialect.texts} {self.tables.outage} o ON o.subject = wanted.value"
            f" WHERE o.started < ? AND (o.ended IS NULL OR o.ended > ?) AND {self._current}",
            self.dialect.array(sorted(services)),
            until,
            since,
        ):
            direct[row[1]].append(_outage(row))
        derived = self._derived(services, start, end)
        found = {}
        for service in sorted(set(direct) | set(derived)):
            seen = tuple(sorted(direct[service], key=_order))
            follows = tuple(sorted(derived.get(service, ()), key=_order))
            counted, differs = settled(seen, follows)
            found[service] = ServiceOutages(seen, follows, counted, differs)
        return found

    def claims_of(self, agreements: Collection[str]) -> tuple[Claim, ...]:
        """Give the accepted claims of some agreements."""
        return tuple(
            Claim(
                id=row[0],
                agreement=row[1],
                kind=row[2],
                service=row[3],
                start=instant(row[4]),
                end=instant(row[5]),
                evidence=row[6],
                state=row[7],
                decided_by=row[8],
            )
            for row in self.rows(
                "SELECT c.id, c.agreement, c.kind, c.service, c.starts, c.ends, c.evidence, c.state,"
                f" c.decided_by FROM {self.dialect.texts} {self.tables.claim} c ON c.agreement = wanted.value"
                " WHERE c.state = 'accepted' ORDER BY c.id",
                self.dialect.array(sorted(agreements)),
            )
        )

    def planned_between(
        self, start: datetime, end: datetime, *, tentative: bool = False
    ) -> tuple[PlannedWork, ...]:
        """Give the work whose window touches a stretch: the scheduled one, or the tentative one."""
        found = self.rows(
            "SELECT reference, window_start, window_end, down, expected, worst, down_from, tentative,"
            " unplanned FROM planned_work WHERE window_end > ? AND window_start < ?"
            " ORDER BY window_start, reference",
            rfc3339(start),
            rfc3339(end),
        )
        return tuple(_work(row) for row in found if bool(row[7]) == tentative)

    def facts_of(
        self,
        services: Collection[str],
        agreements: Collection[str],
        start: datetime,
        end: datetime,
        now: datetime,
    ) -> dict[str, Facts]:
        """Give what happened to each service, as `cmdb.availability` counts it."""
        outages = self.outages_of(services, start, end)
        claims = self.claims_of(agreements)
        return {
            one: Facts(outages=outages[one].counted if one in outages else (), claims=claims, now=now)
            for one in services
        }

    def gather(
        self, estate: Estate, this: WorkEffect, now: datetime, done: DoneBefore | None = None
    ) -> Gathered:
        """Read what a forecast of some work needs; nearly nothing when no agreement is touched.

        Give it to `cmdb.forecast.forecast`, with `cmdb.calendar.service_time` where
        `cmdb.availability.needs_calendar` asks for it. The effects of other work are worked out on
        `estate` as it will be in that work's own window: `done` says, of a moment, what scheduled work
        over by then will have changed.
        """
        first, last = map(moment, touched(this.work))
        hit = set(this.services)
        agreements = self.agreements_of(hit, first, last, whole=True)
        periods = [
            period
            for one in agreements
            for commitment in promised(one, first, last + timedelta(seconds=1))
            if commitment.service in hit and not commitment.observed
            for period in periods_of(one, commitment, first, last)
        ]
        if not periods:
            return Gathered((), (), {})
        start = moment(min(period[0] for period in periods))
        end = moment(max(period[1] for period in periods))
        until = last + timedelta(seconds=1)
        services = sorted({each.service for one in agreements for each in promised(one, first, until)} & hit)
        works = [
            work
            for work in self.planned_between(max(now, start), end)
            if work.reference != this.work.reference and work.down
        ]
        before = done(max(work.window_end for work in works)) if done and works else ()
        ahead = Differences(estate, before) if before else None
        others = tuple(
            WorkEffect(work=work, effects=_effects_by_then(estate, ahead, work, services)) for work in works
        )
        facts = self.facts_of(services, [one.id for one in agreements], start, end, now)
        return Gathered(agreements, others, facts)

    def not_forecast(self, services: Collection[str], start: datetime, end: datetime) -> tuple[str, ...]:
        """What is promised about services in a stretch and no forecast speaks of, a sentence each.

        A forecast works out availability from outages; any other quantity has to be observed.
        """
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for agreement in self.agreements_of(services, start, end, whole=True):
            for one in promised(agreement, start, end):
                if one.observed and one.service in services:
                    found[agreement.id, one.service].add(one.attribute)
        return tuple(
            f"{id} {service}: not forecast: {', '.join(sorted(named))}"
            f" {'is' if len(named) == 1 else 'are'} observed, not derived from outages."
            for (id, service), named in sorted(found.items())
        )

    @property
    def _current(self) -> str:
        """That no correction has replaced an outage `o`."""
        return f"NOT EXISTS (SELECT 1 FROM {self.tables.outage} r WHERE r.replaces = o.id)"

    def _derived(self, services: Collection[str], start: datetime, end: datetime) -> dict[str, list[Outage]]:
        rows = list(
            self.rows(
                f"SELECT d.service, d.together, d.effect FROM {self.dialect.texts} derived_outage d"
                " ON d.service = wanted.value",
                self.dialect.array(sorted(services)),
            )
        )
        ids = sorted({one for row in rows for one in row[1].split(" ")})
        known: dict[str, Outage] = {}
        if ids:
            found = self.rows(
                f"SELECT {_OUTAGE} FROM {self.dialect.texts} {self.tables.outage} o ON o.id = wanted.value"
                f" WHERE o.started < ? AND (o.ended IS NULL OR o.ended > ?) AND {self._current}",
                self.dialect.array(ids),
                rfc3339(end),
                rfc3339(start),
            )
            known = {row[0]: _outage(row) for row in found}
        derived: dict[str, list[Outage]] = defaultdict(list)
        for service, together, effect in rows:
            parts = [known[one] for one in together.split(" ") if one in known]
            joint = _joint(service, effect, parts) if len(parts) == together.count(" ") + 1 else None
            if joint:
                derived[service].append(joint)
        return derived


def service_effects(
    estate: Estate, down: Collection[str], services: Collection[str] | None = None
) -> dict[str, str]:
    """What follows for services when items are down: id -> `outage` or `degraded`.

    Ids that do not exist (any more) are left out; `services` limits the answer.
    """
    keys = estate.keys(down)
    if not keys:
        return {}
    spread = Spread(estate, keys.values())
    hit = [key for key, rank in spread.effect.items() if EFFECTS[rank] in ("outage", "degraded")]
    wanted = set(estate.services(hit))
    named = {fact[0]: fact[1] for fact in estate.facts(wanted)} if wanted else {}
    return {
        id: EFFECTS[spread.effect[key]] for key, id in named.items() if services is None or id in services
    }


def _effects_by_then(
    estate: Estate, ahead: Differences | None, work: PlannedWork, services: Collection[str]
) -> Mapping[str, str]:
    found = alone_ahead(ahead, work, services) if ahead else None
    return service_effects(estate, work.down, services) if found is None else found


def _joint(service: str, effect: str, parts: list[Outage]) -> Outage | None:
    """The outage of a service while all these outages ran: planned only where all of them were."""
    start = max(one.started for one in parts)
    end = min((one.ended for one in parts if one.ended), default=None)
    if end is not None and end <= start:
        return None
    planned_start = max((one.planned_start for one in parts if one.planned_start), default=None)
    planned_end = min((one.planned_end for one in parts if one.planned_end), default=None)
    planned = all(one.planned_start for one in parts)
    if not planned or not planned_start or not planned_end or planned_end <= planned_start:
        planned_start = planned_end = None
    ids = " and ".join(one.id for one in parts)
    return parts[0].but(
        subject=service,
        started=start,
        ended=end,
        effect=effect,
        planned_start=planned_start,
        planned_end=planned_end,
        source=f"follows from {ids}"[:200],
        note="",
        replaces="",
    )


def _order(outage: Outage) -> tuple[datetime, str]:
    return outage.started, outage.id


def _agreement(row: tuple[Any, ...]) -> ServiceAgreement:
    return ServiceAgreement(
        id=row[0],
        title=row[1],
        kind=row[2],
        structure=row[3],
        customer=row[4],
        provider=row[5],
        start=instant(row[6]),
        end=instant(row[7]) if row[7] else None,
        zone=row[8],
        services=tuple(json.loads(row[9])),
        purpose=row[10],
        scope=row[11],
        notice=row[12],
        windows=recurrences(json.loads(row[13])),
        commitments=commitments(json.loads(row[14])),
        manager=row[15],
        contacts=tuple(Contact(**one) for one in json.loads(row[16])),
        state=row[17],
        review=row[18],
        level=row[19],
        terms=json.loads(row[20]),
    )


def _outage(row: tuple[Any, ...]) -> Outage:
    return Outage(
        id=row[0],
        subject=row[1],
        started=instant(row[2]),
        ended=instant(row[3]) if row[3] else None,
        effect=row[4],
        change=row[5],
        planned_start=instant(row[6]) if row[6] else None,
        planned_end=instant(row[7]) if row[7] else None,
        source=row[8],
        note=row[9],
        replaces=row[10],
        recorded_by=row[11],
        recorded_at=instant(row[12]),
    )


def _work(row: tuple[Any, ...]) -> PlannedWork:
    return PlannedWork(
        reference=row[0],
        window_start=instant(row[1]),
        window_end=instant(row[2]),
        down=tuple(json.loads(row[3])),
        expected=row[4],
        worst=row[5],
        down_from=instant(row[6]) if row[6] else None,
        tentative=bool(row[7]),
        unplanned=bool(row[8]),
    )
