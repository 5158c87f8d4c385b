"""Items: every configuration item, filtered as you type, with a preview beside it on wide terminals."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.containers import Horizontal
from textual.events import ScreenResume
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui import item_columns
from tui.filtering import listing
from tui.present import LEVELS, OPERATING, STATUSES, Line, Piece, counted, problems, sign
from tui.screens.directory import dialog
from tui.screens.facts import card_lines
from tui.screens.item_verbs import ItemVerbs
from tui.sources import FastSource
from tui.views import ItemCard, ItemLine, ItemQuery
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt
from tui.widgets.table import PAGE, Column, Row, Table, word

COLUMNS = (
    Column("id", "Item", 20, least=8),
    Column("name", "Name"),
    Column("type", "Type", 16, since=70, least=8),  # beside a preview that says it the name has its room
    Column("status", "State", 13, least=12),
    Column("owner", "Owner", 11, since=78, least=8),
    Column("level", "Level", 12, since=96, least=9),
    Column("held", "Held by", 10, since=110, least=8),
)
ORDERS = ("id", "type", "owner", "status", "level")
ROOMY = 160  # cells from which long ids are shown whole
RANGE = 1_000  # rows one range of marks may hold
NOTHING_YET: tuple[Line, ...] = (
    (Piece("No item is registered yet.", "strong"),),
    (Piece("Bring an estate in with 'cmdb import FILE', or one item with 'cmdb item register'.", "dim"),),
)


class Opening(NamedTuple):
    """What a list shows when it is read: where the cursor goes, and the pages seen there.

    `cursor` is where it stood when it was asked for; `stays` says that its item was found again.
    """

    total: int
    at: int
    stays: bool
    cursor: int
    pages: list[tuple[int, Sequence[ItemLine]]]


class Items(ItemVerbs):
    """The list of items."""

    NAME: ClassVar[str] = "items"
    TITLE_WORD: ClassVar[str] = "Items"

    def __init__(self) -> None:
        super().__init__()
        self.query_now = ItemQuery()
        self._before = ItemQuery()
        self._known = 0
        self._columns: dict[str, str] | None = None  # those chosen for types, once they were read
        self._anchor: int | None = None

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="side"):
            yield Table(COLUMNS, id="items")
            yield Lines(id="preview", focusable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#items", Table)

    def fit(self) -> None:
        wide = self.size.width >= ROOMY
        widths = {"id": 28, "type": 16, "owner": 12} if wide else {}
        columns = [one._replace(width=widths.get(one.name, one.width)) for one in COLUMNS]
        shown = [Column(f"+{name}", name, 20 if wide else 14, least=6) for name in self.query_now.columns]
        self.table.restyle([*columns[:2], *shown, *columns[3 if self._one_type() else 2 :]])

    def _one_type(self) -> bool:
        """Whether the column of the type would say the same in every row, and the room is wanted."""
        return bool(self.query_now.columns and item_columns.type_of(self.query_now.words))

    def _rows(self, lines: Sequence[ItemLine]) -> list[Row]:
        """Items as rows with a cell for each column."""
        rest = 3 if self._one_type() else 2
        rows = []
        for one in lines:
            row = _row(one)
            rows.append(row._replace(cells=(*row.cells[:2], *map(word, one.more), *row.cells[rest:])))
        return rows

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.hold()

    def load(self) -> None:
        self._read()

    def _read(self, *, fresh: bool = False) -> None:
        """Read the list; the cursor stays on its item. A `fresh` filter or order begins at the top."""
        query, fast, keep = self.query_now, self.shell.fast, self.table.current
        cursor = self.table.cursor
        room, line = self.table.size.height, 0 if fresh else cursor - self.table.scroll_offset.y

        def opening() -> Opening:
            source = fast()
            total = source.count(query)
            at = source.position(query, keep) if keep else None
            if at is None and keep and not fresh:
                at = _nearby(source, query, keep, cursor)
            stays = at is not None and not fresh
            at = at if at is not None else 0 if fresh else max(0, min(cursor, total - 1))
            seen = (at, at - line, at - line + room)
            starts = sorted({max(0, min(row, total - 1)) // PAGE * PAGE for row in seen})
            pages = [(start, source.items(query, start, PAGE)) for start in starts]
            return Opening(total, at, stays, cursor, pages)

        self.ask("items", opening, self._opened, failed=self._unreadable)

    def _opened(self, found: "Opening") -> None:
        """Show the list with the pages that are seen: it is painted once, with its rows."""
        self.call_after_refresh(self.release)
        total, at = found.total, found.at
        self._known = total
        plain = ItemQuery(words=self.query_now.words, columns=self.query_now.columns)
        ranked = self.query_now == plain and bool(plain.words)
        self.table.sorted_by = ("", False) if ranked else (self.query_now.order, self.query_now.descending)
        if not total:
            filtered = self.query_now.words or self.query_now.trouble
            self.table.say(self._nothing() if filtered else NOTHING_YET)
            self.query_one("#preview", Lines).show(())
        else:
            self.fit()
            if found.stays:  # the cursor may have gone on meanwhile
                at += self.table.cursor - found.cursor
            generation = self.table.reopen(total, at=at, stays=found.stays)
            for start, page in found.pages:
                self.table.deliver(generation, start, self._rows(page))
        self._headline()
        self.footline()

    def _nothing(self) -> tuple[Line, ...]:
        return (
            (Piece(f"No item matches {self.query_now.words or 'trouble only'}.", "strong"),),
            (Piece("/ changes the filter, Esc takes it away.", "dim"),),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.release()
        self.table.say(problems(error.reason, error.remedy, error.problems))
        self.fault(error)

    def _headline(self) -> None:
        words = counted(self._known, "item")
        marks = f"   {len(self.table.marks)} marked" if self.table.marks else ""
        filtered = f"   / {self.query_now.words}" if self.query_now.words else ""
        trouble = "   ! trouble" if self.query_now.trouble else ""
        self.headline(Piece(words, "dim"), Piece(marks, "accent"), Piece(filtered + trouble, "info"))

    def on_table_page_wanted(self, event: Table.PageWanted) -> None:
        query, fast = self.query_now, self.shell.fast
        self.ask(
            f"page {event.offset}",
            lambda: fast().items(query, event.offset, PAGE),
            lambda rows: event.table.deliver(event.generation, event.offset, self._rows(rows)),
        )

    def on_rows_moved(self) -> None:
        self.footline()
        if not self.has_class("-wide") or not self.table.current:
            return
        wanted = self.table.current
        self.set_timer(0.08, lambda: self._preview(wanted))

    def _preview(self, wanted: str) -> None:
        if wanted == self.table.current and self.is_attached:
            fast = self.shell.fast
            self.ask("preview", lambda: fast().item(wanted), self._previewed)

    def _previewed(self, card: ItemCard) -> None:
        if card.line.id == self.table.current:
            self.query_one("#preview", Lines).draw(lambda width: card_lines(card, self.shell, width))

    def on_table_marked(self) -> None:
        self._headline()
        self.footline()

    def subjects(self) -> tuple[str, ...]:
        return self.table.chosen()

    def hints(self) -> Sequence[str]:
        if not self._known:
            return ("register", "filter", "command", "back", "help")
        if self.table.marks:
            return ("impact", "new", "mark_range", "everything", "back", "help")
        return ("open", "impact", "filter", "edit", "everything", "help")

    def command_line(self) -> str:
        words, names = self.query_now.words, self.query_now.columns
        if names and item_columns.asked(words) is None:
            words = f"{words} {item_columns.WORD}{','.join(names)}"
        return listing(words, trouble=self.query_now.trouble)

    # Verbs ----------------------------------------------------------------------------------

    def verb_open(self) -> None:
        """Open the item under the cursor."""
        if self.table.current:
            self.shell.go("item", self.table.current)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_mark(self) -> None:
        """Mark the item under the cursor."""
        self._anchor = self.table.cursor
        self.table.mark()

    def verb_mark_range(self) -> None:
        """Mark everything between the last mark and the cursor."""
        anchor, here = self._anchor, self.table.cursor
        if anchor is None:
            self.refuse("A range begins at a mark.", "Space marks the first item, M marks up to the last.")
            return
        first, last = min(anchor, here), max(anchor, here)
        if last - first >= RANGE:
            self.refuse(f"A range holds at most {RANGE:,} items.", "Narrow the list with /.")
            return
        query, fast = self.query_now, self.shell.fast

        def found(ids: list[str]) -> None:
            self._anchor = here
            self.table.mark_all(ids)

        self.ask("range", lambda: [one.id for one in fast().items(query, first, last - first + 1)], found)

    def verb_filters(self) -> None:
        """Choose a kept filter, or keep the present one."""
        whole, now, me = self.shell.whole, self._filter_words(), self.shell.masthead.person

        def taken(words: str | None) -> None:
            if words is not None:
                self._take_filter(words)

        def read(kept: dict[str, str]) -> None:
            self.app.push_screen(dialog("filters", kept, now, me), taken)

        self.ask("filters", lambda: whole().item_work.filters(), read)

    def _filter_words(self) -> str:
        """The present filter as one line: what / takes, with the order and trouble."""
        query = self.query_now
        order = "" if query.order == "id" and not query.descending else query.order
        words = [query.words, "!" if query.trouble else "", f"sort:{order}" if order else ""]
        return " ".join(word for word in words if word) + ("-" if order and query.descending else "")

    def _take_filter(self, words: str) -> None:
        parts = words.split()
        order = next((one.removeprefix("sort:") for one in parts if one.startswith("sort:")), "id")
        plain = [one for one in parts if one != "!" and not one.startswith("sort:")]
        name = order.removesuffix("-")
        self.query_now = self.query_now._replace(
            words=" ".join(plain),
            trouble="!" in parts,
            order=name if name in ORDERS else "id",
            descending=order.endswith("-"),
        )
        self._fresh()

    def verb_impact(self) -> None:
        """Ask what fails if the marked items are down."""
        if self.subjects():
            self.shell.go("impact", *self.subjects())

    def verb_impact_window(self) -> None:
        """Ask the same in a window."""
        if self.subjects():
            self.shell.go("window", *self.subjects())

    def verb_new(self) -> None:
        """Start a change request from the marked items."""
        self.shell.go("new", *self.subjects())

    def verb_filter(self) -> None:
        """Filter as you type."""
        self._before = self.query_now
        self.query_one(Prompt).open("/", self.query_now.words)

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        words = self._before.words if left else " ".join(text.split())
        if words != self.query_now.words:
            self.query_now = self.query_now._replace(words=words)
            self._fresh()
        if done:
            self._choose()

    def verb_trouble(self) -> None:
        """Show only items that are not up, or are held."""
        self.query_now = self.query_now._replace(trouble=not self.query_now.trouble)
        self._fresh()

    def verb_order(self) -> None:
        """Sort by the next column; past the last one, the other way round."""
        place = ORDERS.index(self.query_now.order) + 1
        turn = place == len(ORDERS)
        self.query_now = self.query_now._replace(
            order=ORDERS[place % len(ORDERS)], descending=self.query_now.descending != turn
        )
        self._fresh()

    def verb_back(self) -> None:
        """Take marks, then the filter, away; then go back."""
        if self.table.marks:
            self.table.unmark()
        elif self.query_now.words or self.query_now.trouble:
            self.query_now = self.query_now._replace(words="", trouble=False)
            self._fresh()
        else:
            super().verb_back()

    def _fresh(self) -> None:
        """Read the list of another filter or order: positions of before mean nothing there."""
        self._anchor = None
        words, known = self.query_now.words, self._columns
        asked, kind = item_columns.asked(words), item_columns.type_of(words)
        if asked is None and kind and known is None:
            whole = self.shell.whole
            self.ask("columns", lambda: whole().item_work.columns(), self._chosen)
        kept = (known or {}).get(kind, "")
        names = asked if asked is not None else tuple(kept.split(",")) if kept else ()
        self.query_now = self.query_now._replace(columns=names)
        self._read(fresh=True)

    def _chosen(self, columns: dict[str, str]) -> None:
        """Take the columns that were chosen for types, the first time one is listed."""
        self._columns = columns
        if columns.get(item_columns.type_of(self.query_now.words)):
            self._fresh()

    def _choose(self) -> None:
        """Keep the columns a filter line names for the type it names."""
        asked, kind = item_columns.asked(self.query_now.words), item_columns.type_of(self.query_now.words)
        if asked is not None and kind:
            whole, names = self.shell.whole, ",".join(asked)
            self._columns = None  # read again when a type is listed next
            self.app.run_worker(
                lambda: whole().item_work.keep_columns(kind, names), exit_on_error=False, thread=True
            )


def _nearby(source: FastSource, query: ItemQuery, id: str, cursor: int) -> int | None:
    """Where an item stands that stood at a place before; None when it is not on that page any more."""
    start = cursor // PAGE * PAGE
    rows = source.items(query, start, PAGE)
    return next((start + place for place, one in enumerate(rows) if one.id == id), None)


def _row(one: ItemLine) -> Row:
    if one.operating != "up":
        state = sign(OPERATING, one.operating)
    else:
        state = sign(STATUSES, one.status)
        if one.status == "in service":
            state = (Piece("● ", "good"), Piece(one.status, "dim"))
    return Row(
        one.id,
        (
            word(one.id, "strong"),
            word(one.name),
            word(one.type, "dim"),
            state,
            word(one.owner),
            sign(LEVELS, one.level),
            word(one.held, "accent"),
        ),
    )
