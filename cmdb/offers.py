"""What is offered to any customer, and what each customer needs: standard services and needs.

Frozen values, standard library only. A standard service is text and standard levels, each a promise
about the service itself; a service in use names the one it is and where it deviates. A need is what one
customer wants, from a day on; a need that changes ends on that day and the next one begins.
Source: CMMI-SVC, Strategic Service Management; IT Service CMM 5.1, Activities 1, 2 and 4.
"""

from dataclasses import dataclass
from decimal import Decimal

from cmdb.amounts import unit_problems, value_problems
from cmdb.commitments import COMPARATORS, ServiceCommitment, quantity_problems
from cmdb.dated import date_problems
from cmdb.model import (
    LEVELS,
    Value,
    check,
    choice_problems,
    id_problems,
    name_problems,
    shown,
    text_problems,
)

# What a need is about, in the order of the seed.
TOPICS = ("strategy", "business process", "component", "expected change", "service")
PRIORITIES = ("must", "should", "could")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardService(Value):
    """A service of the catalogue: what any customer is offered, in words for customers, and at which levels.

    `text` is for customers, `staff` for those who deliver it. `levels` are commitments about the standard
    service itself. A controlled record: format `standard service/1`.
    """

    id: str
    name: str
    text: str = ""
    staff: str = ""
    owner: str = ""
    levels: tuple[ServiceCommitment, ...] = ()
    offered: bool = True
    level: str = "draft"

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Standard service", self.id),
            *name_problems("The name", self.name),
            *text_problems("The text", self.text),
            *text_problems("The text for staff", self.staff),
            *(id_problems("Owner", self.owner) if self.owner else ["The owner is missing."]),
            *choice_problems("The control level", self.level, LEVELS),
        ]
        problems += [
            f"Level '{shown(one.id)}' is about '{shown(one.service)}', not about {shown(self.id)}."
            for one in self.levels
            if one.service != self.id
        ]
        ids = [one.id for one in self.levels]
        problems += [f"Level '{one}' is listed twice." for one in sorted(set(ids)) if ids.count(one) > 1]
        check(f"Standard service '{shown(self.id)}'", problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Value):
    """What a customer needs, from `since` until `until` (dates; empty: still); the same need goes on by `id`.

    About a `service` in use, a `standard` service, or neither. With a `quantity` it has a `target` in a
    `unit`, to be compared as a commitment is. `commitments` are those that answer it, as AGREEMENT:ID.
    """

    id: str
    since: str
    until: str = ""
    customer: str
    topic: str = "service"
    service: str = ""
    standard: str = ""
    what: str
    quantity: str = ""
    comparator: str = ">="
    target: Decimal | None = None
    unit: str = ""
    priority: str = "should"
    source: str = ""
    commitments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            *id_problems("Need", self.id),
            *date_problems("Since", self.since),
            *(date_problems("Until", self.until) if self.until else []),
            *id_problems("Customer", self.customer),
            *choice_problems("The topic", self.topic, TOPICS),
            *(id_problems("Service", self.service) if self.service else []),
            *(id_problems("Standard service", self.standard) if self.standard else []),
            *text_problems("What is needed", self.what),
            *choice_problems("The comparator", self.comparator, COMPARATORS),
            *choice_problems("The priority", self.priority, PRIORITIES),
            *name_problems("The source", self.source, required=False),
            *(problem for one in self.commitments for problem in _link_problems(one)),
        ]
        if not self.what.strip():
            problems.append("It does not say what is needed.")
        if not problems and self.until and self.until < self.since:
            problems.append(f"It ends on {self.until}, before it began on {self.since}.")
        if bool(self.quantity) != (self.target is not None):
            problems.append("A quantity and its target come together.")
        elif self.target is not None:
            problems += quantity_problems("The quantity", self.quantity)
            problems += [*value_problems("The target", self.target), *unit_problems("The unit", self.unit)]
        check(f"Need '{shown(self.id)}'", problems)

    def held(self, day: str) -> bool:
        """Whether it was a need on a day."""
        return self.since <= day and (not self.until or day < self.until)


def _link_problems(text: str) -> list[str]:
    agreement, _, commitment = text.partition(":")
    if not commitment:
        return [f"'{shown(text)}' is no commitment: write AGREEMENT:COMMITMENT."]
    return [*id_problems("Agreement", agreement), *id_problems("Commitment", commitment)]
