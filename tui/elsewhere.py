"""What another organisation's library or a bill of materials holds, as a file an import reads.

Only what both sides can mean: what an item is, its state and its characteristics, and what it needs. Who
owns it over there, by which criterion and in which groups is their own affair.
Source: rules.md 10, Physical audit, another organisation's library.
"""

import csv
import hashlib
import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from baselines import held
from baselines.vault import Vault
from baselines.vault_mirror import mirrored
from cmdb.errors import Invalid, NotFound
from cmdb.exchange import differing, materials
from cmdb.exchange.importing import Prepared
from cmdb.exchange.materials import Bill
from cmdb.exchange.sheet import Problem
from cmdb.exchange.staging import Staging
from cmdb.model import shown
from cmdb.reading import Reader
from tui import export_sheets, sheets

_ITEM = ("id", "type", "name", "status")
_OURS = (*_ITEM, "version")
UNSAID = "uses"  # the kind of a dependency that nobody recorded, where a bill does not say it
_FIRST = re.compile(r"(?<=; the first is in )line ([\d,]+)")


class Export(NamedTuple):
    """What is held against the records: a file an import reads, and what it stands for.

    `name` is what the reports call it. Where the file was made from something else, `digest` is that of
    the original, `what` a row stands for (`component`, `item`) and places are said by it, not by a line.
    """

    path: Path
    name: str
    digest: str = ""
    what: str = ""

    def told(self, prepared: Prepared) -> Prepared:
        """What was read, under its own name and digest."""
        plan = prepared.plan.but(file=self.name)
        return prepared.but(plan=plan, digest=self.digest or prepared.digest)

    def unreadable(self, staged: Staging, prepared: Prepared) -> list[str]:
        """Sentences about what cannot be compared, each with its place in what was given."""
        places: dict[int, str] = {}
        if self.what and prepared.plan.errors:
            lines = {one.line for one in prepared.plan.errors}
            for one in prepared.plan.errors:
                lines |= {_number(found) for found in _FIRST.findall(one.reason)}
            places = self._places(lines)

        def said(one: Problem) -> str:
            if one.line not in places:
                return one.but(file=self.name).sentence()
            reason = _FIRST.sub(lambda found: places.get(_number(found[1]), found[0]), one.reason)
            return one.but(file=f"{self.name}, {places[one.line]}", line=0, reason=reason).sentence()

        return differing.unreadable(staged, prepared.plan, said)

    def _places(self, lines: Collection[int]) -> dict[int, str]:
        """What stands in these lines of the file that was made."""
        found: dict[int, str] = {}
        with self.path.open(encoding="utf-8", newline="") as source:
            reader, before = csv.reader(source), 0
            for row in reader:
                if before + 1 in lines and before:
                    needs = f" needs '{shown(row[1])}'" if self.what == NEED else ""
                    word = "" if self.what == NEED else f"{self.what} "
                    found[before + 1] = f"{word}'{shown(row[0])}'{needs}"
                before = reader.line_num
        return found


NEED = "need"


def _number(text: str) -> int:
    return int(text.replace(",", ""))


@contextmanager
def compared(
    file: Path | None, library: str, kind: str, baseline: str, *, url: str, mapped: bool = False
) -> Iterator[Export]:
    """What is held against the records: an export, or what a library holds. Raises Invalid for neither.

    A bill of materials is an export in native columns; `mapped`: with all it says, for a mapping file.
    `url` is the database that knows of which kind a dependency is recorded.
    """
    if (file is None) == (not library) or (baseline and not library):
        raise Invalid(
            "A physical audit needs an export of what is there, or a library: one of the two.",
            "Name the file, or --library WHERE [--of BL]; 'cmdb audit physical --help' shows both.",
        )
    if file is not None:
        if not materials.is_bill(file):
            yield Export(file, file.name)
            return
        with TemporaryDirectory(prefix="cmdb-bill-") as folder:
            made = Path(folder) / file.with_suffix("").name
            _bill(made, materials.read(file), kind, url, mapped=mapped)
            with file.open("rb") as given:
                digest = hashlib.file_digest(given, "sha256").hexdigest()
            yield Export(made, file.name, digest, "component" if kind == "items" else NEED)
        return
    with written(library, kind, baseline) as made:
        yield Export(made, made.name, what="item" if kind == "items" else NEED)


def _bill(made: Path, bill: Bill, kind: str, url: str, *, mapped: bool) -> None:
    """Write what a bill lists, or what needs what in it, as an import reads it."""
    with made.open("w", encoding="utf-8", newline="") as out:
        if kind == "items":
            if mapped:
                sheets.write(out, materials.COLUMNS, bill.things)
            else:
                sheets.write(out, _OURS, _things(bill, url))
        else:
            sheets.write(out, export_sheets.NEEDS[:3], _kinds(bill, url, mapped=mapped))


def _things(bill: Bill, url: str) -> Iterator[tuple[str, ...]]:
    """What a bill lists; a type, a status or a version of which it says nothing is as recorded."""
    silent = {one.id for one in bill.things if not (one.type and one.status and one.version)}
    recorded: dict[str, tuple[str, str, str]] = {}
    with Reader.open(url) as reader, reader.question():
        for id, type, status, facts in reader.rows("SELECT id, type, status, characteristics FROM item"):
            if id in silent:
                recorded[id] = type, status, str(json.loads(facts or "{}").get("version", ""))
    for one in bill.things:
        type, status, version = recorded.get(one.id, ("", "", ""))
        yield one.id, one.type or type, one.name, one.status or status, one.version or version


def _kinds(bill: Bill, url: str, *, mapped: bool) -> Iterator[tuple[str, str, str]]:
    """What needs what in a bill, which does not say in what way: as it is recorded, where it is.

    Of what lies outside the bill it says nothing: that is taken as recorded.
    """
    if mapped:  # in the words of the bill: its ids are not ours
        yield from ((source, target, "") for source, target in bill.needs)
        return
    listed, needed = {one.id for one in bill.things}, set(bill.needs)
    recorded: set[tuple[str, str]] = set()
    with Reader.open(url) as reader, reader.question():
        for source, target, kind in reader.rows(
            "SELECT s.id, t.id, k.id FROM dependency d JOIN item s ON s.key = d.source"
            " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind"
        ):
            if source in listed and ((source, target) in needed or target not in listed):
                recorded.add((source, target))
                yield source, target, kind
    yield from ((source, target, UNSAID) for source, target in bill.needs if (source, target) not in recorded)


@contextmanager
def written(source: str, kind: str, baseline: str = "") -> Iterator[Path]:
    """A file of the items or dependencies of a library, in native columns; it is gone afterwards.

    `source` is a directory or a URL of git, `baseline` one of its own, else its newest commit. Raises
    Refused when git cannot reach it or it is no library, NotFound for a baseline it has not.
    """
    with mirrored(source) as vault, TemporaryDirectory(prefix="cmdb-elsewhere-") as folder:
        commit = _commit(vault, source, baseline)
        file = Path(folder) / f"{Path(source.rstrip('/')).name or 'library'}@{baseline or commit[:12]}"
        with file.open("w", encoding="utf-8", newline="") as out:
            if kind == "items":
                names = sorted(
                    {
                        name
                        for one in held.records(vault, commit, "item")
                        for name in one.get("characteristics", ())
                    }
                )
                sheets.write(
                    out,
                    (*_ITEM, *names),
                    (
                        [*(one.get(name, "") for name in _ITEM), *export_sheets.facts(one, names)]
                        for one in held.records(vault, commit, "item")
                    ),
                )
            else:
                rows = (
                    row for one in held.records(vault, commit, "item") for row in export_sheets.needs(one)
                )
                sheets.write(out, export_sheets.NEEDS, rows)
        yield file


def _commit(vault: Vault, source: str, baseline: str) -> str:
    if not baseline:
        return vault.head()
    tag = vault.tags().get(baseline.upper())
    if tag is None:
        raise NotFound(
            f"{shown(source)} has no baseline {shown(baseline)}.",
            f"See which it has: 'git -C {shown(source)} tag'.",
        )
    return vault.tag(tag).object
