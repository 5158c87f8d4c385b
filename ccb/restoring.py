"""The proposed changes that make a record again what it was: nothing is restored but by a request.

Pure. What no proposed change can bring back (a control level, an identifier) is said, never skipped.
Source: rules.md 7, Baseline (restore is a request).
"""

from collections.abc import Mapping
from typing import Any

from ccb import proposal
from ccb.model import REPLACE, ProposedChange
from ccb.proposal import Fields, Key
from ccb.reversal import parts

_KEPT = ("id", "level")
_RETIRED = ("item", "document")  # what came later than the baseline is retired


def changes_to(key: Key, wanted: Fields | None, now: Fields | None) -> tuple[list[ProposedChange], list[str]]:
    """Give the changes that take a record from `now` to `wanted`, and what they leave different.

    `wanted` None: the record did not exist then; an item or a document is retired, anything else stays.
    """
    kind, id = key
    if now is None:
        return [], [f"{kind} {id} is not under control any more: nothing can restore it."]
    if wanted is None:
        if kind in _RETIRED and now.get("status") != "retired":
            return [ProposedChange(record=kind, id=id, operation="retire")], []
        return [], [] if kind in _RETIRED else [f"{kind} {id} came later and stays."]
    made = [*_links(id, wanted, now), *_fields(kind, id, wanted, now)] if wanted != now else []
    made += _attachments(kind, id, wanted, now)
    result = proposal.proposed({key: now}, made)
    left = parts(wanted), parts(result.after.get(key, now))
    notes = [
        f"{kind} {id}: {_words(one)} stays as it is now, which no change request puts back."
        for one in sorted({*left[0], *left[1]})
        if left[0].get(one) != left[1].get(one)
    ]
    return made, [*result.problems, *notes]


def _fields(kind: str, id: str, wanted: Fields, now: Fields) -> list[ProposedChange]:
    """What changes in the record itself: its state of service, and every other field."""
    old, new = _flat(kind, now), _flat(kind, wanted)
    exact = {name: new.get(name, "") for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
    made = []
    status = str(exact.get("status", ""))
    if kind == "item" and status in ("retired", "in service"):
        back = status == "in service" and old.get("status") == "retired"
        if back or status == "retired":
            del exact["status"]
            operation = "return to service" if back else "retire"
            made.append(ProposedChange(record=kind, id=id, operation=operation))
    if exact:
        made.insert(0, ProposedChange(record=kind, id=id, operation="set", exact=exact))
    return made


def _flat(kind: str, fields: Fields) -> dict[str, Any]:
    """Every field a `set` can name, with its content."""
    if kind != "item":
        return {name: content for name, content in fields.items() if name not in (*_KEPT, "attachments")}
    return {
        part[-1]: content
        for part, content in parts(fields).items()
        if part[0] not in (*_KEPT, "groups", "dependencies")
    }


def _attachments(kind: str, id: str, wanted: Fields, now: Fields) -> list[ProposedChange]:
    """The attachments that differ, each as it was then; one that came later is taken off."""
    if kind != "document":
        return []
    old, new = now.get("attachments", {}), wanted.get("attachments", {})
    exact = {name: new.get(name, "") for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
    return [ProposedChange(record=kind, id=id, operation=REPLACE, exact=exact)] if exact else []


def _links(id: str, wanted: Fields, now: Fields) -> list[ProposedChange]:
    """What is connected, disconnected or set otherwise; groups that are there on both sides last."""
    old, new = _named(now, "dependencies"), _named(wanted, "dependencies")
    groups_then, groups_now = _named(wanted, "groups"), _named(now, "groups")
    made = [
        ProposedChange(record="dependency", id=id, operation="disconnect", target=part[1], kind=part[2])
        for part in sorted(old.keys() - new.keys())
    ]
    for part in sorted(new):
        link = new[part]
        if old.get(part) == link:
            continue
        group = link.get("group", "")
        exact = {"strength": link.get("strength", "hard"), "group": group}
        if group:  # said each time: a group that loses its last member on the way is founded anew
            exact["need"] = groups_then["groups", group]["need"]
        made.append(
            ProposedChange(
                record="dependency",
                id=id,
                operation="set dependency" if part in old else "connect",
                target=part[1],
                kind=part[2],
                exact=exact,
            )
        )
    made += [
        ProposedChange(
            record="redundancy group",
            id=id,
            operation="set group",
            group=part[1],
            exact={"need": groups_then[part]["need"]},
        )
        for part in sorted(groups_then.keys() & groups_now.keys())
        if groups_then[part]["need"] != groups_now[part]["need"]
    ]
    return made


def _named(fields: Fields, what: str) -> Mapping[tuple[str, ...], Mapping[str, Any]]:
    return {part: content for part, content in parts(fields).items() if part[0] == what}


def _words(part: tuple[str, ...]) -> str:
    if part[0] == "dependencies":
        return f"the dependency '{part[2]} {part[1]}'"
    if part[0] == "attachments" and len(part) == 2:
        return f"the attachment '{part[1]}'"
    return f"the redundancy group '{part[1]}'" if part[0] == "groups" else f"'{part[-1]}'"
