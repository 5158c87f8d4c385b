"""What moved between two pieces of evidence, in sentences: since a vote, or since a decision.

Works on canonical fields. What the assessment, the request and the rules are known to hold is said in
the field's words; anything else by the name of its field. Instants stay RFC 3339, for front ends to
show in a zone. Pure.
Source: rules.md 6, What a vote signs; 5, Assessment.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cmdb.instants import length

# What names an entry of a list of another form, in the order it is said.
_NAMING = (
    *("record", "operation", "id", "kind", "item", "service", "agreement", "commitment", "start"),
    *("target", "group", "field", "subject", "other", "person", "member", "type"),
)
_SECONDS = {"expected", "worst", "expected_s", "worst_s"}
_WORDS = {
    "backout": "back-out plan",
    "test": "test plan",
    "groups": "affected groups",
    "board members": "seat on the board:",
    "board alternates": "stand-in on the board:",
    "evidence": "evidence required",
    "down expected": "planned outage, expected",
    "down worst": "planned outage, worst case",
    "down from": "planned outage, from",
    "down items": "planned to be down",
    "planned": "cost",
    "expected_s": "expected",
    "worst_s": "worst case",
    "breach_expected": "breach as expected",
    "breach_worst": "breach in the worst case",
}


def sentences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Say each thing that differs: new, gone, or changed from one content to another."""
    found: list[str] = []
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was != now:
            found += _TOLD.get(name, _fields)(name, was, now)
    return tuple(found)


# How one field is told: its name, what it was, what it is.
_Telling = Callable[[str, Any, Any], list[str]]


def _effects(name: str, was: Any, now: Any) -> list[str]:
    noun = name.removesuffix("s")
    before, after = _by(noun, "effect", was), _by(noun, "effect", now)
    found = []
    for id in sorted({*before, *after}):
        old, new = before.get(id), after.get(id)
        if old is None:
            found.append(f"{id} is now hit: {new}")
        elif new is None:
            found.append(f"{id} is no longer hit: it was {old}")
        elif old != new:
            found.append(f"{id}: {old} became {new}")
    return found


def _voters(_name: str, was: Any, now: Any) -> list[str]:
    return [
        *(f"{one} is asked as well" for one in now or () if one not in (was or ())),
        *(f"{one} is not asked any more" for one in was or () if one not in (now or ())),
    ]


def _points(name: str, was: Any, now: Any) -> list[str]:
    verb = "becomes" if name.endswith("added") else "is no more"
    return _entries(
        was, now, lambda one: f"{one['item']} {verb} a single point of failure of {one['service']}"
    )


def _clashes(_name: str, was: Any, now: Any) -> list[str]:
    def told(one: Mapping[str, Any]) -> str:
        other = f" with {one['other']}" if one.get("other") else ""
        start, end = one.get("start"), one.get("end")
        when = f", {start} to {end}" if start and end else ""
        return f"clash, {one['kind']} of {one['subject']}{other}{when}"

    return _entries(was, now, told)


def _changes(_name: str, was: Any, now: Any) -> list[str]:
    """Proposed changes by what they name; a field set to another content is told field by field."""
    before = {_subject(one): one for one in was or ()}
    after = {_subject(one): one for one in now or ()}
    found = []
    for label in sorted({*before, *after}):
        if label not in before:
            found.append(f"new: {label}" + _told_fields(after[label]))
        elif label not in after:
            found.append(f"gone: {label}" + _told_fields(before[label]))
        else:
            found += _fields(label, _flatter(before[label]), _flatter(after[label]))
    return found


_TOLD: Mapping[str, _Telling] = {
    "items": _effects,
    "services": _effects,
    "voters": _voters,
    "single_points_added": _points,
    "single_points_removed": _points,
    "conflicts": _clashes,
    "changes": _changes,
}


def _by(name: str, content: str, entries: Any) -> dict[str, Any]:
    return {one[name]: one[content] for one in entries or ()}


def _entries(was: Any, now: Any, told: Callable[[Mapping[str, Any]], str]) -> list[str]:
    before, after = [told(one) for one in was or ()], [told(one) for one in now or ()]
    return [
        *(f"new: {one}" for one in after if one not in before),
        *(f"gone: {one}" for one in before if one not in after),
    ]


def _subject(change: Mapping[str, Any]) -> str:
    parts = (change.get(one) for one in ("operation", "record", "id", "kind", "target"))
    return " ".join(str(one) for one in parts if one)


def _flatter(change: Mapping[str, Any]) -> dict[str, Any]:
    """A proposed change with each field it sets beside its other facts, under the name of the field."""
    rest = {name: inner for name, inner in change.items() if name not in ("exact", "seen", "open")}
    exact = {one["field"]: one.get("value", "") for one in change.get("exact", ())}
    seen = {f"{one['field']} when proposed": one.get("value", "") for one in change.get("seen", ())}
    return rest | dict.fromkeys(change.get("open", ()), "known afterwards") | exact | seen


def _told_fields(change: Mapping[str, Any]) -> str:
    exact = [f"{one['field']} = {one.get('value', '')}" for one in change.get("exact", ())]
    told = [*exact, *(f"{name} known afterwards" for name in change.get("open", ()))]
    return f": {', '.join(told)}" if told else ""


def _fields(name: str, was: Any, now: Any) -> list[str]:
    """Say a field of any form: every text in it that is new, gone or changed, by the way to it."""
    before, after = _flat(was, (name,)), _flat(now, (name,))
    found = []
    for path in sorted({*before, *after}):
        old, new, label = before.get(path), after.get(path), _label(path)
        if old == new:
            continue
        if old is None:
            found.append(f"new: {label}" + (f" = {new}" if new else ""))
        elif new is None:
            found.append(f"gone: {label}" + (f" = {old}" if old else ""))
        else:
            found.append(f"{label}: {old} became {new}")
    return found


def _flat(content: Any, path: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    if content is None:
        return {}
    if isinstance(content, Mapping):
        return _merged(_flat(inner, (*path, name)) for name, inner in content.items())
    if isinstance(content, list | tuple):
        return _merged(_flat_entry(one, path) for one in content)
    return {path: _text(path[-1], content)}


def _flat_entry(one: Any, path: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    if not isinstance(one, Mapping):
        return {(*path, str(one)): ""}
    place = (*path, *(str(one[name]) for name in _NAMING if name in one))
    rest = {name: inner for name, inner in one.items() if name not in _NAMING}
    return _flat(rest, place) or {place: ""}


def _merged(parts: Iterable[dict[tuple[str, ...], str]]) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for part in parts:
        found |= part
    return found


def _text(name: str, content: Any) -> str:
    if isinstance(content, bool):
        return "yes" if content else "no"
    if name in _SECONDS and isinstance(content, int):
        return length(content)
    return str(content)


def _label(path: Sequence[str]) -> str:
    for size in (2, 1):
        whole = _WORDS.get(" ".join(path[:size]))
        if whole and len(path) >= size:
            path = (whole, *path[size:])
            break
    if len(path) == 1:
        return path[0]
    last = _WORDS.get(path[-1])
    return f"{' '.join(path[:-1])}, {last}" if last else " ".join(path)
