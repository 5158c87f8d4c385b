"""Ballots and policies in words, for the commands that tell of them."""

from collections.abc import Sequence
from typing import Any

from ccb import signing_keys
from ccb.ballot import Policy
from ccb.ballots import Ballot
from tui import printing
from tui.present import duration


def standing(now: Ballot) -> dict[str, Any]:
    """The ballot as other programs read it."""
    return {
        "outcome": now.outcome.result,
        "missing": now.outcome.missing,
        "requirements": [
            {"name": one.title, "status": one.status, "detail": one.detail}
            for one in now.outcome.requirements
        ],
    }


def requirements(now: Ballot, without_key: Sequence[str] = (), *, heading: str = "") -> None:
    """Print what a ballot needs, has and still waits for; `without_key` cannot sign what it waits for."""
    printing.put(heading or f"The ballot on {now.request.id} is {now.outcome.result}:")
    for one in now.outcome.requirements:
        if one.status != "not applicable":
            printing.put(f"  {one.status:<12} {one.title}: {one.detail}")
    if now.outcome.missing and not now.question.closed:
        printing.put(f"  still to vote: {', '.join(now.outcome.missing)}")
    if now.outcome.met:
        who = " or ".join(now.chairs)
        printing.put(f"  all it asks for is there; {who} may end it: 'cmdb board close {now.request.id}'")
    if now.outcome.result == "carried" and now.request.state == "under review":
        printing.put(f"  decide it: 'cmdb board decide {now.request.id}'")
    if without_key:
        printing.put(f"  {signing_keys.warning(without_key)}")


def about(one: Policy) -> str:
    """What a policy decides about."""
    level, kind = one.control_level, one.change_kind
    parts = [kind, one.decision, f"of {level} records" if level else "", one.scope]
    return " ".join(part for part in parts if part)


def rule(one: Policy) -> str:
    """How a policy decides."""
    if one.rule == "consents":
        return "every required consent" + (", a named reviewer" if one.reviewer else "")
    share = f" {one.fraction}" if one.fraction is not None else ""
    eyes = ", four eyes" if one.four_eyes else ""
    eyes += ", a named reviewer" if one.reviewer else ""
    eyes += f", {' and '.join(one.required_groups)} must approve" if one.required_groups else ""
    eyes += f", veto of {' or '.join(one.vetoes)}" if one.vetoes else ""
    eyes += f", votes within {duration(one.deadline)}" if one.deadline else ""
    by_chair = ", decided by the chair" if one.decides == "chair" else ""
    return f"quorum {one.quorum}, {one.rule}{share}{eyes}{by_chair}"


def policy_line(one: Policy) -> str:
    """A policy in one line."""
    return f"{one.id}: {about(one)}: {rule(one)}"
