"""The baselines of scopes an item belongs to, read in one statement for whoever waits for an item.

Source: rules.md 2, Accounting data; 7, Baseline; IT Service CMM 5.5, Activity 4.
"""

from typing import NamedTuple

from cmdb.reading import Reader


class Agreed(NamedTuple):
    """A baseline of a scope in force that holds an item, and the site baseline it was taken of."""

    id: str
    scope: str
    baseline: str


def agreed(reader: Reader, item: str) -> tuple[Agreed, ...]:
    """The baselines of scopes in force that hold an item, newest first."""
    rows = reader.rows(
        "SELECT b.id, b.scope, b.baseline FROM scoped_member m JOIN scoped_baseline b ON b.id = m.baseline"
        " WHERE m.kind = 'item' AND m.id = ? AND b.replaced_by = '' ORDER BY b.id DESC",
        item,
    )
    return tuple(Agreed(*map(str, row)) for row in rows)


def said(found: tuple[Agreed, ...]) -> str:
    """The baselines as one line: `service:mail SB-000001 of BL-000003`."""
    return ", ".join(f"{one.scope} {one.id} of {one.baseline}" for one in found)
