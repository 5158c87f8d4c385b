"""Whether a request is authorised: what check-out and check-in read again inside their transaction.

A decision authorises exactly the content and the material assessment it names. Everything is proved
again from the records: the statement, its signature, every vote, and that the votes carry it under
the rules they were cast under. Commits nothing. Source: rules.md 6; 7, Check-in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccb import acts, assessment, ballots, counting, signing, standard, statements, tables, voting
from ccb.ballot import Decision, Outcome, Policy, Vote
from ccb.ballots import Standing
from ccb.model import ChangeRequest
from cmdb import people
from cmdb.errors import Corrupt, Refused
from cmdb.model import Value
from cmdb.store import UnitOfWork

_STATES = ("approved", "checked out", "checked in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation(Value):
    """A request with the decision that carries it, and the chair's confirmation if there is one."""

    request: ChangeRequest
    decision: Decision | None
    confirmation: Decision | None = None
    votes: tuple[Vote, ...] = ()
    outcome: Outcome | None = None

    @property
    def latest(self) -> Decision | None:
        """The word that holds: the chair's confirmation, else the decision; a template needs none."""
        return self.confirmation or self.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Value):
    """A ballot as a screen shows it, open or decided."""

    standing: tuple[Standing, ...]
    outcome: Outcome
    decision: Decision | None


def authorised(
    uow: UnitOfWork, request: ChangeRequest, *, at: datetime, recompute: bool = True
) -> Authorisation:
    """Give the authorisation of a request, proved again now.

    `recompute` computes the assessment again, as check-out does; check-in does not, because by then
    the window has begun and part of what was forecast has happened.

    Raises Refused when no decision carries it, when its content or its material assessment moved
    since (with the difference), when the policy is no longer in force or a key was withdrawn;
    Corrupt when the records do not prove what they say.
    """
    if request.kind == "standard":
        return _by_template(uow, request, at=at, recompute=recompute)
    carried, confirmation = _decisions(uow, request)
    content = statements.content_digest(request)
    if content != carried.content:
        raise Refused(
            f"{request.id} is not what was approved: its content changed since.",
            f"Submit it again: 'cmdb change submit {request.id}'.",
        )
    if uow.find(Policy, carried.policy_id) is None:
        raise Refused(
            f"The policy {carried.policy_id}, under which {request.id} was approved, is no longer in force.",
            f"Have it decided again: 'cmdb board refer {request.id}'.",
        )
    moved = moved_since(uow, request, confirmation or carried, at=at) if recompute else ()
    if moved:
        raise Refused(
            f"Since the decision on {request.id} its evidence moved.",
            f"The chair confirms with 'cmdb board confirm {request.id}' or puts it back with "
            f"'cmdb board refer {request.id}'.",
            moved,
        )
    site = tables.site_root(uow)
    for decision in (carried, confirmation):
        if decision is not None:
            _prove(decision, site, request.kind)
    found = proved(uow, request, carried)
    return Authorisation(
        request=request,
        decision=carried,
        confirmation=confirmation,
        votes=tuple(uow.get(Vote, digest) for digest in carried.votes),
        outcome=found,
    )


def _by_template(uow: UnitOfWork, request: ChangeRequest, *, at: datetime, recompute: bool) -> Authorisation:
    """A standard change is authorised by its template as it is now; what clashes since is not."""
    if request.state not in _STATES:
        raise Refused(
            f"{request.id} is {request.state}: its template has not accepted it.",
            f"Have it accepted: 'cmdb change accept {request.id}'.",
        )
    done = request.state == "checked in"  # what was written was authorised then, whatever became of it
    wrong = [] if done else standard.problems(uow, request)
    if not wrong and recompute:
        wrong = standard.clashes(assessment.assess(uow, request, at=at))
    if wrong:
        raise Refused(
            f"The template {request.template} does not authorise {request.id} as it stands now.",
            standard.way_out(request),
            wrong,
        )
    return Authorisation(request=request, decision=None)


def moved_since(
    uow: UnitOfWork, request: ChangeRequest, decision: Decision, *, at: datetime
) -> tuple[str, ...]:
    """What moved materially since a decision, in sentences; nothing after it goes stale by rules."""
    return acts.material_since(uow, decision, ballots.ballot(uow, request, at=at))


def proved(uow: UnitOfWork, request: ChangeRequest, decision: Decision) -> Outcome:
    """Count a decision again from what it names, and check every signature.

    Raises Corrupt when a vote is not what was signed or the votes do not come to the decision.
    """
    rules = evidence(uow, decision.policy, statements.RULES)
    material = evidence(uow, decision.assessment, statements.ASSESSMENT)
    asked = evidence(uow, decision.content, statements.REQUEST)
    votes = [uow.get(Vote, digest) for digest in decision.votes]
    site = tables.site_root(uow)
    for vote in votes:
        _prove(vote, site, request.kind)
    overrides = [
        one
        for one in tables.overrides_of(uow, request.id, decision.round)
        if one.digest in decision.overrides
    ]
    found = counting.replayed(
        statements.request_from(asked, at=decision.at),
        statements.policy_from(rules["policy"]),
        statements.board_from(rules["board"]),
        decision,
        votes=votes,
        overrides=overrides,
        consenters=material.get("voters", ()),
        groups=people.groups_by_person(uow),
    )
    if decision.result in ("carried", "lost") and found.result != decision.result:
        raise Corrupt(
            f"The votes on {request.id} do not come to '{decision.result}' but to '{found.result}'.",
            "Run 'cmdb verify' and keep this copy untouched.",
        )
    return found


def shown(uow: UnitOfWork, request: ChangeRequest, *, at: datetime) -> Shown | None:
    """The votes and what they come to: of the open ballot, else as last decided; None before a ballot."""
    if request.state == "under review":
        now = ballots.ballot(uow, request, at=at)
        return Shown(standing=now.standing, outcome=now.outcome, decision=None)
    decided = [one for one in tables.decisions_of(uow, request.id) if one.result != "confirmed"]
    if not decided:
        return None
    last = decided[-1]
    found = proved(uow, request, last)
    votes = voting.current(uow.get(Vote, digest) for digest in last.votes).values()
    return Shown(
        standing=tuple(
            Standing(
                vote=one,
                stale=() if counting.about(one, last) else ("it was not about what was decided",),
                counts=one.voter in found.counted,
            )
            for one in sorted(votes, key=lambda one: one.sequence)
        ),
        outcome=found,
        decision=last,
    )


def evidence(uow: UnitOfWork, digest: str, form: str) -> Mapping[str, Any]:
    """The fields of a piece of evidence. Raises Corrupt when it is missing."""
    found = tables.kept_evidence(uow, digest, form)
    if found is None:
        raise Corrupt(
            f"The evidence {digest[:12]} ({form}) is missing.",
            "Run 'cmdb verify' and keep this copy untouched.",
        )
    fields: dict[str, Any] = json.loads(found.text)
    fields.pop("format", None)
    return fields


def _decisions(uow: UnitOfWork, request: ChangeRequest) -> tuple[Decision, Decision | None]:
    """The decision that carries the present round, and the last confirmation after it."""
    found = [one for one in tables.decisions_of(uow, request.id) if one.round == request.round]
    carried = next((one for one in found if one.result == "carried"), None)
    if carried is None or request.state not in _STATES:
        raise Refused(
            f"{request.id} is {request.state}: no decision carries it.",
            f"See what it waits for: 'cmdb change show {request.id}'.",
        )
    confirmations = [one for one in found if one.result == "confirmed"]
    return carried, confirmations[-1] if confirmations else None


def _prove(part: Vote | Decision, site: str, kind: str) -> None:
    who = part.voter if isinstance(part, Vote) else part.by
    what = f"vote of {who}" if isinstance(part, Vote) else f"decision by {who}"
    try:
        signing.verify_part(part, site=site, kind=kind, keys=[part.key])
    except Refused as false:
        raise Corrupt(
            f"The {what} on {part.request} is not what was signed. {false.reason}",
            "Run 'cmdb verify' and keep this copy untouched.",
        ) from false
