"""What an import would do: create, update, leave, and everything that stands in its way.

Planning changes nothing. What exists is given as plain rows, so a plan can be made without a store.
Reconciling is by id, so a row matches nothing or one record; two rows of a file with one id are an
error, never a choice. Source: rules.md 11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cmdb.exchange.sheet import Problem
from cmdb.exchange.staging import Staging
from cmdb.model import Value

CREATE, UPDATE, UNCHANGED, REQUEST = "create", "update", "unchanged", "request"
KEPT_DANGLING = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangling(Value):
    """A dependency one end of which does not exist."""

    line: int
    source: str
    target: str
    kind: str
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Value):
    """What one file would do. `request` counts rows that change records under control.

    `unselected` counts new items that name no selection criterion: drafts, until they do.
    `missing` counts what exists but is not in the file; it is told, never removed. `ambiguous` is
    empty as long as records are reconciled by id only. `created`, `absent` and `changes` are filled
    for people, groups and parties; for items and dependencies the scratch tables hold them.
    """

    kind: str
    file: str
    create: int = 0
    update: int = 0
    unchanged: int = 0
    request: int = 0
    missing: int = 0
    unselected: int = 0
    dangling: tuple[Dangling, ...] = ()
    dangling_total: int = 0
    ambiguous: tuple[str, ...] = ()
    errors: tuple[Problem, ...] = ()
    error_total: int = 0
    created: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    groups_created: tuple[str, ...] = ()
    changes: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)

    def blocked(self, *, keep_dangling: bool) -> bool:
        """Tell whether anything forbids applying it."""
        return bool(self.error_total or self.ambiguous or (self.dangling_total and not keep_dangling))

    def counts(self) -> dict[str, int]:
        """The figures the journal keeps."""
        return {
            "create": self.create,
            "update": self.update,
            "unchanged": self.unchanged,
            "request": self.request,
            "missing": self.missing,
            "dangling": self.dangling_total,
        }


def verdict_counts(staged: Staging, table: str) -> dict[str, int]:
    """How many rows of a table have each verdict."""
    return dict(staged.ask(f"SELECT verdict, COUNT(*) FROM {table} GROUP BY verdict"))
