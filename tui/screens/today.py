"""Today: everything that waits for the person who acts, most urgent first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.duty_views import Errand, Section
from tui.present import Line, Piece, counted, moment, problems
from tui.screens.place import Place
from tui.widgets.table import Column, Row, Table, distinct, heading, word

COLUMNS = (
    Column("mark", "", 1),
    Column("subject", "", 20, least=12),
    Column("text", ""),
    Column("when", "", 13),
)
GLANCE = 0.05  # seconds after which somebody is taken to want this place
STEPS = ("action", "event", "finding")  # what has a next step
NOTHING: tuple[Line, ...] = (
    (Piece("● Nothing waits for you.", "good"),),
    (Piece("2 lists the items, 3 the changes, 6 what is planned; : goes anywhere.", "dim"),),
)
LEADS = {"board": "change", "outages": "item"}  # whose verbs `x` lists for a line


class Today(Place):
    """What waits for you."""

    NAME: ClassVar[str] = "today"
    TITLE_WORD: ClassVar[str] = "Today"

    def __init__(self) -> None:
        super().__init__()
        self._errands: dict[str, Errand] = {}
        self._read = False

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="today", head=False, markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#today", Table)

    @property
    def errand(self) -> Errand | None:
        """The line under the cursor."""
        return self._errands.get(self.table.current)

    def load(self) -> None:
        if not self._errands and not self.table.count():
            self.table.say(((Piece("Looking up what waits for you…", "dim"),),))
        if self._read:
            self._look_up()
        else:  # the heavy rooms do not load in the way of somebody who is on to another place already
            self.set_timer(GLANCE, self._stayed)

    def _stayed(self) -> None:
        if self.is_current and not self._read:
            self._look_up()

    def _look_up(self) -> None:
        whole, self._read = self.shell.whole, True
        self.ask("today", lambda: tuple(whole().today()), self._loaded, failed=self._unreadable)

    def _loaded(self, sections: Sequence[Section]) -> None:
        now, zone = self.shell.now(), self.shell.zone
        self._errands = {}
        rows: list[Row] = []
        for section in sections:
            if not section.errands:
                continue
            rows += [Row("", ((),))] if rows else []
            rows.append(heading(section.title))
            for one in section.errands:
                about = f"notice {one.notice}" if one.notice else f"{section.title} {one.place} {one.subject}"
                id = distinct(about, self._errands)
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
        if rows:
            self.table.fill(rows)
        else:
            self.table.say(NOTHING)
        self.headline(
            Piece(f"{now.astimezone(zone):%A} {moment(now, zone, now)}", "dim"),
            Piece(f"   {counted(len(self._errands), 'thing')} to look at", "dim"),
        )
        self.footline()

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return (self.errand.subject,) if self.errand else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        one = self.errand
        if one is not None and one.command:
            return super().under()
        return (LEADS.get(one.place, one.place), (one.subject,)) if one else super().under()

    def guard(self, name: str) -> str:
        one = self.errand
        if name == "read" and not (one and one.notice):
            return "Only a notice of the inbox is marked as read, and the cursor is on none."
        if name == "step" and not (one and one.place in STEPS):
            return "Only an action item, an event or a finding has a next step, and the cursor is on none."
        if name == "ended" and not (one and one.place == "outages"):
            return "The cursor is on nothing that is down."
        return super().guard(name)

    def on_rows_moved(self) -> None:
        self.footline()

    def hints(self) -> Sequence[str]:
        one = self.errand
        if one is None:
            return ("command", "help", "quit")
        own: tuple[str, ...] = ("read", "read_all") if one.notice else ()
        own = ("step",) if one.place in STEPS and not one.notice else own
        own = ("ended",) if one.place == "outages" else own
        return ("open", *own, "command", "help", "quit")

    def verb_open(self) -> None:
        """Go to what the line is about."""
        one = self.errand
        if one is None:
            return
        if not one.command:
            self.shell.go(one.place, *([one.subject] if one.place != "inbox" else []))
            return
        try:
            self.shell.obey(one.command)
        except CmdbError as refused:
            self.fault(refused)

    def verb_read(self) -> None:
        """Mark the notice as read."""
        if self.errand:
            self.perform("inbox", str(self.errand.notice), "--read")

    def verb_read_all(self) -> None:
        """Mark every notice as read."""
        self.perform("inbox", "--read")

    def verb_step(self) -> None:
        """Take the action item one step on."""
        if self.errand is None:
            return
        whole, id = self.shell.whole, self.errand.subject
        if self.errand.place != "action":
            self.shell.attempt(self.errand.place, (id,), "step")
            return
        self.ask(
            "action",
            lambda: whole().duties.action(id),
            lambda card: self.take_step(id, card.line.what, card.line.next),
        )

    def on_rows_chosen(self) -> None:
        self.verb_open()
