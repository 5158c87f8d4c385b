"""The ballot on a request as it stands: board, policy, evidence, votes, what is stale, the outcome.

Computed inside a transaction every time it is asked for, so that nobody votes on yesterday's facts.
Commits nothing. Source: rules.md 6.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccb import assessment, closures, counting, difference, policy, scope, statements, tables, voting
from ccb.ballot import Board, Decision, Outcome, Override, Policy, Requirement, Vote
from ccb.consents import Asked
from ccb.counting import cast_of
from ccb.levels import below
from ccb.model import KEEPING, SITE_BOARD_RECORDS, Assessment, ChangeRequest, Evidence, decision_of
from ccb.policy import Matter
from ccb.voting import Question
from cmdb import canonical
from cmdb.errors import Refused
from cmdb.model import Person, Value
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Value):
    """A voter's current vote as it counts now: `stale` says why it does not, `moved` what moved."""

    vote: Vote
    stale: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot(Value):
    """Everything a voter looks at. `content` and `rules` are the digests a vote now signs.

    `out_of_reach` are the requirements no vote can meet any more. `chairs` are those who may end it
    before everybody has voted. `overruled` says why its policy does not decide about the request any
    more; then nobody votes or decides until the ballot is opened anew.
    """

    request: ChangeRequest
    board: Board
    policy: Policy
    assessment: Assessment
    content: str
    rules: str
    votes: tuple[Vote, ...]
    overrides: tuple[Override, ...]
    standing: tuple[Standing, ...]
    question: Question
    outcome: Outcome
    out_of_reach: tuple[Requirement, ...] = ()
    deadline: datetime | None
    chairs: tuple[str, ...] = ()
    overruled: str = ""

    @property
    def final(self) -> bool:
        """Whether no vote can change the result, nor an override all that is out of reach."""
        if self.outcome.result != "lost":
            return self.outcome.result == "carried"
        return any(one.name not in self.policy.overridable for one in self.out_of_reach)

    @property
    def facts(self) -> dict[str, Any]:
        """What the guards of the life cycle ask about a ballot."""
        return {
            "consenters": self.consenters,
            "ballot": self.outcome.result,
            "decides": self.policy.decides,
            "turners": self.outcome.missing if self.outcome.met else (),
            "chairs": self.chairs,
            "overruled": self.overruled,
        }

    @property
    def consenters(self) -> tuple[str, ...]:
        """Everybody whose consent is required."""
        return tuple(one.person for one in self.question.consents)


def ballot(
    uow: UnitOfWork,
    request: ChangeRequest,
    *,
    at: datetime,
    found: Assessment | None = None,
    with_vote: Vote | None = None,
    closed: bool = False,
    current_rules: bool = True,
) -> Ballot:
    """The ballot on a request before its board, as of this transaction.

    `found` is an assessment computed already, `with_vote` a vote not stored yet, `closed` as if the chair had
    closed it; `current_rules` asks whether its policy still decides. Raises Refused if none does.
    """
    board, rule = board_and_policy(uow, request)
    found = found or assessment.assess(uow, request, at=at)
    content, rules = statements.content_digest(request), statements.rules_digest(rule, board)
    votes = (*tables.votes_of(uow, request.id), *([with_vote] if with_vote is not None else ()))
    overrides = tables.overrides_of(uow, request.id, request.round)
    deadline = counting.deadline(rule, request.referred_at)
    question = counting.question_for(
        request,
        rule,
        board,
        consents=found.consents,
        overrides=overrides,
        closed=closed or (deadline is not None and at >= deadline),
        at=at,
    )
    current = voting.current(votes).values()
    stale = {one.voter: _stale(uow, one, request, content, found.digest, rules) for one in current}
    present = _present(request, found, rule, board) if any(stale.values()) else {}
    casts = [cast_of(one, board, stale=bool(stale[one.voter])) for one in current]
    outcome = voting.outcome(question, casts)
    return Ballot(
        request=request,
        board=board,
        policy=rule,
        assessment=found,
        content=content,
        rules=rules,
        votes=votes,
        overrides=overrides,
        standing=tuple(
            Standing(
                vote=one,
                stale=stale[one.voter],
                moved=_moved(uow, one, present) if stale[one.voter] else (),
                counts=one.voter in outcome.counted,
            )
            for one in sorted(current, key=lambda one: one.sequence)
        ),
        question=question,
        outcome=outcome,
        out_of_reach=voting.out_of_reach(question, casts) if outcome.result == "lost" else (),
        deadline=deadline,
        chairs=board.presiding(at),
        overruled=overruled(uow, request) if current_rules else "",
    )


def last_known(uow: UnitOfWork, request: ChangeRequest, *, at: datetime) -> Ballot:
    """The ballot by the assessment somebody looked at last: for lists, which are not kept waiting.

    Votes cast on an earlier assessment are stale by it already. Computed anew where none is kept.
    """
    votes = [one for one in tables.votes_of(uow, request.id) if one.round == request.round]
    digest = votes[-1].assessment if votes else request.assessment
    return ballot(uow, request, at=at, found=_kept(uow, request, digest, at), current_rules=False)


def _kept(uow: UnitOfWork, request: ChangeRequest, digest: str, at: datetime) -> Assessment | None:
    """An assessment as it was kept for a ballot, without its context; None where it was not kept."""
    evidence = tables.kept_evidence(uow, digest, statements.ASSESSMENT) if digest else None
    if evidence is None:
        return None
    material = json.loads(evidence.text)
    material.pop("format", None)
    asked = Asked()
    asked.named(material.get("voters", ()))
    return Assessment(
        request=request.id, as_of=at, material=material, consents=asked.consents(uow), digest=digest
    )


def board_and_policy(uow: UnitOfWork, request: ChangeRequest) -> tuple[Board, Policy]:
    """The board a request lies before and the policy in force. Raises Refused when it lies before none."""
    if not request.policy:
        raise Refused(
            f"{request.id} does not lie before a board.", f"Refer it: 'cmdb board refer {request.id}'."
        )
    rule = uow.get(Policy, request.policy)
    return uow.get(Board, rule.board), rule


def chosen_policy(uow: UnitOfWork, request: ChangeRequest) -> Policy:
    """The policy that decides about a request. Raises Refused when none does, or two equally."""
    policies = [one for one in uow.all(Policy) if one.level != "draft"]
    return policy.select(policies, matter_of(uow, request, {one.scope for one in policies if one.scope}))


def overruled(uow: UnitOfWork, request: ChangeRequest) -> str:
    """Why the policy of an open ballot does not decide about its request any more; empty where it does.

    Rules, or what they are for, moved since it was referred: a decision counts by those in force.
    """
    if request.state != "under review":
        return ""
    try:
        rule = chosen_policy(uow, request)
    except Refused as none:
        return f"The policy {request.policy} does not decide about {request.id} any more. {none.reason}"
    if rule.id == request.policy:
        return ""
    return f"The policy {rule.id} decides about {request.id} now, no longer {request.policy}."


def matter_of(uow: UnitOfWork, request: ChangeRequest, scopes: Collection[str]) -> Matter:
    """What a request puts before a board; `scopes` are those for which a policy exists."""
    kinds, levels, items = set(), set(), set()
    for change in request.changes:
        kind, id = change.holder
        if kind == "scope":
            if change.operation not in KEEPING:
                kinds |= set(scope.summary(uow, change).types) & set(SITE_BOARD_RECORDS)
            levels.add(closures.level_decided(change))
            continue
        kinds.add(kind)
        if change.operation == "change level":
            levels.add(str(change.exact["level"]))
        if kind == "item":
            items.add(id)
            levels.update(row[0] for row in uow.rows("SELECT level FROM item WHERE id = ?", id))
        else:
            levels.add("baselined")
    only_items = kinds <= {"item"} and items
    whole = closures.covering(request.changes, scopes)
    return Matter(
        decision=decision_of(request.kind),
        change_kind=request.kind if decision_of(request.kind) == "change" else "",
        level=policy.highest(levels) if levels else "baselined",
        scopes=whole | frozenset(one for one in scopes if only_items and _covers(uow, one, items)),
        site_board=bool(kinds & set(SITE_BOARD_RECORDS)),
    )


def evidence_of(ballot: Ballot) -> tuple[Evidence, ...]:
    """What a vote or decision on this ballot is about: content, assessment and rules, as signed."""
    return (
        _evidence(statements.REQUEST, statements.content_of(ballot.request)),
        _evidence(statements.ASSESSMENT, ballot.assessment.material),
        _evidence(statements.RULES, statements.rules_of(ballot.policy, ballot.board)),
    )


def moved_since(uow: UnitOfWork, about: Vote | Decision, now: Ballot) -> tuple[str, ...]:
    """Sentences about what moved between a vote or decision and the ballot as it stands."""
    return _moved(uow, about, _present(now.request, now.assessment, now.policy, now.board))


def _evidence(form: str, fields: Mapping[str, Any]) -> Evidence:
    data = canonical.encode(form, fields)
    return Evidence(digest=canonical.digest(form, data), form=form, text=data.decode())


def _present(
    request: ChangeRequest, found: Assessment, rule: Policy, board: Board
) -> dict[str, tuple[str, Mapping[str, Any]]]:
    fields = {
        statements.REQUEST: statements.content_of(request),
        statements.ASSESSMENT: found.material,
        statements.RULES: statements.rules_of(rule, board),
    }
    plain = {form: canonical.decode(canonical.encode(form, content))[1] for form, content in fields.items()}
    return {form: (canonical.digest_of(form, fields[form]), plain[form]) for form in fields}


def _moved(
    uow: UnitOfWork, about: Vote | Decision, present: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> tuple[str, ...]:
    found: list[str] = []
    signed = (
        (statements.REQUEST, "the request", about.content),
        (statements.ASSESSMENT, "the assessment", about.assessment),
        (statements.RULES, "the rules", about.policy),
    )
    for form, label, digest in signed:
        now, fields = present[form]
        if digest == now:
            continue
        kept = tables.kept_evidence(uow, digest, form)
        then = json.loads(kept.text) if kept else {}
        then.pop("format", None)
        found += [f"{label}: {one}" for one in difference.sentences(then, fields)]
    return tuple(found)


def _stale(
    uow: UnitOfWork, vote: Vote, request: ChangeRequest, content: str, material: str, rules: str
) -> tuple[str, ...]:
    """Why a vote no longer counts as cast; empty when it does."""
    person = uow.find(Person, vote.voter)
    registered = {key.text for key in person.keys} if person and person.active else set()
    checks = (
        (vote.round == request.round, f"cast in round {vote.round}, this is round {request.round}"),
        (vote.content == content, "the request changed"),
        (vote.assessment == material, "the assessment moved"),
        (vote.policy == rules, "the rules changed"),
        (not vote.key or vote.key in registered, "the key that signed it is not registered any more"),
    )
    return tuple(why for holds, why in checks if not holds)


def _covers(uow: UnitOfWork, text: str, items: Iterable[str]) -> bool:
    """Whether every one of these items lies in a scope."""
    word, _, name = text.partition(":")
    wanted = set(items)
    if word == "item":
        return wanted == {name}
    if word == "type":
        of_type = {row[0] for row in uow.rows("SELECT id FROM item WHERE type = ?", name)}
        return wanted <= of_type
    # What is a draft is in nobody's scope: whoever counts again knows the library alone.
    if word == "service":
        known = uow.rows("SELECT 1 FROM item WHERE id = ? AND level <> 'draft'", name)
        return wanted <= (below(uow, [name]) if known else {name})
    rows = uow.rows("SELECT services FROM agreement WHERE customer = ? AND level <> 'draft'", name)
    return wanted <= below(uow, [service for row in rows for service in json.loads(row[0])])
