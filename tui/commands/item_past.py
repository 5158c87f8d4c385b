"""Items as a baseline holds them: one with what it needed and what needed it, or the list."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from baselines import held, past, scoped, tables
from baselines.library import Library, record_at
from baselines.scoped import Side
from cmdb.checks import ITEM_STATUSES, LEVELS
from cmdb.errors import Invalid, NotFound
from cmdb.places import path_of
from cmdb.reading import Filter
from cmdb.store import UnitOfWork
from tui import clockface, printing
from tui.commands.impact_past import in_force
from tui.context import Invocation, command
from tui.exported import sorts
from tui.filtering import filter_of
from tui.library_place import at_library

Fields = Mapping[str, Any]
COLUMNS = ("id", "type", "name", "owner", "status", "level")
_FACTS = (
    "id",
    "type",
    "name",
    "owner",
    "group",
    "status",
    "level",
    "custody",
    "party",
    "criterion",
    "points",
)
_OWN = ("type", "owner", "group", "party", "status", "level")
_BASELINE = click.option(
    "--baseline", metavar="BL", help="As this baseline holds it, of the site or of a scope."
)
_AS_OF = click.option("--as-of", "then", metavar="T", help="As the baseline in force at T holds it.")


@command
@click.argument("id_", metavar="ID")
@_BASELINE
@_AS_OF
def show(invocation: Invocation, id_: str, baseline: str | None, then: str | None) -> None:
    """Show an item as a baseline holds it: its facts, what it needed and what needed it."""
    with at_library(invocation) as (here, library), here.store.read() as uow:
        side = Side(baseline=in_force(here, uow, then)) if then else scoped.side(uow, baseline or "")
        fields = record_at(library, side.baseline.commit, "item", id_)
        if fields is None or (side.keys is not None and ("item", id_) not in side.keys):
            remedy = f"See when it came: 'cmdb item history {id_}'."
            raise NotFound(f"{side.id} holds no item '{id_}'.", remedy)
        needed_by = sorted(_needed_by(uow, library, side, id_))
    if invocation.wants_json:
        dependants = [{"source": source, **one} for source, one in needed_by]
        printing.as_json({**fields, "baseline": side.id, "dependants": dependants})
        return
    printing.put(f"As {side.id} holds it, {clockface.clock(side.baseline.established_at)}:")
    printing.facts([(name, fields.get(name)) for name in _FACTS])
    printing.facts([("path", path_of("item", id_))])
    if fields.get("characteristics"):
        printing.put()
        printing.facts(sorted(fields["characteristics"].items()))
    needs = [(one["target"], one) for one in fields.get("dependencies", ())]
    for word, links in (("needs", needs), ("needed by", needed_by)):
        if links:
            printing.put(f"\n{word} {len(links):,}")
            printing.table(
                ("item", "kind", "strength", "group"),
                ([id, one["kind"], one["strength"], one.get("group", "")] for id, one in links),
                empty="",
            )


@command
@click.argument("words", nargs=-1)
@_BASELINE
@_AS_OF
@click.option("--type", "type_", metavar="TYPE", default="", help="Only items of this type.")
@click.option("--owner", metavar="PERSON", default="", help="Only items of this owner.")
@click.option("--group", metavar="GROUP", default="", help="Only items this group answered for.")
@click.option("--party", metavar="PARTY", default="", help="Only items that belonged to this party.")
@click.option("--status", type=click.Choice(ITEM_STATUSES))
@click.option("--level", type=click.Choice(LEVELS))
@click.option("--services", is_flag=True, help="Only services.")
def list_(
    invocation: Invocation,
    words: tuple[str, ...],
    baseline: str | None,
    then: str | None,
    services: bool,
    **given: str | None,
) -> None:
    """List items as a baseline holds them, all or those that match; nothing that came later."""
    own: dict[str, Any] = {name.rstrip("_"): found for name, found in given.items() if found}
    where = filter_of(" ".join(words))._replace(**own)
    if services:
        where = where._replace(service=True)
    if where.operating:
        raise Invalid("How items stood is in no baseline.", "Leave operating:STATE out.")
    with at_library(invocation) as (here, library):
        with here.store.read() as uow:
            side = Side(baseline=in_force(here, uow, then)) if then else scoped.side(uow, baseline or "")
        every = held.records(library.vault, side.baseline.commit, "item", side.keys)
        types = _service_types(library, side) if where.service is not None else frozenset[str]()
        found = (one for one in every if _fits(one, where) and where.service in (None, one["type"] in types))
        if invocation.wants_json:
            printing.as_json_list({**one, "baseline": side.id} for one in found)
            return
        printing.table(
            COLUMNS, ([one.get(name, "") for name in COLUMNS] for one in found), empty="No item matches."
        )
    printing.say(f"As {side.id} holds them, {clockface.clock(side.baseline.established_at)}.")


def _service_types(library: Library, side: Side) -> frozenset[str]:
    """The types whose items were services then."""
    known = sorts(held.records(library.vault, side.baseline.commit, "type"))
    return frozenset(id for id, one in known.items() if one.service)


def _fits(fields: Fields, where: Filter) -> bool:
    """Whether an item as it was lets itself be found by what is asked. How it stood is in no baseline."""
    text = f"{fields['id']} {fields['name']}".casefold()
    return (
        all(word in text for word in where.text.casefold().split())
        and all(fields.get(name, "") == getattr(where, name) for name in _OWN if getattr(where, name))
        and (not where.not_status or fields["status"] != where.not_status)
    )


def _needed_by(uow: UnitOfWork, library: Library, side: Side, id: str) -> Iterator[tuple[str, Fields]]:
    """What needed an item then: what needs it now, but for the items that differ, and those as they were."""
    now = tables.baseline_in_force(uow)
    assert now is not None  # the one asked about is there
    altered = past.changed(library.vault, now, side.baseline, "item")
    same = uow.rows(
        "SELECT s.id FROM dependency d JOIN item t ON t.key = d.target JOIN item s ON s.key = d.source"
        " WHERE t.id = ? AND s.level <> 'draft'",
        id,
    )
    for source in {str(row[0]) for row in same} | altered.keys():
        if side.keys is None or ("item", source) in side.keys:
            fields = (
                altered[source][1] if source in altered else record_at(library, now.commit, "item", source)
            )
            for one in (fields or {}).get("dependencies", ()):
                if one["target"] == id:
                    yield source, {name: content for name, content in one.items() if name != "target"}
