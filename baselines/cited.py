"""What the records are that an answer names: in words, since when, and the command that shows one.

    cited(uow, records) -> {record: Cited}

Records are called as `baselines.performed` answers call them: `kind:id`, a baseline and what else the
library keeps by its name alone. Source: rules.md 10, Conformance.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cmdb.store import UnitOfWork

_AT_ONCE = 500  # ids one question asks about


class Cited(NamedTuple):
    """A record in words: what it is, its time as it is kept or nothing, and the command that shows it."""

    what: str
    at: str = ""
    command: str = ""


class _Kept(NamedTuple):
    """Where a kind is kept: its table, how an id, its words and its time are read, and the command."""

    table: str
    id: str
    what: str
    at: str
    command: str = ""


_SUBJECTS = "REPLACE(REPLACE(REPLACE(subjects, '[\"', ''), '\"]', ''), '\",\"', ', ')"
_KINDS: Mapping[str, _Kept] = {
    "action": _Kept("action_item", "id", "what", "initiated_at", "action show {id}"),
    "agreement": _Kept("agreement", "id", "title", "starts", "agreement show {id}"),
    "audit": _Kept("audit", "id", "kind || ': ' || title", "COALESCE(run_at, planned_at)", "audit show {id}"),
    "board": _Kept("board", "id", "name", "''", "board show {id}"),
    "change": _Kept("change_request", "id", "title", "created_at", "change show {id}"),
    "document": _Kept("document", "id", "kind || ': ' || title", "''", "document show {id}"),
    "event": _Kept("event", "id", "description", "reported", "event show {id}"),
    "finding": _Kept("finding", "id", "what", "raised_at", "finding show {id}"),
    "group": _Kept("people_group", "id", "name", "''", "group show {id}"),
    "item": _Kept("item", "id", "name", "''", "item show {id}"),
    "journal": _Kept("journal", "sequence", f"action || ' by ' || actor || ': ' || {_SUBJECTS}", "at"),
    "milestone": _Kept("milestone", "id", "name", "planned", "milestone show {id}"),
    "minimum": _Kept("minimum_level", "id", "id", "''", "level list"),
    "minutes": _Kept("minutes", "meeting", "'by ' || \"by\"", "at", "board meeting show {id}"),
    "notice": _Kept("notice", "sequence", "'to ' || person || ': ' || text", "at"),
    "party": _Kept("party", "id", "name", "''", "party show {id}"),
    "person": _Kept("person", "id", "name", "''", "person show {id}"),
    "review": _Kept(
        "review", "id", "kind || ': ' || title", "COALESCE(held_at, planned)", "review show {id}"
    ),
    "role": _Kept("role_grant", "id", "person || ', ' || role", "start", "role list"),
    "training": _Kept("training", "id", "person || ' in ' || subject || ': ' || evidence", "day"),
    "type": _Kept("item_type", "id", "name", "''", "type show {id}"),
    "work": _Kept("work_entry", "id", "person || ' for ' || record", "day"),
    "release": _Kept(
        "product_release", "product || ' ' || version", "'from ' || baseline", "at", "release show {id}"
    ),
}
_BASELINES = _Kept("baseline", "id", "title", "established_at", "baseline show {id}")
_SCOPED = _Kept("scoped_baseline", "id", "title", "established_at", "baseline show {id}")
_LIBRARY = _Kept("library_commit", "name", "'commit ' || commit_id", "at")


def cited(uow: UnitOfWork, records: Iterable[str]) -> dict[str, Cited]:
    """Each record in words, in order of kind and then as they were given; one nothing keeps by its name."""
    by_kind: dict[str, list[str]] = {}
    for one in dict.fromkeys(records):
        kind, colon, _id = one.partition(":")
        by_kind.setdefault(kind if colon else "", []).append(one)
    found: dict[str, Cited] = {}
    for kind in sorted(by_kind):
        ids = {one.partition(":")[2] if kind else one: one for one in by_kind[kind]}
        told: dict[str, Cited] = {}
        for kept in (
            (_KINDS[kind],) if kind in _KINDS else (_LIBRARY, _SCOPED, _BASELINES) if not kind else ()
        ):
            told |= _told(uow, kept, list(ids))
        found |= {record: told.get(id, Cited(id)) for id, record in ids.items()}
    return found


def _told(uow: UnitOfWork, kept: _Kept, ids: list[str]) -> dict[str, Cited]:
    found: dict[str, Cited] = {}
    key = f"CAST({kept.id} AS TEXT)" if kept.id == "sequence" else kept.id
    numbers = kept.id == "sequence"
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        rows = uow.rows(
            f"SELECT {key}, {kept.what}, {kept.at} FROM {kept.table}"
            f" WHERE {kept.id} IN ({', '.join('?' for _ in some)})",
            *(int(one) if numbers else one for one in some),
        )
        for id, what, at in rows:
            command = f"cmdb {kept.command.format(id=id)}" if kept.command else ""
            found[str(id)] = Cited(str(what), str(at or ""), command)
    return found
