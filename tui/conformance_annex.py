"""The annex of the answer about conformance: every record by which a practice shows, and what each one is.

Rows have names, so that a page leads from a practice to its records and from a record back. Pure.
"""

from collections.abc import Mapping, Sequence

from baselines.cited import Cited
from baselines.conformance import Verdict
from cmdb.instants import instant
from tui import clockface
from tui.reports import Linked, Table


def practice_row(id: str) -> str:
    """The name of the row with the records of a practice."""
    return f"practice:{id}"


def record_row(id: str) -> str:
    """The name of the row that says what a record is."""
    return f"record:{id}"


def of(found: Sequence[Verdict], records: Mapping[str, Cited]) -> tuple[Table, ...]:
    """The records of each practice, then what each of them is, and what it shows."""
    if not records:
        return ()
    shown = [one for one in found if one.records]
    shows: dict[str, list[str]] = {}
    for one in shown:
        for id in one.records:
            shows.setdefault(id, []).append(one.practice.id)
    return (
        Table(
            "Records of each practice",
            ("practice", "how many", "records"),
            tuple((one.practice.id, f"{one.total:,}", _records(one)) for one in shown),
            right=("how many",),
            names=tuple(practice_row(one.practice.id) for one in shown),
        ),
        Table(
            "What the records are",
            ("record", "when", "what", "see it with", "shows"),
            tuple(
                (id, _when(one.at), one.what, one.command, _practices(shows.get(id, ())))
                for id, one in records.items()
            ),
            names=tuple(record_row(id) for id in records),
        ),
    )


def _records(one: Verdict) -> Linked:
    """Every record of a practice; how to have the rest, where there are more than are named here."""
    pieces = [(id, record_row(id)) for id in one.records]
    if one.total > len(one.records) and one.practice.query and not one.practice.sums:
        more = f"{one.total - len(one.records):,} more"
        pieces.append((f"and {more}: cmdb conformance --practice '{one.practice.id}' --every-record", ""))
    return Linked.listed(pieces)


def _practices(ids: Sequence[str]) -> Linked:
    return Linked.listed((id, practice_row(id)) for id in ids)


def _when(at: str) -> str:
    """A time as it is kept, as a person reads it; a day stays as it is."""
    return clockface.clock(instant(at)) if "T" in at else at
