"""Promises: every commitment with what is left of it and the periods before; and one agreement."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.duty_source import AgreementCard, OutageLine
from tui.duty_views import AgreementLine, LevelLine
from tui.present import (
    EFFECTS,
    Line,
    Piece,
    bars,
    counted,
    duration,
    gauge,
    listed,
    minutes,
    minutes_left,
    moment,
    nearly_used,
    problems,
)
from tui.screens.agreement_steps import AgreementSteps
from tui.screens.facts import Clock, paragraph, title
from tui.screens.promise_forms import PromiseForms
from tui.widgets.lines import Lines
from tui.widgets.table import Column, Row, Table, word

_LABELS = 24  # cells for the names of elements, and for what lacks
COLUMNS = (
    Column("customer", "Customer", 18, least=8),
    Column("service", "Service"),
    Column("period", "Period", 11),
    Column("past", "Before", 6),
    Column("gauge", "Used", 11, since=90),
    Column("left", "Left", 34, align="right", least=22),
)


def role_of(one: AgreementLine) -> str:
    """How worrying it is."""
    if one.broken:
        return "bad"
    if one.level:
        return "warn" if one.level.at_risk else "good" if one.level.state == "met" else "dim"
    return "warn" if nearly_used(one.used, one.allowance) else "good"


def left_of(one: AgreementLine) -> str:
    """`▲ 5 of 44 min left`, or by how much it is broken; a sign while an outage still counts.

    Of what is observed, what is left in its own words: `0.8 h left`, `3 more may miss`.
    """
    worry = {"bad": "× ", "warn": "▲ "}.get(role_of(one), "")
    if one.level:
        return f"{worry}{one.level.left}"
    left = one.allowance - one.used
    running = " …" if one.running else ""
    if left < 0:
        return f"{worry}broken by {minutes(-left)} of {minutes_left(one.allowance)} min{running}"
    return f"{worry}{minutes_left(left)} of {minutes_left(one.allowance)} min left{running}"


def period_of(one: AgreementLine) -> str:
    """The period, short: `Nov 2026`, or since when a rolling one runs."""
    since, _, until = one.period.partition(" to ")
    return f"since {since[5:]}" if until else since


def promise_of(one: AgreementLine) -> str:
    """What is promised about which service: the commitment's name where it has one of its own.

    Of what is observed the quantity comes first: it tells more than the service where there is no room.
    """
    if one.level:
        return f"{one.level.quantity}  {one.service}  {one.level.promised}"
    return one.service if one.commitment == one.service else f"{one.service}  {one.commitment}"


def share_of(one: AgreementLine) -> float:
    """The share of the allowance that is used, or how near its limit what is observed is."""
    if one.level:
        return one.level.used
    return one.used / one.allowance if one.allowance > 0 else float(one.used > 0)


class AgreementsPage(PromiseForms):
    """Every promise, the least left first."""

    NAME: ClassVar[str] = "agreements"
    TITLE_WORD: ClassVar[str] = "Promises"

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, AgreementLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, id="agreements", markable=False)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#agreements", Table)

    def load(self) -> None:
        whole = self.shell.whole
        self.ask(
            "agreements", lambda: tuple(whole().duties.agreements()), self._loaded, failed=self._unreadable
        )

    def _loaded(self, found: Sequence[AgreementLine]) -> None:
        self._lines = {f"{one.agreement} {one.commitment} {one.service}": one for one in found}
        self.table.fill([_row(id, one) for id, one in self._lines.items()])
        if not found:
            self.table.say(((Piece("Nothing is promised to anybody.", "dim"),),))
        broken = sum(1 for one in found if one.broken)
        self.headline(
            Piece(f"{counted(len(found), 'promise')}", "dim"),
            Piece(f"   {broken} broken" if broken else "", "bad"),
        )
        self.footline()

    def _unreadable(self, error: CmdbError) -> None:
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        line = self._lines.get(self.table.current)
        return (line.agreement,) if line else ()

    def under(self) -> tuple[str, tuple[str, ...]]:
        return "agreement", self.subjects()

    def command_line(self) -> str:
        """The command that lists the same."""
        return "cmdb agreement list"

    def hints(self) -> Sequence[str]:
        return ("open", "refresh", "back", "help")

    def promise(self) -> AgreementLine | None:
        return self._lines.get(self.table.current)

    def verb_open(self) -> None:
        """Show the agreement."""
        if self.subjects():
            self.shell.go("agreement", *self.subjects())

    def on_rows_chosen(self) -> None:
        self.verb_open()


def _row(id: str, one: AgreementLine) -> Row:
    role = role_of(one)
    return Row(
        id,
        (
            word(one.customer, "strong"),
            word(promise_of(one)),
            word(period_of(one), "dim"),
            word(bars(one.past), "dim"),
            word(gauge(share_of(one), 10), role),
            word(left_of(one), role),
        ),
    )


class AgreementPage(AgreementSteps):
    """One agreement: its facts, how each promise stands, and the outages that counted."""

    NAME: ClassVar[str] = "agreement"
    TITLE_WORD: ClassVar[str] = "Agreement"

    def __init__(self, id: str) -> None:
        super().__init__()
        self._agreement_id = id
        self._card = AgreementCard(id, "")

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self._agreement_id)

    def body(self) -> Iterable[Widget]:
        yield Lines(id="agreement")

    def load(self) -> None:
        whole, id = self.shell.whole, self._agreement_id
        self.ask("agreement", lambda: whole().duties.agreement(id), self._loaded, failed=self._refused)

    def _loaded(self, card: AgreementCard) -> None:
        self._card = card
        self.headline(Piece(card.id, "strong"), Piece(f"  {card.title}", "dim"))
        shell = self.shell
        self.query_one("#agreement", Lines).draw(lambda width: _lines(card, shell, width))
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self.query_one("#agreement", Lines).show(problems(error.reason, error.remedy, error.problems))

    def subjects(self) -> tuple[str, ...]:
        return (self._agreement_id,)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb agreement show {self._agreement_id}"

    def hints(self) -> Sequence[str]:
        step = ("step",) if self._card.steps else ()
        return (*step, "action_add", "copy_command", "refresh", "back", "help")

    def steps(self) -> Sequence[str]:
        return self._card.steps

    def promise(self) -> AgreementLine | None:
        observed = [one for one in self._card.standings if one.level]
        return next(iter(observed or self._card.standings), None)

    def controlled(self) -> bool:
        return self._card.controlled


def _lines(card: AgreementCard, clock: Clock, width: int) -> list[Line]:
    lines: list[Line] = [(Piece(card.id, "strong"), Piece(f"  {card.title}"))]
    for fact in card.facts:
        lines += paragraph(fact.label, fact.text, width, fact.role, column=11)
    lines += [
        (),
        title("What is left", "the bars are what was used in the periods before"),
    ]
    for one in card.standings:
        role = role_of(one)
        lines.append(
            (
                Piece(f"{bars(one.past):<7}", "dim"),
                Piece(f"{gauge(share_of(one), 10)} ", role),
                Piece(f"{left_of(one):>22}  ", role),
                Piece(one.service, "strong"),
                Piece(f"  {one.commitment}  {one.period}", "dim"),
            )
        )
        if one.level:
            lines.append((Piece(" " * 7), Piece(_observed(one.level), "dim")))
    if not card.standings:
        lines.append((Piece("Nothing of it binds now.", "dim"),))
    lines += [(), title("Outages", "that hit what it promises, in the last 400 days")]
    lines += [_outage(one, clock) for one in card.outages]
    if not card.outages:
        lines.append((Piece("○ none is recorded", "good"),))
    return [*lines, *_agreed(card, width)]


def _agreed(card: AgreementCard, width: int) -> list[Line]:
    """What it lacks, what else is agreed, and its versions."""
    lines: list[Line] = [(), title("What it lacks", "':agreement check' says it again")]
    for lack in card.lacks:
        lines += paragraph(f"▲ {lack.where}", lack.says, width, "warn", column=_LABELS)
        lines += paragraph("", f"Add: {lack.add}", width, "dim", column=_LABELS)
    if not card.lacks:
        lines.append((Piece("○ nothing is missing", "good"),))
    if card.elements:
        lines += [(), title("What else is agreed")]
    for name, said in card.elements:
        for at, one in enumerate(said):
            lines += paragraph("" if at else name, one, width, column=_LABELS)
    if card.versions:
        lines += [(), title("Versions", "':agreement show ID --version N' shows an earlier one")]
    for number, since, until in card.versions:
        lines += paragraph(f"version {number}", f"{since} to {until}", width, column=_LABELS)
    return lines


def _observed(level: LevelLine) -> str:
    """What was promised and seen: `response time, p95 at most 4 h: 3.2 h of 214 observed`."""
    seen = f"{level.delivered} of {level.counted:,} observed" if level.counted else level.delivered
    return f"{level.quantity}, {level.promised}: {seen}"


def _outage(one: OutageLine, clock: Clock) -> Line:
    glyph, role = EFFECTS.get(one.effect, ("○", ""))
    end = one.ended or clock.now()
    lasted = duration(int((end - one.started).total_seconds())) + ("" if one.ended else " …")
    return (
        Piece(f"{glyph} {one.effect:<9} ", role),
        Piece(f"{moment(one.started, clock.zone, clock.now()):<18}", "dim"),
        Piece(f"{lasted:<9}"),
        Piece(one.subject, "strong"),
        Piece(f"  took {listed(one.services, 3)}" if one.services else "", "dim"),
    )
