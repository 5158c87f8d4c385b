"""Why an action on a change request is refused: the guards of the life cycle.

A guard is a named function of the facts that returns why not, and what would lift it, or None.
Nothing here reads a clock, a file or a database. Source: rules.md 5, Life cycle.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cmdb.model import Value


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an action is refused, and what lifts it."""

    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Value):
    """What the guards look at: filled by the use case, inside its transaction.

    `roles` are those of `lifecycle.ROLES` the actor holds for this request. `problems` is what the
    caller's own checks found against the action (an incomplete request, a failed authorisation), and
    `lift` what lifts them where an edit of the request does not. `ballot` is carried, lost or open.
    `lease` is the person who holds the check-out, or empty. `moved` names what moved materially since
    the decision. `turners` could still turn a ballot that has all it asks for, unless `chairs` end it.
    `no_vote` says why the actor's vote would not count, `overruled` why the policy of the ballot does not
    decide about the request any more.
    `conditions` and `blocking` are open action items that check-out and closing wait for.
    """

    request: str = "CR"
    kind: str = "normal"
    roles: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    lift: str = ""
    assessed_now: bool = True
    can_carry: bool = True
    ballot: str = "open"
    turners: tuple[str, ...] = ()
    chairs: tuple[str, ...] = ()
    decides: str = "policy"
    until_given: bool = False
    until_passed: bool = False
    moved: tuple[str, ...] = ()
    lease: str = ""
    lease_is_actors: bool = False
    lease_expired: bool = False
    window_started: bool = True
    started: bool = False
    finished: bool = False
    outcome: str = ""
    planned_down: bool = False
    outage_recorded: bool = False
    review_due: bool = False
    no_vote: Reason | None = None
    overruled: str = ""
    conditions: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()


Guard = Callable[[Facts], Reason | None]


def nothing_stands_against(facts: Facts) -> Reason | None:
    """Every check of the use case itself passed."""
    if not facts.problems:
        return None
    correct = f"Correct it with 'cmdb change edit {facts.request}', then try again."
    return Reason(" ".join(facts.problems), facts.lift or correct)


def is_standard(facts: Facts) -> Reason | None:
    """Only a standard change is authorised by its template."""
    if facts.kind == "standard":
        return None
    return Reason(
        f"{facts.request} is a {facts.kind} change, which no template authorises.",
        f"Have it assessed: 'cmdb change assess {facts.request}'.",
    )


def assessment_is_current(facts: Facts) -> Reason | None:
    """The board sees an assessment of the request as it is now."""
    if facts.assessed_now:
        return None
    return Reason(
        "The assessment is older than what it assesses.",
        f"Compute it again: 'cmdb change assess {facts.request}'.",
    )


def ballot_can_carry(facts: Facts) -> Reason | None:
    """A ballot nobody could carry is not opened."""
    if facts.can_carry:
        return None
    return Reason(
        "No combination of votes could carry this ballot.",
        f"See what is missing with 'cmdb board policy test {facts.request}'.",
    )


def policy_still_decides(facts: Facts) -> Reason | None:
    """The policy the ballot was opened under still decides about the request."""
    if not facts.overruled:
        return None
    return Reason(facts.overruled, f"Open the ballot anew: 'cmdb board refer {facts.request}'.")


def another_policy_decides(facts: Facts) -> Reason | None:
    """A ballot is opened anew only when its policy does not decide about the request any more."""
    if facts.overruled:
        return None
    return Reason(
        f"{facts.request} lies before its board already.",
        f"See what it waits for: 'cmdb change show {facts.request}'.",
    )


def vote_would_count(facts: Facts) -> Reason | None:
    """The actor has a seat or is asked for consent, and voting has not ended."""
    return facts.no_vote


def ballot_is_carried(facts: Facts) -> Reason | None:
    """Every completion of the missing votes meets every requirement."""
    if facts.ballot == "carried":
        return None
    if facts.turners:
        return Reason(
            f"Everything it asks for is there, but {' and '.join(facts.turners)} could still turn it.",
            f"Wait for their votes, or let {' or '.join(facts.chairs)} end it:"
            f" 'cmdb board close {facts.request}'.",
        )
    return Reason(
        "The ballot is not carried." if facts.ballot == "lost" else "The ballot is still open.",
        f"See what is missing with 'cmdb change show {facts.request}'.",
    )


def ballot_is_lost(facts: Facts) -> Reason | None:
    """No completion of the missing votes meets every requirement."""
    if facts.ballot == "lost":
        return None
    return Reason(
        "The ballot is not lost." if facts.ballot == "carried" else "The ballot is still open.",
        f"See what is missing with 'cmdb change show {facts.request}'.",
    )


def chair_where_policy_says_so(facts: Facts) -> Reason | None:
    """Under a policy that decides by the chair, only the chair decides."""
    if facts.decides != "chair" or "chair" in facts.roles:
        return None
    return Reason(
        "The policy leaves this decision to the chair.",
        f"Ask the chair of the board to run 'cmdb board decide {facts.request}'.",
    )


def date_is_given(facts: Facts) -> Reason | None:
    """A deferral names the date on which it comes back."""
    if facts.until_given:
        return None
    return Reason(
        "A deferral needs the date on which it comes back.",
        f"Give it: 'cmdb board defer {facts.request} --until 2026-12-01'.",
    )


def date_has_come(facts: Facts) -> Reason | None:
    """What was put off comes back by itself on its date."""
    if facts.until_passed:
        return None
    return Reason(
        "The date it was put off to has not come.",
        f"Wait for it, or ask the chair to bring it back: 'cmdb change resume {facts.request}'.",
    )


def nothing_moved(facts: Facts) -> Reason | None:
    """What was decided is still what would be done."""
    if not facts.moved:
        return None
    return Reason(
        "Since the decision this moved: " + "; ".join(facts.moved) + ".",
        f"The chair confirms with 'cmdb board confirm {facts.request}' or puts it back with "
        f"'cmdb board refer {facts.request}'.",
    )


def something_moved(facts: Facts) -> Reason | None:
    """An approved request goes back to the board only when its evidence moved."""
    if facts.moved:
        return None
    return Reason(
        "Nothing material moved since the decision.",
        f"Go on with 'cmdb check-out {facts.request}', or edit the request to change it.",
    )


def actor_holds_lease(facts: Facts) -> Reason | None:
    """Only who checked out may check in, give back or back out the work."""
    if facts.lease_is_actors and not facts.lease_expired:
        return None
    if facts.lease_is_actors:
        return Reason(
            f"Your check-out of {facts.request} has expired.",
            f"Renew it: 'cmdb check-out {facts.request} --renew'.",
        )
    holder = f"checked out by {facts.lease}" if facts.lease else "not checked out by anybody"
    return Reason(
        f"{facts.request} is {holder}.",
        f"Ask them to give it back, or take it over: 'cmdb check-out {facts.request} --steal -m REASON'.",
    )


def lease_is_over(facts: Facts) -> Reason | None:
    """Only an expired lease ends by itself."""
    if facts.lease_expired:
        return None
    return Reason(
        "The lease has not expired.", f"Give it back: 'cmdb check-out {facts.request} --give-back'."
    )


def window_has_started(facts: Facts) -> Reason | None:
    """Nothing is checked in before the agreed window starts; later is recorded as late."""
    if facts.window_started:
        return None
    return Reason("The window has not started yet.", "Wait for its start, or move the window by an edit.")


def work_was_started(facts: Facts) -> Reason | None:
    """A finish follows a start."""
    if facts.started:
        return None
    return Reason("No start is recorded.", f"Record it: 'cmdb change start {facts.request}'.")


def work_not_started(facts: Facts) -> Reason | None:
    """A start is recorded once."""
    if not facts.started:
        return None
    return Reason("The start is recorded already.", f"Go on with 'cmdb change finish {facts.request}'.")


def work_not_finished(facts: Facts) -> Reason | None:
    """A finish is recorded once."""
    if not facts.finished:
        return None
    return Reason("The finish is recorded already.", f"Go on with 'cmdb check-in {facts.request}'.")


def work_was_finished(facts: Facts) -> Reason | None:
    """Closing needs started and finished."""
    if facts.started and facts.finished:
        return None
    what = "finish" if facts.started else "start"
    return Reason(f"No {what} is recorded.", f"Record it: 'cmdb change {what} {facts.request}'.")


def outcome_is_recorded(facts: Facts) -> Reason | None:
    """Closing says how it went."""
    if facts.outcome:
        return None
    return Reason(
        "The outcome is not recorded.",
        f"Give it: 'cmdb change close {facts.request} --outcome \"as planned\"'.",
    )


def outage_is_recorded(facts: Facts) -> Reason | None:
    """Where something was planned down, closing says how long it was."""
    if facts.outage_recorded or not facts.planned_down:
        return None
    return Reason(
        "Something was planned down, and the actual outage is not recorded.",
        f"Give it: 'cmdb change close {facts.request} --outage 38m' (0s if there was none).",
    )


def conditions_are_met(facts: Facts) -> Reason | None:
    """What was approved on a condition to be met before check-out waits for it."""
    if not facts.conditions:
        return None
    return Reason(
        "Approved on conditions that are not met yet: " + ", ".join(facts.conditions) + ".",
        "Their owners close them, each with what shows it and what it was worth:"
        f" 'cmdb action close {facts.conditions[0]} --evidence TEXT --evaluation TEXT'.",
    )


def actions_are_closed(facts: Facts) -> Reason | None:
    """Conditions and other blocking action items are closed first."""
    if not facts.blocking:
        return None
    return Reason(
        "Open action items block closing: " + ", ".join(facts.blocking) + ".",
        "Their owners close them, each with what shows it and what it was worth:"
        f" 'cmdb action close {facts.blocking[0]} --evidence TEXT --evaluation TEXT'.",
    )


def review_is_held(facts: Facts) -> Reason | None:
    """An emergency change is reviewed before it is closed."""
    if not facts.review_due:
        return None
    return Reason(
        "An emergency change is reviewed before it is closed.",
        f"Hold it and close its action item: 'cmdb action list --origin change:{facts.request}'.",
    )
