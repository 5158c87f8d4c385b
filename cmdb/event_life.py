"""The life of an event: one table, and the only place that knows a next state.

The table drives enforcement (`advance`), what a screen or an answer offers (`offered`) and the table in
docs/events.md (`page`). Pure: nothing here reads a clock or a database.
Source: rules.md 9, Event; IT Service CMM 5.6, Activity 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cmdb.errors import Invalid, Refused
from cmdb.model import Value, shown
from cmdb.reported import Event
from cmdb.work import ActionItem


class Reason(NamedTuple):
    """Why an act is not possible, and what would lift that."""

    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Value):
    """What the guards look at: the event, its action items, and which of its outages still run."""

    event: Event
    actions: tuple[ActionItem, ...] = ()
    running: tuple[str, ...] = ()


Guard = Callable[[Facts], Reason | None]


def impact_is_computed(facts: Facts) -> Reason | None:
    """The impact was computed."""
    if facts.event.impact is not None:
        return None
    id = facts.event.id
    return Reason(f"What {id} does to promises was not computed.", f"Compute it: 'cmdb event analyse {id}'.")


def impact_is_confirmed(facts: Facts) -> Reason | None:
    """A person confirmed the computed impact."""
    if facts.event.confirmed_by:
        return None
    id = facts.event.id
    return Reason(
        f"Nobody confirmed what {id} does to promises.", f"Look at it and say so: 'cmdb event confirm {id}'."
    )


def something_is_behind(facts: Facts) -> Reason | None:
    """An action item that was not declined, or a change request, is behind it."""
    if facts.event.fixed_by or any(one.state != "declined" for one in facts.actions):
        return None
    id = facts.event.id
    return Reason(
        f"Neither an action item nor a change request says what was done about {id}.",
        f"Note what was done, 'cmdb action add WHAT --owner me --origin event:{id}',"
        f" or name the request: 'cmdb event link {id} --fixed-by CR'.",
    )


def nothing_runs(facts: Facts) -> Reason | None:
    """No outage of it is still running."""
    if not facts.running:
        return None
    id = facts.event.id
    return Reason(
        f"{', '.join(facts.running)} of {id} still {'runs' if len(facts.running) == 1 else 'run'}.",
        f"Say when it was over: 'cmdb event resolve {id} --until T',"
        f" or 'cmdb outage end {facts.running[0]}'.",
    )


def actions_are_over(facts: Facts) -> Reason | None:
    """Every action item of it is closed or declined."""
    waiting = [one.id for one in facts.actions if one.open]
    if not waiting:
        return None
    return Reason(
        f"{', '.join(waiting)} of {facts.event.id} {'is' if len(waiting) == 1 else 'are'} still open.",
        f"Close it with its evidence: 'cmdb action close {waiting[0]} --evidence WHAT'.",
    )


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: in state `origin` the `action` leads to `to`, if no guard objects."""

    origin: str
    action: str
    to: str
    guards: tuple[Guard, ...] = ()


TRANSITIONS: tuple[Transition, ...] = (
    Transition("recorded", "analyse", "analysed"),
    Transition("analysed", "analyse", "analysed"),
    Transition("in progress", "analyse", "in progress"),
    Transition("analysed", "confirm", "analysed", (impact_is_computed,)),
    Transition("in progress", "confirm", "in progress", (impact_is_computed,)),
    Transition("analysed", "start", "in progress", (impact_is_confirmed,)),
    Transition("in progress", "resolve", "resolved", (something_is_behind, nothing_runs)),
    Transition("resolved", "reopen", "in progress"),
    Transition("resolved", "close", "closed", (actions_are_over, nothing_runs)),
    *(Transition(state, "amend", state) for state in ("recorded", "analysed", "in progress", "resolved")),
    *(
        Transition(state, "link", state)
        for state in ("recorded", "analysed", "in progress", "resolved", "closed")
    ),
    *(Transition(state, "withdraw", "withdrawn") for state in ("recorded", "analysed", "in progress")),
)
ACTIONS = tuple(dict.fromkeys(row.action for row in TRANSITIONS))


def advance(action: str, facts: Facts) -> str:
    """Give the state that follows.

    Raises Invalid for a word that is no act, Refused with the guards' own sentences when the table or
    a guard says no.
    """
    event = facts.event
    if action not in ACTIONS:
        raise Invalid(f"'{shown(action)}' is no act on an event.", f"Use one of {', '.join(ACTIONS)}.")
    row = next((one for one in TRANSITIONS if (one.origin, one.action) == (event.state, action)), None)
    if row is None:
        raise Refused(
            f"{event.id} is {event.state}; to {action} it is not possible then.", _way_on(event.id, facts)
        )
    found = [reason for guard in row.guards if (reason := guard(facts)) is not None]
    if found:
        remedies = dict.fromkeys(one.remedy for one in found)
        raise Refused(found[0].sentence, " ".join(remedies), [one.sentence for one in found[1:]])
    return row.to


def offered(facts: Facts) -> tuple[tuple[str, Reason | None], ...]:
    """Every act the state knows, in the table's order, each with None or why not."""
    return tuple(
        (row.action, next((reason for guard in row.guards if (reason := guard(facts)) is not None), None))
        for row in TRANSITIONS
        if row.origin == facts.event.state
    )


def _way_on(id: str, facts: Facts) -> str:
    acts = [action for action, _ in offered(facts)]
    if not acts:
        return f"{facts.event.state.capitalize()} is final: record a new one with 'cmdb event record'."
    return f"Possible now: {', '.join(acts)} (see 'cmdb event show {id}')."


def page() -> str:
    """The table of docs/events.md, written from the one above."""
    return "\n".join(
        [
            "| state | act | leads to | only if |",
            "|---|---|---|---|",
            *(
                f"| {row.origin} | {row.action} | {row.to} |"
                f" {' '.join((guard.__doc__ or '').strip() for guard in row.guards)} |"
                for row in TRANSITIONS
            ),
        ]
    )
