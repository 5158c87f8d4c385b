"""Export the estate: native CSV that imports again, JSON lines, or a picture for graphviz."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from cmdb import item_records
from cmdb.errors import Invalid
from cmdb.reading import Reader
from tui import diagrams, printing, sheets, surroundings
from tui.context import Invocation, command
from tui.surroundings import Around

Rows = Iterator[tuple[Any, ...]]
DRAWN = 5_000
FORMATS = ("csv", "jsonl", "dot", "svg")
KINDS = ("people", "groups", "parties", "items", "dependencies")
_ITEM = ("id", "type", "name", "owner", "group", "status", "custody", "supplier", "criterion", "points")


@command
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option(
    "--kind", type=click.Choice(KINDS), default="items", show_default=True, help="Which rows, for csv."
)
@click.option("--of", metavar="ID", default="", help="For pictures: only what surrounds this item.")
@click.option(
    "--by",
    type=click.Choice(diagrams.CLUSTERS),
    default="type",
    show_default=True,
    help="For pictures: what stands together.",
)
@click.option("--down", is_flag=True, help="For pictures of one item: what its outage would do.")
@click.option("--limit", metavar="N", type=click.IntRange(1, DRAWN), help="For pictures: at most N items.")
def export(
    invocation: Invocation, form: str, kind: str, of: str, by: str, down: bool, limit: int | None
) -> None:
    """Export the estate on stdout.

    csv gives native files that import again; jsonl gives every item with what it needs, one a line;
    dot and svg give a picture: cmdb export --format svg --of sw-11 --down > sw-11.svg.
    """
    if (of or down or limit) and form in ("csv", "jsonl"):
        raise Invalid(
            "--of, --down and --limit are for pictures.",
            "Say --format svg or --format dot, or leave them out.",
        )
    if down and not of:
        raise Invalid("--down shows what the outage of one item would do.", "Name it: --of ID.")
    dialect = "postgresql" if "://" in invocation.site.url else "sqlite"
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        if form == "csv":
            _CSV[kind](reader)
        elif form == "jsonl":
            _json_lines(reader, dialect)
        else:
            around = _around(reader, of, limit)
            hit = surroundings.effects(estate, of) if of and down else None
            drawing = diagrams.picture(around, hit, by=by)
            if form == "dot":
                sys.stdout.write(drawing.source)
            else:
                sys.stdout.write(diagrams.svg(drawing, invocation.environ).decode("utf-8"))


def _around(reader: Reader, of: str, limit: int | None) -> Around:
    """What a picture shows. Raises Invalid for more than anybody can read, unless a limit says so."""
    most = limit or DRAWN
    around = surroundings.of(reader, of, limit=most) if of else surroundings.whole(reader, limit=most)
    if around.cut and limit is None:
        raise Invalid(
            f"More than {DRAWN:,} items make no picture anybody can read.",
            "Draw a part of them: --of ID, or --limit N for the nearest.",
        )
    return around


def _json_lines(reader: Reader, dialect: str) -> None:
    for drafts in (False, True):
        for _id, fields in item_records.stream(reader.rows, dialect, drafts=drafts):
            printing.pieces((json.dumps(fields, ensure_ascii=False, sort_keys=True), "\n"))


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
