"""The times of a file: with a zone, or in the zone that was said for those without one.

Whatever happened, happened: a time that lies ahead is a mistake, and one that can be read in two ways
is refused with both readings. Source: rules.md 11.
"""

from datetime import UTC, datetime

from cmdb.canonical import instant, rfc3339
from cmdb.checks import FIRST_YEAR, LAST_YEAR
from cmdb.errors import Invalid
from cmdb.exchange.sheet import Problems
from cmdb.model import shown
from cmdb.periods import zone_of


class Times:
    """Reads the times of a file up to `now`; `here` is the zone the other reading is shown in."""

    def __init__(self, zone: str, problems: Problems, now: datetime, here: str = "") -> None:
        self.zone = zone_of(zone) if zone else None
        self.here = zone_of(here) if here else None
        self.problems = problems
        self.now = now

    def read(self, line: int, column: str, text: str) -> datetime | None:
        """The instant a cell names, or None after noting what is wrong with it."""
        try:
            found = self._instant(text)
        except Invalid as wrong:
            self.problems.add(line, column, f"{wrong.reason} {wrong.remedy}")
            return None
        if found.year < FIRST_YEAR:
            self.problems.add(line, column, f"{shown(text)} lies before {FIRST_YEAR}.")
            return None
        if found > self.now:
            self.problems.add(line, column, f"{shown(text)} lies ahead: it is {rfc3339(self.now)} now.")
            return None
        return found

    def _instant(self, text: str) -> datetime:
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            return instant(text)
        if local.tzinfo is not None:
            return instant(text)
        if self.zone is None:
            return self._without_zone(local, text)
        if not FIRST_YEAR <= local.year <= LAST_YEAR:  # near the ends of the calendar no zone can be applied
            raise Invalid(f"{shown(text)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}.", "Correct it.")
        early, late = (local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if early.astimezone(self.zone).replace(tzinfo=None) != local:
            raise Invalid(f"{text} is skipped by the clocks of {self.zone.key}.", "Write it with its offset.")
        if early != late:
            raise Invalid(
                f"{text} is shown twice by the clocks of {self.zone.key}.",
                f"Write {rfc3339(early)} or {rfc3339(late)}.",
            )
        return early.replace(microsecond=0)

    def _without_zone(self, local: datetime, text: str) -> datetime:
        """Refuse a time that names no zone, with the ways to read it."""
        if self.here is None or not FIRST_YEAR <= local.year <= LAST_YEAR:
            return instant(text)
        utc = local.replace(tzinfo=UTC, microsecond=0)
        there = local.replace(tzinfo=self.here, microsecond=0)
        if utc == there:
            return instant(text)
        raise Invalid(
            f"{shown(text)} has no zone.",
            f"It is {rfc3339(utc)} if UTC is meant, {rfc3339(there)} if {self.here.key} is: "
            f"write it so, or say --zone {self.here.key}.",
        )
