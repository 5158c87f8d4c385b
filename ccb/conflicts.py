"""What stands against doing a change when and as proposed: every conflict, listed.

Kinds: `same record` in overlapping windows, `same item` that two requests have an effect on,
`joint outage` with one other request or several, `agreed window`, `notice`, `freeze`, `implementer busy`,
`on hold`, `checked out elsewhere`. A conflict belongs to the later of two requests: one decided
counts only against those decided after it. What could not be computed is kept apart from none.
Pure. Source: rules.md 2, Accounting data; 3, Joint outage; 5, Conflicts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccb.model import ChangeRequest, Window
from cmdb.joint_outages import JointOutage
from cmdb.model import Value
from cmdb.promises import Freeze, ServiceAgreement
from cmdb.work import Hold

Stretch = tuple[datetime, datetime]
KINDS = (
    "same record",
    "same item",
    "joint outage",
    "agreed window",
    "notice",
    "freeze",
    "implementer busy",
    "on hold",
    "checked out elsewhere",
)
# Shown, but no part of what is voted on: holds and leases come and go, and check-out refuses on them.
ACCOUNTING = ("on hold", "checked out elsewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Value):
    """One conflict. `start` and `end` say how long it lasts, where it has a duration."""

    kind: str
    subject: str
    sentence: str
    other: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled(Value):
    """Another request that is approved or checked out and whose window is not over.

    `records` are the subjects it changes, `effects` the effect that it has, while it is down, on items the
    request in hand is about as well.
    """

    request: ChangeRequest
    records: frozenset[str]
    effects: Mapping[str, str]


def overlaps(
    request: ChangeRequest, others: Iterable[Scheduled], effects: Mapping[str, str]
) -> list[Conflict]:
    """Records, items and people that two requests claim at the same time."""
    window = request.window
    if window is None:
        return []
    records = {one.subject for one in request.changes}
    found = []
    for other in others:
        both = shared(window, other.request.window)
        if both is None:
            continue
        name = other.request.id
        for subject in sorted(records & other.records):
            sentence = f"{name} changes {subject} in an overlapping window."
            found.append(_clash("same record", subject, sentence, name, both))
        for item in sorted(effects.keys() & other.effects.keys()):
            sentence = f"{item}: {effects[item]} by this change, {other.effects[item]} by {name}."
            found.append(_clash("same item", item, sentence, name, both))
        who = request.effective_implementer
        if who == other.request.effective_implementer:
            sentence = f"{who} also implements {name} in an overlapping window."
            found.append(_clash("implementer busy", who, sentence, name, both))
    return found


def joint_outages(request: ChangeRequest, found: Iterable[JointOutage]) -> list[Conflict]:
    """Items in outage or degraded by this and other requests together, that no part of them puts there.

    `found` are the joint outages the request has a part in; services come first in each.
    """
    told = []
    for one in found:
        names = [name for name in one.changes if name != request.id]
        together = " and ".join([", ".join(["this", *names[:-1]]), names[-1]])
        for hit in one.items:
            state = "degraded" if hit.effect == "degraded" else "in outage"
            told.append(
                Conflict(
                    kind="joint outage",
                    subject=hit.id,
                    sentence=f"{hit.id} is {state} while {together} are down together.",
                    other=_AND.join(names),
                    start=one.start,
                    end=one.end,
                )
            )
    return told


def others(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The other requests of a conflict as an assessment keeps it: several in a joint outage."""
    return tuple(filter(None, (row.get("other") or "").split(_AND)))


def agreements(
    request: ChangeRequest,
    touched: Iterable[ServiceAgreement],
    agreed: Mapping[str, Sequence[tuple[datetime, datetime]]],
) -> list[Conflict]:
    """Windows outside those agreed for planned work, and notice given too late.

    `agreed` maps an agreement that names windows to its windows around the change's.
    """
    window, found = request.window, []
    if window is None:
        return []
    for agreement in touched:
        spans = agreed.get(agreement.id)
        if spans is not None and not any(s <= window.start and window.end <= e for s, e in spans):
            sentence = f"The window lies outside, or is longer than, those agreed in {agreement.id}."
            found.append(Conflict(kind="agreed window", subject=agreement.id, sentence=sentence))
        given = request.submitted_at or request.changed_at
        short = agreement.notice - int((window.start - given).total_seconds())
        if agreement.notice and short > 0:
            sentence = (
                f"{agreement.id} asks for {agreement.notice // 3600} h notice; it is short by {span(short)}."
            )
            found.append(Conflict(kind="notice", subject=agreement.id, sentence=sentence))
    return found


def calendar(request: ChangeRequest, found: Iterable[tuple[Freeze, Sequence[Stretch]]]) -> list[Conflict]:
    """Freezes that the window touches, and agreed windows of the calendar that it lies outside of.

    `found` are the entries that concern the request, each with when it is around the window.
    """
    window, told = request.window, list[Conflict]()
    if window is None:
        return []
    for one, stretches in sorted(found, key=lambda each: each[0].id):
        if one.kind == "freeze":
            told += [
                Conflict(
                    kind="freeze",
                    subject=one.id,
                    sentence=f"The window lies in the freeze '{one.title}'.",
                    start=max(start, window.start),
                    end=min(end, window.end),
                )
                for start, end in stretches
                if start < window.end and window.start < end
            ]
        elif not any(start <= window.start and window.end <= end for start, end in stretches):
            sentence = f"The window lies outside, or is longer than, the agreed window '{one.title}'."
            told.append(Conflict(kind="agreed window", subject=one.id, sentence=sentence))
    return told


def in_the_way(request: ChangeRequest, holds: Iterable[Hold], out: Iterable[ChangeRequest]) -> list[Conflict]:
    """Records that somebody holds: on hold into the window, or checked out under another request.

    `out` are the requests checked out now. Without a window, a hold in force counts.
    """
    wanted = {one.holder for one in request.changes if one.record != "scope"}
    starts = request.window.start if request.window else None
    found = [
        Conflict(
            kind="on hold",
            subject=one.item,
            sentence=f"{one.item} is on hold by {one.person}: {one.reason}.",
            start=one.placed_at,
            end=one.until,
        )
        for one in sorted(holds, key=lambda one: one.item)
        if ("item", one.item) in wanted and (starts is None or starts < one.until)
    ]
    for other in out:
        taken = {one.holder for one in other.changes if one.record != "scope"} & wanted
        if other.id != request.id:
            found += [
                Conflict(
                    kind="checked out elsewhere",
                    subject=f"{kind} {id}",
                    sentence=f"{kind} {id} is checked out for {other.id}.",
                    other=other.id,
                )
                for kind, id in sorted(taken)
            ]
    return found


def told(
    rows: Iterable[Mapping[str, Any]],
    *,
    time: Callable[[str, str], str] = lambda start, end: f"{start} to {end}",
) -> list[str]:
    """Conflicts as sentences for people: what two requests share is said once, not per item.

    `rows` are conflicts as an assessment keeps them (kind, subject, other, start, end, sentence);
    `time` says a stretch (two instants as text) as whoever reads it likes it.
    """
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        alike = row["kind"] in _SHARED
        key = (row["kind"], row["other"] if alike else row["subject"], *([] if alike else [row["sentence"]]))
        groups.setdefault(key, []).append(row)
    return [_together(found, time) for found in groups.values()]


_SHARED = {
    "joint outage": "Together with {other}{time}: {items} down or degraded, none of them by one alone.",
    "same item": "{other} has an effect on the same items{time}: {items}.",
    "same record": "{other} changes the same records{time}: {items}.",
    "checked out elsewhere": "Checked out for {other}: {items}.",
}
_AND = " and "  # between the other requests of a joint outage
_NAMED = 4  # items named before the rest is counted


def _together(found: Sequence[Mapping[str, Any]], time: Callable[[str, str], str]) -> str:
    first = found[0]
    when = (
        f", {time(str(first['start']), str(first['end']))}" if first.get("start") and first.get("end") else ""
    )
    if len(found) == 1 or first["kind"] not in _SHARED:
        return str(first["sentence"]).removesuffix(".") + f"{when}."
    names = [str(row["subject"]) for row in found[:_NAMED]]
    rest = len(found) - len(names)
    items = ", ".join(names) + (f" and {rest} more" if rest else "")
    return _SHARED[str(first["kind"])].format(other=first["other"], time=when, items=items)


def shared(one: Window | None, other: Window | None) -> Window | None:
    """The part two windows share, or None."""
    if one is None or other is None:
        return None
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start=start, end=end) if start < end else None


def rank(effect: str | None) -> int:
    """Order effects; nothing is least."""
    return ("none", "reduced redundancy", "degraded", "outage").index(effect or "none")


def span(seconds: int) -> str:
    """Write a length of time as people do: `1 h 30 min`, `45 s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left if not hours else 0, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _clash(kind: str, subject: str, sentence: str, other: str, both: Window) -> Conflict:
    return Conflict(
        kind=kind, subject=subject, sentence=sentence, other=other, start=both.start, end=both.end
    )
