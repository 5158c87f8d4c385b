"""What moved between two pieces of evidence, in sentences: since a vote, or since a decision.

Works on canonical fields of any form; entries of a list are told apart by what names them. Pure.
Source: rules.md 6, What a vote signs; 5, Assessment.
"""

from collections.abc import Mapping
from typing import Any

_NAMING = (
    *("record", "operation", "id", "kind", "item", "service", "agreement", "commitment", "start"),
    *("target", "group", "field", "subject", "other", "person", "member", "type"),
)


def sentences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Say each thing that differs: new, gone, or changed from one content to another."""
    before, after = _flat(old, ""), _flat(new, "")
    found = []
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if name not in before:
            found.append(f"new: {name}" + _content(now))
        elif name not in after:
            found.append(f"gone: {name}" + _content(was))
        else:
            found.append(f"{name}: {was} became {now}")
    return tuple(found)


def _flat(content: Any, path: str) -> dict[str, str]:
    if isinstance(content, Mapping):
        found: dict[str, str] = {}
        for name, inner in content.items():
            found |= _flat(inner, f"{path} {name}".strip())
        return found
    if isinstance(content, list | tuple):
        found = {}
        for one in content:
            if isinstance(one, Mapping):
                label = " ".join(str(one[name]) for name in _NAMING if name in one)
                rest = {name: inner for name, inner in one.items() if name not in _NAMING}
                place = f"{path} {label}".strip()
                found |= _flat(rest, place) or {place: ""}
            else:
                found[f"{path} {one}".strip()] = ""
        return found
    return {path: str(content)}


def _content(value: str | None) -> str:
    return f" = {value}" if value else ""
