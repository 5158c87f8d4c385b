"""What the screens show of a change request and its ballot: its card, votes, conflicts, the agenda.

Named tuples like those of `tui.views`. Nothing here does I/O.
"""

from datetime import datetime
from typing import NamedTuple

from tui.views import ChangeLine, Deed, FieldChange, ImpactCard

_DONE = {
    "vote": "voted on",
    "decide": "decided",
    "submit": "submitted",
    "assess": "assessed",
    "refer": "referred",
    "withdraw": "withdrawn",
    "check_out": "checked out",
    "check_in": "checked in",
    "start": "started",
    "finish": "finished",
    "close": "closed",
    "edit": "edited",
    "resume": "resumed",
    "override": "overridden",
    "defer": "deferred",
    "confirm": "confirmed",
    "extend": "extended",
    "give_back": "given back",
    "renew": "renewed",
    "steal": "taken over",
    "settle": "settled",
    "clone": "cloned",
    "comment": "commented on",
    "back_out": "backed out",
    "withdraw_vote": "voted on",
}
_ACTIONS = {"confirm_decision": "confirm"}  # verbs whose action has another name


class VoteLine(NamedTuple):
    """One vote of a ballot."""

    member: str
    value: str
    capacity: str = "member"
    reason: str = ""
    at: datetime | None = None
    stale: bool = False
    counts: bool = True
    seat: str = ""
    conditions: tuple[str, ...] = ()


class RequirementLine(NamedTuple):
    """One requirement of the policy and whether it is met."""

    name: str
    status: str
    detail: str = ""


class Remark(NamedTuple):
    """A comment."""

    at: datetime
    person: str
    text: str


class Unsettled(NamedTuple):
    """A value that moved under a request: as it was when written, as proposed, as it is now."""

    record: str
    field: str
    original: str
    proposed: str
    current: str


class Count(NamedTuple):
    """What decides a ballot: votes that count, of those the quorum needs; consents given, of those asked."""

    cast: int = 0
    needed: int = 0
    agreed: int = 0
    asked: int = 0

    @property
    def words(self) -> str:
        """What is short: votes to the quorum (`2/3`), then consents (`4/5 agree`); empty where nothing is."""
        if self.cast < self.needed:
            return f"{self.cast}/{self.needed}"
        return f"{self.agreed}/{self.asked} agree" if self.agreed < self.asked else ""


class ChangeCard(NamedTuple):
    """Everything a ballot or a change page says about one request.

    `offered` maps each verb of the life cycle to why it is refused now, empty when it is not.
    `foreseen` says what a vote of mine would bring about at once, by its value; `if_decided` what a
    decision would come to; `if_edited` what an edit would undo. `left_open` are the fields known only
    afterwards, `overridable` the missing requirements that may be set aside. `turners` could still
    turn a ballot that has all it asks for, unless `chairs` end it; `overruled` says why nobody may vote
    before it is opened anew.
    """

    line: ChangeLine
    reason: str = ""
    summary: str = ""
    impact: ImpactCard | None = None
    clashes: tuple[str, ...] = ()
    back_out: str = ""
    test_plan: str = ""
    votes: tuple[VoteLine, ...] = ()
    requirements: tuple[RequirementLine, ...] = ()
    outcome: str = ""
    tally: str = ""
    evidence: str = ""
    basis: str = ""  # what the evidence is about: another one where what is voted on moved
    moved: tuple[str, ...] = ()
    diff: tuple[FieldChange, ...] = ()
    comments: tuple[Remark, ...] = ()
    history: tuple[Deed, ...] = ()
    offered: tuple[tuple[str, str], ...] = ()
    baseline: str = ""
    foreseen: tuple[tuple[str, str], ...] = ()
    if_decided: str = ""
    if_edited: str = ""
    left_open: tuple[str, ...] = ()
    overridable: tuple[str, ...] = ()
    unsettled: tuple[Unsettled, ...] = ()
    turners: tuple[str, ...] = ()
    chairs: tuple[str, ...] = ()
    overruled: str = ""
    stands: Count = Count()
    since_decided: tuple[str, ...] = ()
    done: tuple[str, ...] = ()  # what became of the work: when, the outage it was, how it ended

    def refusal(self, verb: str) -> str:
        """Why a verb is refused now; empty when it is offered."""
        words, verb = dict(self.offered), _ACTIONS.get(verb, verb)
        return words.get(
            verb, f"{self.line.id} is {self.line.state}, so it is not to be {_DONE.get(verb, verb)}."
        )


class BallotLine(NamedTuple):
    """One ballot in a board's queue. `mine` is my vote: empty, a value, or `stale`."""

    change: ChangeLine
    stands: Count = Count()
    outcome: str = "open"
    mine: str = ""
    stale: bool = False


class Agenda(NamedTuple):
    """What lies before a board."""

    board: str
    title: str
    ballots: tuple[BallotLine, ...] = ()
