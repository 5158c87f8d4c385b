"""What is signed and what is kept in the library, field by field: requests, votes, decisions, rules.

Every function gives plain fields for `canonical.encode(form, fields)`; the digest of those bytes is
what other statements name. Changed fields are written as lists of entries, so that a field which
becomes empty still stands in the bytes. Pure. Source: rules.md 6, What a vote signs; 7, Canonical
record.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ccb.ballot import (
    Alternate,
    Board,
    Decision,
    Override,
    Policy,
    Seat,
    Vote,
    policy_type_problems,
)
from ccb.model import ChangeRequest, DownSet, ProposedChange, Window
from ccb.seating import refuse_seats
from cmdb import canonical
from cmdb.errors import Invalid, Refused
from cmdb.model import check, shown

REQUEST = "request/1"
ASSESSMENT = "assessment/1"
BOARD = "board/1"
POLICY = "policy/1"
RULES = "rules/1"
VOTE = "vote/1"
OVERRIDE = "override/1"
DECISION = "decision/1"
CONFIRMATION = "confirmation/1"
VOTE_NAMESPACE = "vote@cmdb"
OVERRIDE_NAMESPACE = "override@cmdb"
DECISION_NAMESPACE = "decision@cmdb"


def content_of(request: ChangeRequest) -> dict[str, Any]:
    """The material content of a request: all that is proposed and promised, nothing of its progress."""
    return {
        "id": request.id,
        "kind": request.kind,
        "title": request.title,
        "reason": request.reason,
        "originator": request.originator,
        "implementer": request.implementer,
        "reviewer": request.reviewer,
        "template": request.template,
        "answers": sorted(request.answers),
        "changes": [change_record(one) for one in request.changes],
        "window": _window_record(request.window),
        "down": _down_record(request.down),
        "backout": request.backout,
        "test": request.test,
        "evidence": sorted(request.evidence),
        "groups": sorted(request.groups),
    }


def content_digest(request: ChangeRequest) -> str:
    """Digest of the material content: what a vote and a decision name."""
    return canonical.digest_of(REQUEST, content_of(request))


def seen_as(request: ChangeRequest) -> str:
    """What somebody saw who begins to edit a request: its state and the digest of its content."""
    return f"{request.state}, {content_digest(request)}"


def refuse_moved(request: ChangeRequest, seen: str) -> None:
    """Raise Refused when a request is no longer what somebody saw; `seen` empty is never refused."""
    state = seen.partition(", ")[0]
    if seen and seen != seen_as(request):
        moved = f" It was {state}, and is {request.state} now." if state != request.state else ""
        raise Refused(
            f"{request.id} was changed by someone else meanwhile.{moved}",
            f"See 'cmdb change show {request.id}', and make your change again.",
        )


def request_from(fields: Mapping[str, Any], *, at: datetime) -> ChangeRequest:
    """Read a `request/1` record back, as a draft of the moment `at`."""
    window, down = fields.get("window"), fields.get("down")
    return ChangeRequest(
        id=fields["id"],
        kind=fields["kind"],
        title=fields["title"],
        reason=fields.get("reason", ""),
        originator=fields["originator"],
        implementer=fields.get("implementer", ""),
        reviewer=fields.get("reviewer", ""),
        template=fields.get("template", ""),
        answers=tuple(fields.get("answers", ())),
        changes=tuple(change_from(one) for one in fields.get("changes", ())),
        window=_window_from(window) if window else None,
        down=_down_from(down) if down else None,
        backout=fields.get("backout", ""),
        test=fields.get("test", ""),
        evidence=tuple(fields.get("evidence", ())),
        groups=tuple(fields.get("groups", ())),
        created_at=at,
        changed_at=at,
    )


def change_record(change: ProposedChange) -> dict[str, Any]:
    """One proposed change as plain fields."""
    return {
        "record": change.record,
        "id": change.id,
        "operation": change.operation,
        "target": change.target,
        "kind": change.kind,
        "group": change.group,
        "exact": _entries(change.exact),
        "open": sorted(change.open),
        "seen": _entries(change.seen),
    }


def change_from(fields: Mapping[str, Any]) -> ProposedChange:
    """Read one proposed change back."""
    return ProposedChange(
        record=fields["record"],
        id=fields["id"],
        operation=fields["operation"],
        target=fields.get("target", ""),
        kind=fields.get("kind", ""),
        group=fields.get("group", ""),
        exact=_mapping(fields.get("exact", ())),
        open=tuple(fields.get("open", ())),
        seen=_mapping(fields.get("seen", ())),
    )


def board_record(board: Board) -> dict[str, Any]:
    """A board as a `board/1` record."""
    return {
        "id": board.id,
        "name": board.name,
        "chair": board.chair,
        "members": [{"person": one.person, "group": one.group} for one in _by_person(board.members)],
        "alternates": [
            {"person": one.person, "member": one.member, "start": one.start, "end": one.end}
            for one in sorted(board.alternates, key=lambda one: (one.person, one.start))
        ],
        "scope": board.scope,
        "level": board.level,
    }


def board_from(fields: Mapping[str, Any]) -> Board:
    """Read a `board/1` record back. Raises Invalid naming what is missing."""
    _refuse_missing("board", fields, ("id", "name", "chair", "members"))
    refuse_seats(fields)
    try:
        members = tuple(Seat(person=one["person"], group=one["group"]) for one in fields["members"])
        alternates = tuple(
            Alternate(
                person=one["person"],
                member=one["member"],
                start=canonical.instant(one["start"]),
                end=canonical.instant(one["end"]) if "end" in one else None,
            )
            for one in fields.get("alternates", ())
        )
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise Invalid(
            "The members or alternates of a board cannot be read.",
            "Write members as {person: ID, group: ID} each, alternates as {person, member, start, end}.",
        ) from wrong
    return Board(
        id=fields["id"],
        name=fields["name"],
        chair=fields["chair"],
        members=members,
        alternates=alternates,
        scope=fields.get("scope", ""),
        level=fields.get("level", "draft"),
    )


def policy_record(policy: Policy) -> dict[str, Any]:
    """A policy as a `policy/1` record."""
    return {
        "id": policy.id,
        "name": policy.name,
        "board": policy.board,
        "decision": policy.decision,
        "control_level": policy.control_level,
        "scope": policy.scope,
        "change_kind": policy.change_kind,
        "quorum": policy.quorum,
        "rule": policy.rule,
        "fraction": None if policy.fraction is None else str(policy.fraction),
        "required_groups": sorted(policy.required_groups),
        "vetoes": sorted(policy.vetoes),
        "four_eyes": policy.four_eyes,
        "overridable": dict(policy.overridable),
        "deadline": policy.deadline,
        "decides": policy.decides,
        "level": policy.level,
        **({"reviewer": True} if policy.reviewer else {}),
    }


def policy_from(fields: Mapping[str, Any]) -> Policy:
    """Read a `policy/1` record back; what is not said has its default. Raises Invalid for what is missing."""
    _refuse_missing("policy", fields, ("id", "name", "board"))
    own = dict(fields)
    unknown = sorted(own.keys() - Policy.__dataclass_fields__.keys())
    wrong = [f"It has no field '{shown(one)}'." for one in unknown]
    check("A policy", [*wrong, *policy_type_problems(own)])
    for name in ("required_groups", "vetoes"):
        if name in own:
            own[name] = tuple(own[name])
    if own.get("fraction") is not None:
        own["fraction"] = Decimal(str(own["fraction"]))
    return Policy(**own)


def rules_of(policy: Policy, board: Board) -> dict[str, Any]:
    """The rules a vote is cast under: the policy, and who is entitled by the board."""
    return {
        "policy": policy_record(policy.but(level="draft")),
        "board": board_record(board.but(level="draft")),
    }


def rules_digest(policy: Policy, board: Board) -> str:
    """Digest of the rules a vote is cast under."""
    return canonical.digest_of(RULES, rules_of(policy, board))


def vote_statement(vote: Vote, *, site: str, kind: str) -> dict[str, Any]:
    """What a vote signs: every field of the vote but the signature, with site root and kind."""
    return {
        "site": site,
        "kind": kind,
        "board": vote.board,
        "request": vote.request,
        "round": vote.round,
        "member": vote.voter,
        "capacity": vote.capacity,
        "seat": vote.seat,
        "value": vote.value,
        "conditions": list(vote.conditions),
        "reason": vote.reason,
        "content": vote.content,
        "assessment": vote.assessment,
        "policy": vote.policy,
        "at": vote.at,
        "sequence": vote.sequence,
        "previous": vote.previous,
    }


def vote_from(fields: Mapping[str, Any], *, digest: str, key: str, signature: str) -> Vote:
    """Read a vote back from its statement, for whoever verifies a library without the database."""
    return Vote(
        digest=digest,
        request=fields["request"],
        board=fields["board"],
        round=fields["round"],
        voter=fields["member"],
        capacity=fields["capacity"],
        seat=fields.get("seat", ""),
        value=fields["value"],
        conditions=tuple(fields.get("conditions", ())),
        reason=fields.get("reason", ""),
        content=fields["content"],
        assessment=fields["assessment"],
        policy=fields["policy"],
        at=canonical.instant(fields["at"]),
        sequence=fields["sequence"],
        previous=fields.get("previous", ""),
        key=key,
        signature=signature,
    )


def override_statement(override: Override, *, site: str) -> dict[str, Any]:
    """What an override signs."""
    return {
        "site": site,
        "request": override.request,
        "round": override.round,
        "requirement": override.requirement,
        "by": override.by,
        "role": override.role,
        "why": override.why,
        "at": override.at,
    }


def decision_statement(decision: Decision, *, site: str, kind: str) -> dict[str, Any]:
    """What a decision signs: the result, its evidence, and the digest of every ballot."""
    return {
        "site": site,
        "kind": kind,
        "board": decision.board,
        "request": decision.request,
        "round": decision.round,
        "result": decision.result,
        "by": decision.by,
        "policy_id": decision.policy_id,
        "votes": list(decision.votes),
        "overrides": list(decision.overrides),
        "content": decision.content,
        "assessment": decision.assessment,
        "policy": decision.policy,
        "rationale": decision.rationale,
        "until": decision.until,
        "alone": decision.alone,
        "closed": decision.closed,
        "at": decision.at,
    }


def override_from(fields: Mapping[str, Any], *, digest: str, key: str, signature: str) -> Override:
    """Read an override back from its statement."""
    own = {name: fields[name] for name in ("request", "round", "requirement", "by", "role", "why")}
    at = canonical.instant(fields["at"])
    return Override(digest=digest, at=at, key=key, signature=signature, **own)


def decision_from(fields: Mapping[str, Any], *, digest: str, key: str, signature: str) -> Decision:
    """Read a decision back from its statement."""
    return Decision(
        digest=digest,
        request=fields["request"],
        board=fields["board"],
        round=fields["round"],
        result=fields["result"],
        by=fields["by"],
        policy_id=fields["policy_id"],
        votes=tuple(fields.get("votes", ())),
        overrides=tuple(fields.get("overrides", ())),
        content=fields["content"],
        assessment=fields["assessment"],
        policy=fields["policy"],
        rationale=fields.get("rationale", ""),
        until=canonical.instant(fields["until"]) if "until" in fields else None,
        alone=fields["alone"],
        closed=fields["closed"],
        at=canonical.instant(fields["at"]),
        key=key,
        signature=signature,
    )


def _refuse_missing(what: str, fields: Mapping[str, Any], needed: Iterable[str]) -> None:
    check(f"A {what}", [f"Its {name} is missing." for name in needed if name not in fields])


def _entries(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"field": name, "value": fields[name]} for name in sorted(fields)]


def _mapping(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {one["field"]: one.get("value", "") for one in entries}


def _by_person(seats: Iterable[Seat]) -> list[Seat]:
    return sorted(seats, key=lambda one: one.person)


def _window_record(window: Window | None) -> dict[str, Any] | None:
    return None if window is None else {"start": window.start, "end": window.end}


def _window_from(fields: Mapping[str, Any]) -> Window:
    return Window(start=canonical.instant(fields["start"]), end=canonical.instant(fields["end"]))


def _down_record(down: DownSet | None) -> dict[str, Any] | None:
    if down is None:
        return None
    return {
        "items": sorted(down.items),
        "expected": down.expected,
        "worst": down.worst,
        "start": down.start,
    }


def _down_from(fields: Mapping[str, Any]) -> DownSet:
    start = fields.get("start")
    return DownSet(
        items=tuple(fields["items"]),
        expected=fields["expected"],
        worst=fields["worst"],
        start=canonical.instant(start) if start else None,
    )
