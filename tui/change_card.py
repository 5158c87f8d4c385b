"""A change request as other programs read it: facts, assessment, votes, requirements, outcome.

Reads inside a transaction. Source: terminal.md, `change show --json`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ccb import aftermath, authorisation, ballots, extension, lifecycle, statements, tables
from ccb import assessment as assessments
from ccb.ballot import Decision, Requirement, Vote
from ccb.ballots import Ballot
from ccb.model import ChangeRequest
from cmdb.errors import CmdbError
from cmdb.store import UnitOfWork
from tui.printing import plain

_TIMES = (
    "created_at",
    "submitted_at",
    "referred_at",
    "decided_at",
    "closed_at",
    "until",
    "started",
    "finished",
)
_DONE = ("outage", "outcome", "deviation", "test_result", "test_reviewer")


def card(uow: UnitOfWork, request: ChangeRequest, *, at: datetime) -> dict[str, Any]:
    """Everything about a request as of this transaction, as plain values."""
    ballot = current_ballot(uow, request, at)
    decisions = tables.decisions_of(uow, request.id)
    content = statements.content_of(request)
    return {
        "id": request.id,
        "state": request.state,
        **{name: content[name] for name in content if name != "id"},
        "window": plain(request.window),
        "down": plain(request.down),
        "extended": _extended(uow, request),
        "board": request.board,
        "policy": request.policy,
        "assessment": _assessment(uow, request, ballot, at),
        "votes": _votes(uow, request, ballot),
        "requirements": [requirement(one) for one in _requirements(uow, request, ballot, decisions)],
        "outcome": outcome(ballot, decisions),
        "baseline": baseline_of(uow, request.id),
        "result": {name: plain(getattr(request, name)) for name in _DONE},
        "aftermath": _aftermath(uow, request),
        "times": {name: plain(getattr(request, name)) for name in _TIMES},
    }


def _extended(uow: UnitOfWork, request: ChangeRequest) -> dict[str, Any] | None:
    """Until when work under way goes on, where that is longer than was approved, and the worst outage."""
    work = extension.extended(uow, request)
    return {"until": plain(work.window_end), "worst": work.worst} if work else None


def _aftermath(uow: UnitOfWork, request: ChangeRequest) -> dict[str, Any] | None:
    """What it did, held against what was foreseen; None before the work began."""
    if request.started is None:
        return None
    found = aftermath.of_request(uow, request)
    return {
        **{name: getattr(found, name) for name in ("started_late", "overrun", "expected", "worst", "outage")},
        "assessed": found.foreseen is not None,
        "hit": [{**one._asdict(), "records": list(one.records)} for one in found.hits],
        "surprises": [one.item for one in found.surprises],
        "spared": list(found.spared),
        "missing": [one.item for one in aftermath.missing(uow, request, found)],
    }


def current_ballot(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> Ballot | None:
    """The ballot on a request that lies before a board, else None."""
    return ballots.ballot(uow, request, at=at) if request.state == "under review" else None


def outcome(ballot: Ballot | None, decisions: tuple[Decision, ...]) -> dict[str, Any] | None:
    """What the votes come to, or what was decided last; None before any ballot."""
    if ballot is not None:
        return {
            "result": ballot.outcome.result,
            "approve": ballot.outcome.approve,
            "reject": ballot.outcome.reject,
            "abstain": ballot.outcome.abstain,
            "missing": list(ballot.outcome.missing),
            "may_end": list(ballot.chairs) if ballot.outcome.met else [],
            "overruled": ballot.overruled,
            "deadline": plain(ballot.deadline),
        }
    if not decisions:
        return None
    last = decisions[-1]
    return {
        "result": last.result,
        "by": last.by,
        "at": plain(last.at),
        "until": plain(last.until),
        "rationale": last.rationale,
        "alone": last.alone,
        "record": last.record,
    }


def baseline_of(uow: UnitOfWork, request: str) -> str | None:
    """The baseline a request became, or None."""
    found = uow.rows("SELECT id FROM baseline WHERE request = ? ORDER BY id DESC LIMIT 1", request)
    return str(found[0][0]) if found else None


def requirement(one: Requirement) -> dict[str, str]:
    """A requirement as other programs read it."""
    return {"name": one.title, "status": one.status, "detail": one.detail}


def _assessment(
    uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None, at: datetime
) -> dict[str, Any] | None:
    """The assessment as it is now while something can be decided by it, else as it was decided on."""
    if ballot is not None:
        return _assessed(ballot.assessment.digest, ballot.assessment.material, ballot.assessment.context)
    if request.state not in (*lifecycle.FINAL, "draft", "checked in"):
        try:
            found = assessments.assess(uow, request, at=at)
        except CmdbError as broken:
            return {"digest": None, "problem": broken.reason}
        return _assessed(found.digest, found.material, found.context)
    rows = uow.rows("SELECT text FROM evidence WHERE digest = ?", request.assessment)
    return _assessed(request.assessment, json.loads(rows[0][0]), {}) if rows else None


def _assessed(digest: str, material: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "digest": digest,
        "impact": {"items": material.get("items", []), "services": material.get("services", [])},
        "agreements": context.get("agreements", material.get("planned", [])),
        "conflicts": context.get("conflicts", material.get("conflicts", [])),
        "risk": material.get("risk"),
        "spof_added": material.get("single_points_added", []),
        "spof_removed": material.get("single_points_removed", []),
        "margin_lost": material.get("margin", []),
        "cycles": material.get("cycles", []),
        "problems": material.get("problems", []),
        "moved": context.get("moved", []),
        "voters": material.get("voters", []),
        "scopes": material.get("scopes", []),
        "release": {**material["release"], **context.get("release", {})} if "release" in material else None,
        "without_key": context.get("without_key", []),
        "undecided": context.get("undecided", []),
        "not_computed": context.get("not_computed", []),
        "not_forecast": context.get("not_forecast", []),
        "surprises": context.get("surprises", []),
    }


def _votes(uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None) -> list[dict[str, Any]]:
    if ballot is not None:
        return [
            {**_vote(one.vote), "stale": bool(one.stale), "counts": one.counts, "moved": list(one.moved)}
            for one in ballot.standing
        ]
    decisions = tables.decisions_of(uow, request.id)
    counted = set(decisions[-1].votes) if decisions else set()
    return [
        {**_vote(one), "stale": False, "counts": one.digest in counted}
        for one in tables.votes_of(uow, request.id)
    ]


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "member": vote.voter,
        "seat": vote.seat,
        "capacity": vote.capacity,
        "value": vote.value,
        "conditions": list(vote.conditions),
        "reason": vote.reason,
        "at": plain(vote.at),
    }


def _requirements(
    uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None, decisions: tuple[Decision, ...]
) -> tuple[Requirement, ...]:
    if ballot is not None:
        return ballot.outcome.requirements
    decided = [one for one in decisions if one.result in ("carried", "lost")]
    return authorisation.proved(uow, request, decided[-1]).requirements if decided else ()
