"""The fast half of the app's source: the read path alone, one reader per question at a time.

Loads neither ORM nor git nor networkx, so the first paint does not wait for them. Readers are kept
and lent to one thread at a time. Nothing here writes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

from cmdb.canonical import instant
from cmdb.errors import CmdbError
from cmdb.impact import impact
from cmdb.reading import ORDERS, DependencyLine, EntryLine, Filter, ItemRecord, Reader
from cmdb.reading import ItemLine as Found
from cmdb.reading_graph import StoredEstate
from cmdb.site import Site
from tui import scope_reads
from tui.clockface import by_the_wall
from tui.filtering import TROUBLED, filter_of
from tui.held_reads import hold_said, lent, lent_said, marks, on_hold
from tui.impact_apart import Apart, Bounded, Large
from tui.impact_cards import impact_card
from tui.item_columns import contents, words_of
from tui.present import altered
from tui.views import (
    ChangeLine,
    Deed,
    Fact,
    ImpactCard,
    ItemCard,
    ItemLine,
    ItemQuery,
    Masthead,
    Neighbour,
    Neighbours,
)

HISTORY = 200
MOST_FOUND = 500  # as many as words find at most
_File = tuple[int, int] | None  # device and number; None for a server


class FastSite:
    """What a site's database answers at once. Source: `tui.sources.FastSource`."""

    def __init__(self, site: Site, person: str, clock: Callable[[], datetime]) -> None:
        self.site = site
        self.person = person
        self.clock = clock
        self._idle: SimpleQueue[tuple[Reader, _File]] = SimpleQueue()
        self._apart = Apart()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader nobody else uses meanwhile."""
        file = self._file()
        reader = self._kept(file)
        if reader is None:
            reader = Reader.open(self.site.url)
            if "://" not in self.site.url:
                # The app stays open: what it maps counts as its memory, and a read costs it little.
                list(reader.rows("PRAGMA mmap_size=0"))
        try:
            with reader.said():
                yield reader
        except Exception:
            reader.close()  # its connection may be lost: the next question opens another
            raise
        self._idle.put((reader, file))

    def _file(self) -> _File:
        """Which file the database is now: a restored backup is another one under the same name."""
        if "://" in self.site.url:
            return None
        try:
            found = Path(self.site.url).stat()
        except OSError:
            return (0, 0)  # opening it says what is wrong
        return (found.st_dev, found.st_ino)

    def _kept(self, file: _File) -> Reader | None:
        """A reader nobody uses that reads this file; those of a file that was replaced are let go."""
        while True:
            try:
                reader, of = self._idle.get_nowait()
            except Empty:
                return None
            if of == file:
                return reader
            reader.close()

    def person_of_login(self, login: str) -> str:
        """The active person of an operating-system account; empty when it is nobody's."""
        if not login:
            return ""
        with self.reader() as reader:
            rows = list(reader.rows("SELECT id FROM person WHERE login = ? AND active ORDER BY id", login))
        return str(rows[0][0]) if len(rows) == 1 else ""

    def close(self) -> None:
        """Close every reader that is not lent out, and end what runs apart."""
        self._apart.close()
        while not self._idle.empty():
            self._idle.get_nowait()[0].close()

    def now(self) -> datetime:
        """The site's clock."""
        return self.clock()

    def masthead(self) -> Masthead:
        """Site, zone, newest baseline and who acts."""
        with self.reader() as reader:
            rows = list(reader.rows("SELECT id FROM baseline WHERE kind = 'site' ORDER BY id DESC LIMIT 1"))
        newest = str(rows[0][0]) if rows else ""
        return Masthead(
            site=self.site.name,
            zone=self.site.zone,
            baseline=newest,
            person=self.person,
            production=self.site.production,
        )

    # Items ----------------------------------------------------------------------------------

    def count(self, query: ItemQuery) -> int:
        """How many items match."""
        where = filter_of(query.words)
        with self.reader() as reader:
            if query.trouble:
                return sum(reader.count(where._replace(operating=one)) for one in TROUBLED)
            return reader.count(where)

    def items(self, query: ItemQuery, offset: int, limit: int) -> Sequence[ItemLine]:
        """A page of the items that match."""
        where, order = filter_of(query.words), query.order if query.order in ORDERS else "id"
        with self.reader() as reader:
            if not query.trouble:
                rows = _page(reader, where, order, query.descending, limit, offset)
            else:
                rows = ()
                for state in TROUBLED:
                    troubled = where._replace(operating=state)
                    room = limit - len(rows)
                    found = _page(reader, troubled, order, query.descending, room, offset) if room else ()
                    offset = max(0, offset - reader.count(troubled)) if not found else 0
                    rows += found
            ids = [row.id for row in rows]
            held, more = marks(reader, ids, self.now()), contents(reader, ids, query.columns)
        return [
            ItemLine(
                id=row.id,
                type=row.type,
                name=row.name,
                owner=row.owner,
                status=row.status,
                level=row.level,
                operating=row.operating,
                held=held.get(row.id, ""),
                more=tuple(words_of(more.get(row.id, {}), query.columns)),
            )
            for row in rows
        ]

    def position(self, query: ItemQuery, id: str) -> int | None:
        """Where an item stands; known only for the whole list in id order."""
        if query.words or query.trouble or query.order != "id":
            return None
        with self.reader() as reader:
            rows = list(reader.rows("SELECT count(*) FROM item WHERE id < ?", id))
        return int(rows[0][0])

    def item(self, id: str) -> ItemCard:
        """One item with its facts. Raises NotFound."""
        with self.reader() as reader, reader.question():
            record = reader.item(id)
            needs = len(reader.dependencies(id))
            needed = _dependants(reader, id)
            held = _kept_from_change(reader, id, self.now(), ZoneInfo(self.site.zone))
            changes = _changes_naming(reader, id)
            agreed = scope_reads.said(scope_reads.agreed(reader, id))
        return ItemCard(
            line=ItemLine(
                id=record.id,
                type=record.type,
                name=record.name,
                owner=record.owner,
                status=record.status,
                level=record.level,
                operating=record.operating,
                held=held[0],
            ),
            facts=_facts(record, held, agreed),
            confirmed_at=_instant(record.confirmed_at),
            confirmed_by=record.confirmed_by or "",
            needs=needs,
            needed_by=needed,
            service=record.service,
            changes=changes,
        )

    def neighbours(self, id: str, *, needs: bool, limit: int) -> Neighbours:
        """What an item needs, or what needs it; whether those have neighbours of their own."""
        with self.reader() as reader, reader.question():
            if needs:
                every = reader.dependencies(id)
                rows, total = every[:limit], len(every)
            else:
                rows, total = reader.dependants(id, limit=limit), _dependants(reader, id)
            others = [row.target if needs else row.source for row in rows]
            further = _with_neighbours(reader, others, needs)
            states = _operating(reader, others)
        return Neighbours(rows=tuple(_neighbour(row, needs, further, states) for row in rows), total=total)

    def item_history(self, id: str) -> Sequence[Deed]:
        """What happened to an item, newest first."""
        with self.reader() as reader:
            return [deed(entry) for entry in reader.history(id, limit=HISTORY)]

    def impact(self, ids: Sequence[str]) -> ImpactCard:
        """What fails while these are down. Raises NotFound naming every unknown id.

        A large answer is worked out in a process of its own: keys would wait for its Python here.
        """
        try:
            return self._impact(ids, Bounded)
        except Large:
            card = self._apart.ask(self.site.url, self.site.zone, ids)
        return card if card is not None else self._impact(ids, StoredEstate)

    def _impact(self, ids: Sequence[str], kind: type[StoredEstate]) -> ImpactCard:
        with self.reader() as reader, reader.question() as stored:
            estate = kind(stored.rows, stored.dialect.name)
            return impact_card(impact(estate, ids), ZoneInfo(self.site.zone))

    def complete(self, start: str, limit: int) -> Sequence[str]:
        """Ids that begin with `start`."""
        try:
            with self.reader() as reader:
                return reader.ids(start, limit=limit)
        except CmdbError:
            return ()

    def page_of(self, id: str) -> str:
        """The page of an agreement or document that is called so; empty where none is, or an item is."""
        named = " UNION ALL ".join(
            f"SELECT {place}, '{page}' FROM {page or 'item'} WHERE id = ?"
            for place, page in enumerate(("", "agreement", "document"))
        )
        try:
            with self.reader() as reader:
                found = sorted(reader.rows(named, id, id, id))
        except CmdbError:
            return ""
        return str(found[0][1]) if found else ""


def _page(
    reader: Reader, where: Filter, order: str, descending: bool, limit: int, offset: int
) -> tuple[Found, ...]:
    """A page of the list; what words find is ranked, unless another order is asked for."""
    if not where.text.strip() or (order == "id" and not descending):
        return reader.items(where, order=order, descending=descending, limit=limit, offset=offset)
    every = reader.items(where, limit=MOST_FOUND)
    ranked = sorted(every, key=lambda one: (getattr(one, order), one.id), reverse=descending)
    return tuple(ranked[offset : offset + limit])


# Filter words ---------------------------------------------------------------------------------


# From rows to views ---------------------------------------------------------------------------


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


def _kept_from_change(reader: Reader, id: str, at: datetime, zone: ZoneInfo) -> tuple[str, str, str]:
    """The mark of an item that cannot be changed now, its check-out and its hold, in words."""
    out = lent_said(lent(reader, [id], at).get(id))
    hold = hold_said(on_hold(reader, [id], at).get(id))
    return marks(reader, [id], at).get(id, ""), by_the_wall(out, zone), by_the_wall(hold, zone)


def _facts(record: ItemRecord, held: tuple[str, str, str], agreed: str) -> tuple[Fact, ...]:
    _mark, out, hold = held
    rows = [
        ("type", record.type, ""),
        ("owner", record.owner, ""),
        ("group", record.group, ""),
        ("status", record.status, "" if record.status == "in service" else "info"),
        ("operating", "" if record.operating == "up" else record.operating, "warn"),
        ("level", record.level, ""),
        ("custody", record.custody, "dim"),
        ("belongs to", record.party, ""),
        ("criterion", record.criterion, "dim"),
        ("controlled", ", ".join(record.points), "dim"),
        ("checked out", out, "accent"),
        ("on hold", hold, "warn"),
        ("agreed in", agreed, "dim"),
        *((name, _shown(value), "") for name, value in sorted(record.characteristics.items())),
    ]
    return tuple(Fact(label=label, text=text, role=role) for label, text, role in rows if text)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _dependants(reader: Reader, id: str) -> int:
    rows = reader.rows("SELECT count(*) FROM dependency d JOIN item i ON i.key = d.target WHERE i.id = ?", id)
    return int(next(iter(rows))[0])


def _with_neighbours(reader: Reader, ids: Sequence[str], needs: bool) -> set[str]:
    """Which of these have dependencies of their own in that direction."""
    if not ids:
        return set()
    marks, column = ", ".join("?" * len(ids)), "source" if needs else "target"
    rows = reader.rows(
        f"SELECT i.id FROM item i WHERE i.id IN ({marks})"
        f" AND EXISTS (SELECT 1 FROM dependency d WHERE d.{column} = i.key)",
        *ids,
    )
    return {str(row[0]) for row in rows}


def _operating(reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    """Operating states of those that are not up."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    rows = reader.rows(f"SELECT id, operating FROM item WHERE operating <> 'up' AND id IN ({marks})", *ids)
    return {str(row[0]): str(row[1]) for row in rows}


def _neighbour(row: DependencyLine, needs: bool, further: set[str], states: dict[str, str]) -> Neighbour:
    other = row.target if needs else row.source
    return Neighbour(
        id=other,
        type=row.type,
        name=row.name,
        kind=row.kind,
        strength=row.strength,
        group=row.group,
        need=row.need,
        status=row.status,
        operating=states.get(other, "up"),
        more=other in further,
        confirmed_at=_instant(row.confirmed_at),
    )


def _changes_naming(reader: Reader, id: str) -> tuple[ChangeLine, ...]:
    """The change requests in whose journal entries the item stands, newest first."""
    rows = reader.rows(
        "SELECT DISTINCT j.request FROM journal_subject s JOIN journal j ON j.sequence = s.sequence"
        " WHERE s.subject = ? AND j.request <> ''",
        id,
    )
    ids = [str(row[0]) for row in rows]
    if not ids:
        return ()
    marks = ", ".join("?" * len(ids))
    found = reader.rows(f"SELECT id, title, state, kind FROM change_request WHERE id IN ({marks})", *ids)
    lines = [ChangeLine(id=row[0], title=row[1], state=row[2], kind=row[3]) for row in found]
    return tuple(sorted(lines, key=lambda one: -int(one.id.partition("-")[2])))


def deed(entry: EntryLine) -> Deed:
    """A journal entry as a line of history."""
    told = altered(entry.changed)
    text = "; ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
    return Deed(
        at=instant(entry.at), actor=entry.actor, action=entry.action, text=text, request=entry.request
    )
