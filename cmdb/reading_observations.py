"""What was observed of quantities, read in plain SQL as it is counted.

Works on any function that runs a statement with `?` placeholders: a reader's, or a unit of work's
inside a transaction. Loads neither the ORM nor the calendar libraries.
Source: rules.md 4; speed.md, Read path.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from cmdb.bound import NOW, Tables
from cmdb.canonical import instant, rfc3339
from cmdb.service_levels import Seen

Rows = Callable[..., Iterable[tuple[Any, ...]]]

# An observation `o` that no correction has replaced.
CURRENT = "NOT EXISTS (SELECT 1 FROM observation r WHERE r.replaces = o.id)"


def seen(
    rows: Rows, service: str, quantity: str, start: datetime, end: datetime, *, tables: Tables = NOW
) -> tuple[Seen, ...]:
    """Give what was seen of a quantity of a service in a stretch of time, in the order of its instants.

    What a correction replaced or withdrew is left out.
    """
    table = tables.observation
    found = rows(
        f"SELECT o.at, o.started, o.value, o.unit FROM {table} o"
        " WHERE o.service = ? AND o.quantity = ? AND o.at >= ? AND o.at < ? AND NOT o.withdrawn"
        f" AND NOT EXISTS (SELECT 1 FROM {table} r WHERE r.replaces = o.id) ORDER BY o.at, o.id",
        service,
        quantity,
        rfc3339(start),
        rfc3339(end),
    )
    return tuple(
        Seen(
            at=_seconds(at),
            started=_seconds(started) if started else None,
            value=Decimal(value),
            unit=unit,
        )
        for at, started, value, unit in found
    )


def _seconds(stored: str) -> int:
    """Seconds since 1970 of an instant as it is stored: in UTC, whole seconds."""
    return int(datetime.fromisoformat(stored).timestamp())


def first_and_last(rows: Rows, service: str, quantity: str) -> tuple[datetime, datetime] | None:
    """When a quantity of a service was first and last seen; None where it never was."""
    for first, last in rows(
        "SELECT min(o.at), max(o.at) FROM observation o WHERE o.service = ? AND o.quantity = ?"
        f" AND NOT o.withdrawn AND {CURRENT}",
        service,
        quantity,
    ):
        return (instant(first), instant(last)) if first else None
    return None
