"""The inbox: what I was told, newest first; what is read or settled is dim, with why."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.desk_places import place_of
from tui.duty_source import NoticeLine
from tui.present import Piece, counted, moment, problems
from tui.screens.place import Place
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("mark", "", 8),
    Column("text", "Told"),
    Column("when", "When", 13),
    Column("state", "", 34, since=100),
)


class Inbox(Place):
    """Everything I was told; `]` leaves only what is not read yet."""

    NAME: ClassVar[str] = "inbox"
    TITLE_WORD: ClassVar[str] = "Inbox"

    def __init__(self) -> None:
        super().__init__()
        self._everything = True
        self._lines: dict[str, NoticeLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="inbox", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#inbox", Table)

    @property
    def notice(self) -> NoticeLine | None:
        """The notice under the cursor."""
        return self._lines.get(self.table.current)

    def load(self) -> None:
        whole, everything = self.shell.whole, self._everything
        self.ask(
            "inbox",
            lambda: tuple(whole().duties.notices(everything=everything)),
            self._loaded,
            failed=self._unreadable,
        )

    def _loaded(self, found: Sequence[NoticeLine]) -> None:
        self._lines = {f"notice {one.number}": one for one in found}
        self.table.fill([self._row(id, one) for id, one in self._lines.items()])
        if not found:
            self.table.say(((Piece("You were told nothing yet.", "dim"),),))
        unread = sum(1 for one in found if not (one.read or one.settled))
        self.headline(Piece(f"{counted(len(found), 'notice')}, {unread} unread", "dim"))
        self.footline()

    def _row(self, id: str, one: NoticeLine) -> Row:
        over = one.read or bool(one.settled)
        state = f"done: {one.settled}" if one.settled else ""
        when = moment(one.at, self.shell.zone, self.shell.now())
        role = "dim" if over else ""
        return Row(
            id,
            (
                word("○ read" if over else "● unread", "dim" if over else "accent"),
                word(one.text, role),
                word(when, "dim"),
                word(state, "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return (place_of(self.notice.about)[1],) if self.notice else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        return place_of(self.notice.about)[0] if self.notice else self.NAME, self.subjects()

    def command_line(self) -> str:
        """The command that lists the same."""
        return "cmdb inbox --all" if self._everything else "cmdb inbox"

    def guard(self, name: str) -> str:
        if name == "read" and self.notice is None:
            return "The cursor is on no notice."
        if name == "read" and self.notice and self.notice.read:
            return "It is read already."
        return super().guard(name)

    def hints(self) -> Sequence[str]:
        return ("open", "read", "read_all", "tab", "back", "help")

    def verb_open(self) -> None:
        """Go to what the notice is about."""
        if self.notice:
            place, subject = place_of(self.notice.about)
            if place == self.NAME:
                self.refuse("It leads nowhere in the app.", "See it with 'cmdb inbox --all'.")
            else:
                self.shell.go(place, subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_read(self) -> None:
        """Mark it as read."""
        if self.notice:
            self.perform("inbox", str(self.notice.number), "--read")

    def verb_read_all(self) -> None:
        """Mark everything as read."""
        self.perform("inbox", "--read")

    def verb_tab(self) -> None:
        """Everything, or only what is not read."""
        self._everything = not self._everything
        self.load()

    verb_tab_back = verb_tab
