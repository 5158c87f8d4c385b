"""Exports as native CSV: files that `cmdb import` reads again and finds nothing changed in.

Source: terminal.md, Native import files.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tui import sheets
from tui.exported import Exported, Fields

NEEDS = ("source", "target", "kind", "strength", "group", "need")
_ITEM = ("id", "type", "name", "owner", "group", "status", "custody", "supplier", "criterion", "points")


def _people(from_: Exported) -> None:
    groups: dict[str, list[str]] = {}
    for group in from_.records("group"):
        for one in group.get("members", ()):
            groups.setdefault(one, []).append(str(group["id"]))
    sheets.as_csv(
        ("id", "name", "email", "login", "groups", "key"),
        (
            (
                *(one.get(name, "") for name in ("id", "name", "email", "login")),
                ";".join(groups.get(one["id"], ())),
                ";".join(f"{key['text']} {key.get('comment', '')}".strip() for key in one.get("keys", ())),
            )
            for one in from_.records("person")
            if one.get("active", True)
        ),
    )


def _groups(from_: Exported) -> None:
    sheets.as_csv(
        ("id", "name", "lead", "members", "email"),
        (
            (
                one["id"],
                one["name"],
                one.get("lead") or "",
                ";".join(one.get("members", ())),
                one.get("email", ""),
            )
            for one in from_.records("group")
        ),
    )


def _parties(from_: Exported) -> None:
    sheets.as_csv(
        ("id", "name", "kind", "contacts"),
        (
            (one["id"], one["name"], one["kind"], ";".join(map(_contact, one.get("contacts", ()))))
            for one in from_.records("party")
        ),
    )


def _contact(one: Mapping[str, str]) -> str:
    email = f"<{one['email']}>" if one.get("email") else ""
    return " ".join(part for part in (one["name"], email, one.get("phone", "")) if part)


def _items(from_: Exported) -> None:
    extra = from_.facts()
    sheets.as_csv((*_ITEM, *extra), (_item(one, extra) for one in from_.items()))


def _item(one: Fields, extra: list[str]) -> list[str]:
    named = ("party" if name == "supplier" else name for name in _ITEM[:-1])
    return [*(one.get(name, "") for name in named), ";".join(one.get("points", ())), *facts(one, extra)]


def facts(one: Fields, names: Sequence[str]) -> list[str]:
    """The cells of an item's characteristics, such as an import reads again."""
    found = one.get("characteristics", {})
    return [_cell(found.get(name)) for name in names]


def _cell(fact: Any) -> str:
    if fact is None:
        return ""
    if isinstance(fact, bool):
        return "true" if fact else "false"
    if isinstance(fact, list):
        return ";".join(_cell(one) for one in fact)
    return fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)


def _dependencies(from_: Exported) -> None:
    sheets.as_csv(
        NEEDS,
        (row for one in from_.items() for row in needs(one)),
    )


def needs(one: Fields) -> Iterator[tuple[str, ...]]:
    """A row for each thing an item needs."""
    known = {group["name"]: group["need"] for group in one.get("groups", ())}
    for link in one.get("dependencies", ()):
        group = link.get("group", "")
        yield one["id"], link["target"], link["kind"], link["strength"], group, known.get(group, "")


KINDS: Mapping[str, Callable[[Exported], None]] = {
    "people": _people,
    "groups": _groups,
    "parties": _parties,
    "items": _items,
    "dependencies": _dependencies,
}
