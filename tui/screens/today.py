"""Today: everything that waits for the person who acts, most urgent first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.present import Piece, counted, moment, problems
from tui.screens.place import Place
from tui.views import Errand, Section
from tui.widgets.table import Column, Row, Table, heading, word

COLUMNS = (Column("mark", "", 1), Column("subject", "", 14), Column("text", ""), Column("when", "", 13))


class Today(Place):
    """What waits for you."""

    NAME: ClassVar[str] = "today"
    TITLE_WORD: ClassVar[str] = "Today"

    def __init__(self) -> None:
        super().__init__()
        self._errands: dict[str, Errand] = {}

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="today", head=False, markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#today", Table)

    def load(self) -> None:
        whole = self.shell.whole
        if not self._errands and not self.table.count():
            self.table.say(((Piece("Looking up what waits for you…", "dim"),),))
        self.ask("today", lambda: tuple(whole().today()), self._loaded, failed=self._unreadable)

    def _loaded(self, sections: Sequence[Section]) -> None:
        now, zone = self.shell.now(), self.shell.zone
        self._errands = {}
        rows: list[Row] = []
        for section in sections:
            rows += [Row("", ((),))] if rows else []
            rows.append(heading(section.title, "" if section.errands else section.empty))
            for place, one in enumerate(section.errands):
                id = f"{section.title} {place} {one.subject}"
                self._errands[id] = one
                when = moment(one.when, zone, now) if one.when else ""
                rows.append(
                    Row(
                        id,
                        (
                            word(one.mark or "·", one.role or "dim"),
                            word(one.subject, "strong"),
                            word(one.text),
                            word(when, one.role or "dim"),
                        ),
                    )
                )
        self.table.fill(rows)
        self.headline(
            Piece(f"{now.astimezone(zone):%A} {moment(now, zone, now)}", "dim"),
            Piece(f"   {counted(len(self._errands), 'thing')} to look at", "dim"),
        )
        self.footline()

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        errand = self._errands.get(self.table.current)
        return (errand.subject,) if errand else ()

    def on_rows_moved(self) -> None:
        self.footline()

    def hints(self) -> Sequence[str]:
        return (
            ("open", "command", "refresh", "help", "quit") if self._errands else ("command", "help", "quit")
        )

    def verb_open(self) -> None:
        """Go to what the line is about."""
        errand = self._errands.get(self.table.current)
        if errand:
            self.shell.go(errand.place, errand.subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()
