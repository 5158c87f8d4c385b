"""What a practice asks, how far it is performed, and how a query says so: values and small tools.

A query counts records and gives an Answer: what was found, what is lacking, what is missing in a
sentence, and the command that mends it. Where this site keeps no record of a kind, it says so.
Source: rules.md 10, Conformance.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cmdb.canonical import rfc3339
from cmdb.store import UnitOfWork

PERFORMED, PARTLY, NOT_PERFORMED, NOT_APPLICABLE = "performed", "partly", "not performed", "not applicable"
SUM = "sum:"
STATES = (PERFORMED, PARTLY, NOT_PERFORMED, NOT_APPLICABLE)
KEPT = 20  # records an answer names, unless more are asked for; `total` says how many there are


class Practice(NamedTuple):
    """A practice of the model by its number, in our words, with the query for its evidence.

    `query` is `name` or `name:argument`; empty for one that is exactly its numbered points.
    """

    id: str
    text: str
    query: str = ""

    @property
    def section(self) -> str:
        """The section it stands in, such as 5.5."""
        return self.id.partition(" ")[0]

    @property
    def top(self) -> bool:
        """Whether it is a practice itself, not a numbered point of one."""
        return "." not in self.id.partition(" ")[2]

    @property
    def sums(self) -> bool:
        """Whether it is what other practices come to, and nothing of its own: a goal."""
        return self.query.startswith(SUM)

    @property
    def above(self) -> str:
        """The practice a point belongs to; empty for a practice."""
        return "" if self.top else self.id.rpartition(".")[0]


class Answer(NamedTuple):
    """What a query found: records by id, how many in all, what is lacking and how to mend it.

    `now` tells that it was counted on the records as they are now, whatever moment was asked about.
    """

    state: str
    records: tuple[str, ...] = ()
    total: int = 0
    missing: str = ""
    mend: str = ""
    now: bool = False


@dataclass(slots=True, kw_only=True)
class Ask:
    """The moment and the part of the site a query is about, and the transaction it reads in."""

    uow: UnitOfWork
    at: datetime
    service: str = ""
    argument: str = ""
    most: int = KEPT  # records an answer names
    known: dict[str, Any] = field(default_factory=dict)  # what several queries need, worked out once

    @property
    def moment(self) -> str:
        """The moment as it is stored."""
        return rfc3339(self.at)

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a question in plain SQL."""
        return self.uow.rows(sql, *parameters)

    def ids(self, sql: str, *parameters: Any) -> list[str]:
        """The first column of every row, as text."""
        return [str(row[0]) for row in self.uow.rows(sql, *parameters)]

    def some(self, id: str, told: str, order: str, *parameters: Any) -> tuple[list[str], int]:
        """The first ids of `FROM table WHERE ...`, as many as an answer names, and how many there are."""
        found = self.ids(f"SELECT {id} {told} ORDER BY {order} LIMIT {self.most}", *parameters)
        if len(found) < self.most:
            return found, len(found)
        [(count,)] = self.rows(f"SELECT COUNT(*) {told}", *parameters)
        return found, int(count)

    def keeps(self, table: str) -> bool:
        """Whether this site keeps records of that kind at all."""
        tables: set[str] = self.once("tables", self._tables)
        return table in tables

    def once(self, name: str, made: Callable[[], Any]) -> Any:
        """What several queries need, worked out by the first that does."""
        if name not in self.known:
            self.known[name] = made()
        return self.known[name]

    def services(self) -> list[str]:
        """The services asked about: the one named, or all that serve."""
        if self.service:
            return [self.service]
        found: list[str] = self.once(
            "services", lambda: self.ids("SELECT id FROM item WHERE service AND serves ORDER BY id")
        )
        return found

    def of_service(self, held: str) -> bool:
        """Whether services kept as a list of ids, empty for all, concern the service asked about."""
        named = json.loads(held)
        return not named or not self.service or self.service in named

    def _tables(self) -> set[str]:
        if self.uow.dialect == "sqlite":
            return set(self.ids("SELECT name FROM sqlite_master WHERE type = 'table'"))
        return set(
            self.ids("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        )


Query = Callable[[Ask], Answer]


def weighed(
    found: Sequence[str],
    lacking: Sequence[str] = (),
    *,
    missing: str,
    mend: str,
    now: bool = False,
    total: int | None = None,
    absent: int | None = None,
) -> Answer:
    """An answer from what was found and what is lacking: both make it partly, nothing found not at all.

    `total` and `absent` count them where only the first of each are given.
    """
    count = len(found) if total is None else total
    if count and not lacking:
        return Answer(PERFORMED, tuple(found), count, now=now)
    more = (len(lacking) if absent is None else absent) - len(lacking[:5])
    named = ", ".join(lacking[:5]) + (f" and {more:,} more" if more > 0 else "")
    said = f"{missing} ({named})" if named else missing
    return Answer(PARTLY if count else NOT_PERFORMED, tuple(found), count, f"{said}.", mend, now)


def unkept(what: str, mend: str = "") -> Answer:
    """An answer where this site keeps no record of what would show it."""
    return Answer(NOT_PERFORMED, missing=f"No record is kept of {what}.", mend=mend)


def joined(*tables: Mapping[str, Query]) -> dict[str, Query]:
    """Several tables of queries as one; a name twice is an error of the program."""
    found: dict[str, Query] = {}
    for table in tables:
        assert not found.keys() & table.keys(), "two queries have one name"
        found |= table
    return found
