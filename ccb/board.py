"""What a board does: refer, vote, decide, defer, confirm, override; and what waits for whom.

An act is prepared in a reading transaction, signed outside any, and entered in a writing one, which
prepares it again and refuses unless every digest is the same: nothing is signed under the write
lock, and nothing moves between signature and entry.

    act = board.vote(store, "CR-142", voter="a.vries", value="approve", key=key, at=now)
    with store.write() as uow:
        request = board.enter(uow, act, at=now)
        uow.commit()

An act that holds a decision is kept in the library as well: there `enter` runs inside the commit
point of a record commit. Source: rules.md 6; 8.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ccb import (
    acts,
    assessment,
    ballots,
    consequences,
    difference,
    examination,
    meetings,
    policy,
    requests,
    signing,
    statements,
    tables,
)
from ccb.ballot import Board, Decision
from ccb.ballots import Ballot
from ccb.lifecycle import Offer
from ccb.model import ChangeRequest, Evidence
from ccb.signing import Act
from cmdb import journal, notices
from cmdb.errors import Refused
from cmdb.model import Person, Value
from cmdb.store import Store, UnitOfWork

_LATE = timedelta(minutes=15)  # how long a prepared act may wait for its entry
_STATES = {"carried": "decide", "lost": "decide", "deferred": "defer", "confirmed": "confirm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Value):
    """A ballot that waits for somebody's vote: why, and what moved since an earlier one."""

    ballot: Ballot
    why: tuple[str, ...]
    stale: bool
    moved: tuple[str, ...]


class Overtaken(Refused):
    """Somebody voted between signing and entry, and nothing else moved: it may be signed again at once."""


def refer(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Put an assessed request before the board its policy names, and open a ballot.

    One under review is put before it anew when another policy decides about it now. The assessment is
    computed again; if it is not the one that was shown, it has to be looked at first. Raises Refused
    with the guards' sentences, or when no combination of votes could carry it.
    """
    with store.write() as uow:
        before = requests.find(uow, id)
        found = assessment.assess(uow, before, at=at)
        rule = ballots.chosen_policy(uow, before)
        board = uow.get(Board, rule.board)
        opened = before.but(board=board.id, policy=rule.id, round=before.round + 1, referred_at=at)
        now = ballots.ballot(uow, opened, at=at, found=found)
        last = acts.standing_decision(uow, before)
        again = before.state == "approved" and last is not None
        moved = acts.material_since(uow, last, now) if again and last is not None else ()
        problems = [*policy.objections(rule, board), *examination.moved(uow, before.changes)]
        request = requests.move(
            uow,
            before.but(board=board.id),
            "refer",
            actor=actor,
            at=at,
            assessed_now=found.digest == before.assessment,
            can_carry=now.outcome.result != "lost" or not now.final,
            problems=tuple(problems),
            moved=moved,
            overruled=ballots.overruled(uow, before),
        )
        request = requests.put(
            uow,
            opened.but(state=request.state, changed_at=at, assessment=found.digest, decided_at=None),
            action="change refer",
            actor=actor,
            at=at,
            changed={
                "board": board.id,
                "policy": rule.id,
                "round": opened.round,
                "assessment": found.digest,
            },
        )
        _keep_evidence(uow, ballots.evidence_of(now))
        notices.tell(
            uow,
            now.outcome.missing,
            about=f"change:{request.id}",
            text=consequences.asked(request),
            at=at,
            kind="vote asked",
        )
        uow.commit()
    return request


def vote(
    store: Store,
    id: str,
    *,
    voter: str,
    value: str,
    conditions: Sequence[str] = (),
    reason: str = "",
    key: Path,
    at: datetime,
) -> Act:
    """Sign a vote, and the decision when the vote completes it. `enter` makes it count.

    `value` is one of `ballot.VALUES`; `withdrawn` takes the last vote back.
    """
    with store.read() as uow:
        act = acts.prepare_vote(
            uow, id, voter=voter, value=value, conditions=conditions, reason=reason, at=at
        )
    return signing.sign(act, key=key)


def withdraw_vote(store: Store, id: str, *, voter: str, key: Path, at: datetime) -> Act:
    """Sign the withdrawal of one's vote. `enter` makes it count."""
    return vote(store, id, voter=voter, value="withdrawn", key=key, at=at)


def decide(
    store: Store, id: str, *, by: str, close: bool = False, rationale: str = "", key: Path, at: datetime
) -> Act:
    """Sign the decision the votes come to; `close` (for the chair) ends the ballot first."""
    with store.read() as uow:
        act = acts.prepare_decision(uow, id, by=by, close=close, rationale=rationale, at=at)
    return signing.sign(act, key=key)


def defer(
    store: Store, id: str, *, by: str, until: datetime, rationale: str = "", key: Path, at: datetime
) -> Act:
    """Sign the chair's deferral until a date."""
    with store.read() as uow:
        act = acts.prepare_deferral(uow, id, by=by, until=until, rationale=rationale, at=at)
    return signing.sign(act, key=key)


def confirm(store: Store, id: str, *, by: str, rationale: str = "", key: Path, at: datetime) -> Act:
    """Sign the chair's word that a decision holds although its evidence moved since."""
    with store.read() as uow:
        act = acts.prepare_confirmation(uow, id, by=by, rationale=rationale, at=at)
    return signing.sign(act, key=key)


def override(store: Store, id: str, *, by: str, requirement: str, why: str, key: Path, at: datetime) -> Act:
    """Sign that a requirement is set aside, where the policy allows it."""
    with store.read() as uow:
        act = acts.prepare_override(uow, id, by=by, requirement=requirement, why=why, at=at)
    return signing.sign(act, key=key)


def enter(uow: UnitOfWork, act: Act, *, at: datetime) -> ChangeRequest:
    """Make a signed act count, inside the caller's transaction; give the request as it is then.

    Raises Refused when anything it signed moved since it was prepared, when the key is not one
    registered to the actor, or when a signature is over another statement.
    """
    if abs(at - act.at) > _LATE:
        raise Refused("This act was signed too long ago.", "Do it again: it takes a moment.")
    _refuse_moved(act, acts.again(uow, act))
    _refuse_unsigned(uow, act)
    _keep_evidence(uow, act.evidence)
    request = requests.find(uow, act.request)
    if act.vote is not None:
        uow.add(act.vote)
        _journal(uow, act, "vote", {"value": act.vote.value, "vote": act.vote.digest})
    if act.override is not None:
        uow.add(act.override)
        what = {"requirement": act.override.requirement, "why": act.override.why}
        _journal(uow, act, "board override", what)
        consequences.review_override(uow, request, act.override, uow.get(Board, request.board))
    return request if act.decision is None else _decide(uow, request, act, act.decision)


def current_ballot(store: Store, id: str, *, at: datetime) -> Ballot:
    """The ballot on a request before its board, as it stands."""
    with store.read() as uow:
        return ballots.ballot(uow, requests.find(uow, id), at=at)


def queue(uow: UnitOfWork, person: str, *, at: datetime) -> tuple[Waiting, ...]:
    """The ballots that wait for this person's vote: emergencies, then the nearest deadline first.

    A ballot waits for whoever has not voted and could still, and for whoever's vote is stale.
    """
    found = []
    for request in reversed(requests.listed(uow, states=("under review",))):
        now = ballots.ballot(uow, request, at=at)
        mine = next((one for one in now.standing if one.vote.voter == person), None)
        stale = mine is not None and bool(mine.stale)
        if person not in now.outcome.missing and not stale:
            continue
        consents = {one.person: one.why for one in now.question.consents}
        seat = now.board.seat_of(person, at)
        why = [*([f"seat of {seat} on {now.board.id}"] if seat else []), *consents.get(person, ())]
        found.append(
            Waiting(ballot=now, why=tuple(why), stale=stale, moved=mine.moved if mine and stale else ())
        )
    far = at + timedelta(days=36_500)
    return tuple(
        sorted(found, key=lambda one: (one.ballot.request.kind != "emergency", one.ballot.deadline or far))
    )


def offered(uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime) -> tuple[Offer, ...]:
    """What the actor may do with the request now, and why not what may not be done.

    Knows the ballot, what is incomplete and what moved; the lease is a floor higher.
    """
    more: dict[str, Any] = {}
    if request.state == "draft":
        wrong = [*examination.incomplete(request), *examination.problems(uow, request)]
        more["problems"] = (*wrong, *examination.moved(uow, request.changes))
    elif request.state == "assessed":
        more["assessed_now"] = assessment.assess(uow, request, at=at).digest == request.assessment
    elif request.state == "under review":
        now = ballots.ballot(uow, request, at=at)
        more |= now.facts
        more["no_vote"] = acts.vote_objection(now, actor, "approve", at=at)
        more["until_given"] = True  # whoever defers is asked for the date
    elif request.state == "approved":
        last = acts.standing_decision(uow, request)
        now = ballots.ballot(uow, request, at=at)
        more["moved"] = acts.material_since(uow, last, now) if last is not None else ()
    return requests.offered(uow, request, actor=actor, at=at, **more)


def _decide(uow: UnitOfWork, request: ChangeRequest, act: Act, decision: Decision) -> ChangeRequest:
    now = ballots.ballot(uow, request, at=act.at, closed=decision.closed)
    last = acts.standing_decision(uow, request)
    moved = acts.material_since(uow, last, now) if last is not None else ()
    request = requests.move(
        uow,
        request,
        _STATES[decision.result],
        actor=act.actor,
        at=act.at,
        **now.facts,
        until_given=decision.until is not None,
        moved=moved,
    )
    tables.add_decision(uow, decision)
    meetings.note_decision(uow, request, decision, now)
    request = requests.put(
        uow,
        request.but(decided_at=act.at, until=decision.until, assessment=decision.assessment),
        action=f"board {_STATES[decision.result]}",
        actor=act.actor,
        at=act.at,
        changed={"result": decision.result, "decision": decision.digest, "alone": decision.alone},
    )
    if decision.result == "carried":
        votes = [one.vote for one in now.standing if not one.stale]
        consequences.follow_up(uow, request, votes, now.board, actor=act.actor, at=act.at)
    consequences.tell_decided(uow, request, decision)
    return request


def _refuse_moved(act: Act, again: Act) -> None:
    if [one.digest for one in act.parts] == [one.digest for one in again.parts]:
        return
    found: list[str] = []
    for then, now in zip(act.evidence, again.evidence, strict=True):
        if then.digest != now.digest:
            label = {statements.REQUEST: "the request", statements.ASSESSMENT: "the assessment"}
            found += [
                f"{label.get(then.form, 'the rules')}: {one}"
                for one in difference.sentences(json.loads(then.text), json.loads(now.text))
            ]
    raise (Refused if found else Overtaken)(
        "What you signed is not what stands now; nothing was counted.",
        f"Look at it again and repeat: 'cmdb change show {act.request}'.",
        found or ["Somebody voted or decided at the same time."],
    )


def _refuse_unsigned(uow: UnitOfWork, act: Act) -> None:
    person = uow.get(Person, act.actor)
    keys = [key.text for key in person.keys]
    if not keys:
        raise Refused(
            f"{person.name} has no registered key, and this act is signed.",
            f"Register one: 'cmdb person key {person.id} FILE.pub'.",
        )
    for part in act.parts:
        if signing.signer_of(part) != act.actor:
            raise Refused(
                f"{act.actor} cannot sign for {signing.signer_of(part)}.", "Everybody signs what they do."
            )
        signer = signing.verify_part(part, site=act.site, kind=act.kind, keys=keys)
        if signer != part.key:
            raise Refused("The key named is not the one that signed.", "Sign again with one key.")


def _keep_evidence(uow: UnitOfWork, evidence: Sequence[Evidence]) -> None:
    for one in evidence:
        tables.keep_evidence(uow, one)


def _journal(uow: UnitOfWork, act: Act, action: str, changed: dict[str, str]) -> None:
    journal.record(
        uow,
        at=act.at,
        actor=act.actor,
        action=action,
        subjects=(f"change:{act.request}",),
        changed=changed,
        request=act.request,
    )
