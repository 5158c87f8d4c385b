"""Columns a filter line adds to a list of items: `type:server show:serial,firmware`.

A name is a characteristic, or one of the fields that no list shows by itself. The same words serve
the app and `cmdb item list`. Only the read path is used.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cmdb.reading import Reader

WORD = "show:"
MOST = 6
FIELDS = {"group": "grp", "party": "party", "custody": "custody", "criterion": "criterion"}


def asked(words: str) -> tuple[str, ...] | None:
    """The columns a filter line names, at most six; None when it says nothing of columns."""
    said = [one.removeprefix(WORD) for one in words.split() if one.startswith(WORD)]
    if not said:
        return None
    return tuple(dict.fromkeys(name for one in said for name in one.split(",") if name))[:MOST]


def type_of(words: str) -> str:
    """The type a filter line narrows the list to, or nothing."""
    return next((one.removeprefix("type:") for one in words.split() if one.startswith("type:")), "")


def contents(reader: Reader, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What items have under these names, by id; a name an item has nothing under is left out. One query."""
    if not ids or not names:
        return {}
    rows = reader.rows(
        f"SELECT id, characteristics, {', '.join(FIELDS.values())} FROM item"
        f" WHERE id IN ({', '.join('?' * len(ids))})",
        *ids,
    )
    found = {}
    for id, text, *fields in rows:
        held = {**json.loads(text), **{name: one for name, one in zip(FIELDS, fields, strict=True) if one}}
        found[str(id)] = {name: held[name] for name in names if name in held}
    return found


def words_of(contents: dict[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Contents as a list shows them, in the order of the names."""
    for name in names:
        one = contents.get(name, "")
        yield one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
