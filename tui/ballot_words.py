"""A ballot in sentences, one a line, for whoever hears the screen read out: no columns, signs or colours."""

from collections.abc import Sequence

from tui import clockface
from tui.ballot_views import BallotLine, ChangeCard, VoteLine
from tui.present import clean, counted, listed, minutes_left
from tui.views import FieldChange, PromiseLine

WORDS = "list, read, difference, approve, conditions, reject, abstain, withdraw, next, previous, stop"
HITS = 10  # services and items named; the impact has the rest


def whole(text: str) -> str:
    """Words as one sentence on one line."""
    words = clean(" ".join(text.split()))
    return words if not words or words[-1] in ".:?!" else f"{words}."


def heading(card: ChangeCard, place: int, count: int) -> str:
    """Which ballot this is."""
    line = card.line
    return whole(f"Ballot {place} of {count}: {line.id}, {line.title}")


def listed_ballots(ballots: Sequence[BallotLine], here: int) -> list[str]:
    """Every ballot in a line."""
    return [
        whole(
            f"{place}: {one.change.id}, {one.change.title}, "
            + (
                "your vote is stale"
                if one.stale
                else f"you voted {one.mine}"
                if one.mine
                else "not voted yet"
            )
            + (", this is where you are" if place == here else "")
        )
        for place, one in enumerate(ballots, 1)
    ]


def sentences(card: ChangeCard, me: str) -> list[str]:
    """Everything the card of a ballot shows, the most important first."""
    line = card.line
    found = [card.overruled, "Nobody votes until it is put before its board anew"] if card.overruled else []
    found += [f"Since your vote: {one}" for one in card.moved]
    found.append(
        f"{line.kind}, risk {line.risk or 'not assessed'}, by {line.originator}, done by "
        f"{line.implementer or 'nobody yet'}"
    )
    if line.start is not None and line.end is not None:
        found.append(f"Window: {clockface.stretch(line.start, line.end)}")
    found.append(f"Changes: {card.summary or 'nothing yet'}")
    found += _impact(card)
    found += [f"Clash: {one}" for one in card.clashes] or ["No clash"]
    found.append(f"Back-out: {card.back_out or 'there is no plan'}")
    if card.reason:
        found.append(f"Reason: {card.reason}")
    if card.test_plan:
        found.append(f"Test: {card.test_plan}")
    if card.left_open:
        found.append(f"Known only afterwards: {listed(card.left_open, HITS)}")
    found += _votes(card.votes, me)
    found += [
        f"Missing, {one.name}: {one.detail}" if one.detail else f"Missing: {one.name}"
        for one in card.requirements
        if one.status == "unsatisfied"
    ]
    found += [f"It waits: {turning(card)}"] if card.turners else []
    found += [f"Comment of {one.person}: {one.text}" for one in card.comments]
    found.append(f"Evidence: {card.evidence}")
    return [whole(one) for one in found]


def _impact(card: ChangeCard) -> list[str]:
    impact = card.impact
    if impact is None:
        return ["The impact is not assessed yet"]
    hit = [f"{number} {word}" for word, number in impact.effects() if number]
    found = [f"Impact: {', '.join(hit) or 'nothing fails'}; {counted(impact.held(), 'item')} saved"]
    found += [f"Service {one.name}: {one.effect}" for one in impact.services[:HITS] if one.effect != "none"]
    return [*found, *map(_promise, impact.promises), *impact.beside]


def _promise(one: PromiseLine) -> str:
    words = (
        f"Promise to {one.customer} for {one.service}: expected {minutes_left(one.expected)}, at worst "
        f"{minutes_left(one.worst)}, of {minutes_left(one.left_before)} left"
    )
    broken = "is broken" if one.breach_expected else "is broken at worst" if one.breach_worst else "is kept"
    return f"{words}; it {broken}"


def _votes(votes: Sequence[VoteLine], me: str) -> list[str]:
    mine = next((one for one in votes if one.member == me), None)
    found = []
    for one in votes:
        who = "You" if one is mine else one.member
        stale = ", which is stale" if one.stale else ""
        found.append(f"{who} voted {one.value}{stale}" + (f": {one.reason}" if one.reason else ""))
        found += [f"On condition of {one.member}: {condition}" for condition in one.conditions]
    return found if mine else [*found, "You have not voted"]


def turning(card: ChangeCard) -> str:
    """What a ballot waits for that has all it asks for; empty for any other."""
    if not card.turners:
        return ""
    return (
        f"all it asks for is there; {listed(card.turners, HITS)} could still turn it, unless"
        f" {' or '.join(card.chairs)} ends it"
    )


def differences(rows: Sequence[FieldChange]) -> list[str]:
    """What is altered, a field a line."""
    return [
        whole(
            f"{one.record}, {one.operation}"
            + (f", {one.field}: " if one.field else "")
            + (f"from {one.old} to {one.new}" if one.old and one.new else one.new or one.old)
            + (f"; moved since, now {one.moved}" if one.moved else "")
        )
        for one in rows
        if one.field or one.operation != "set"
    ] or ["Nothing is altered."]
