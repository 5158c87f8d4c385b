"""What was reported: one event, what it does to promises, and how far it has come.

Frozen values, standard library only; `cmdb.event_life` knows which state follows which. An event is an
occurrence that, if not resolved, eventually breaks a commitment. Nothing here reads a clock.
Source: rules.md 9, Event; IT Service CMM 5.6, Activity 4.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from cmdb.dated import instant_problems, span_problems
from cmdb.instants import rfc3339
from cmdb.model import Value, check, choice_problems, id_problems, name_problems, shown, text_problems

KINDS = ("incident", "service request")
STATES = ("recorded", "analysed", "in progress", "resolved", "closed", "withdrawn")
UNRESOLVED = ("recorded", "analysed", "in progress")
OPEN = (*UNRESOLVED, "resolved")
PRIORITIES = ("critical", "high", "normal", "low")
EFFECTS = ("outage", "degraded")
ON_TIME = ("", "yes", "no")
DESCRIPTION_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake(Value):
    """A commitment at stake: whose, about which service, and what is left of its allowance.

    `left_s` are seconds of outage still allowed in the period of the analysis; None where it is counted
    from something else. `effect` is what the event does to the service.
    """

    agreement: str
    customer: str
    commitment: str
    service: str
    effect: str
    says: str
    left_s: int | None = None

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Agreement", self.agreement),
            *id_problems("Commitment", self.commitment),
            *id_problems("Service", self.service),
        ]
        check(f"The commitment at stake '{shown(self.commitment)}'", problems)

    @property
    def name(self) -> str:
        """The commitment as it is named elsewhere: agreement and commitment."""
        return f"{self.agreement}/{self.commitment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventImpact(Value):
    """What an event does to services and promises, as it was computed at a moment.

    `down` is what was taken for down: what was reported so or, of an event that may come, every item it
    concerns (`supposed`). `items` counts the items hit; `services` are pairs of id and effect.
    """

    at: datetime
    down: tuple[str, ...] = ()
    supposed: bool = False
    effect: str = "none"
    items: int = 0
    services: tuple[tuple[str, str], ...] = ()
    stakes: tuple[Stake, ...] = ()

    @property
    def priority(self) -> str:
        """The priority of an incident that follows from the promises it breaks, or takes from.

        Critical where nothing is left of an allowance it takes from, high where it takes from one, low where
        no service is hit and no promise at stake.
        """
        left = [one.left_s for one in self.stakes if one.left_s is not None and one.effect != "none"]
        if left:
            return "critical" if min(left) <= 0 else "high"
        return "normal" if self.stakes or any(effect != "none" for _id, effect in self.services) else "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Value):
    """An incident or a service request, from the moment somebody reported it to its close.

    `reporter` and `contact` are as given; `person` is set where the reporter is registered here, `party`
    where it is known for whom they speak. Of an incident `down` are those of its `items` that were out or
    degraded (`effect`) from `occurred` until `ended`; no end means they still are. `outages` are the
    records of that. `respond_by` and `resolve_by` say until when, the texts beside them why then.
    `reference` is what another system (`source`) calls it; `on_time` what that system says of its deadline.
    """

    id: str
    kind: str = "incident"
    potential: bool = False
    agreement: str = ""
    description: str
    occurred: datetime
    reported: datetime
    reporter: str
    contact: str = ""
    person: str = ""
    party: str = ""
    items: tuple[str, ...]
    circumstances: str = ""
    down: tuple[str, ...] = ()
    effect: str = ""
    ended: datetime | None = None
    outages: tuple[str, ...] = ()
    impact: EventImpact | None = None
    impact_note: str = ""
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    priority: str = "normal"
    responsible: str = ""
    respond_by: datetime | None = None
    respond_from: str = ""
    resolve_by: datetime | None = None
    resolve_from: str = ""
    state: str = "recorded"
    resolution: str = ""
    caused_by: str = ""
    fixed_by: str = ""
    claims: tuple[str, ...] = ()
    source: str = ""
    reference: str = ""
    on_time: str = ""
    recorded_by: str = ""
    recorded_at: datetime
    analysed_at: datetime | None = None
    started_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("The kind", self.kind, KINDS),
            *choice_problems("The state", self.state, STATES),
            *choice_problems("The priority", self.priority, PRIORITIES),
            *self._text_problems(),
            *self._item_problems(),
            *self._time_problems(),
            *self._kind_problems(),
        ]
        check("The event" if self.number == 0 else f"Event '{shown(self.id)}'", problems)

    def _text_problems(self) -> list[str]:
        problems = [
            *name_problems("The reporter", self.reporter),
            *name_problems("The contact", self.contact, required=False),
            *text_problems("The description", self.description),
            *text_problems("The circumstances", self.circumstances),
            *text_problems("What was confirmed", self.impact_note),
            *text_problems("The resolution", self.resolution),
            *name_problems("The source", self.source, required=False),
            *name_problems("The reference", self.reference, required=False),
            *(choice_problems("Whether it was on time", self.on_time, ON_TIME) if self.on_time else []),
        ]
        for label, id in (("Person", self.person), ("Party", self.party), ("Responsible", self.responsible)):
            problems += id_problems(label, id) if id else []
        problems += [problem for one in self.claims for problem in id_problems("Claim", one)]
        if not self.description.strip():
            problems.append("The description is empty: say what happened, or what is asked for.")
        elif len(self.description) > DESCRIPTION_LIMIT:
            problems.append(
                f"The description has {len(self.description):,} characters;"
                f" at most {DESCRIPTION_LIMIT:,} fit."
            )
        return problems

    def _item_problems(self) -> list[str]:
        problems = [problem for one in self.items for problem in id_problems("Item", one)]
        if not self.items:
            problems.append("It concerns no item: name at least one.")
        problems += [f"Item '{shown(one)}' is named twice." for one in _twice(self.items)]
        problems += [
            f"'{shown(one)}' is down, but not among the items it concerns."
            for one in self.down
            if one not in self.items
        ]
        if self.down:
            problems += choice_problems("The effect", self.effect, EFFECTS)
        elif self.effect:
            problems.append("An effect needs the items that have it.")
        return problems

    def _time_problems(self) -> list[str]:
        problems = [
            *span_problems("What happened", self.occurred, self.ended),
            *instant_problems("The time of the report", self.reported),
        ]
        if problems:
            return problems
        if self.occurred > self.reported and not self.potential:
            problems.append(
                f"It occurred at {rfc3339(self.occurred)}, after it was reported at {rfc3339(self.reported)}."
            )
        if self.resolved_at is not None:
            if self.resolved_at < self.reported:
                problems.append(f"It was resolved at {rfc3339(self.resolved_at)}, before it was reported.")
            if self.state not in ("resolved", "closed"):
                problems.append(f"It is {self.state}, but has a time of resolution.")
        if self.closed_at is not None:
            if self.closed_at < (self.resolved_at or self.reported):
                problems.append(f"It was closed at {rfc3339(self.closed_at)}, before it was resolved.")
            if self.state not in ("closed", "withdrawn"):
                problems.append(f"It is {self.state}, but has a time of closing.")
        return problems

    def _kind_problems(self) -> list[str]:
        problems = []
        if self.kind == "service request":
            if self.potential:
                problems.append("Only an incident may be potential; a request has been made.")
            if self.down:
                problems.append("A service request takes nothing down: record an incident beside it.")
        elif self.agreement:
            problems.append("Only a service request names an agreement; of an incident it follows.")
        if self.potential and self.down:
            problems.append("What may happen has taken nothing down yet.")
        if self.ended is not None and not self.down:
            problems.append("It has an end, but nothing that was down until then.")
        if bool(self.confirmed_by) != (self.confirmed_at is not None):
            problems.append("A confirmation names who confirmed it, and when.")
        return problems

    @property
    def number(self) -> int:
        """The number in its id, for sorting."""
        return number_of(self.id)

    @property
    def open(self) -> bool:
        """Whether anything is left to do with it."""
        return self.state in OPEN

    @property
    def unresolved(self) -> bool:
        """Whether it still stands in the way of a promise."""
        return self.state in UNRESOLVED

    @property
    def summary(self) -> str:
        """The first line of what it is about."""
        return self.description.strip().splitlines()[0]

    @property
    def outside(self) -> bool:
        """Whether it is a request outside every agreement."""
        return self.kind == "service request" and not self.agreement

    def overdue(self, at: datetime) -> bool:
        """Whether it should have been resolved by now."""
        return self.unresolved and self.resolve_by is not None and self.resolve_by < at

    def unanswered(self, at: datetime) -> bool:
        """Whether somebody should have looked at it by now."""
        return self.state == "recorded" and self.respond_by is not None and self.respond_by < at


def number_of(id: str) -> int:
    """The number in the id of an event; 0 for an id that holds none."""
    digits = id.removeprefix("EV-")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _twice(ids: tuple[str, ...]) -> list[str]:
    return [] if len(set(ids)) == len(ids) else sorted(one for one, n in Counter(ids).items() if n > 1)
