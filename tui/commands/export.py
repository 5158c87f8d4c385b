"""Export the estate: native CSV that imports again, JSON lines, or a picture for graphviz."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import graphviz

from cmdb import item_records
from cmdb.errors import Invalid
from cmdb.reading import Reader
from tui import sheets
from tui.context import Invocation, command

Rows = Iterator[tuple[Any, ...]]
DRAWN = 5_000
FORMATS = ("csv", "jsonl", "dot")
KINDS = ("people", "groups", "parties", "items", "dependencies")
_ITEM = ("id", "type", "name", "owner", "group", "status", "custody", "supplier", "criterion", "points")


@command
@click.option(
    "--format", "form", type=click.Choice(("csv", "jsonl", "dot")), default="jsonl", show_default=True
)
@click.option(
    "--kind", type=click.Choice(KINDS), default="items", show_default=True, help="Which rows, for csv."
)
@click.option(
    "--of", metavar="ID", default="", help="For dot: only this item with what it needs and who needs it."
)
def export(invocation: Invocation, form: str, kind: str, of: str) -> None:
    """Export the estate on stdout.

    csv gives native files that import again; jsonl gives every item with what it needs, one a line;
    dot gives a picture: cmdb export --format dot | dot -Tsvg.
    """
    dialect = "postgresql" if "://" in invocation.site.url else "sqlite"
    with Reader.open(invocation.site.url) as reader, reader.question():
        if form == "csv":
            _CSV[kind](reader)
        elif form == "jsonl":
            _json_lines(reader, dialect)
        else:
            sys.stdout.write(_picture(reader, of).source)


def _json_lines(reader: Reader, dialect: str) -> None:
    for drafts in (False, True):
        for _id, fields in item_records.stream(reader.rows, dialect, drafts=drafts):
            sys.stdout.write(json.dumps(fields, ensure_ascii=False, sort_keys=True) + "\n")


def _people(reader: Reader) -> None:
    groups: dict[str, list[str]] = {}
    for id_, members in reader.rows("SELECT id, members FROM people_group ORDER BY id"):
        for one in json.loads(members):
            groups.setdefault(one, []).append(id_)
    sheets.as_csv(
        ("id", "name", "email", "login", "groups", "key"),
        (
            (
                id_,
                name,
                email,
                login,
                ";".join(groups.get(id_, ())),
                ";".join(f"{key['text']} {key['comment']}".strip() for key in json.loads(keys)),
            )
            for id_, name, email, login, keys in reader.rows(
                "SELECT id, name, email, login, keys FROM person WHERE active ORDER BY id"
            )
        ),
    )


def _groups(reader: Reader) -> None:
    sheets.as_csv(
        ("id", "name", "lead", "members", "email"),
        (
            (id_, name, lead or "", ";".join(json.loads(members)), email)
            for id_, name, lead, members, email in reader.rows(
                "SELECT id, name, lead, members, email FROM people_group ORDER BY id"
            )
        ),
    )


def _parties(reader: Reader) -> None:
    sheets.as_csv(
        ("id", "name", "kind", "contacts"),
        (
            (id_, name, kind, ";".join(_contact(one) for one in json.loads(contacts)))
            for id_, name, kind, contacts in reader.rows(
                "SELECT id, name, kind, contacts FROM party ORDER BY id"
            )
        ),
    )


def _contact(one: dict[str, str]) -> str:
    email = f"<{one['email']}>" if one.get("email") else ""
    return " ".join(part for part in (one["name"], email, one.get("phone", "")) if part)


def _items(reader: Reader) -> None:
    names: dict[str, None] = {}
    for (facts,) in reader.rows("SELECT DISTINCT characteristics FROM item"):
        names.update(dict.fromkeys(json.loads(facts)))
    extra = sorted(names)
    sheets.as_csv(
        (*_ITEM, *extra),
        (
            (*row[:9], ";".join(json.loads(row[9])), *_facts(json.loads(row[10]), extra))
            for row in reader.rows(
                "SELECT id, type, name, owner, COALESCE(grp, ''), status, custody, COALESCE(party, ''),"
                " criterion, points, characteristics FROM item ORDER BY id"
            )
        ),
    )


def _facts(facts: dict[str, Any], names: list[str]) -> list[str]:
    return [_cell(facts.get(name)) for name in names]


def _cell(fact: Any) -> str:
    if fact is None:
        return ""
    if isinstance(fact, bool):
        return "true" if fact else "false"
    if isinstance(fact, list):
        return ";".join(_cell(one) for one in fact)
    return fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)


def _dependencies(reader: Reader) -> None:
    sheets.as_csv(
        ("source", "target", "kind", "strength", "group", "need"),
        (
            (source, target, kind, "hard" if hard else "soft", group, need)
            for source, target, kind, hard, group, need in reader.rows(
                "SELECT s.id, t.id, k.id, d.hard, COALESCE(g.name, ''), COALESCE(g.need, '') FROM"
                " dependency d"
                " JOIN item s ON s.key = d.source JOIN item t ON t.key = d.target"
                " JOIN dependency_kind k ON k.key = d.kind LEFT JOIN redundancy_group g ON g.key = d.grp"
                " ORDER BY s.id, t.id, k.id"
            )
        ),
    )


_CSV: dict[str, Callable[[Reader], None]] = {
    "people": _people,
    "groups": _groups,
    "parties": _parties,
    "items": _items,
    "dependencies": _dependencies,
}


def _picture(reader: Reader, of: str) -> graphviz.Digraph:
    """Items as boxes, what they need as arrows; soft ones dashed, groups labelled with their need."""
    picture = graphviz.Digraph("estate", graph_attr={"rankdir": "LR"}, node_attr={"shape": "box"})
    wanted = _around(reader, of) if of else None
    count = 0
    for id_, name, service, serves in reader.rows("SELECT id, name, service, serves FROM item ORDER BY id"):
        if wanted is None or id_ in wanted:
            count += 1
            picture.node(
                _quoted(id_),
                label=graphviz.escape(f"{id_}\n{name}"),
                shape="ellipse" if service else "box",
                style="" if serves else "dotted",
            )
    if count > DRAWN:
        raise Invalid(f"{count:,} items make no picture anybody can read.", "Draw a part of them: --of ID.")
    for source, target, hard, group, need in reader.rows(
        "SELECT s.id, t.id, d.hard, COALESCE(g.name, ''), COALESCE(g.need, '') FROM dependency d"
        " JOIN item s ON s.key = d.source JOIN item t ON t.key = d.target"
        " LEFT JOIN redundancy_group g ON g.key = d.grp ORDER BY s.id, t.id"
    ):
        if wanted is None or (source in wanted and target in wanted):
            label = f"{group}: needs {need}" if group else ""
            style = "solid" if hard else "dashed"
            picture.edge(_quoted(source), _quoted(target), label=graphviz.escape(label), style=style)
    return picture


def _around(reader: Reader, id_: str) -> set[str]:
    """An item, everything it needs at any distance, and everything that needs it."""
    reader.item(id_)
    needs: dict[str, list[str]] = {}
    needed: dict[str, list[str]] = {}
    for source, target in reader.rows(
        "SELECT s.id, t.id FROM dependency d JOIN item s ON s.key = d.source JOIN item t ON t.key = d.target"
    ):
        needs.setdefault(source, []).append(target)
        needed.setdefault(target, []).append(source)
    found = {id_}
    for links in (needs, needed):
        frontier, seen = [id_], {id_}
        while frontier:
            frontier = [one for each in frontier for one in links.get(each, ()) if one not in seen]
            seen.update(frontier)
        found |= seen
    return found


def _quoted(id_: str) -> str:
    # In DOT a colon names a port of a node; ids may hold one.
    return id_.replace(":", "\N{RATIO}")
