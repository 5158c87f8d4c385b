"""Item records read in bulk, straight from the tables: a page of items costs three statements.

For whoever needs the canonical fields of very many items: the first baseline, verify, export.
Memory stays that of one page. Source: speed.md, Algorithms and layouts.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from cmdb.checks import shown
from cmdb.dialect import BY_NAME
from cmdb.errors import Corrupt

Rows = Callable[..., Iterable[tuple[Any, ...]]]

PAGE = 2_000


def stream(rows: Rows, dialect: str, *, drafts: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give (id, fields) of every candidate item, or of every one under control, in id order."""
    last = ""
    sign = "=" if drafts else "<>"
    while True:
        page = list(
            rows(
                f"SELECT key, {_COLUMNS} FROM item WHERE level {sign} 'draft' AND id > ?"
                f" ORDER BY id LIMIT {PAGE}",
                last,
            )
        )
        yield from _whole(rows, dialect, page)
        if len(page) < PAGE:
            return
        last = page[-1][1]


def of_ids(rows: Rows, dialect: str, ids: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give (id, fields) of the items named that exist, in id order."""
    ordered = sorted(ids)
    spelling = BY_NAME[dialect]
    for start in range(0, len(ordered), PAGE):
        page = list(
            rows(
                f"SELECT i.key, {_NAMED_COLUMNS} FROM {spelling.texts} item i ON i.id = wanted.value"
                " ORDER BY i.id",
                spelling.array(ordered[start : start + PAGE]),
            )
        )
        yield from _whole(rows, dialect, page)


_NAMES = (
    "id",
    "type",
    "name",
    "owner",
    "grp",
    "status",
    "level",
    "custody",
    "party",
    "criterion",
    "points",
    "characteristics",
)
_COLUMNS = ", ".join(_NAMES)
_NAMED_COLUMNS = ", ".join(f"i.{name}" for name in _NAMES)


def _whole(rows: Rows, dialect: str, page: list[tuple[Any, ...]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Join what a page of items needs and its groups to the items."""
    if not page:
        return
    spelling = BY_NAME[dialect]
    keys = spelling.array([row[0] for row in page])
    needs: dict[int, list[dict[str, Any]]] = {}
    for source, target, kind, hard, group in rows(
        f"SELECT d.source, t.id, k.id, d.hard, g.name FROM {spelling.keys} dependency d"
        " ON d.source = wanted.value JOIN item t ON t.key = d.target"
        " JOIN dependency_kind k ON k.key = d.kind LEFT JOIN redundancy_group g ON g.key = d.grp",
        keys,
    ):
        link = {"target": target, "kind": kind, "strength": "hard" if hard else "soft"}
        if group:
            link["group"] = group
        needs.setdefault(source, []).append(link)
    groups: dict[int, list[dict[str, Any]]] = {}
    for source, name, need, hard in rows(
        f"SELECT g.source, g.name, g.need, g.hard FROM {spelling.keys} redundancy_group g"
        " ON g.source = wanted.value",
        keys,
    ):
        groups.setdefault(source, []).append(
            {"name": name, "need": need, "strength": "hard" if hard else "soft"}
        )
    for key, *columns in page:
        yield columns[0], _fields(columns, needs.get(key, []), groups.get(key, []))


def _fields(columns: list[Any], needs: list[dict[str, Any]], groups: list[dict[str, Any]]) -> dict[str, Any]:
    fields = dict(zip(_NAMES, columns, strict=True))
    fields["group"] = fields.pop("grp")
    for name in ("points", "characteristics"):
        try:
            fields[name] = json.loads(fields[name])
        except ValueError as broken:
            raise Corrupt(
                f"The {name} stored of the item {shown(str(fields['id']))} cannot be read.",
                "Run 'cmdb doctor', and restore a backup or run 'cmdb rebuild'.",
            ) from broken
    fields["dependencies"] = sorted(needs, key=lambda one: (one["target"], one["kind"]))
    fields["groups"] = sorted(groups, key=lambda one: str(one["name"]))
    return {name: content for name, content in fields.items() if content not in (None, "", [], {})}
