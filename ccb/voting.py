"""What the votes of a ballot come to: a pure function of policy, entitled voters and current votes.

While the ballot is open the result is `carried` if every completion of the missing votes meets all
requirements, `lost` if none does, else `open`. Three completions decide that, because every
requirement only gains by an approval and is worst either without further votes (quorum, groups,
consents) or with only rejections (rule, vetoes); `tests/laws` compares with all completions.
Nothing here reads a clock or a database. Source: rules.md 6, Outcome.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ccb.ballot import Outcome, Policy, Requirement, Vote
from ccb.model import Consent
from cmdb.model import Value

_FOR = ("approve", "approve with conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitled(Value):
    """A seat: its member, the group represented, and the alternates who may vote now."""

    member: str
    group: str
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Value):
    """The current vote of a person: for a seat, or as a consenter when `seat` is empty."""

    voter: str
    seat: str = ""
    value: str
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Value):
    """All that decides beside the votes.

    `affected` are the affected groups; `overrides` maps the title of a requirement to who set it
    aside and why. `closed` when the deadline passed or the chair closed the ballot: then a missing
    vote is an absent one.
    """

    policy: Policy
    seats: tuple[Entitled, ...]
    consents: tuple[Consent, ...] = ()
    affected: tuple[str, ...] = ()
    originator: str
    implementer: str
    reviewer: str = ""
    emergency: bool = False
    closed: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)


def current(votes: Iterable[Vote]) -> dict[str, Vote]:
    """The last vote of each voter, by its sequence; a withdrawn one is no vote any more."""
    last: dict[str, Vote] = {}
    for vote in votes:
        known = last.get(vote.voter)
        if known is None or vote.sequence > known.sequence:
            last[vote.voter] = vote
    return {voter: vote for voter, vote in last.items() if vote.value != "withdrawn"}


def outcome(question: Question, casts: Iterable[Cast]) -> Outcome:
    """Say what the votes come to now, with every requirement and its sentence.

    A stale approval or abstention counts as missing; a stale reject counts until it is withdrawn.
    A member's own vote outranks the alternate's. `requirements` are those of the votes cast so far.
    """
    live = {one.voter: one for one in casts if one.value != "withdrawn" and _counts(one)}
    missing = () if question.closed else _missing(question, live)
    now = requirements(question, live)
    if all(map(_met, now)) and (not missing or _all_met(question, live, missing, "reject")):
        result = "carried"
    elif missing and _all_met(question, live, missing, "approve"):
        result = "open"
    else:
        result = "lost"
    filled = _filled(question, live)
    return Outcome(
        result=result,
        requirements=now,
        counted=tuple(sorted(one.voter for one in filled.values())),
        missing=missing,
        approve=_count(filled, _FOR),
        reject=_count(filled, ("reject",)),
        abstain=_count(filled, ("abstain",)),
    )


def out_of_reach(question: Question, casts: Iterable[Cast]) -> tuple[Requirement, ...]:
    """The requirements that stay unmet even if everybody who could still vote approves."""
    live = {one.voter: one for one in casts if one.value != "withdrawn" and _counts(one)}
    missing = () if question.closed else _missing(question, live)
    best = requirements(question, {**live, **_added(question, missing, "approve")})
    return tuple(one for one in best if not _met(one))


def requirements(question: Question, live: Mapping[str, Cast]) -> tuple[Requirement, ...]:
    """Every requirement on exactly these votes: missing ones count as absent."""
    filled = _filled(question, live)
    found = [_quorum(question, filled), _rule(question, filled, live)]
    found += [_required_group(question, group, filled) for group in question.policy.required_groups]
    found += [_veto(question, group, filled) for group in question.policy.vetoes]
    found.append(_four_eyes(question, filled, live))
    if question.policy.reviewer:
        found.append(_reviewer(question, live))
    if question.emergency:
        found.append(_another_person(question, live))
    found += [_consent(question, one, live) for one in question.consents]
    found += [_affected(question, group) for group in question.affected]
    return tuple(_overridden(question, one) for one in found)


def _counts(cast: Cast) -> bool:
    return not cast.stale or cast.value == "reject"


def _set_aside(question: Question) -> frozenset[str]:
    if not question.policy.four_eyes:
        return frozenset()
    return frozenset((question.originator, question.implementer))


def _filled(question: Question, live: Mapping[str, Cast]) -> dict[str, Cast]:
    """The vote that counts for each seat. Votes set aside by four eyes fill none."""
    aside = _set_aside(question)
    filled: dict[str, Cast] = {}
    for seat in question.seats:
        candidates = [one for one in live.values() if one.seat == seat.member and one.voter not in aside]
        if candidates:
            filled[seat.member] = min(candidates, key=lambda one: _rank(seat, one.voter))
    return filled


def _rank(seat: Entitled, voter: str) -> tuple[int, str]:
    if voter == seat.member:
        return (0, voter)
    if voter in seat.alternates:
        return (1 + seat.alternates.index(voter), voter)
    return (1 + len(seat.alternates), voter)


def _missing(question: Question, live: Mapping[str, Cast]) -> tuple[str, ...]:
    aside, filled = _set_aside(question), _filled(question, live)
    people: set[str] = set()
    # Beside the vote of who does an emergency another one of the same seat still makes a difference.
    alone = question.emergency and not _others(question, live)
    if question.policy.rule != "consents":
        for seat in question.seats:
            if seat.member not in filled or (alone and filled[seat.member].voter == question.implementer):
                people.update({seat.member, *seat.alternates} - aside)
    people.update(one.person for one in question.consents if one.person != question.originator)
    return tuple(sorted(people - set(live)))


def _all_met(question: Question, live: Mapping[str, Cast], missing: tuple[str, ...], value: str) -> bool:
    return all(map(_met, requirements(question, {**live, **_added(question, missing, value)})))


def _added(question: Question, missing: tuple[str, ...], value: str) -> dict[str, Cast]:
    """Votes of this value by everybody who could still vote."""
    seat_of = {person: seat.member for seat in question.seats for person in (*seat.alternates, seat.member)}
    return {one: Cast(voter=one, seat=seat_of.get(one, ""), value=value) for one in missing}


def _met(requirement: Requirement) -> bool:
    return requirement.status != "unsatisfied"


def _count(filled: Mapping[str, Cast], values: tuple[str, ...]) -> int:
    return sum(one.value in values for one in filled.values())


def _requirement(name: str, about: str, met: bool, detail: str) -> Requirement:
    return Requirement(name=name, about=about, status="satisfied" if met else "unsatisfied", detail=detail)


def _quorum(question: Question, filled: Mapping[str, Cast]) -> Requirement:
    if question.policy.rule == "consents":
        return Requirement(
            name="quorum", status="not applicable", detail="No ballot of members: consents decide."
        )
    need, have, seats = question.policy.quorum, len(filled), len(question.seats)
    members = "1 member" if seats == 1 else f"{seats} members"
    return _requirement("quorum", "", have >= need, f"{have} of {need} needed; the board has {members}.")


def _rule(question: Question, filled: Mapping[str, Cast], live: Mapping[str, Cast]) -> Requirement:
    policy = question.policy
    if policy.rule == "consents":
        given = sorted(
            one.person
            for one in question.consents
            if _approves(live, one.person) and one.person != question.originator
        )
        detail = (
            f"consent of {', '.join(given)}." if given else "nobody but the originator has consented yet."
        )
        return _requirement("rule", "", bool(given), f"Consents: {detail}")
    yes, no = _count(filled, _FOR), _count(filled, ("reject",))
    votes = f"{yes} approve, {no} reject"
    if policy.rule == "unanimous":
        return _requirement("rule", "", yes > 0 and no == 0, f"Unanimous: {votes}.")
    if policy.rule == "fraction" and policy.fraction is not None:
        met = yes > 0 and yes >= Fraction(policy.fraction) * (yes + no)
        return _requirement("rule", "", met, f"At least {policy.fraction} approve: {votes}.")
    return _requirement("rule", "", yes > no, f"Majority: {votes}.")


def _required_group(question: Question, group: str, filled: Mapping[str, Cast]) -> Requirement:
    who = _voters(question, group, filled, _FOR)
    detail = f"approved by {', '.join(who)}." if who else f"nobody who represents {group} has approved yet."
    return _requirement("required group", group, bool(who), f"Required: {detail}")


def _veto(question: Question, group: str, filled: Mapping[str, Cast]) -> Requirement:
    who = _voters(question, group, filled, ("reject",))
    detail = (
        f"{group} has a veto; rejected by {', '.join(who)}." if who else f"{group} has not used its veto."
    )
    return _requirement("veto", group, not who, detail)


def _voters(question: Question, group: str, filled: Mapping[str, Cast], values: tuple[str, ...]) -> list[str]:
    seats = [seat.member for seat in question.seats if seat.group == group]
    return [filled[one].voter for one in seats if one in filled and filled[one].value in values]


def _four_eyes(question: Question, filled: Mapping[str, Cast], live: Mapping[str, Cast]) -> Requirement:
    if not question.policy.four_eyes:
        return Requirement(
            name="four eyes", status="not applicable", detail="The policy does not ask for it."
        )
    aside = _set_aside(question)
    if question.policy.rule == "consents":
        others = [one.person for one in question.consents if _approves(live, one.person)]
    else:
        others = [one.voter for one in filled.values() if one.value in _FOR]
    others = sorted(set(others) - aside)
    ignored = sorted(aside & set(live))
    detail = (
        f"Approved by {', '.join(others)}."
        if others
        else "Nobody other than originator and implementer has approved yet."
    )
    if ignored:
        detail += f" Not counted: {', '.join(ignored)}."
    return _requirement("four eyes", "", bool(others), detail)


def _reviewer(question: Question, live: Mapping[str, Cast]) -> Requirement:
    named = question.reviewer
    own = named in (question.originator, question.implementer)
    if not named or own:
        why = f"{named} raised it or does it" if named else "none is named"
        return _requirement("reviewer", "", False, f"A named reviewer approves: {why}; name another person.")
    met = _approves(live, named)
    detail = (
        f"Approved by {named}, the named reviewer." if met else f"{named}, the named reviewer, has not yet."
    )
    return _requirement("reviewer", named, met, detail)


def _others(question: Question, live: Mapping[str, Cast]) -> list[str]:
    # Whoever voted for a seat, also where the member's own vote counts for it: one more approval never loses.
    return sorted(one.voter for one in live.values() if one.seat and one.voter != question.implementer)


def _another_person(question: Question, live: Mapping[str, Cast]) -> Requirement:
    others = _others(question, live)
    detail = f"Voted: {', '.join(others)}." if others else "Nobody but the implementer has voted yet."
    return _requirement("another person", "", bool(others), f"An emergency change needs one. {detail}")


def _consent(question: Question, needed: Consent, live: Mapping[str, Cast]) -> Requirement:
    why = "; ".join(needed.why)
    if needed.person == question.originator:
        return _requirement("consent", needed.person, True, f"By submitting ({why}).")
    if _approves(live, needed.person):
        return _requirement("consent", needed.person, True, f"Given ({why}).")
    said = live.get(needed.person)
    detail = f"Refused: {said.value} ({why})." if said else f"Missing ({why})."
    return _requirement("consent", needed.person, False, detail)


def _affected(question: Question, group: str) -> Requirement:
    seats = [seat.member for seat in question.seats if seat.group == group]
    consenters = [one.person for one in question.consents if group in one.groups]
    heard = list(dict.fromkeys([*seats, *consenters]))
    if heard:
        return _requirement("affected group", group, True, f"Heard through {', '.join(heard)}.")
    return _requirement(
        "affected group", group, False, f"{group} has neither a member on the board nor anybody who consents."
    )


def _approves(live: Mapping[str, Cast], person: str) -> bool:
    return person in live and live[person].value in _FOR


def _overridden(question: Question, one: Requirement) -> Requirement:
    if one.status != "unsatisfied" or one.name not in question.policy.overridable:
        return one
    by = question.overrides.get(one.title)
    return one.but(status="overridden", detail=f"{one.detail} Overridden by {by}.") if by else one
