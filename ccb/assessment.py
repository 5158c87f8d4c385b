"""What a change request costs: computed inside the transaction that needs to know, as a snapshot.

The material part is digested and voted on: what is hit, planned seconds per commitment, breaches,
conflicts, risk, margin lost, new cycles, records that moved, required voters. The context is shown
only. A baseline request is assessed by the closed set it brings under control. Commits nothing.
Source: rules.md 5, Assessment; 6, Consent.
"""

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from ccb import (
    aftermath,
    clashes,
    conflicts,
    effects,
    examination,
    graph_changes,
    proposal,
    release_sets,
    risk,
    scheduled,
    scope,
)
from ccb.aftermath import Aftermath
from ccb.consents import Asked
from ccb.model import KEEPING, Assessment, ChangeRequest, ProposedChange
from ccb.proposal import Proposal
from ccb.statements import ASSESSMENT
from ccb.tables import request_ids
from cmdb import calendar, canonical, forecast, people, types
from cmdb.forecast import Forecast, WorkEffect
from cmdb.graph import ChangedEstate, GraphDelta
from cmdb.impact import Impact, impact
from cmdb.joint_outages import JointOutage
from cmdb.model import ItemType
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork

HISTORY = 200  # newest closed requests looked at for what is similar


@dataclass(frozen=True, slots=True)
class _Graph:
    """What the request does to the graph, and what is hit while its down set is down.

    `hit` is item to effect; `services` service to effect, inherited loss of margin included.
    """

    estate: StoredEstate
    delta: GraphDelta
    during: Impact | None
    lost: list[str]
    cycles: list[list[str]]
    less_margin: list[str]
    points: tuple[effects.Pairs, effects.Pairs] | None = ((), ())
    hit: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)


class _Before(NamedTuple):
    """Similar changes that ended, and what each became."""

    requests: Sequence[ChangeRequest]
    became: Mapping[str, Aftermath]

    @property
    def history(self) -> list[bool]:
        """Whether each went as planned and as foreseen."""
        return [one.outcome == "as planned" and self.became[one.id].as_foreseen for one in self.requests]

    @property
    def overruns(self) -> list[Fraction]:
        """How long each was really down, as a multiple of what was expected of it."""
        lasted = ((self.became[one.id].outage, one.down) for one in self.requests)
        return [
            Fraction(outage, down.expected)
            for outage, down in lasted
            if outage is not None and down and down.expected
        ]

    def surprises(self, foreseen: Mapping[str, str]) -> list[dict[str, str]]:
        """What they hit worse than anybody foresaw, or foresees now: it may be hit so again."""
        return [
            {"item": one.item, "effect": one.effect, "change": after.request}
            for after in self.became.values()
            for one in after.surprises
            if one._replace(foreseen=foreseen.get(one.item, "")).surprise
        ]


def assess(uow: UnitOfWork, request: ChangeRequest, *, at: datetime) -> Assessment:
    """Assess a request as of this transaction.

    Raises NotFound when it names items that do not exist (any more).
    """
    collecting = gc.isenabled()
    gc.disable()  # fifty thousand items hit make as many small records, and never a cycle
    try:
        return _assess(uow, request, at)
    finally:
        if collecting:
            gc.enable()


def _assess(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> Assessment:
    proposed = examination.proposed(uow, request.changes)
    asked = Asked()
    asked.owners(proposed)
    asked.reviewer(request)
    material: dict[str, Any] = {
        "problems": list(proposed.problems),
        "moved": [{"subject": one.subject, "field": one.field} for one in proposed.moved],
    }
    context: dict[str, Any] = {"moved": [_moved(one) for one in proposed.moved]}
    scopes = [change for change in request.changes if change.record == "scope"]
    if scopes:
        summaries = [scope.summary(uow, change) for change in scopes]
        material["scopes"] = [_scope(one) for one in summaries]
    for change in scopes:
        if change.operation == release_sets.RELEASE:
            material["release"], context["release"] = release_sets.told(uow, change)
    graph = _graph(uow, request, proposed)
    before = _Before(similar := _similar(uow, request), aftermath.of_requests(uow, similar))
    rows = _forecasts(uow, graph, request, before, at)
    found, missed = clashes.of_request(uow, graph.estate, request, graph.hit, graph.services, at=at)
    asked.managers(uow, graph.services, graph.less_margin, at)
    asked.delivery(uow, rows)
    surprises = before.surprises({**graph.hit, **graph.services})
    context["surprises"] = surprises
    weighed = _weighed(request, graph, rows, before, surprises)
    consents = asked.consents(uow)
    material |= {
        "items": [{"item": one, "effect": effect} for one, effect in sorted(graph.hit.items())],
        "services": [{"service": one, "effect": effect} for one, effect in sorted(graph.services.items())],
        "planned": [_planned(row) for row in rows],
        "conflicts": [_conflict(one) for one in found if one.kind not in conflicts.ACCOUNTING],
        "risk": weighed.risk,
        "margin": graph.lost,
        "cycles": graph.cycles,
        **_points(graph),
        "voters": [one.person for one in consents],
    }
    context |= _context(graph, rows, found, missed, weighed)
    context["undecided"] = [_joint(one) for one in clashes.undecided(uow, graph.estate, request, at=at)]
    context["not_forecast"] = _not_forecast(uow, graph, request)
    signers = {one.person for one in consents} - {request.originator}
    signers |= _coming_people(uow, scopes, material.get("scopes", ()))
    context["without_key"] = people.without_key(uow, signers)
    return Assessment(
        request=request.id,
        as_of=at,
        baseline=_baseline(uow),
        material=material,
        context=context,
        consents=consents,
        digest=canonical.digest_of(ASSESSMENT, material),
    )


def _coming_people(
    uow: UnitOfWork, scopes: Sequence[ProposedChange], told: Sequence[Mapping[str, Any]]
) -> set[str]:
    """The candidates among people, where some come under control: then a key enters only by request."""
    brought = [whole for change, whole in zip(scopes, told, strict=True) if change.operation not in KEEPING]
    if not any(one["type"] == "person" for whole in brought for one in whole["types"]):
        return set()
    return {row[0] for row in uow.rows("SELECT id FROM person WHERE level = 'draft'")}


def after(uow: UnitOfWork, request: ChangeRequest) -> tuple[StoredEstate, ChangedEstate, GraphDelta]:
    """The estate as it is, as it would be after the request, and the difference between them.

    Source: rules.md 5; terminal.md, `impact --change`.
    """
    proposed = examination.proposed(uow, request.changes)
    estate = StoredEstate(uow.rows, uow.dialect)
    delta = graph_changes.delta_of(proposed, _type_of(uow))
    return estate, ChangedEstate(estate, delta), delta


def _graph(uow: UnitOfWork, request: ChangeRequest, proposed: Proposal) -> _Graph:
    estate = StoredEstate(uow.rows, uow.dialect)
    during = impact(estate, request.down.items, everything=True) if request.down else None
    hit = effects.by_item(during.items) if during else {}
    services = {one.id: one.effect for one in during.services} if during else {}
    if proposed.problems:
        return _Graph(estate, GraphDelta(), during, [], [], [], hit=hit, services=services)
    delta = graph_changes.delta_of(proposed, _type_of(uow))
    changed = ChangedEstate(estate, delta)
    lost = effects.lost_margin(estate, changed, delta)
    return _Graph(
        estate=estate,
        delta=delta,
        during=during,
        lost=lost,
        cycles=effects.new_cycles(estate, changed, delta),
        points=effects.moved_points(estate, changed, delta),
        less_margin=effects.services_above(estate, lost) if lost else [],
        hit=hit,
        services=services,
    )


def _type_of(uow: UnitOfWork) -> Callable[[str], ItemType]:
    known: dict[str, ItemType] = {}

    def find(name: str) -> ItemType:
        if name not in known:
            known[name] = types.effective(uow, name)
        return known[name]

    return find


def _forecasts(
    uow: UnitOfWork,
    graph: _Graph,
    request: ChangeRequest,
    before: _Before,
    at: datetime,
) -> tuple[Forecast, ...]:
    work = clashes.planned_work(request)
    if work is None or graph.during is None:
        return ()
    this = WorkEffect(
        work=work, effects={one: effect for one, effect in graph.services.items() if effect != _REDUCED}
    )
    done = scheduled.before(uow.rows, uow.dialect, at, request.id)
    gathered = StoredPromises(uow.rows, uow.dialect).gather(graph.estate, this, at, done)
    return tuple(
        forecast.forecast(
            gathered.agreements,
            this,
            gathered.others,
            gathered.facts,
            now=at,
            hours=calendar.service_time,
            overruns=before.overruns,
        )
    )


def _weighed(
    request: ChangeRequest,
    graph: _Graph,
    rows: Sequence[Forecast],
    before: _Before,
    surprises: Sequence[Mapping[str, str]],
) -> risk.Risk:
    return risk.weigh(
        effect=_worst(graph.services.values()),
        breach=any(row.breach_worst for row in rows),
        kind=request.kind,
        tested=bool(request.backout and request.test),
        history=before.history,
        surprises=[f"{one['item']} ({one['change']})" for one in surprises],
    )


def _not_forecast(uow: UnitOfWork, graph: _Graph, request: ChangeRequest) -> list[str]:
    """What is promised about the services hit and no row speaks of: it is observed."""
    if request.window is None:
        return []
    hit = [one for one, effect in graph.services.items() if effect != _REDUCED]
    promises = StoredPromises(uow.rows, uow.dialect)
    return list(promises.not_forecast(hit, request.window.start, request.window.end)) if hit else []


def _similar(uow: UnitOfWork, request: ChangeRequest) -> list[ChangeRequest]:
    """Closed requests of the same team that took down items of the same types, newest first."""
    if request.down is None:
        return []
    wanted = _types(uow, request.down.items)
    team = _team(uow, request.effective_implementer)
    found = []
    for name in request_ids(uow, states=("closed", "backed out"), limit=HISTORY, newest_first=True):
        other = uow.get(ChangeRequest, name)
        same_team = other.effective_implementer in team
        if other.down and same_team and wanted & _types(uow, other.down.items):
            found.append(other)
    return found


def _types(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    estate = StoredEstate(uow.rows, uow.dialect)
    return {fact[2] for fact in estate.facts(list(estate.keys(ids).values()))}


def _team(uow: UnitOfWork, person: str) -> set[str]:
    team = {person}
    for lead, members in uow.rows("SELECT lead, members FROM people_group"):
        if person == lead or f'"{person}"' in members:
            team |= {lead, *json.loads(members)}
    return team


_REDUCED = "reduced redundancy"


def _worst(found: Iterable[str]) -> str:
    return max(found, key=conflicts.rank, default="none")


def _baseline(uow: UnitOfWork) -> str:
    found = uow.rows("SELECT baseline FROM site")
    return str(found[0][0] or "") if found else ""


def _scope(one: scope.Summary) -> dict[str, Any]:
    return {
        "digest": one.digest,
        "count": one.count,
        "types": [{"type": name, "count": count} for name, count in sorted(one.types.items())],
        "findings": list(one.findings),
    }


def _moved(one: proposal.Moved) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "field": one.field,
        "original": one.original,
        "proposed": one.proposed,
        "current": one.current,
    }


def _points(graph: _Graph) -> dict[str, Any]:
    if graph.points is None:
        return {}
    added, removed = (
        [{"service": service, "item": item} for service, item in pairs] for pairs in graph.points
    )
    return {"single_points_added": added, "single_points_removed": removed}


def _planned(row: Forecast) -> dict[str, Any]:
    return {
        "agreement": row.agreement,
        "commitment": row.commitment,
        "start": row.start,
        "expected_s": row.planned_expected_s,
        "worst_s": row.planned_worst_s,
        "breach_expected": row.breach_expected,
        "breach_worst": row.breach_worst,
    }


def _joint(one: JointOutage) -> dict[str, Any]:
    return {
        "changes": list(one.changes),
        "start": canonical.rfc3339(one.start),
        "end": canonical.rfc3339(one.end),
        "effect": one.effect,
        "hit": [hit.id for hit in one.services or one.items],
    }


def _conflict(one: conflicts.Conflict) -> dict[str, Any]:
    return {"kind": one.kind, "subject": one.subject, "other": one.other, "start": one.start, "end": one.end}


def _context(
    graph: _Graph,
    rows: Sequence[Forecast],
    found: Sequence[conflicts.Conflict],
    missed: Sequence[str],
    weighed: risk.Risk,
) -> dict[str, Any]:
    during = graph.during
    return {
        "effects": dict(Counter(graph.hit.values())),
        "saved": len(during.saved) if during else 0,
        "exposed": during.exposed if during else 0,
        "services": [one._asdict() for one in during.services] if during else [],
        "agreements": [row.fields() for row in rows],
        "conflicts": [{**_conflict(one), "sentence": one.sentence} for one in found],
        "risk": [
            {"engine": one.engine, "risk": one.risk, "sentence": one.sentence} for one in weighed.verdicts
        ],
        "risk_set_by": weighed.set_by,
        "not_computed": [
            *missed,
            *([] if graph.points is not None else ["single points of failure added or removed"]),
        ],
    }
