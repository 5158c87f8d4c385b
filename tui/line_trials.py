"""The lines of small forms, read as their commands read them: what is wrong, or what was understood.

Inside a transaction that only reads; nothing is written. What a line holds: a `past` time, a `moment`
that may lie ahead, when something `happened` (past, unless it is only expected), a `day`, a `length`, a
`window`, one or several ids of a kind of record (`item`, `items`), or one of some words
(`must|should|could`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ccb.model import ChangeRequest
from cmdb.checks import shown
from cmdb.errors import CmdbError, Invalid
from cmdb.model import Group, Item, ItemType, Party, Person
from cmdb.promises import Claim, Outage, ServiceAgreement
from cmdb.reported import Event
from cmdb.tables_graph import find_item
from tui import typed
from tui.given import change_number
from tui.item_planning import Ground
from tui.item_source import Heard
from tui.present import age, duration, listed
from tui.record_trials import day

# By what a line reads: the kind of record, what it is called, and what stands for it in words.
ONE: Mapping[str, tuple[type[Any], Callable[[Any], str]]] = {
    "person": (Person, lambda one: one.name if one.active else f"{one.name}, who has left"),
    "group": (Group, lambda one: one.name),
    "party": (Party, lambda one: one.name),
    "item": (Item, lambda one: f"{one.name}, {one.type}"),
    "service": (Item, lambda one: f"{one.name}, {one.type}"),
    "type": (ItemType, lambda one: one.id),
    "agreement": (ServiceAgreement, lambda one: one.title),
    "change": (ChangeRequest, lambda one: f"{one.title}, {one.state}"),
    "outage": (Outage, lambda one: f"of {one.subject}"),
    "claim": (Claim, lambda one: f"{one.agreement}, {one.state}"),
    "event": (Event, lambda one: one.description),
}
MANY = {"people": "person", **{f"{one}s": one for one in ("item", "service", "type", "outage", "claim")}}
OFFERED = {"service": "item", **{one: one for one in ("person", "group", "party", "item", "type")}}
MOST = 200  # ids of one line that are looked at
NAMED = 3  # names said of several


def hear(ground: Ground, reads: str, text: str) -> Heard:
    """Read one line; an empty one says nothing."""
    text = text.strip()
    if not text:
        return Heard()
    try:
        return Heard(means=_read(ground, reads, text))
    except Invalid as wrong:
        return Heard(" ".join(wrong.problems) or f"{wrong.reason} {wrong.remedy}")
    except CmdbError as wrong:
        return Heard(f"{wrong.reason} {wrong.remedy}")


def offered(reads: str, text: str, offers: Callable[[str, str], Sequence[str]]) -> str | None:
    """The whole line that is most likely meant; of several ids the last one is completed."""
    if "|" in reads:
        return next((one for one in reads.split("|") if text and one.startswith(text)), None)
    last = text.replace(",", " ").rpartition(" ")[2] if reads in MANY else text
    noun = OFFERED.get(MANY.get(reads, reads), "")
    found = offers(noun, last) if noun and last else ()
    return f"{text.removesuffix(last)}{found[0]}" if found else None


def _read(ground: Ground, reads: str, text: str) -> str:
    zone = ZoneInfo(ground.zone)
    if reads in ("past", "moment"):
        at = typed.moment(text, zone=ground.zone, now=ground.at, past=reads == "past")
        if reads == "past" and at > ground.at:
            raise Invalid("It lies ahead.", "Give a time that has passed.")
        return "" if text == "now" else _when(at, zone, ground.at)
    if reads == "happened":
        seen, ahead = (
            typed.moment(text, zone=ground.zone, now=ground.at, past=past) for past in (True, False)
        )
        said = _when(seen, zone, ground.at)
        return said if seen == ahead else f"{said}; of what may come: {_when(ahead, zone, ground.at)}"
    if reads == "day":
        return day(text, ground)
    if reads == "length":
        return duration(typed.seconds(text))
    if reads == "window":
        start, lasts = typed.window(text, zone=ground.zone, now=ground.at)
        end = (start + timedelta(seconds=lasts)).astimezone(zone)
        return f"{_when(start, zone, ground.at)}, until {end:%H:%M}"
    if "|" in reads:
        _refuse(
            []
            if text in reads.split("|")
            else [f"'{shown(text)}' is none of: {', '.join(reads.split('|'))}."]
        )
        return ""
    return _named(ground, MANY.get(reads, reads), text.replace(",", " ").split() if reads in MANY else [text])


def _named(ground: Ground, noun: str, ids: Sequence[str]) -> str:
    """The records of these ids, in words. Raises Invalid for those there are not."""
    kind, words = ONE[noun]
    names, wrong = [], []
    for id in ids[:MOST]:
        known = ground.actor if id == "me" and noun == "person" else id
        known = change_number(known) if noun == "change" else known
        one = find_item(ground.uow, known) if kind is Item else ground.uow.find(kind, known)
        if one is None:
            wrong.append(f"There is no {'item' if noun == 'service' else noun} '{shown(id)}'.")
        else:
            names.append(words(one))
    _refuse(wrong[:NAMED])
    return listed(names, NAMED)


def _when(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}, {age(at, now)}"


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise Invalid(problems[0], "", problems)
