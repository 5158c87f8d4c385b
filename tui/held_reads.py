"""What keeps items from being changed just now: check-outs with their leases, and holds.

Read in one statement each, for whoever waits for an item. A hold that has ended holds nothing; a
lease that has expired still stands until somebody wants the record. Source: rules.md 7, Check-out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb.instants import rfc3339
from cmdb.places import path_of
from cmdb.reading import Reader


class Lent(NamedTuple):
    """The check-out that has an item: for which request, by whom, until when."""

    request: str
    person: str
    until: str
    expired: bool


class OnHold(NamedTuple):
    """The hold on an item: by whom, until when and why."""

    person: str
    until: str
    reason: str


def lent(reader: Reader, ids: Sequence[str], at: datetime) -> dict[str, Lent]:
    """Which of these items are checked out now, and until when."""
    paths = {path_of("item", id): id for id in ids}
    if not paths:
        return {}
    rows = reader.rows(
        "SELECT l.path, c.request, c.person, c.expires_at FROM lease l JOIN checkout c ON c.id = l.checkout"
        f" WHERE c.state = 'out' AND l.path IN ({', '.join('?' * len(paths))})",
        *paths,
    )
    now = rfc3339(at)
    return {
        paths[str(path)]: Lent(str(request), str(person), str(until), str(until) <= now)
        for path, request, person, until in rows
    }


def on_hold(reader: Reader, ids: Sequence[str], at: datetime) -> dict[str, OnHold]:
    """Which of these items are on hold now."""
    if not ids:
        return {}
    rows = reader.rows(
        "SELECT item, person, until, reason FROM hold"
        f" WHERE until > ? AND item IN ({', '.join('?' * len(ids))})",
        rfc3339(at),
        *ids,
    )
    return {str(item): OnHold(str(person), str(until), str(reason)) for item, person, until, reason in rows}


def marks(reader: Reader, ids: Sequence[str], at: datetime) -> dict[str, str]:
    """A word for each item of a list that cannot be changed now: `CR-4`, `on hold`."""
    held: dict[str, str] = {id: one.request for id, one in lent(reader, ids, at).items()}
    for id in on_hold(reader, ids, at):
        held[id] = f"{held[id]}, hold" if id in held else "on hold"
    return held


def lent_said(one: Lent | None) -> str:
    """A check-out in one line: `CR-4 by r.bakker, until 2026-11-24T01:30:00Z`; empty for none."""
    if one is None:
        return ""
    word = "expired" if one.expired else "until"
    return f"{one.request} by {one.person}, {word} {one.until}"


def hold_said(one: OnHold | None) -> str:
    """A hold in one line: `until 2026-12-01T00:00:00Z by k.chen: the maker's case is open`."""
    return "" if one is None else f"until {one.until} by {one.person}: {one.reason}"
