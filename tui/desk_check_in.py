"""What the app asks around a check-in: where it is checked out to, what it would write, what is open.

One transaction a call; who acts and the moment are parameters. Only `fill` writes, into the working
directory. Source: `tui.sources.Source`.
"""

from datetime import datetime
from pathlib import Path

from baselines import checkout, inspection, open_fields
from baselines.library import Library
from baselines.model import Checkout
from baselines.open_fields import Opened
from ccb import requests
from cmdb.errors import CmdbError
from cmdb.site import Site
from cmdb.store import UnitOfWork
from tui import item_sheets, open_sheets
from tui.check_in_plans import CheckInPlan, OpenLine
from tui.desk_cards import KNOWN_AFTERWARDS, difference, filled_in, summary_of
from tui.item_source import Typed, Verdict
from tui.views import FieldChange


def room(site: Site, change: str) -> Path:
    """The directory of a check-out beside the site: `work/CR-7`, or the next one nobody left work in."""
    places = site.path / "work"
    names = (change, *(f"{change}-{number}" for number in range(2, 1000)))
    return next(place for name in names if not (place := places / name).exists() or not any(place.iterdir()))


def plan(library: Library, change: str, *, actor: str, at: datetime) -> CheckInPlan:
    """What a check-in would write, every problem in its way, and what is open; changes nothing."""
    with library.store.read() as uow:
        request = requests.find(uow, change)
        rows = difference(uow, request.changes)
    if request.kind in ("baseline", "promotion"):
        return CheckInPlan(request=request.id, summary=f"{request.title}: {summary_of(request.changes)}.")
    with library.store.write() as trial:  # never committed: the records are only tried out
        found = inspection.examine(trial, request.id, actor=actor, at=at)
        diff = filled_in(rows, difference(trial, found.request.changes))
    with library.store.read() as uow:
        out = _mine(uow, request.id, actor)
        opened = open_fields.opened(uow, request.id)
        lines = open_sheets.lines(uow, opened) if out else ()
    diff = tuple(_as_before(row, opened) for row in diff)
    late = "  The window is over: it is recorded as late." if found.late else ""
    return CheckInPlan(
        request=request.id,
        summary=f"{request.title}: {summary_of(request.changes)}.{late}",
        problems=found.problems,
        diff=diff,
        untouched=found.untouched,
        opened=lines,
        seen=found.digest,
        folder=out.folder if out else "",
    )


def _as_before(row: FieldChange, opened: Opened) -> FieldChange:
    """An open field that comes back as it was says so."""
    for one in opened.fields:
        if (row.record, row.field, row.new) == (f"{one.key[0]} {one.key[1]}", one.name, KNOWN_AFTERWARDS):
            return row._replace(new="(as before)" if one.now == one.was and row.old else "(not filled in)")
    return row


def judge(library: Library, change: str, typed: Typed) -> Verdict:
    """What the rules say of what is typed for the open fields, each sentence at its line."""
    with library.store.read() as uow:
        opened = open_fields.opened(uow, change)
        lines = open_sheets.lines(uow, opened)
        contents = open_sheets.contents(uow, opened, typed)
        said = open_fields.objections(
            uow, opened, {place: new for place, new in contents.items() if new is not None}
        )
    return _attributed(said, lines, typed)


def fill(
    library: Library, site: Site, change: str, typed: Typed, seen: Typed, *, actor: str, at: datetime
) -> None:
    """Write what is typed into the working directory. Raises Invalid, or Refused when a file moved.

    `seen` is what stood in the lines before anything was typed.
    """
    with library.store.read() as uow:
        opened = open_fields.opened(uow, change)
        contents = open_sheets.contents(uow, opened, typed)
        before = {}
        for one in opened.fields:
            text = seen.get(open_sheets.name_of(one), open_sheets.shown(one)).strip()
            same = text == open_sheets.shown(one)
            before[one.place] = one.now if same else open_sheets.read(uow, opened, one, text)
    place = room(site, opened.request.id)
    open_fields.fill(library, opened.request.id, contents, seen=before, room=place, actor=actor, at=at)


def _attributed(said: tuple[str, ...], lines: tuple[OpenLine, ...], typed: Typed) -> Verdict:
    problems: dict[str, str] = {}
    others: list[str] = []
    for record in dict.fromkeys(one.record for one in lines):
        blanks = [one.blank for one in lines if one.record == record]
        mine = [one.removeprefix(f"{record}: ") for one in said if one.startswith(f"{record}: ")]
        found, rest = item_sheets.attributed(mine, blanks)
        problems |= found
        # With one line of a record typed in, what is said of the record is said of that line.
        altered = [one for one in blanks if typed.get(one.name, one.value).strip() != one.value.strip()]
        if len(altered) == 1 and rest:
            problems.setdefault(altered[0].name, " ".join(rest))
        else:
            others += rest
    return Verdict(problems=problems, others=tuple(others))


def _mine(uow: UnitOfWork, change: str, actor: str) -> Checkout | None:
    request = requests.find(uow, change)
    try:
        return checkout.mine(uow, request, actor)
    except CmdbError:
        return None
