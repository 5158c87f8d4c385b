"""Kinds of notices, whom each is told, and the mail that carries one: the words telling is made of.

A rule says who is told of a kind besides those it concerns anyway: at once, and for what is overdue
again after so many days. Pure: what a rule comes to for people is asked of `cmdb.notice_rules`.
Source: rules.md 9, Notices; IT Service CMM 5.5, Goal 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cmdb.model import Value, check, choice_problems, id_problems, shown

LEAD = "lead"  # whoever leads a group that one of those concerned is in
RECIPIENTS = ("role", "group", "person")  # such as `role:service manager`
MOST_RECIPIENTS = 50
LONGEST_LADDER = 366  # days; whatever is overdue for longer was told to everybody there is

Ladder = tuple[tuple[int, tuple[str, ...]], ...]


class Kind(NamedTuple):
    """A kind of notice: whom it concerns, and who else hears of it unless the site says otherwise.

    `ladder` are days with recipients; one that is not `overdue` is told at once only, on day 0.
    """

    concerns: str
    ladder: Ladder = ()
    overdue: bool = False


_MANAGERS: Ladder = ((3, (LEAD,)), (7, ("role:service manager",)), (14, ("role:senior manager",)))

KINDS: Mapping[str, Kind] = {
    "vote asked": Kind("whose vote is asked"),
    "vote overdue": Kind(
        "who chairs the board",
        ((1, ("role:service manager",)), (3, ("role:senior manager",))),
        overdue=True,
    ),
    "decision taken": Kind("originator, implementer, affected groups"),
    "vote due": Kind("whose vote is missing"),
    "meeting": Kind("the members of the board and who stands in for one"),
    "meeting overdue": Kind(
        "who chairs the board",
        ((3, ("role:configuration manager",)), (7, ("role:senior manager",))),
        overdue=True,
    ),
    "baseline established": Kind("originator, implementer, affected groups, owners of what changed"),
    "change extended": Kind("everybody the work concerns"),
    "change put off": Kind("the originator"),
    "change waiting": Kind(
        "originator and implementer",
        ((3, (LEAD,)), (7, ("role:configuration manager",)), (14, ("role:senior manager",))),
        overdue=True,
    ),
    "lease ending": Kind("who checked out"),
    "lease ended": Kind(
        "who checked out",
        (
            (1, ("role:configuration manager",)),
            (3, (LEAD, "role:service manager")),
            (7, ("role:senior manager",)),
        ),
        overdue=True,
    ),
    "agreement at risk": Kind("the manager of the agreement"),
    "promise broken": Kind("the manager of the agreement", ((0, ("role:service manager",)),)),
    "agreement ending": Kind("the manager of the agreement"),
    "outage running": Kind("who recorded the outage"),
    "event status": Kind("who follows the event"),
    "event overdue": Kind("who works on the event", _MANAGERS, overdue=True),
    "action item": Kind("owner, reviewer, whoever is named"),
    "action overdue": Kind("owner and reviewer", _MANAGERS, overdue=True),
    "review planned": Kind("whoever holds it, takes part, or approves its material"),
    "review held": Kind("participants and recipients of the review"),
    "review missed": Kind("who is to hold the review", _MANAGERS, overdue=True),
    "audit": Kind("the auditor, or whom its report goes to"),
    "audit overdue": Kind("the auditor and who plans audits"),
    "finding": Kind("the auditor and who has the finding"),
    "finding overdue": Kind("the senior managers and who has the finding"),
    "document": Kind("the distribution of the document, and its owner"),
    "report": Kind("whom the report is for"),
    "milestone missed": Kind("the owner of the milestone", _MANAGERS, overdue=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule(Value):
    """What a site says of one kind on one day: these are told, in the place of those by default."""

    kind: str
    after: int = 0
    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The kind of notice", self.kind, tuple(KINDS)),
            *(problem for one in self.recipients for problem in recipient_problems(one)),
        ]
        if not 0 <= self.after <= LONGEST_LADDER:
            problems.append(f"{self.after} days: give 0 to {LONGEST_LADDER}.")
        elif self.after and self.kind in KINDS and not KINDS[self.kind].overdue:
            problems.append(f"'{self.kind}' is told at once: nothing becomes overdue by it.")
        if len(self.recipients) > MOST_RECIPIENTS:
            problems.append(f"{len(self.recipients)} recipients: at most {MOST_RECIPIENTS}; use a group.")
        check(f"The rule for '{shown(self.kind)}'", problems)


def recipient_problems(text: str) -> list[str]:
    """Say what is wrong with a recipient as it is written: `lead`, `role:...`, `group:...`, `person:...`."""
    if text == LEAD:
        return []
    sort, _, name = text.partition(":")
    if sort not in RECIPIENTS or not name:
        return [f"'{shown(text)}' is nobody: write lead, 'role:service manager', group:ID or person:ID."]
    return [] if sort == "role" else id_problems(sort.title(), name)


WAITING, SENDING, SENT = "waiting", "sending", "sent"
REFUSED, DOUBT, EXPIRED, LEFT = "refused", "in doubt", "expired", "not mailed"
MAIL_STATES = (WAITING, SENDING, SENT, REFUSED, DOUBT, EXPIRED, LEFT)

AT_ONCE, DIGEST, OFF = "at once", "digest", "off"
WAYS = (AT_ONCE, DIGEST, OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Value):
    """What becomes of one notice as mail to its one recipient. The key is the number of the notice.

    `claim` names the run that sends it just now; `message_id` is the one it was last sent under, or is
    to be sent under again; `reply` is what the mail server said last, or why there is no mail.
    """

    notice: int
    state: str = WAITING
    tries: int = 0
    again: datetime | None = None
    claim: str = ""
    message_id: str = ""
    reply: str = ""
    changed_at: datetime

    def __post_init__(self) -> None:
        check(f"The mail of notice {self.notice}", choice_problems("The state", self.state, MAIL_STATES))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWay(Value):
    """How a person wants mail: each notice at once, one digest a day, or none."""

    person: str
    way: str

    def __post_init__(self) -> None:
        problems = [*id_problems("Person", self.person), *choice_problems("The way", self.way, WAYS)]
        check(f"How {shown(self.person)} wants mail", problems)
