"""Acts of a board, prepared for signing: a vote, an override, a decision, a deferral, a confirmation.

Preparing reads and checks everything and gives the statement to sign; it stores nothing. The same
preparation, repeated inside the writing transaction, proves that nothing moved in between.
Source: rules.md 6, What a vote signs; 8, Nothing is signed under the write lock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccb import ballots, lifecycle, requests, tables, voting
from ccb.ballot import OVERRIDABLE, Decision, Override, Vote
from ccb.ballots import Ballot
from ccb.guards import Facts, Reason
from ccb.model import ChangeRequest
from ccb.signing import Act, digest_of
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, shown
from cmdb.roles import roles_of
from cmdb.store import UnitOfWork

_BEHIND = timedelta(minutes=5)  # what two computers may differ by


def prepare_vote(
    uow: UnitOfWork,
    id: str,
    *,
    voter: str,
    value: str,
    conditions: Sequence[str] = (),
    reason: str = "",
    at: datetime,
) -> Act:
    """Prepare a vote (`withdrawn` takes the last one back), with the decision it would complete.

    Raises Refused for somebody who has no vote, after the deadline, or in another state; Invalid for
    a reject without its reason or a condition without text.
    """
    request = _under_review(uow, id, "withdraw vote" if value == "withdrawn" else "vote", at)
    now = ballots.ballot(uow, request, at=at)
    capacity, seat = _capacity(now, voter, at)
    before = [one for one in now.votes if one.voter == voter]
    objection = vote_objection(now, voter, value, at=at)
    if objection is not None and (value == "withdrawn" or not now.overruled):
        raise Refused(objection.sentence, objection.remedy)
    requests.move(
        uow,
        request,
        "withdraw vote" if value == "withdrawn" else "vote",
        actor=voter,
        at=at,
        consenters=now.consenters,
        overruled=now.overruled,
    )
    vote = Vote(
        digest="",
        request=request.id,
        board=now.board.id,
        round=request.round,
        voter=voter,
        capacity=capacity,
        seat=seat,
        value=value,
        conditions=tuple(conditions),
        reason=reason,
        content=now.content,
        assessment=now.assessment.digest,
        policy=now.rules,
        at=at,
        sequence=len(now.votes) + 1,
        previous=before[-1].digest if before else "",
    )
    site = tables.site_root(uow)
    vote = vote.but(digest=digest_of(vote, site, request.kind))
    after = ballots.ballot(uow, request, at=at, found=now.assessment, with_vote=vote, current_rules=False)
    decision = None
    if after.policy.decides == "policy" and after.final and not now.overruled:
        decision = _decision(after, after.outcome.result, by=voter, at=at, site=site)
    return _act(now, site, voter, at, vote=vote, decision=decision)


def prepare_decision(
    uow: UnitOfWork, id: str, *, by: str, close: bool = False, rationale: str = "", at: datetime
) -> Act:
    """Prepare the decision the votes come to. `close` ends the ballot first: for the chair.

    Raises Refused while the ballot is open, or to anybody but the chair where the policy says so.
    """
    request = _under_review(uow, id, "decide", at)
    now = ballots.ballot(uow, request, at=at, closed=close)
    if close and not now.board.presides(by, at):
        raise Refused(
            f"Only the chair of {now.board.id} closes a ballot.",
            f"Ask {' or '.join(now.board.presiding(at))} to close it.",
        )
    requests.move(
        uow,
        request,
        "decide",
        actor=by,
        at=at,
        **now.facts,
    )
    site = tables.site_root(uow)
    decision = _decision(now, now.outcome.result, by=by, at=at, site=site, rationale=rationale)
    return _act(now, site, by, at, decision=decision, close=close)


def prepare_deferral(
    uow: UnitOfWork, id: str, *, by: str, until: datetime, rationale: str = "", at: datetime
) -> Act:
    """Prepare the chair's decision to take the request up again at a later date."""
    request = _under_review(uow, id, "defer", at)
    now = ballots.ballot(uow, request, at=at)
    if not rationale.strip():
        raise Invalid("A deferral needs its reason.", "Say why: '--until DATE -m REASON'.")
    if until <= at:
        raise Refused(
            "That date has passed.", f"Give a later one: 'cmdb board defer {request.id} --until DATE'."
        )
    requests.move(uow, request, "defer", actor=by, at=at, until_given=True, overruled=now.overruled)
    site = tables.site_root(uow)
    decision = _decision(now, "deferred", by=by, at=at, site=site, rationale=rationale, until=until)
    return _act(now, site, by, at, decision=decision)


def prepare_confirmation(uow: UnitOfWork, id: str, *, by: str, rationale: str = "", at: datetime) -> Act:
    """Prepare the chair's word that the decision holds although its evidence moved since."""
    request = requests.find(uow, id)
    last = standing_decision(uow, request)
    now = ballots.ballot(uow, request, at=at)
    moved = material_since(uow, last, now) if last else ()
    requests.move(uow, request, "confirm", actor=by, at=at, moved=moved)
    site = tables.site_root(uow)
    decision = _decision(now, "confirmed", by=by, at=at, site=site, rationale=rationale)
    return _act(now, site, by, at, decision=decision)


def prepare_override(uow: UnitOfWork, id: str, *, by: str, requirement: str, why: str, at: datetime) -> Act:
    """Prepare to set a requirement aside, where the policy allows it to a role the actor holds.

    `requirement` is its title on the ballot, such as `quorum` or `consent a.vries`.
    """
    request = _under_review(uow, id, "override", at)
    now = ballots.ballot(uow, request, at=at)
    requests.move(
        uow, request, "override", actor=by, at=at, consenters=now.consenters, overruled=now.overruled
    )
    known = {one.title: one for one in now.outcome.requirements}
    wanted = known.get(requirement)
    if wanted is None or wanted.status != "unsatisfied":
        unmet = [one.title for one in now.outcome.requirements if one.status == "unsatisfied"]
        raise Refused(
            f"'{shown(requirement)}' is not a requirement that is missing here.",
            f"Missing are: {', '.join(unmet) or 'none'}.",
        )
    role = now.policy.overridable.get(wanted.name, "")
    if not role:
        may = ", ".join(one for one in OVERRIDABLE if one in now.policy.overridable) or "nothing"
        raise Refused(
            f"The policy {now.policy.id} lets nobody override '{wanted.name}'.", f"It allows: {may}."
        )
    held = {*roles_of(uow, by, at=at), *(["chair"] if now.board.presides(by, at) else [])}
    if role not in held:
        raise Refused(f"To override '{wanted.name}' is for the {role}.", f"Ask somebody who is {role}.")
    site = tables.site_root(uow)
    override = Override(
        digest="",
        request=request.id,
        round=request.round,
        requirement=requirement,
        by=by,
        role=role,
        why=why,
        at=at,
    )
    return _act(now, site, by, at, override=override.but(digest=digest_of(override, site, request.kind)))


def again(uow: UnitOfWork, act: Act) -> Act:
    """Prepare the same act once more, on what stands now."""
    if act.vote is not None:
        vote = act.vote
        return prepare_vote(
            uow,
            act.request,
            voter=vote.voter,
            value=vote.value,
            conditions=vote.conditions,
            reason=vote.reason,
            at=act.at,
        )
    if act.override is not None:
        return prepare_override(
            uow,
            act.request,
            by=act.actor,
            requirement=act.override.requirement,
            why=act.override.why,
            at=act.at,
        )
    decision = act.decision
    if decision is None:
        raise Refused("There is nothing in this act.", "Vote, decide, defer, confirm or override.")
    if decision.result == "deferred" and decision.until is not None:
        return prepare_deferral(
            uow,
            act.request,
            by=act.actor,
            until=decision.until,
            rationale=decision.rationale,
            at=act.at,
        )
    if decision.result == "confirmed":
        return prepare_confirmation(uow, act.request, by=act.actor, rationale=decision.rationale, at=act.at)
    return prepare_decision(
        uow, act.request, by=act.actor, close=act.close, rationale=decision.rationale, at=act.at
    )


def standing_decision(uow: UnitOfWork, request: ChangeRequest) -> Decision | None:
    """The last decision on a request: the one in force, or the chair's confirmation of it."""
    found = tables.decisions_of(uow, request.id)
    return found[-1] if found else None


def material_since(uow: UnitOfWork, decision: Decision, now: Ballot) -> tuple[str, ...]:
    """What moved materially since a decision, or its signer's key was withdrawn, in sentences.

    Rules that changed later do not touch a decision.
    """
    moved = ballots.moved_since(uow, decision.but(policy=now.rules), now)
    signer = uow.find(Person, decision.by)
    if signer is None or decision.key not in {key.text for key in signer.keys}:
        moved = (*moved, f"the key that signed the decision is not registered to {decision.by} any more")
    return moved


def _under_review(uow: UnitOfWork, id: str, action: str, at: datetime) -> ChangeRequest:
    request = requests.find(uow, id)
    if request.state != "under review":
        # The table refuses, in its own words and with what is possible now.
        lifecycle.advance(request.state, action, Facts(request=request.id, roles=frozenset(lifecycle.ROLES)))
    opened = request.referred_at
    if (
        opened is not None and at < opened - _BEHIND
    ):  # such a date would prove nothing of periods and deadlines
        raise Refused(
            f"By this clock it is {rfc3339(at)}, and the ballot on {id} was opened at {rfc3339(opened)}.",
            "Nothing is signed by a clock that is behind: set it, then do this again.",
        )
    return request


def _capacity(now: Ballot, voter: str, at: datetime) -> tuple[str, str]:
    """In which capacity somebody votes, and for which seat."""
    seat = now.board.seat_of(voter, at)
    aside = now.policy.four_eyes and voter in (now.request.originator, now.request.effective_implementer)
    if seat and not aside and now.policy.rule != "consents":
        return ("member" if seat == voter else "alternate", seat)
    return ("consenter", "")


def foresee(uow: UnitOfWork, now: Ballot, voter: str, *, at: datetime) -> dict[str, str]:
    """What each vote this person may cast would make of the ballot, if it were cast now.

    `carried` and `lost` are final; `lost unless overridden` is lost as long as nobody sets the
    requirement aside; `open` still waits for others.
    """
    capacity, seat = _capacity(now, voter, at)
    found = {}
    for value in ("approve", "reject", "abstain"):
        if vote_objection(now, voter, value, at=at) is not None:
            continue
        vote = Vote(
            digest="",
            request=now.request.id,
            board=now.board.id,
            round=now.request.round,
            voter=voter,
            capacity=capacity,
            seat=seat,
            value=value,
            reason=value,
            content=now.content,
            assessment=now.assessment.digest,
            policy=now.rules,
            at=at,
            sequence=len(now.votes) + 1,
        )
        after = ballots.ballot(
            uow, now.request, at=at, found=now.assessment, with_vote=vote, current_rules=False
        )
        lost = "lost" if after.final else "lost unless overridden"
        found[value] = {"lost": lost, "carried": "carried"}.get(after.outcome.result, "open")
    return found


def vote_objection(now: Ballot, voter: str, value: str, *, at: datetime) -> Reason | None:
    """Why this person's vote of this value would not count on the ballot, or None."""
    request = now.request
    capacity, _seat = _capacity(now, voter, at)
    asked = voter in now.consenters
    if value == "withdrawn":
        if voter in voting.current(now.votes):
            return None
        return Reason(f"{voter} has no vote on {request.id} to withdraw.", "Nothing needs doing.")
    if now.question.closed:
        return Reason(f"Voting on {request.id} has ended.", f"Decide it: 'cmdb board decide {request.id}'.")
    if voter == request.originator and (now.policy.four_eyes or (capacity == "consenter" and asked)):
        return Reason(
            f"{voter} raised {request.id}: the originator consents by submitting and has no vote here.",
            f"Take it back with 'cmdb change withdraw {request.id}' if you no longer want it.",
        )
    if capacity == "consenter" and not asked:
        return _no_seat(now, voter, at)
    if capacity == "consenter" and value == "abstain":
        return Reason(
            f"{voter} is asked for consent, and an abstention gives none.",
            f"Approve or reject: 'cmdb vote {request.id} approve'.",
        )
    return None


def _no_seat(now: Ballot, voter: str, at: datetime) -> Reason:
    request, board = now.request, now.board
    if now.policy.rule == "consents":
        return Reason(
            f"The policy {now.policy.id} asks for consents only, and {voter} is not asked.",
            f"Asked are: {', '.join(now.consenters) or 'nobody'}.",
        )
    if board.seat_of(voter, at):
        return Reason(
            f"{voter} implements {request.id}: four eyes, so the vote would not count.",
            "Another member votes; an alternate may stand in.",
        )
    return Reason(
        f"{voter} has no seat on the board {board.id} and is not asked for consent.",
        f"Its chair is {board.chair}; 'cmdb change show {request.id}' lists who may vote.",
    )


def _decision(
    now: Ballot,
    result: str,
    *,
    by: str,
    at: datetime,
    site: str,
    rationale: str = "",
    until: datetime | None = None,
) -> Decision:
    voters = {one.vote.voter for one in now.standing if not one.stale}
    decision = Decision(
        digest="",
        request=now.request.id,
        board=now.board.id,
        round=now.request.round,
        result=result,
        by=by,
        policy_id=now.policy.id,
        votes=tuple(one.digest for one in now.votes),
        overrides=tuple(one.digest for one in now.overrides),
        content=now.content,
        assessment=now.assessment.digest,
        policy=now.rules,
        rationale=rationale,
        until=until,
        alone=len(voters | {by}) == 1,
        closed=now.question.closed,
        at=at,
    )
    return decision.but(digest=digest_of(decision, site, now.request.kind))


def _act(
    now: Ballot,
    site: str,
    actor: str,
    at: datetime,
    *,
    vote: Vote | None = None,
    override: Override | None = None,
    decision: Decision | None = None,
    close: bool = False,
) -> Act:
    return Act(
        request=now.request.id,
        kind=now.request.kind,
        site=site,
        actor=actor,
        at=at,
        close=close,
        evidence=ballots.evidence_of(now),
        vote=vote,
        override=override,
        decision=decision,
    )
