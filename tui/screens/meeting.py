"""A meeting of the board as it runs: the agenda, its time, and the ballot in hand as votes come in.

A mode of the board: every verb on a ballot is the board's own. What others do at other terminals is
looked for every second while the page is on top, so that a vote is here within two.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from ccb.meeting import is_early
from cmdb.errors import CmdbError
from tui.meeting_source import AgendaLine, MeetingCard
from tui.present import Piece, counted, duration, listed, moment, problems
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.board import Board
from tui.screens.meeting_lines import clock_lines, row_id, state_of
from tui.screens.requests import CardPane
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.table import Column, Row, Table, word

LOOK = 1.0  # seconds between two looks at what others did
COLUMNS = (
    Column("no", "No", 4),
    Column("title", "Agenda"),
    Column("time", "Time", 6),
    Column("votes", "State", 12),
)
MEETING = {"planned": ("○", "info"), "open": ("▶", "good"), "closed": ("●", "dim"), "cancelled": ("×", "dim")}
OWN = ("step", "attend", "meeting_note", "meeting_close", "meeting_minutes", "meeting_topic", "action_add")


class MeetingPage(Board):
    """The meeting that is open, or the one called next; P opens it and takes item after item in hand."""

    NAME: ClassVar[str] = "meeting"
    TITLE_WORD: ClassVar[str] = "Meeting"

    def __init__(self, id: str = "") -> None:
        super().__init__()
        self._meeting_id = id
        self._meeting: MeetingCard | None = None
        self._mark = -1

    def where(self) -> tuple[str, ...]:
        return ("meeting", *((self._meeting_id,) if self._meeting_id else ()))

    def body(self) -> Iterable[Widget]:
        with Vertical(id="hall"):
            yield Lines(id="clock", focusable=False)
            yield Table(COLUMNS, id="ballots", markable=False)
            with Horizontal(id="below"):
                yield CardPane(id="ballot-card")
                yield Lines(id="needs", focusable=False)
                yield Lines(id="beside")

    def on_mount(self) -> None:
        self.set_interval(LOOK, self._look)

    # Looking --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Draw the time, and ask whether anybody wrote anything."""
        if not self.is_current:
            return
        self._clock()
        if self.idle:
            whole = self.shell.whole
            self.ask("look", lambda: whole().meetings.mark(), self._looked, failed=lambda _error: None)

    def _looked(self, mark: int) -> None:
        if mark != self._mark:
            self._mark = mark
            self.load()

    def load(self) -> None:
        whole, id = self.shell.whole, self._meeting_id
        self._cards.clear()
        self._reads += 1
        if self._meeting is None:
            self.table.say(((Piece("Reading the meeting…", "dim"),),))
        self.ask("meeting", lambda: whole().meetings.meeting(id), self._opened, failed=self._unreadable)

    def _opened(self, card: MeetingCard) -> None:
        first = self._meeting is None or self._meeting.current != card.current
        self._meeting, self._meeting_id = card, card.id
        glyph, role = MEETING[card.state]
        self.headline(
            Piece(f"{card.id} of {card.title}  ", ""),
            Piece(f"{glyph} {card.state}", role),
            Piece(f"   {card.waiting} to go" if card.state == "open" else "", "dim"),
        )
        self.fit()
        self._clock()
        if card.agenda:
            self.table.fill([self._agenda_row(one) for one in card.agenda])
            if first and card.current:
                self.table.point(row_id(card.agenda[card.current - 1]))
            self._point()
        else:
            self.table.say(((Piece("Nothing is on the agenda yet.", "dim"),),))
            self.pane.say(())
        self.footline()

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def _clock(self) -> None:
        """The time the meeting and the item in hand take, and who is there."""
        card, now = self._meeting, self.shell.now()
        if card is not None:
            zone = self.shell.zone
            self.query_one("#clock", Lines).draw(
                lambda width: clock_lines(card, now, moment(card.planned_at, zone, now), width)
            )

    def fit(self) -> None:
        """The agenda takes what it needs and, with the clock, no more than half of the screen."""
        rows = (len(self._meeting.agenda) if self._meeting else 3) + 1
        self.query_one("#clock").display = self._meeting is not None
        self.table.styles.height = min(max(rows, 4), max(4, self.size.height // 2 - 3))

    def _agenda_row(self, one: AgendaLine) -> Row:
        card = self._meeting
        hand = card is not None and one.number == card.current
        name = f"{one.request}  {one.title}" if one.request else one.title
        return Row(
            row_id(one),
            (
                word(f"{'▶' if hand else ' '}{one.number}", "key" if hand else "dim"),
                word(name, "strong" if hand else ""),
                word(duration(one.seconds) if one.seconds else "", "dim"),
                state_of(one),
            ),
        )

    # The card of the item under the cursor -----------------------------------------------------

    def on_rows_moved(self) -> None:
        """Show a topic; a request is shown by the board's own handler, which is called as well."""
        if self.table.current.startswith("#"):
            self._point()

    def _fetch(self, wanted: str) -> None:
        if not wanted.startswith("#"):
            super()._fetch(wanted)

    def _point(self) -> None:
        wanted = self.table.current
        if wanted.startswith("#"):
            line = self._line()
            words = f"{line.title}\n{line.notes}" if line else ""
            self.pane.say(tuple(part for text in words.splitlines() for part in wrap(text, 70)))
            self.query_one("#needs", Lines).show(())
            self.query_one("#beside", Lines).show(())
            self.footline()
        elif wanted in self._cards:
            self._shown(self._cards[wanted])
        else:
            self._fetch(wanted)

    def _line(self) -> AgendaLine | None:
        agenda = self._meeting.agenda if self._meeting else ()
        return next((one for one in agenda if row_id(one) == self.table.current), None)

    def subjects(self) -> tuple[str, ...]:
        line = self._line()
        return (line.request,) if line and line.request else ()

    def verb_open(self) -> None:
        """Open the request's own page; a topic has none."""
        if self.subjects():
            super().verb_open()

    def hints(self) -> Sequence[str]:
        card = self._meeting
        if card is None or not self.table.count():
            return ("step", "command", "refresh", "back", "help")
        ballot = self.card()
        can = [one for one in ("vote", "decide") if ballot and not ballot.refusal(one)]
        lead = ("step",) if card.leads and card.state in ("planned", "open") else ()
        return (*lead, *can, "everything", *(("action_add",) if lead else ("difference",)), "help")

    def command_line(self) -> str:
        return f"cmdb board meeting show {self._meeting_id}".strip()

    def verb_quit(self) -> None:
        """Leave the page; the meeting goes on."""
        self.shell.leave()

    # Leading it -------------------------------------------------------------------------------

    def guard(self, name: str) -> str:
        card = self._meeting
        if name not in OWN or card is None:
            return super().guard(name)
        if name == "meeting_minutes":
            return ""
        if name == "attend" and card.state == "open":
            return ""
        if not card.leads:
            return f"{card.id} is led by {card.chair}, or who stands in for {card.chair}."
        allowed = {
            "step": ("planned", "open"),
            "meeting_topic": ("planned", "open"),
            "meeting_note": ("open", "closed"),
        }
        if card.state not in allowed.get(name, ("open",)):
            return f"{card.id} is {card.state}."
        return ""

    def verb_step(self) -> None:
        """Open the meeting; then take the next item in hand; at the end close it."""
        card = self._meeting
        if card is None:
            self.load()
        elif card.state == "planned":
            words = [f"{counted(len(card.agenda), 'item')} on the agenda. You are noted as being there."]
            now = self.shell.now()
            early = ("--early",) if is_early(card.planned_at, now) else ()
            if early:
                called = moment(card.planned_at, self.shell.zone, now)
                words.insert(0, f"It is called for {called}. Members are told that it is open now.")
            self.fill(
                Sheet(f"Open {card.id}", words, (), "open early" if early else "open", grave=bool(early)),
                lambda _got: self.perform("board", "meeting", "open", card.id, *early),
            )
        elif any(one.state == "waiting" and one.number != card.current for one in card.agenda):
            self.perform("board", "meeting", "next", "--meeting", card.id)
        else:
            self.verb_meeting_close()

    def verb_attend(self) -> None:
        """Note who came, or who left."""
        card = self._meeting
        if card is None:
            return
        me = self.shell.masthead.person
        start = "" if me in card.there else me
        asks = (Ask("people", "people", "m.jansen k.chen", start, "Name somebody.", "people"),)
        there = f"There: {listed(card.there, 12) or 'nobody'}."
        sheet = Sheet(f"Who is at {card.id}", (there,), asks, "note it", choices=("came", "left"))
        self.fill(
            sheet,
            lambda got: self.perform(
                *("board", "meeting", "attend", *got["people"].replace(",", " ").split()),
                *(("--left",) if got["choice"] == "left" else ()),
                *("--meeting", card.id),
            ),
        )

    def verb_meeting_note(self) -> None:
        """Note something on the item under the cursor, for the minutes."""
        card, line = self._meeting, self._line()
        if card is None:
            return
        number, notes = (line.number, line.notes) if line else (0, "")
        asks = (Ask("text", "note", "for the minutes", notes),)
        words = (line.title if line else "On the whole meeting.",)
        self.fill(
            Sheet(f"Note on item {number} of {card.id}", words, asks, "note it"),
            lambda got: self.perform(
                "board", "meeting", "note", str(number), "-m", got["text"], "--meeting", card.id
            ),
        )

    def verb_meeting_topic(self) -> None:
        """Put a topic on the agenda by hand."""
        card = self._meeting
        if card is None:
            return
        asks = (Ask("topic", "topic", "what is to be spoken of", needed="Say what."),)
        self.fill(
            Sheet(f"A topic for {card.id}", (), asks, "put it on"),
            lambda got: self.perform("board", "meeting", "agenda", card.id, f"--topic={got['topic']}"),
        )

    def verb_action_add(self) -> None:
        """Raise an action item in the meeting."""
        card = self._meeting
        if card is None:
            return
        asks = (
            Ask("what", "what", "what is to be done", needed="Say what is to be done."),
            Ask("owner", "owner", "who does it", needed="Say who does it.", reads="person"),
            Ask("due", "due", "2026-12-01, or +14d; may stay empty", reads="moment"),
        )
        self.fill(
            Sheet(f"An action item of {card.id}", (), asks, "raise it"),
            lambda got: self.perform(
                *("board", "meeting", "action", "--owner", got["owner"], "--meeting", card.id),
                *(("--due", got["due"]) if got["due"] else ()),
                *("--", got["what"]),
            ),
        )

    def verb_meeting_close(self) -> None:
        """Close the meeting; what is open is carried over or deferred."""
        card = self._meeting
        if card is None:
            return
        open_ = [one for one in card.agenda if one.state == "waiting" and (one.ballot or not one.request)]
        left = [f"{one.number}. {one.request or one.title}" for one in open_ if one.number != card.current]
        left += [
            f"{one.number}. {one.request}" for one in open_ if one.number == card.current and one.request
        ]
        words = (f"Not reached: {'; '.join(left)}.",) if left else ("Every item was reached.",)
        later = Ask("until", "until", "to defer: 2026-12-01, or +14d", reads="moment")
        asks = (later, Ask("reason", "reason", "to defer: why")) if left else ()
        choices = ("carry over", "defer") if left else ()

        def close(got: dict[str, str]) -> None:
            more: tuple[str, ...] = ()
            if left:
                off = ("--defer-until", got["until"], "-m", got["reason"])
                more = off if got["choice"] == "defer" else ("--carry-over",)
            self.perform(
                "board", "meeting", "close", card.id, *more, then=lambda _said: self._preview(card.id)
            )

        self.fill(Sheet(f"Close {card.id}", words, asks, "close it", grave=True, choices=choices), close)

    def _preview(self, id: str) -> None:
        """The minutes as they stand, to be read before they are signed."""
        self.shell.run_words(("board", "meeting", "minutes", id))

    def verb_meeting_minutes(self) -> None:
        """Read the minutes; of a closed meeting, sign them as the chair."""
        card = self._meeting
        if card is None:
            return
        if card.state != "closed" or not card.leads:
            self._preview(card.id)
            return
        words = ("Signed minutes stay as they are; corrected ones are a new version.",)
        sheet = Sheet(f"Minutes of {card.id}", words, (), "go on", choices=("read", "sign"))

        def chosen(got: dict[str, str]) -> None:
            more = ("--sign",) if got["choice"] == "sign" else ()
            self.shell.run_words(("board", "meeting", "minutes", card.id, *more))

        self.fill(sheet, chosen)
