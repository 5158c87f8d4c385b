"""What a person may do with a request now, and what would come of it. Reads inside a transaction.

The life cycle says what is possible; here its guards are given the facts only a desk knows: the
ballot, the lease, who stands in the way, what moved since the decision.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from baselines import checkout
from ccb import acts, ballots, examination, lifecycle, requests, rewriting
from ccb.ballots import Ballot
from ccb.model import ChangeRequest
from cmdb.model import Person
from cmdb.store import UnitOfWork
from tui.ballot_views import Unsettled

_EDITING = "its votes are kept, but go stale; it has to be submitted, assessed and decided again"


def offered(
    uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None, actor: str, at: datetime
) -> tuple[tuple[str, str], ...]:
    """Each verb with why it is refused now; empty when it is offered."""
    if uow.find(Person, actor) is None:
        why = "Who is not registered may only read. Say who you are with --as PERSON."
        return tuple((one.replace(" ", "_"), why) for one in (*lifecycle.ACTIONS, *_BESIDE))
    more: dict[str, Any] = {"until_given": True, **_ballot(uow, request, ballot, actor, at)}
    out = uow.rows("SELECT person, expires_at FROM checkout WHERE request = ? AND state = 'out'", request.id)
    if out:
        holder, ends = str(out[0][0]), datetime.fromisoformat(str(out[0][1]))
        more |= {"lease": holder, "lease_is_actors": holder == actor, "lease_expired": ends <= at}
    found = requests.offered(uow, request, actor=actor, at=at, **more)
    words = {
        one.action.replace(" ", "_"): f"{one.reason.sentence} {one.reason.remedy}" if one.reason else ""
        for one in found
    }
    if ballot is not None and request.state == "under review":
        _on_the_ballot(words, ballot, actor, at)
    if request.kind in ("baseline", "promotion") and request.state == "approved":
        # A request about a scope has nothing to work on: it is done in one step.
        words["check_in"] = words.pop("check_out", "")
        words["check_out"] = f"{request.id} is about a whole scope: it is checked in at once."
    words |= _lease(request, str(out[0][0]) if out else "", actor)
    words["clone"] = words["comment"] = ""
    words["settle"] = _settling(uow, request, words)
    return tuple(words.items())


_BESIDE = ("clone", "comment", "settle", "renew", "steal")


def _ballot(
    uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None, actor: str, at: datetime
) -> dict[str, Any]:
    """What the guards ask about the ballot, what moved since the decision and who is in the way."""
    if ballot is None:
        problems: tuple[str, ...] = ()
        if request.state == "draft":
            wrong = (*examination.incomplete(request), *examination.problems(uow, request))
            problems = (*wrong, *examination.moved(uow, request.changes))
        return {"problems": problems} if problems else {}
    more: dict[str, Any] = {"consenters": ballot.consenters, "decides": ballot.policy.decides}
    if request.state == "approved":
        more["moved"] = since_decided(uow, request, ballot)
        more["problems"] = tuple(checkout.holders(uow, checkout.keys_of(request), at=at))
        more["lift"] = checkout.IN_THE_WAY
    else:
        more["ballot"] = ballot.outcome.result
        more["overruled"] = ballot.overruled
        if not ballot.overruled:
            more["no_vote"] = acts.vote_objection(ballot, actor, "approve", at=at)
    return more


def _on_the_ballot(words: dict[str, str], ballot: Ballot, actor: str, at: datetime) -> None:
    mine = next((one for one in ballot.standing if one.vote.voter == actor), None)
    if mine is None:
        id = ballot.request.id
        words["withdraw_vote"] = f"{actor} has no vote on {id} to withdraw. Nothing needs doing."
    if ballot.board.presides(actor, at) and ballot.outcome.result == "open" and not ballot.overruled:
        words["decide"] = ""  # the chair may close the ballot
    if not words.get("override") and not overridable(ballot):
        words["override"] = (
            f"Nothing that is missing on {ballot.request.id} may be overridden: "
            f"the policy {ballot.policy.id} allows {', '.join(ballot.policy.overridable) or 'nothing'}."
        )


def _lease(request: ChangeRequest, holder: str, actor: str) -> dict[str, str]:
    if not holder:
        none = f"{request.id} is not checked out; it is {request.state}."
        return {"renew": none, "steal": none}
    taken = f"{request.id} is checked out by {holder}. Ask them, or take it over: x, take over."
    return {
        "renew": "" if holder == actor else taken,
        "steal": f"{request.id} is checked out by you: renew it instead." if holder == actor else "",
    }


def _settling(uow: UnitOfWork, request: ChangeRequest, words: Mapping[str, str]) -> str:
    if words.get("edit"):
        return words["edit"]
    if request.state not in lifecycle.EDITABLE:
        return f"{request.id} is {request.state}: what moved is settled before check-out."
    if not rewriting.moved(uow, request):
        return f"Nothing moved under {request.id} since it was written."
    return ""


def consequence_of_an_edit(request: ChangeRequest) -> str:
    """What an edit does to a request that is no draft any more; empty for a draft."""
    if request.state == "draft":
        return ""
    return f"{request.id} is {request.state}. An edit makes it a draft again: {_EDITING}."


def foreseen(uow: UnitOfWork, ballot: Ballot | None, actor: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """What each vote of the actor would bring about at once, in a sentence; others are left out."""
    if ballot is None or ballot.request.state != "under review" or uow.find(Person, actor) is None:
        return ()
    if ballot.overruled:
        return ()
    id, chair = ballot.request.id, ballot.policy.decides == "chair"
    carried = "the chair can approve it" if chair else f"{id} is approved"
    lost = "the chair can only reject it" if chair else f"{id} is rejected, for good"
    sentences = {
        "carried": f"This completes the ballot: {carried}.",
        "lost": f"This loses the ballot at once: {lost}.",
        "lost unless overridden": "This loses the ballot, unless what is missing then is overridden.",
    }
    found = acts.foresee(uow, ballot, actor, at=at)
    return tuple((value, sentences[result]) for value, result in found.items() if result in sentences)


def if_closed(uow: UnitOfWork, ballot: Ballot | None, actor: str, at: datetime) -> str:
    """What deciding now comes to, in a sentence, for whoever may decide; else empty."""
    if ballot is None or ballot.request.state != "under review" or not ballot.request.policy:
        return ""
    id, result = ballot.request.id, ballot.outcome.result
    if result == "carried":
        return f"The votes carry it: {id} becomes approved."
    if result == "lost":
        return f"The votes reject it: {id} becomes rejected, for good."
    if not ballot.board.presides(actor, at):
        return ""
    after = ballots.ballot(
        uow, ballot.request, at=at, found=ballot.assessment, closed=True, current_rules=False
    ).outcome
    waits = ", ".join(ballot.outcome.missing) or "nobody"
    head = f"The ballot is open and waits for {waits}. Closing it now counts them as absent: "
    if after.result == "carried":
        return head + f"{id} becomes approved."
    unmet = ", ".join(one.title for one in after.requirements if one.status == "unsatisfied")
    return head + f"{id} becomes rejected, for good. Missing: {unmet}."


def since_decided(uow: UnitOfWork, request: ChangeRequest, ballot: Ballot | None) -> tuple[str, ...]:
    """What moved materially since an approved request was decided."""
    last = acts.standing_decision(uow, request) if request.state == "approved" else None
    return acts.material_since(uow, last, ballot) if last is not None and ballot is not None else ()


def overridable(ballot: Ballot | None) -> tuple[str, ...]:
    """The requirements that are missing and that the policy lets somebody set aside."""
    if ballot is None:
        return ()
    return tuple(
        one.title
        for one in ballot.outcome.requirements
        if one.status == "unsatisfied" and one.name in ballot.policy.overridable
    )


def unsettled(uow: UnitOfWork, request: ChangeRequest) -> tuple[Unsettled, ...]:
    """Every value that moved under a request that can still be settled."""
    if request.state not in lifecycle.EDITABLE:
        return ()
    return tuple(
        Unsettled(
            record=one.subject,
            field=one.field,
            original=_said(one.original),
            proposed=_said(one.proposed),
            current=_said(one.current),
        )
        for one in rewriting.moved(uow, request)
    )


def _said(content: Any) -> str:
    if content in (None, "", [], {}):
        return "empty"
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
