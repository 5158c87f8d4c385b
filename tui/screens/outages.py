"""Outages: what is down now and what was, on everything or on one item; begun, ended, corrected by key."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.clockface import clock
from tui.duty_source import OutageLine
from tui.present import EFFECTS, Piece, counted, duration, listed, moment, problems
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.place import Place
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "Outage", 8),
    Column("effect", "Effect", 10),
    Column("subject", "Item", 22, least=8),
    Column("start", "Began", 12),
    Column("lasted", "Lasted", 8, align="right"),
    Column("what", "What it takes"),
)


class OutagesPage(Place):
    """The outages; of one item or service when it is named. `]` shows also what a correction replaced."""

    NAME: ClassVar[str] = "outages"
    TITLE_WORD: ClassVar[str] = "Outages"

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        self._subject = subject
        self._corrected = False
        self._lines: dict[str, OutageLine] = {}

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self._subject) if self._subject else (self.NAME,)

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="outages", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#outages", Table)

    @property
    def outage(self) -> OutageLine | None:
        """The outage under the cursor."""
        return self._lines.get(self.table.current)

    def load(self) -> None:
        whole, subject, corrected = self.shell.whole, self._subject, self._corrected
        self.ask(
            "outages",
            lambda: tuple(whole().duties.outages(subject, corrected=corrected)),
            self._loaded,
            failed=self._unreadable,
        )

    def _loaded(self, found: Sequence[OutageLine]) -> None:
        self._lines = {one.id: one for one in found}
        self.table.fill([self._row(one) for one in found])
        if not found:
            words = (
                f"No outage of {self._subject} is recorded." if self._subject else "No outage is recorded."
            )
            self.table.say(((Piece(words, "dim"),),))
        running = sum(1 for one in found if one.ended is None)
        where = f"of {self._subject}   " if self._subject else ""
        down = Piece(f"   {running} running", "bad" if running else "dim")
        self.headline(Piece(f"{where}{counted(len(found), 'outage')}", "dim"), down)
        self.footline()

    def _row(self, one: OutageLine) -> Row:
        now = self.shell.now()
        glyph, role = EFFECTS.get(one.effect, ("○", ""))
        lasted = duration(int(((one.ended or now) - one.started).total_seconds()))
        known = [f"takes {listed(one.services, 3)}"] if one.services else []
        known += [text for text in (one.note, one.change) if text]
        known += [f"replaces {one.replaces}"] if one.replaces else []
        old = "dim" if one.replaced else ""
        return Row(
            one.id,
            (
                word(one.id, old),
                word(f"{glyph} {one.effect}", old or role),
                word(one.subject, old or "strong"),
                word(moment(one.started, self.shell.zone, now), "dim"),
                word(f"{lasted}{'' if one.ended else ' …'}", old or ("bad" if one.ended is None else "")),
                word("; ".join(known), old or "dim"),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return (self.outage.id,) if self.outage else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        return self.NAME, self.subjects()

    def command_line(self) -> str:
        """The command that lists the same."""
        words = ("cmdb outage list", self._subject, "--corrected" if self._corrected else "")
        return " ".join(word for word in words if word)

    def guard(self, name: str) -> str:
        if name == "began":
            item = self._subject or (self.outage.subject if self.outage else "")
            return "" if item else "Go to the item that is down, and press b there."
        if name in ("ended", "edit") and self.outage is not None:
            if self.outage.replaced:
                return f"{self.outage.id} was corrected: go on with the one that replaces it."
            if name == "ended" and self.outage.ended is not None:
                return f"{self.outage.id} is over already; e corrects it."
        return super().guard(name)

    def hints(self) -> Sequence[str]:
        running = self.outage is not None and self.outage.ended is None
        return ("open", "ended" if running else "began", "edit", "tab", "back", "help")

    def on_rows_moved(self) -> None:
        self.footline()

    def verb_open(self) -> None:
        """Show the item."""
        if self.outage:
            self.shell.go("item", self.outage.subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_began(self) -> None:
        """Record that it is down again."""
        self.began_on(self._subject or (self.outage.subject if self.outage else ""))

    def verb_edit(self) -> None:
        """Correct it; the old one is kept."""
        one = self.outage
        if one is None:
            return
        zone = self.shell.zone
        sheet = Sheet(
            f"Correct {one.id}",
            ("The old one is kept and counts no more.",),
            (
                Ask(
                    "from",
                    "began",
                    "2026-11-22 23:40",
                    clock(one.started, zone),
                    "It began some time.",
                    "past",
                ),
                Ask(
                    "until",
                    "ended",
                    "empty: still running",
                    clock(one.ended, zone) if one.ended else "",
                    reads="past",
                ),
                Ask("note", "why", "why it is corrected", one.note),
            ),
            "correct",
            choices=(one.effect, *(word for word in ("outage", "degraded", "none") if word != one.effect)),
        )

        def take(given: dict[str, str]) -> None:
            was = {"from": clock(one.started, zone), "until": clock(one.ended, zone) if one.ended else ""}
            moved = [(name, given[name]) for name in ("from", "until") if given[name] != was[name]]
            moved += [("effect", given["choice"])] if given["choice"] != one.effect else []
            moved += [("note", given["note"])] if given["note"] != one.note else []
            if moved:
                words = [word for name, text in moved for word in (f"--{name}", text)]
                self.perform("outage", "correct", one.id, *words)

        self.fill(sheet, take)

    def verb_tab(self) -> None:
        """Show also what a correction replaced, or not."""
        self._corrected = not self._corrected
        self.load()

    verb_tab_back = verb_tab
