"""The life cycle of a change request: one table, and the only place that knows a next state.

The table drives enforcement (`advance`), what a screen offers (`offered`), the page
`docs/lifecycle.md` (`page`) and its picture. The guards are in `ccb.guards`. Nothing here reads a
clock, a file or a database.
Source: rules.md 5, Life cycle.
"""

from dataclasses import dataclass

from ccb.guards import (
    Facts,
    Guard,
    Reason,
    actions_are_closed,
    actor_holds_lease,
    another_policy_decides,
    assessment_is_current,
    ballot_can_carry,
    ballot_is_carried,
    ballot_is_lost,
    chair_where_policy_says_so,
    conditions_are_met,
    date_has_come,
    date_is_given,
    is_standard,
    lease_is_over,
    nothing_moved,
    nothing_stands_against,
    outage_is_recorded,
    outcome_is_recorded,
    policy_still_decides,
    review_is_held,
    something_moved,
    vote_would_count,
    window_has_started,
    work_not_finished,
    work_not_started,
    work_was_finished,
    work_was_started,
)
from cmdb.errors import Invalid, Refused

STATES = (
    "draft",
    "submitted",
    "assessed",
    "under review",
    "deferred",
    "approved",
    "rejected",
    "checked out",
    "checked in",
    "closed",
    "backed out",
    "withdrawn",
)
FINAL = ("rejected", "closed", "backed out", "withdrawn")
EDITABLE = ("draft", "submitted", "assessed", "under review", "deferred", "approved")
ROLES = ("originator", "implementer", "cm group", "chair", "member", "consenter")


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: in state `origin` the `action` leads to `to`, for any of `roles`, if no guard objects."""

    origin: str
    action: str
    to: str
    roles: tuple[str, ...]
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An action of the present state: possible when `reason` is None, else why not."""

    action: str
    to: str
    reason: Reason | None


_AUTHORS = ("originator", "implementer", "cm group")
_OFFICE = ("originator", "cm group", "chair")
_VOTERS = ("member", "chair", "consenter", "originator", "implementer")
_DECIDERS = ("chair", "member", "consenter", "cm group", "originator", "implementer")
_DOERS = ("implementer", "cm group")

TRANSITIONS: tuple[Transition, ...] = (
    Transition("draft", "edit", "draft", _AUTHORS),
    Transition("draft", "submit", "submitted", ("originator",), (nothing_stands_against,)),
    Transition("submitted", "assess", "assessed", _DECIDERS),
    Transition("assessed", "assess", "assessed", _DECIDERS),
    Transition("submitted", "accept template", "approved", _OFFICE, (is_standard, nothing_stands_against)),
    Transition(
        "assessed",
        "refer",
        "under review",
        _OFFICE,
        (assessment_is_current, nothing_stands_against, ballot_can_carry),
    ),
    Transition("under review", "vote", "under review", _VOTERS, (policy_still_decides, vote_would_count)),
    Transition("under review", "withdraw vote", "under review", _VOTERS),
    Transition("under review", "override", "under review", _DECIDERS, (policy_still_decides,)),
    Transition(
        "under review",
        "decide",
        "approved",
        _DECIDERS,
        (policy_still_decides, ballot_is_carried, chair_where_policy_says_so),
    ),
    Transition(
        "under review",
        "decide",
        "rejected",
        _DECIDERS,
        (policy_still_decides, ballot_is_lost, chair_where_policy_says_so),
    ),
    Transition("under review", "defer", "deferred", ("chair",), (policy_still_decides, date_is_given)),
    Transition("under review", "refer", "under review", _OFFICE, (another_policy_decides, ballot_can_carry)),
    Transition("deferred", "resume", "submitted", _OFFICE),
    Transition("deferred", "resume", "submitted", (), (date_has_come,)),
    Transition(
        "approved",
        "check out",
        "checked out",
        _DOERS,
        (nothing_stands_against, conditions_are_met, nothing_moved),
    ),
    Transition("approved", "confirm", "approved", ("chair",), (something_moved,)),
    Transition("approved", "refer", "under review", ("chair",), (something_moved, ballot_can_carry)),
    Transition("checked out", "start", "checked out", _DOERS, (work_not_started,)),
    Transition("checked out", "finish", "checked out", _DOERS, (work_was_started, work_not_finished)),
    Transition("checked out", "extend", "checked out", _DOERS, (work_was_started, work_not_finished)),
    Transition("checked out", "give back", "approved", _DOERS, (actor_holds_lease,)),
    Transition("checked out", "expire", "approved", (), (lease_is_over,)),
    Transition(
        "checked out",
        "check in",
        "checked in",
        _DOERS,
        (actor_holds_lease, window_has_started, nothing_stands_against),
    ),
    Transition("checked out", "back out", "backed out", _DOERS, (nothing_stands_against,)),
    Transition("checked in", "start", "checked in", _DOERS, (work_not_started,)),
    Transition("checked in", "finish", "checked in", _DOERS, (work_was_started, work_not_finished)),
    Transition("checked in", "extend", "checked in", _DOERS, (work_was_started, work_not_finished)),
    Transition("checked in", "back out", "backed out", _DOERS, (nothing_stands_against,)),
    Transition(
        "checked in",
        "close",
        "closed",
        _AUTHORS,
        (
            work_was_finished,
            outcome_is_recorded,
            outage_is_recorded,
            actions_are_closed,
            review_is_held,
            nothing_stands_against,
        ),
    ),
    *(Transition(state, "edit", "draft", _AUTHORS) for state in EDITABLE if state != "draft"),
    *(Transition(state, "withdraw", "withdrawn", ("originator",)) for state in EDITABLE),
)
ACTIONS: tuple[str, ...] = tuple(dict.fromkeys(row.action for row in TRANSITIONS))


def advance(state: str, action: str, facts: Facts) -> str:
    """Give the state that follows.

    Raises Invalid for a word that is no state or action; Refused, with the guards' own sentences and
    remedies, when the table or a guard says no. Source: rules.md 5.
    """
    if state not in STATES or action not in ACTIONS:
        raise Invalid(
            f"'{state}' with '{action}' is not in the life cycle.", "See docs/lifecycle.md for both lists."
        )
    rows = [row for row in TRANSITIONS if (row.origin, row.action) == (state, action)]
    if not rows:
        raise Refused(
            f"{facts.request} is {state}; '{action}' is not possible then.", _way_on(state, facts.request)
        )
    objections = []
    for row in rows:
        found = _objections(row, facts)
        if not found:
            return row.to
        objections += found
    reasons = list(dict.fromkeys(one.sentence for one in objections))
    remedies = list(dict.fromkeys(one.remedy for one in objections))
    raise Refused(reasons[0], " ".join(remedies), reasons[1:])


def offered(state: str, facts: Facts) -> tuple[Offer, ...]:
    """Every action the state knows, in the table's order, each with None or why not.

    An action with several outcomes is offered once: with the outcome whose guards all agree, else
    with the first objection.
    """
    offers: dict[str, Offer] = {}
    for row in TRANSITIONS:
        if row.origin != state:
            continue
        objections = _objections(row, facts)
        offer = Offer(row.action, row.to, objections[0] if objections else None)
        known = offers.get(row.action)
        if known is None or (known.reason is not None and offer.reason is None):
            offers[row.action] = offer
    return tuple(offers.values())


def _objections(row: Transition, facts: Facts) -> list[Reason]:
    wrong_role = row.roles and not facts.roles.intersection(row.roles)
    if wrong_role:
        who = ", ".join(f"the {one}" for one in row.roles)
        return [
            Reason(
                f"To {row.action} {facts.request} is for {who}.",
                f"Ask one of them; 'cmdb change show {facts.request}' names them.",
            )
        ]
    return [reason for guard in row.guards if (reason := guard(facts)) is not None]


def _way_on(state: str, request: str) -> str:
    if state in FINAL:
        return f"{state.capitalize()} is final: raise a new change request with 'cmdb change new'."
    actions = dict.fromkeys(row.action for row in TRANSITIONS if row.origin == state)
    return f"Possible now: {', '.join(actions)} (see 'cmdb change show {request}')."


def picture() -> str:
    """The life cycle as a graphviz DOT graph."""
    lines = [
        "digraph lifecycle {",
        "  rankdir=LR;",
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
    ]
    for state in STATES:
        border = ", peripheries=2" if state in FINAL else ""
        lines.append(f'  "{state}" [label="{state}"{border}];')
    edges: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        if row.origin != row.to:
            edges.setdefault((row.origin, row.to), []).append(row.action)
    for (origin, to), actions in edges.items():
        lines.append(f'  "{origin}" -> "{to}" [label="{", ".join(actions)}"];')
    return "\n".join([*lines, "}"]) + "\n"


def page() -> str:
    """The page docs/lifecycle.md, written from the table."""
    rows = [
        "| state | action | leads to | who | only if |",
        "|---|---|---|---|---|",
        *(_line(row) for row in TRANSITIONS),
    ]
    return "\n".join(
        [
            "# The life of a change request",
            "",
            "Written from the table in `ccb/lifecycle.py`; a test holds both equal. Nothing else assigns",
            "a state. An action that leads back to its own state records something without moving.",
            "Where an action stands twice, the row whose conditions hold is taken. Final states: "
            + ", ".join(FINAL)
            + ".",
            "",
            *rows,
            "",
            "The same as a picture (`dot -Tsvg`):",
            "",
            "```dot",
            picture().rstrip(),
            "```",
            "",
        ]
    )


def _line(row: Transition) -> str:
    who = ", ".join(row.roles) or "anybody"
    guards = " ".join((guard.__doc__ or "").strip() for guard in row.guards)
    return f"| {row.origin} | {row.action} | {row.to} | {who} | {guards} |"
