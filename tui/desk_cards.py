"""From requests, ballots and assessments to the cards the screens show. Reads inside a transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from baselines import checkout
from ccb import assessment, ballots, conflicts, controlled, extension, lifecycle, proposal, requests, tables
from ccb.ballot import Outcome, Vote
from ccb.ballots import Ballot
from ccb.model import Assessment, ChangeRequest, ProposedChange
from cmdb.canonical import instant
from cmdb.errors import CmdbError
from cmdb.impact import impact
from cmdb.reading_graph import StoredEstate
from cmdb.store import UnitOfWork
from tui import clockface, schedule, scoping
from tui import desk_offers as offers
from tui.ballot_views import BallotLine, ChangeCard, Count, Remark, RequirementLine, VoteLine
from tui.impact_cards import impact_card
from tui.present import counted, duration, moment, period
from tui.views import ChangeLine, Deed, FieldChange, ImpactCard, PromiseLine, ServiceHit

SHOWN = 200
KNOWN_AFTERWARDS = "(known afterwards)"
WRITTEN = ("checked in", "closed")


def change_line(request: ChangeRequest, *, risk: str = "", at: datetime | None = None) -> ChangeLine:
    """A request as a list shows it; `at` marks what is late."""
    window = request.window
    late = ""
    if at is not None and window is not None and window.end <= at:
        if request.state in ("approved", "checked out"):
            late = "window over"
        elif request.state in ("submitted", "assessed", "under review"):
            late = "not decided"
    return ChangeLine(
        id=request.id,
        title=request.title,
        state=request.state,
        kind=request.kind,
        risk=risk,
        originator=request.originator,
        implementer=request.effective_implementer,
        start=window.start if window else None,
        end=window.end if window else None,
        late=late,
    )


def change_card(
    uow: UnitOfWork, request: ChangeRequest, actor: str, at: datetime, zone: tzinfo
) -> ChangeCard:
    """Everything about a request, as of this transaction."""
    ballot = _ballot(uow, request, at)
    found = ballot.assessment if ballot else _assessed(uow, request, at)
    context: Mapping[str, Any] = found.context if found else {}
    return ChangeCard(
        line=change_line(request, risk=str(found.material["risk"]) if found else "", at=at),
        reason=request.reason,
        done=(
            *_put_off(uow, request, zone, at),
            *_extended(uow, request, zone, at),
            *_done(request, zone, at),
        ),
        summary=summary_of(request.changes),
        impact=_impact(uow, request, context, zone) if found else None,
        clashes=tuple(_clashes(context, zone)),
        back_out=request.backout,
        test_plan=request.test,
        votes=_votes(ballot) if ballot else _cast(uow, request),
        requirements=_requirements(ballot.outcome) if ballot else (),
        outcome=_outcome(request, ballot),
        tally=tally_of(ballot) if ballot else "",
        evidence=_evidence(found, ballot),
        basis=f"{ballot.content} {ballot.assessment.digest} {ballot.rules}" if ballot else "",
        moved=_moved(ballot, actor),
        diff=difference(uow, request.changes, written=request.state in WRITTEN),
        comments=tuple(
            Remark(at=one.at, person=one.person, text=one.text) for one in requests.comments(uow, request.id)
        ),
        history=_history(uow, request.id),
        offered=offers.offered(uow, request, ballot, actor, at),
        baseline=_baseline(uow, request.id),
        foreseen=offers.foreseen(uow, ballot, actor, at),
        if_decided=offers.if_closed(uow, ballot, actor, at),
        if_edited=offers.consequence_of_an_edit(request),
        left_open=() if request.state in WRITTEN else checkout.open_fields(request),
        overridable=offers.overridable(ballot),
        unsettled=offers.unsettled(uow, request),
        since_decided=offers.since_decided(uow, request, ballot),
        stands=count_of(ballot) if ballot else Count(),
        turners=ballot.facts["turners"] if ballot and request.state == "under review" else (),
        chairs=ballot.chairs if ballot else (),
        overruled=ballot.overruled if ballot else "",
    )


def ballot_line(ballot: Ballot, actor: str, at: datetime) -> BallotLine:
    """A ballot as the agenda shows it, with the actor's own vote."""
    mine = next((one for one in ballot.standing if one.vote.voter == actor), None)
    return BallotLine(
        change=change_line(ballot.request, risk=str(ballot.assessment.material["risk"]), at=at),
        stands=count_of(ballot),
        outcome=ballot.outcome.result,
        mine=mine.vote.value if mine else "",
        stale=bool(mine and mine.stale),
    )


def count_of(ballot: Ballot) -> Count:
    """The votes that count against the quorum, and the consents given of those asked."""
    quorum = 0 if ballot.policy.rule == "consents" else ballot.policy.quorum
    met = [one.status != "unsatisfied" for one in ballot.outcome.requirements if one.name == "consent"]
    return Count(len(ballot.outcome.counted), quorum, sum(met), len(met))


def tally_of(ballot: Ballot) -> str:
    """The votes in a few words: `2 approve, quorum 2 of 3`."""
    outcome, quorum = ballot.outcome, ballot.policy.quorum
    parts = [f"{count} {word}" for count, word in (
        (outcome.approve, "approve"), (outcome.reject, "reject"), (outcome.abstain, "abstain"),
    ) if count]  # fmt: skip
    parts.append(f"quorum {len(outcome.counted)} of {quorum}")
    return ", ".join(parts)


def summary_of(changes: Sequence[ProposedChange]) -> str:
    """What a request alters, counted: `3 items, 7 fields, 2 relations`."""
    scopes = [one for one in changes if one.record == "scope"]
    if scopes:
        return "; ".join(scoping.said(one, int(one.seen.get("count", 0))) for one in scopes)
    holders = {one.holder for one in changes}
    links = sum(1 for one in changes if one.record in ("dependency", "redundancy group"))
    fields = sum(len(one.fields) for one in changes if one.record not in ("dependency", "redundancy group"))
    items = sum(1 for kind, _ in holders if kind == "item")
    parts = [counted(items, "item")] if items else []
    if len(holders) > items:
        parts.append(counted(len(holders) - items, "other record"))
    parts += [counted(fields, "field")] if fields else []
    parts += [counted(links, "relation")] if links else []
    return ", ".join(parts) or "nothing yet"


# Ballots --------------------------------------------------------------------------------------


def _ballot(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> Ballot | None:
    if request.state not in ("under review", "approved") or not request.policy:
        return None
    return ballots.ballot(uow, request, at=at)


def _assessed(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> Assessment | None:
    """The assessment as it would be now, where there is still something to decide by it."""
    if request.state in lifecycle.FINAL or request.state in ("draft", "checked in"):
        return None
    try:
        return assessment.assess(uow, request, at=at)
    except CmdbError:
        return None


def _votes(ballot: Ballot) -> tuple[VoteLine, ...]:
    """The votes of a ballot that stand."""
    return tuple(
        _vote(one.vote, stale=bool(one.stale), counts=one.counts)
        for one in ballot.standing
        if one.vote.value != "withdrawn"
    )


def _cast(uow: UnitOfWork, request: ChangeRequest) -> tuple[VoteLine, ...]:
    """The votes a request was decided with, once its ballot is over; none where it begins anew."""
    if request.state in ("draft", "submitted", "assessed"):
        return ()
    decisions = tables.decisions_of(uow, request.id)
    told = set(decisions[-1].votes) if decisions else set()
    last = {one.voter: one for one in tables.votes_of(uow, request.id) if one.digest in told}
    cast = [one for one in last.values() if one.value != "withdrawn"]
    return tuple(_vote(one, counts=one.capacity != "consenter") for one in cast)


def _vote(one: Vote, *, stale: bool = False, counts: bool = True) -> VoteLine:
    return VoteLine(
        member=one.voter,
        value=one.value,
        capacity=one.capacity,
        seat=one.seat,
        reason=one.reason,
        at=one.at,
        stale=stale,
        counts=counts,
        conditions=one.conditions,
    )


def _requirements(outcome: Outcome) -> tuple[RequirementLine, ...]:
    return tuple(
        RequirementLine(name=one.title, status=one.status, detail=one.detail) for one in outcome.requirements
    )


def _outcome(request: ChangeRequest, ballot: Ballot | None) -> str:
    return ballot.outcome.result if ballot and request.state == "under review" else ""


def _clashes(context: Mapping[str, Any], zone: tzinfo) -> list[str]:
    """Every conflict, with its times as the clock of the site shows them; then what undecided work adds."""
    return [
        *conflicts.told(
            context.get("conflicts", ()),
            time=lambda start, end: clockface.stretch(instant(start), instant(end), zone),
        ),
        *schedule.undecided(context.get("undecided", ()), zone),
        *(f"Not computed: {one}." for one in context.get("not_computed", ())),
    ]


def _evidence(found: Assessment | None, ballot: Ballot | None) -> str:
    if found is None:
        return ""
    rules = f"  rules {ballot.rules[:4]}" if ballot else ""
    stale = sum(1 for one in ballot.standing if one.stale) if ballot else 0
    state = f"{counted(stale, 'vote')} stale" if stale else "all current"
    return f"{found.baseline}  impact {found.digest[:4]}{rules}   {state}"


def _moved(ballot: Ballot | None, actor: str) -> tuple[str, ...]:
    """What moved since the actor's own vote."""
    mine = next((one for one in ballot.standing if one.vote.voter == actor), None) if ballot else None
    return (*mine.stale, *mine.moved) if mine and mine.stale else ()


# Impact ---------------------------------------------------------------------------------------


def _impact(uow: UnitOfWork, request: ChangeRequest, context: Mapping[str, Any], zone: tzinfo) -> ImpactCard:
    promises = tuple(promise_line(one, zone) for one in context.get("agreements", ()))
    beside = tuple(context.get("not_forecast", ()))
    if request.down is None:
        return ImpactCard(down=(), exposed=0, promises=promises, beside=beside)
    card = impact_card(impact(StoredEstate(uow.rows, uow.dialect), request.down.items), zone)
    services = tuple(
        ServiceHit(
            id=str(one["id"]),
            name=str(one["name"]),
            effect=str(one["effect"]),
            inherited=bool(one["inherited"]),
            because=tuple(one["because"]),
        )
        for one in context.get("services", ())
    )
    exposed = context.get("exposed")
    return card._replace(promises=promises, services=services, exposed=exposed, complete=True, beside=beside)


def _put_off(uow: UnitOfWork, request: ChangeRequest, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    """Until when it is put off, by whom and why."""
    decisions = tables.decisions_of(uow, request.id) if request.state == "deferred" else ()
    return tuple(
        f"put off until {moment(one.until, zone, now)} by {one.by}: {one.rationale}".removesuffix(": ")
        for one in decisions[-1:]
        if one.until is not None
    )


def _extended(uow: UnitOfWork, request: ChangeRequest, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    """That work under way goes on for longer than was approved."""
    work = extension.extended(uow, request)
    if work is None:
        return ()
    worst = f", down {duration(work.worst)} at worst" if work.worst else ""
    return (f"extended: goes on until {moment(work.window_end, zone, now)}{worst}",)


def _done(request: ChangeRequest, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    """What became of the work, a line each."""
    lines = []
    if request.started is not None:
        ended = f", finished {moment(request.finished, zone, now)}" if request.finished else ", under way"
        lines.append(f"started {moment(request.started, zone, now)}{ended}")
    if request.outage is not None:
        lines.append(f"outage {duration(request.outage)}" if request.outage else "no outage")
    if request.closed_at is not None:
        lines.append(f"closed {moment(request.closed_at, zone, now)}: {request.outcome or request.state}")
    return tuple(lines)


def promise_line(row: Mapping[str, Any], zone: tzinfo) -> PromiseLine:
    """A forecast row, as other programs read it, for a screen."""
    start, end = (instant(str(row["period"][edge])) for edge in ("start", "end"))
    return PromiseLine(
        agreement=row["agreement"],
        service=row["service"],
        customer=row["customer"],
        commitment=row["commitment"],
        period=period(start, end, zone),
        allowance=row["allowance_s"],
        used=row["used_s"],
        committed=row["committed_s"],
        left_before=row["left_before_s"],
        expected=row["planned_expected_s"],
        worst=row["planned_worst_s"],
        left_after=row["left_after_s"],
        breach_expected=row["breach_expected"],
        breach_worst=row["breach_worst"],
    )


# Difference -----------------------------------------------------------------------------------


def difference(
    uow: UnitOfWork, changes: Sequence[ProposedChange], *, written: bool = False
) -> tuple[FieldChange, ...]:
    """What a request alters, field by field, with what moved since it was written.

    Once it is `written`, what stands there is its own doing: nothing moved.
    """
    held = controlled.held_all(uow, proposal.keys(changes))
    found = () if written else proposal.proposed(held, changes).moved
    moved = {(one.subject, one.field): _said(one.current) for one in found}
    rows: list[FieldChange] = []
    for one in changes[:SHOWN]:
        rows.append(FieldChange(record=one.subject, operation=one.operation))
        for name in one.fields:
            new = KNOWN_AFTERWARDS if name in one.open else _said(one.exact.get(name))
            rows.append(
                FieldChange(
                    record=one.subject,
                    operation=one.operation,
                    field=name,
                    old=_said(one.seen.get(name)),
                    new=new,
                    moved=moved.get((one.subject, name), ""),
                )
            )
    return tuple(rows)


def filled_in(rows: Sequence[FieldChange], tried: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    """The difference as it was written, with what the check-out has for the fields that were left open.

    `tried` is the same difference after the records were tried out: there, what was written already
    stands in the items, and would pass for something that moved.
    """
    return tuple(
        row._replace(new=after.moved) if row.new == KNOWN_AFTERWARDS and after.moved else row
        for row, after in zip(rows, tried, strict=True)
    )


def _said(content: Any) -> str:
    if content is None or content == "":
        return ""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)


# History --------------------------------------------------------------------------------------


def _history(uow: UnitOfWork, id: str) -> tuple[Deed, ...]:
    rows: Iterable[tuple[Any, ...]] = uow.rows(
        "SELECT j.at, j.actor, j.action, j.changed FROM journal_subject s JOIN journal j"
        " ON j.sequence = s.sequence WHERE s.subject = ? ORDER BY s.sequence DESC LIMIT 200",
        f"change:{id}",
    )
    found = []
    for at, actor, action, changed in rows:
        fields = json.loads(changed) if isinstance(changed, str) else changed
        text = "; ".join(f"{name} {_said(value)}" for name, value in list(fields.items())[:3])
        found.append(
            Deed(at=datetime.fromisoformat(str(at)), actor=str(actor), action=str(action), text=text)
        )
    return tuple(found)


def _baseline(uow: UnitOfWork, id: str) -> str:
    rows = uow.rows("SELECT id FROM baseline WHERE request = ? ORDER BY id DESC LIMIT 1", id)
    return str(rows[0][0]) if rows else ""
