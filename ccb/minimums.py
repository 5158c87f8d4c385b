"""What a scope states: the least control level its items have to be at.

A statement is a record of its own, named by its scope (`type:server`, `service:mail`, `customer:city`),
changed only by request to the site board. `draft` as the minimum states nothing any more. Pure.
Source: rules.md 7, Control levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccb.ballot import scope_problems
from cmdb.model import LEVELS, Value, check, choice_problems, id_problems, shown, text_problems

MINIMUM_LEVEL = "minimum level/1"
SCOPES = ("type", "service", "customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumLevel(Value):
    """The least level of the items of one scope, with the reason. `id` is the scope's text."""

    id: str
    minimum: str
    reason: str = ""
    level: str = "draft"

    def __post_init__(self) -> None:
        problems = [
            *id_problems("The scope", self.id),
            *choice_problems("The minimum level", self.minimum, LEVELS),
            *choice_problems("The control level", self.level, LEVELS),
            *text_problems("The reason", self.reason),
        ]
        if scope_problems(self.id) or self.id.partition(":")[0] not in SCOPES:
            problems.append(f"'{shown(self.id)}' is not type:ID, service:ID or customer:ID.")
        check(f"The minimum level of {shown(self.id)}", problems)

    @property
    def subject(self) -> tuple[str, str]:
        """The record that the scope names: kind and id."""
        word, _, id = self.id.partition(":")
        return {"service": "item", "customer": "party"}.get(word, word), id


def minimum_record(one: MinimumLevel) -> dict[str, Any]:
    """A minimum level as a `minimum level/1` record."""
    return {"id": one.id, "minimum": one.minimum, "reason": one.reason, "level": one.level}


def minimum_from(fields: Mapping[str, Any]) -> MinimumLevel:
    """Read a `minimum level/1` record back. Raises Invalid for unknown or missing fields."""
    unknown = sorted(fields.keys() - MinimumLevel.__dataclass_fields__.keys())
    missing = [name for name in ("id", "minimum") if name not in fields]
    check(
        "A minimum level",
        [
            *(f"It has no field '{shown(one)}'." for one in unknown),
            *(f"The field '{one}' is missing." for one in missing),
        ],
    )
    return MinimumLevel(**fields)
