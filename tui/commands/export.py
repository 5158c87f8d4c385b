"""Export the estate, of today or as a baseline holds it: for import, for other programs, as a picture."""

import json
import sys
from hashlib import sha256
from typing import NamedTuple

import click

from baselines import past, scoped
from baselines.bill_of_materials import Part, bill, told
from cmdb import canonical
from cmdb.errors import Invalid
from cmdb.estate import Estate
from cmdb.instants import rfc3339
from cmdb.reading import Reader
from tui import (
    diagrams,
    export_sheets,
    exported,
    graph_files,
    inventories,
    printing,
    surroundings,
    surroundings_held,
)
from tui.context import Invocation, command
from tui.exported import Exported
from tui.library_place import at_library
from tui.surroundings import Around

DRAWN = 5_000
FORMATS = ("csv", "jsonl", "cyclonedx", "ansible", "graphml", "dot", "svg")
PICTURES = ("dot", "svg")


class _Asked(NamedTuple):
    form: str
    kind: str
    types: tuple[str, ...]
    of: str
    by: str
    down: bool
    limit: int | None


@command
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("--baseline", metavar="BL", help="As this baseline holds it, of the site or of a scope.")
@click.option(
    "--kind",
    type=click.Choice(tuple(export_sheets.KINDS)),
    default="items",
    show_default=True,
    help="Which rows, for csv.",
)
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    help="For ansible: which items are hosts; again for more.",
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
    invocation: Invocation,
    form: str,
    baseline: str | None,
    kind: str,
    types: tuple[str, ...],
    of: str,
    by: str,
    down: bool,
    limit: int | None,
) -> None:
    """Export the estate on stdout: as it is recorded today, or as a baseline holds it.

    csv gives native files that import again; jsonl gives every item with what it needs, one a line;
    cyclonedx a bill of materials, ansible an inventory, graphml the graph; dot and svg give a picture:
    cmdb export --format svg --of sw-11 --down > sw-11.svg.
    """
    asked = _Asked(form, kind, types, of, by, down, limit)
    _check(asked)
    if baseline is None:
        _of_today(invocation, asked)
    else:
        _of_baseline(invocation, asked, baseline)


def _check(asked: _Asked) -> None:
    """Refuse options that the format has no use for, rather than leave them unheard."""
    if (asked.of or asked.down or asked.limit) and asked.form not in PICTURES:
        raise Invalid(
            "--of, --down and --limit are for pictures.",
            "Say --format svg or --format dot, or leave them out.",
        )
    if asked.types and asked.form != "ansible":
        raise Invalid("--type says which items are hosts.", "Say --format ansible, or leave it out.")
    if asked.down and not asked.of:
        raise Invalid("--down shows what the outage of one item would do.", "Name it: --of ID.")


def _of_today(invocation: Invocation, asked: _Asked) -> None:
    dialect = "postgresql" if "://" in invocation.site.url else "sqlite"
    with Reader.open(invocation.site.url) as reader, reader.question() as estate:
        if asked.form in PICTURES:
            most = asked.limit or DRAWN
            around = (
                surroundings.of(reader, asked.of, limit=most)
                if asked.of
                else surroundings.whole(reader, limit=most)
            )
            _draw(invocation, asked, around, estate)
        else:
            _write(asked, exported.today(reader, dialect, name=invocation.site.name, at=invocation.now()))


def _of_baseline(invocation: Invocation, asked: _Asked, named: str) -> None:
    with at_library(invocation) as (here, library):
        with here.store.read() as uow:
            side = scoped.side(uow, named)
            from_ = exported.agreed(library.vault, side, name=here.site.name)
            if asked.form in PICTURES:
                around = surroundings_held.of(from_, asked.of, limit=asked.limit or DRAWN)
                _draw(invocation, asked, around, past.as_of(library, uow, side.baseline))
                return
        _write(asked, from_)


def _draw(invocation: Invocation, asked: _Asked, around: Around, estate: Estate) -> None:
    """Draw what was found. Raises Invalid for more than anybody can read, unless a limit says so."""
    if around.cut and asked.limit is None:
        raise Invalid(
            f"More than {DRAWN:,} items make no picture anybody can read.",
            "Draw a part of them: --of ID, or --limit N for the nearest.",
        )
    hit = surroundings.effects(estate, asked.of) if asked.down else None
    drawing = diagrams.picture(around, hit, by=asked.by)
    if asked.form == "dot":
        sys.stdout.write(drawing.source)
    else:
        sys.stdout.write(diagrams.svg(drawing, invocation.environ).decode("utf-8"))


def _write(asked: _Asked, from_: Exported) -> None:
    if asked.form == "csv":
        export_sheets.KINDS[asked.kind](from_)
    elif asked.form == "jsonl":
        for fields in from_.items():
            printing.pieces((json.dumps(fields, ensure_ascii=False, sort_keys=True), "\n"))
    elif asked.form == "ansible":
        inventories.write(sys.stdout, from_, types=asked.types)
    elif asked.form == "graphml":
        sys.stdout.write(graph_files.graphml(from_))
    else:
        sys.stdout.write(_bill(from_).decode("utf-8"))


def _bill(from_: Exported) -> bytes:
    parts = (
        Part(
            fields=told(one),
            types=from_.sorts[one["type"]].chain,
            service=from_.sorts[one["type"]].service,
            sha256=sha256(canonical.encode("item/1", one)).hexdigest(),
        )
        for one in from_.items()
    )
    identity = f"estate:{from_.name}:{from_.version}:{rfc3339(from_.at)}"
    return bill(from_.name, from_.version, at=from_.at, identity=identity, parts=parts)
