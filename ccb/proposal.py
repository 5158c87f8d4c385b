"""What a change request makes of the records it names: computed, never applied here.

Works on the canonical fields of records (`cmdb.records`), so that one rule serves items, people,
boards, policies and agreements alike. `seen` gives the values a proposed change is written against;
`proposed` gives every record as it would be, the fields left open, the fields that moved since and
everything that cannot be done. Nothing here reads a clock, a file or a database.
Source: rules.md 5, A proposed change; 7, Check-in.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ccb.model import REPLACE, ProposedChange
from cmdb.model import Item, Value

Key = tuple[str, str]  # the kind of record that holds it (`item`, `person`, ...) and its id
Fields = Mapping[str, Any]

ATTACHMENT = "attachment"
_ITEM_FIELDS = frozenset(Item.__dataclass_fields__) - {"id", "characteristics"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Value):
    """A field that is not what it was when the change was written. Absent content is None."""

    subject: str
    field: str
    original: Any
    proposed: Any
    current: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Value):
    """The records a request names, as they would be.

    `open` names, per record, the flat fields whose content is known only afterwards. `moved` are
    field-level conflicts; `problems` are sentences about what cannot be done at all.
    """

    before: Mapping[Key, Fields | None]
    after: Mapping[Key, Fields]
    open: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    moved: tuple[Moved, ...] = ()
    problems: tuple[str, ...] = ()


def keys(changes: Sequence[ProposedChange]) -> tuple[Key, ...]:
    """The records a request names, each once, in the order first named."""
    return tuple(dict.fromkeys(one.holder for one in changes if one.record != "scope"))


def seen(held: Fields | None, change: ProposedChange) -> dict[str, Any]:
    """The values a change would overwrite, by field; absent ones are None.

    `held` is the record that holds it, None when it does not exist.
    """
    if change.operation == "add" or held is None:
        return {}
    if change.record == "dependency":
        link = _link(held, change)
        if link is None:
            return {}
        return {name: link.get(name) for name in ("strength", "group")}
    if change.record == "redundancy group":
        group = _group(held, change.group) or {}
        return {name: group.get(name) for name in change.fields}
    return {name: _get(held, _sort(change), name) for name in _touched(change)}


def proposed(
    held: Mapping[Key, Fields | None],
    changes: Sequence[ProposedChange],
    *,
    filled: Mapping[Key, Fields] | None = None,
) -> Proposal:
    """Compute what the changes make of the records held.

    `filled` gives, at check-in, the content of open fields, per record by flat field name.
    """
    before = {key: held.get(key) for key in keys(changes)}
    after: dict[Key, dict[str, Any]] = {
        key: copy.deepcopy(dict(fields)) for key, fields in before.items() if fields is not None
    }
    moved: list[Moved] = []
    problems: list[str] = []
    opened: dict[Key, list[str]] = {}
    for change in changes:
        if change.record == "scope":
            continue
        key = change.holder
        moved += _moved(before[key], change)
        problem = _apply(after, key, change)
        if problem:
            problems.append(problem)
            continue
        for name in change.open:
            flat = _flat_name(change, name)
            opened.setdefault(key, []).append(flat)
            if filled and flat in filled.get(key, {}):
                _put(after[key], _sort(change), name, filled[key][flat])
    return Proposal(
        before=before,
        after=after,
        open={key: tuple(sorted(names)) for key, names in opened.items()},
        moved=tuple(moved),
        problems=tuple(problems),
    )


def _apply(after: dict[Key, dict[str, Any]], key: Key, change: ProposedChange) -> str | None:
    """Do one change to the records being built; give the sentence why not, or None."""
    record = after.get(key)
    if change.operation == "add":
        if record is not None:
            return f"{key[0]} {key[1]} exists already and cannot be added."
        after[key] = {"id": key[1]}
        defaults = {"level": "baselined", **change.exact}
        for name, content in defaults.items():
            _put(after[key], change.record, name, content)
        return None
    if record is None:
        return f"There is no {key[0]} '{key[1]}' under control to change."
    if change.record == "dependency":
        return _apply_link(record, change)
    if change.record == "redundancy group":
        return _apply_group(record, change)
    for name, content in _wanted(change).items():
        _put(record, _sort(change), name, content)
    return None


def _wanted(change: ProposedChange) -> dict[str, Any]:
    """The fields an operation on a whole record sets."""
    if change.operation == "retire":
        return {"active": False} if change.record == "person" else {"status": "retired"}
    if change.operation == "return to service":
        return {"status": "in service"}
    return dict(change.exact)


def _touched(change: ProposedChange) -> tuple[str, ...]:
    return tuple(sorted({*_wanted(change), *change.open}))


def _apply_link(record: dict[str, Any], change: ProposedChange) -> str | None:
    found = _link(record, change)
    if change.operation == "connect":
        if found is not None:
            return f"{change.subject} is recorded already."
        link = {"target": change.target, "kind": change.kind, "strength": "hard"}
        record.setdefault("dependencies", []).append(link)
        return _place(record, link, change)
    if found is None:
        return f"{change.subject} is not recorded."
    if change.operation == "disconnect":
        record["dependencies"].remove(found)
        _drop_empty_group(record, found.get("group", ""))
        return None
    old = found.get("group", "")
    problem = _place(record, found, change)
    if found.get("group", "") != old:
        _drop_empty_group(record, old)
    return problem


def _place(record: dict[str, Any], link: dict[str, Any], change: ProposedChange) -> str | None:
    """Set strength and group of a dependency; a group named for the first time is founded."""
    for name in ("strength", "group"):
        if name in change.exact:
            _set_or_drop(link, name, change.exact[name])
    record["dependencies"].sort(key=lambda one: (one["target"], one["kind"]))
    name = link.get("group", "")
    if not name:
        return (
            f"{change.subject}: a need belongs to a redundancy group." if change.exact.get("need") else None
        )
    group = _group(record, name)
    if group is None:
        group = {"name": name, "need": str(change.exact.get("need", "1")), "strength": link["strength"]}
        record.setdefault("groups", []).append(group)
        record["groups"].sort(key=lambda one: str(one["name"]))
    elif "need" in change.exact:
        group["need"] = str(change.exact["need"])
    if group.get("strength", "hard") != link["strength"]:
        return (
            f"{change.subject} is {link['strength']}, but the redundancy group '{name}'"
            f" is {group.get('strength', 'hard')}."
        )
    return None


def _apply_group(record: dict[str, Any], change: ProposedChange) -> str | None:
    group = _group(record, change.group)
    if group is None:
        return f"{change.id} has no redundancy group '{change.group}'."
    for name, content in change.exact.items():
        group[name] = str(content)
    if "strength" in change.exact:
        for link in record.get("dependencies", ()):
            if link.get("group", "") == change.group:
                link["strength"] = change.exact["strength"]
    return None


def _drop_empty_group(record: dict[str, Any], name: str) -> None:
    if name and not any(link.get("group", "") == name for link in record.get("dependencies", ())):
        record["groups"] = [group for group in record.get("groups", ()) if group["name"] != name]


def _moved(held: Fields | None, change: ProposedChange) -> list[Moved]:
    """Each field of a change whose present content is not what the change saw."""
    if change.operation == "add" or held is None:
        return []
    now = seen(held, change)
    if change.record == "dependency" and bool(now) != bool(change.seen):
        there, gone = "recorded", "not recorded"
        return [
            Moved(
                subject=change.subject,
                field="dependency",
                original=there if change.seen else gone,
                proposed=gone if change.operation == "disconnect" else there,
                current=there if now else gone,
            )
        ]
    wanted = {**_wanted(change), **dict.fromkeys(change.open, "(open)")}
    return [
        Moved(
            subject=change.subject,
            field=name,
            original=change.seen.get(name),
            proposed=wanted.get(name),
            current=now[name],
        )
        for name in sorted(now)
        if not _same(now[name], change.seen.get(name))
    ]


def _same(one: Any, other: Any) -> bool:
    """Absent, None and empty are the same thing in a record."""
    return one == other or (one in (None, "", [], {}) and other in (None, "", [], {}))


def _sort(change: ProposedChange) -> str:
    """What the fields of a change are fields of: the record, or the attachments of a document."""
    return ATTACHMENT if change.operation == REPLACE else change.record


def _room(sort: str, name: str) -> str:
    """The mapping inside a record that holds a field; empty: the record itself does."""
    if sort == "item" and name not in _ITEM_FIELDS and name != "id":
        return "characteristics"
    return "attachments" if sort == ATTACHMENT else ""


def _get(fields: Fields, sort: str, name: str) -> Any:
    room = _room(sort, name)
    return (fields.get(room, {}) if room else fields).get(name)


def _put(fields: dict[str, Any], sort: str, name: str, content: Any) -> None:
    room = _room(sort, name)
    if room:
        inside = dict(fields.get(room, {}))
        _set_or_drop(inside, name, content)
        _set_or_drop(fields, room, inside)
    else:
        _set_or_drop(fields, name, content)


def _set_or_drop(fields: dict[str, Any], name: str, content: Any) -> None:
    """An empty field is an omitted one, as in a canonical record."""
    if content in (None, "", [], {}, ()):
        fields.pop(name, None)
    else:
        fields[name] = list(content) if isinstance(content, tuple) else content


def _flat_name(change: ProposedChange, name: str) -> str:
    room = _room(_sort(change), name)
    return f"{room}.{name}" if room else name


def _link(fields: Fields, change: ProposedChange) -> dict[str, Any] | None:
    for link in fields.get("dependencies", ()):
        if (link["target"], link["kind"]) == (change.target, change.kind):
            return link  # type: ignore[no-any-return]
    return None


def _group(fields: Fields, name: str) -> dict[str, Any] | None:
    for group in fields.get("groups", ()):
        if group["name"] == name:
            return group  # type: ignore[no-any-return]
    return None
