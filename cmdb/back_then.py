"""What records said at a moment of the past, as the journal has it.

    told = Told(asked, "action", at)
    told.value("AI-3", "owner", now="k.chen") -> what it was at `at`; UNKNOWN where nothing says so

An entry says either what a field became, or what it was before and after (a list of two). What was
replaced first after the moment stood then; otherwise what was said last before it did. Only records
something happened to since are read: all others stand as they did. Nothing here reads the clock.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from cmdb.instants import rfc3339

_READ = json.JSONDecoder().raw_decode
UNKNOWN: Final = "\0"  # no text of a record holds it
Unsaid = Mapping[str, tuple[str, ...]]  # of records, by id: the fields of which nothing says what they were


class Asked(Protocol):
    """What is asked: a reader, or a transaction of the store."""

    def rows(self, sql: str, *parameters: Any) -> Iterable[tuple[Any, ...]]:
        """Run plain SQL with `?` placeholders and give its rows."""
        ...


class Said(NamedTuple):
    """What one entry of the journal says of a record."""

    at: str
    action: str
    changed: Mapping[str, Any]


class Told:
    """What the journal says of the records of a kind to which something happened after a moment.

    Only entries count whose action begins with `acts` or, with `request`, that are about the change
    request itself: others that name the record speak of something else. With `every` those are read as
    well to which nothing happened since.
    """

    def __init__(
        self, asked: Asked, kind: str, at: datetime, *, acts: str = "", request: bool = False,
        every: bool = False,
    ) -> None:  # fmt: skip
        self.at = rfc3339(at)
        self._before: dict[str, list[Said]] = defaultdict(list)
        self._since: dict[str, list[Said]] = defaultdict(list)
        found = asked.rows(
            "SELECT s.subject, j.at, j.action, j.changed, j.request FROM journal_subject s"
            " JOIN journal j ON j.sequence = s.sequence WHERE s.subject IN (SELECT t.subject"
            " FROM journal_subject t JOIN journal k ON k.sequence = t.sequence"
            " WHERE k.at > ? AND t.subject LIKE ?) ORDER BY j.sequence",
            "" if every else self.at,
            f"{kind}:%",
        )
        for subject, when, action, changed, about in found:
            id = subject.partition(":")[2]
            if action.startswith(acts) and (not request or about == id):
                # What the journal wrote has nothing before or after it: `loads` would look for that.
                said = Said(when, action, _READ(changed, 0)[0])
                (self._since if when > self.at else self._before)[id].append(said)

    def of(self, id: str) -> tuple[Said, ...]:
        """Every entry about a record to which something happened since, the oldest first."""
        return (*self._before.get(id, ()), *self._since.get(id, ()))

    def before(self, id: str, *actions: str) -> tuple[Said, ...]:
        """What had been done to a record by then; only these acts where any is named."""
        found = self._before.get(id, ())
        return tuple(one for one in found if not actions or one.action in actions)

    def since(self, id: str, *actions: str) -> tuple[Said, ...]:
        """What was done to a record after the moment; only these acts where any is named."""
        found = self._since.get(id, ())
        return tuple(one for one in found if not actions or one.action in actions)

    def value(self, id: str, field: str, *, now: Any, first: Any = UNKNOWN) -> Any:
        """What a field of a record was; `first` is what it begins with, `now` what it is today."""
        since = next((one.changed[field] for one in self._since.get(id, ()) if field in one.changed), UNKNOWN)
        if since is UNKNOWN:
            return now
        if isinstance(since, list) and len(since) == 2:
            return since[0]
        last = [one.changed[field] for one in self._before.get(id, ()) if field in one.changed]
        if not last:
            return first
        return last[-1][1] if isinstance(last[-1], list) and len(last[-1]) == 2 else last[-1]

    def stood(self, id: str, field: str, *, now: Any) -> Any:
        """What a field was that entries repeat as it is unless they say what it was before."""
        since = next((one.changed[field] for one in self._since.get(id, ()) if field in one.changed), now)
        return since[0] if isinstance(since, list) and len(since) == 2 else since
