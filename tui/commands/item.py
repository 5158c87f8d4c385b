"""Looking at items: list, show, search. The read path alone, in one query each."""

from collections.abc import Iterator
from typing import Any

import click

from cmdb.checks import ITEM_STATUSES, LEVELS, OPERATING_STATES
from cmdb.places import path_of
from cmdb.reading import Filter, ItemLine, Reader
from tui import clockface, held_reads, item_columns, printing, release_reads, scope_reads
from tui.context import Invocation, command
from tui.filtering import filter_of

PAGE = 5_000
SHOWN = 1_000
COLUMNS = ("id", "type", "name", "owner", "status", "level", "operating")
MANY = 200  # dependants shown with an item; the figure of all is always given


@command
@click.argument("words", nargs=-1)
@click.option("--type", "type_", metavar="TYPE", default="", help="Only items of this type.")
@click.option("--owner", metavar="PERSON", default="", help="Only items of this owner.")
@click.option("--group", metavar="GROUP", default="", help="Only items this group answers for.")
@click.option("--party", metavar="PARTY", default="", help="Only items that belong to this party.")
@click.option("--status", type=click.Choice(ITEM_STATUSES))
@click.option("--level", type=click.Choice(LEVELS))
@click.option("--operating", type=click.Choice(OPERATING_STATES))
@click.option("--services", is_flag=True, help="Only services.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(0), help=f"At most N; {SHOWN:,} for people, 0 for all."
)
@click.option("--baseline", metavar="BL", help="As this baseline holds them, of the site or of a scope.")
@click.option("--as-of", metavar="T", help="As the baseline in force at T holds them.")
def list_(invocation: Invocation, words: tuple[str, ...], limit: int | None, **given: Any) -> None:
    """List items, all or those that match.

    WORDS are looked for in id and name; owner:ID, type:ID, group:ID, party:ID, status:S, level:L,
    operating:O, is:service and !retired narrow the list, as they do in the app. show:NAME,NAME adds
    columns: characteristics, group, party, custody, criterion.
    """
    named = {("type" if name == "type_" else name): found for name, found in given.items() if found}
    if named.pop("services", False):
        named["service"] = True
    where = filter_of(" ".join(words))._replace(**named)
    most = limit if limit is not None else 0 if invocation.wants_json else SHOWN
    with Reader.open(invocation.site.url) as reader, reader.question():
        names = item_columns.asked(" ".join(words)) or ()
        lines = _pages(reader, where, most, names)
        if invocation.wants_json:
            printing.as_json_list(
                {**line._asdict(), **({"shown": more} if names else {})} for line, more in lines
            )
            return
        printing.table(
            (*COLUMNS, *names),
            ((*_cells(line), *item_columns.words_of(more, names)) for line, more in lines),
            empty="No item matches.",
        )
        if most and (total := reader.count(where)) > most:
            printing.say(f"{total - most:,} more; see them with --limit 0 or with narrower options.")


@command
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", metavar="N", type=click.IntRange(1), default=100, help="At most N items (100).")
def search(invocation: Invocation, words: tuple[str, ...], limit: int) -> None:
    """Find items by words of their id or name, best first."""
    with Reader.open(invocation.site.url) as reader:
        found = reader.search(" ".join(words), limit=limit)
    if invocation.wants_json:
        printing.as_json_list(line._asdict() for line in found)
    else:
        printing.table(COLUMNS, map(_cells, found), empty="Nothing matches.")


@command
@click.argument("id_", metavar="ID")
@click.option("--baseline", metavar="BL", help="As this baseline holds it, of the site or of a scope.")
@click.option("--as-of", metavar="T", help="As the baseline in force at T holds it.")
def show(invocation: Invocation, id_: str, **_past: str | None) -> None:
    """Show an item: facts with their age, what it needs and what needs it."""
    with Reader.open(invocation.site.url) as reader, reader.question():
        item = reader.item(id_)
        needs = reader.dependencies(id_)
        needed_by = reader.dependants(id_, limit=MANY)
        agreed = scope_reads.agreed(reader, id_)
        released = release_reads.containing(reader, id_)
        at = invocation.now()
        lent = held_reads.lent(reader, [id_], at).get(id_)
        hold = held_reads.on_hold(reader, [id_], at).get(id_)
    if invocation.wants_json:
        record = item._asdict()
        printing.as_json(
            {
                **record,
                "path": path_of("item", id_),
                "baselines": [one._asdict() for one in agreed],
                "releases": [one._asdict() for one in released],
                "checked_out": lent and lent._asdict(),
                "hold": hold and hold._asdict(),
                "dependencies": [one._asdict() for one in needs],
                "dependants": [one._asdict() for one in needed_by],
            }
        )
        return
    record = item._asdict()
    facts = record.pop("characteristics")
    hidden = ("serves", "revision")
    if item.confirmed_at:
        record["confirmed_at"] = clockface.by_the_wall(item.confirmed_at)
    printing.facts((name.replace("_", " "), fact) for name, fact in record.items() if name not in hidden)
    printing.facts([("path", path_of("item", id_)), ("agreed in", scope_reads.said(agreed))])
    printing.facts([("released in", release_reads.said(released))])
    standing = {"checked out": held_reads.lent_said(lent), "on hold": held_reads.hold_said(hold)}
    printing.facts((name, clockface.by_the_wall(said)) for name, said in standing.items())
    if facts:
        printing.put()
        printing.facts(facts.items())
    if needs:
        printing.put(f"\nneeds {len(needs)}")
        printing.table(
            ("target", "kind", "strength", "group", "need", "name"),
            ((one.target, one.kind, one.strength, one.group, one.need, one.name) for one in needs),
            empty="",
        )
    if needed_by:
        more = "" if len(needed_by) < MANY else " or more"
        printing.put(f"\nneeded by {len(needed_by)}{more}")
        printing.table(
            ("source", "kind", "strength", "group", "need", "name"),
            ((one.source, one.kind, one.strength, one.group, one.need, one.name) for one in needed_by),
            empty="",
        )


def _pages(
    reader: Reader, where: Filter, most: int, names: tuple[str, ...]
) -> Iterator[tuple[ItemLine, dict[str, Any]]]:
    given = 0
    while not most or given < most:
        size = min(PAGE, most - given) if most else PAGE
        page = reader.items(where, limit=size, offset=given)
        more = item_columns.contents(reader, [line.id for line in page], names)
        yield from ((line, more.get(line.id, {})) for line in page)
        given += len(page)
        if len(page) < size:
            return


def _cells(line: ItemLine) -> tuple[Any, ...]:
    return tuple(getattr(line, name) for name in COLUMNS)
