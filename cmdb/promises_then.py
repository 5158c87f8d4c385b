"""What was known at a moment of the past of outages, observations and claims: tables that stood so.

    known = then(asked, at)
    StoredPromises(rows, dialect, known.tables) counts what had been entered by then

An outage or an observation counts from when it was entered, as its newest correction of then has it; an
outage whose end was told later was running; a claim stands as it was decided by then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from cmdb.back_then import Asked, Told
from cmdb.bound import NOW, Tables
from cmdb.instants import rfc3339

_OUTAGE = (
    *("id", "subject", "started", "effect", "change", "planned_start", "planned_end", "source", "note"),
    *("replaces", "recorded_by", "recorded_at"),
)
_CLAIM = ("id", "agreement", "kind", "service", "named", "starts", "ends", "evidence", "decided_by")


class Claimed(NamedTuple):
    """What had become of a claim: its state, and who had decided."""

    state: str
    decided_by: str


class Known(NamedTuple):
    """The tables as they stood, the outages that were running, and the state of each claim there was."""

    tables: Tables = NOW
    running: frozenset[str] = frozenset()
    claims: Mapping[str, Claimed] | None = None


def then(asked: Asked, at: datetime) -> Known:
    """What was known at a moment that is over."""
    moment = rfc3339(at)
    ends = Told(asked, "outage", at, acts="outage end")
    entered = [str(row[0]) for row in asked.rows("SELECT id FROM outage WHERE recorded_at <= ?", moment)]
    running = frozenset(id for id in entered if ends.since(id))
    told = Told(asked, "claim", at, acts="claim ")
    claims = {
        str(id): Claimed(
            str(told.value(str(id), "state", now=state)),
            str(told.value(str(id), "decided_by", now=by, first="")),
        )
        for id, state, by in asked.rows("SELECT id, state, decided_by FROM claim")
        if not told.since(str(id), "claim raise")
    }
    states = {id: one.state for id, one in claims.items()}
    return Known(
        Tables(
            outage=_entered("outage", moment, (*_OUTAGE, _case("ended", dict.fromkeys(running)))),
            observation=f"(SELECT * FROM observation WHERE recorded_at <= '{moment}')",
            claim=f"(SELECT {', '.join(_CLAIM)}, {_case('state', states, other=True)} FROM claim)",
        ),
        running,
        claims,
    )


def _entered(table: str, moment: str, columns: tuple[str, ...]) -> str:
    return f"(SELECT {', '.join(columns)} FROM {table} WHERE recorded_at <= '{moment}')"


def _case(column: str, contents: Mapping[str, str | None], *, other: bool = False) -> str:
    """A column with other content in some rows; with `other` it is empty in every row not named."""
    if not contents:
        return f"'' AS {column}" if other else column
    whens = " ".join(f"WHEN {_text(id)} THEN {_text(one)}" for id, one in sorted(contents.items()))
    return f"CASE id {whens} ELSE {'NULL' if other else column} END AS {column}"


def _text(content: str | None) -> str:
    """A text as it may stand in a statement."""
    return "NULL" if content is None else "'" + content.replace("'", "''") + "'"
