"""Dialogs about one change request: vote, close, settle what moved.

What cannot be taken back starts on Cancel; what a vote would bring about at once is said before Enter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input

from ccb.ballot import BLOCKS, worded
from cmdb.errors import Invalid
from tui.ballot_views import Unsettled
from tui.drafts import Ending
from tui.present import Line, Piece
from tui.screens.asking import ROOM
from tui.screens.dialogs import Dialog, Field, Text
from tui.screens.remembered import Remembered
from tui.widgets.choice import Choice, Option
from tui.widgets.paint import wrap

COSTS = 7  # lines of what a change costs that the dialog of a vote has room for
VOTES = (
    Option("a", "approve", "good"),
    Option("c", "conditions", "warn"),
    Option("r", "reject", "bad"),
    Option("b", "abstain", "dim"),
)


class VoteDialog(Remembered[tuple[str, str, tuple[str, ...]]]):
    """Choose a vote by its letter, give a reason, Enter signs and casts it.

    The letter of a vote that needs words goes to their field at once: typed into the choice, a letter
    of the words would choose another vote. A single letter there is taken for a vote in the wrong place.
    `foreseen` says what a vote would bring about at once, by its value; `costs`, at a width, what the
    change costs: on a small screen the dialog hides the card. Conditions block closing unless the
    voter says check-out.
    """

    AUTO_FOCUS = "#vote"

    def __init__(
        self,
        change: str,
        title: str,
        foreseen: Mapping[str, str] | None = None,
        costs: Callable[[int], Sequence[Line]] | None = None,
    ) -> None:
        super().__init__(
            f"Vote on {change}", (("Enter", "sign and cast"), ("Tab", "next field"), ("Esc", "leave"))
        )
        self._title, self._foreseen = title, dict(foreseen or {})
        self._costs = costs(ROOM)[:COSTS] if costs else ()

    def body(self) -> Iterable[Widget]:
        yield Text([*wrap(self._title, ROOM), *self._costs, ()])
        yield Choice(VOTES, id="vote")
        foreseen = Text([(), ()], id="foreseen")
        yield foreseen
        yield Field("reason", id="reason", hint="required to reject")
        yield Field("conditions", id="conditions", hint="separated by ; one may begin 'before check-out:'")
        options = tuple(Option(one[-1], f"they block {one}") for one in BLOCKS)
        yield Choice(options, id="before", start=options[0].value)

    def on_mount(self) -> None:
        self.query_one("#before").display = False

    def on_key(self, event: Key) -> None:
        """Letters typed before the dialog was drawn choose as well."""
        if not isinstance(self.focused, Input | Choice):
            choice = self.query_one("#vote", Choice)
            choice.on_key(event)
            if event.key == "enter":
                self._cast()

    def on_choice_lettered(self, event: Choice.Lettered) -> None:
        """Go where the words of the vote belong."""
        field = {"conditions": "#conditions", "reject": "#reason"}.get(event.value)
        if field:
            self.query_one(field).focus()

    def on_choice_changed(self) -> None:
        self.say("")
        value = self.query_one("#vote", Choice).value
        self.query_one("#before").display = value == "conditions"
        words = self._foreseen.get("approve" if value == "conditions" else value, "")
        role = "bad" if words and value == "reject" else "accent"
        self.query_one("#foreseen", Text).show([*wrap(words, ROOM, role), ()] if words else [(), ()])

    def on_choice_taken(self) -> None:
        self._cast()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._cast()

    def _cast(self) -> None:
        value = self.query_one("#vote", Choice).value
        reason = self.query_one("#field-reason", Field).text
        typed = self.query_one("#field-conditions", Field).text
        before = self.query_one("#before", Choice).value.removeprefix("they block ")
        own = (
            before if before == "check-out" else ""
        )  # else one that begins 'before check-out:' keeps its word
        try:
            conditions = tuple(worded(one, own) for one in typed.split(";") if one.strip())
        except Invalid as wrong:
            self.say(f"{wrong.reason} {wrong.remedy}")
            self.query_one("#conditions").focus()
            return
        if not value:
            self.say("Choose a vote first: a, c, r or b.")
            self.query_one("#vote").focus()
        elif value == "reject" and not reason:
            self.say("A rejection needs a reason.")
            self.query_one("#reason").focus()
        elif value == "conditions" and not conditions:
            self.say("Name the conditions; several are separated by ;")
            self.query_one("#conditions").focus()
        elif len(words := {"reject": reason, "conditions": typed.strip()}.get(value, "")) == 1:
            self.say(f"'{words}' says nothing. Shift+Tab goes back to the vote.")
            self.query_one("#reason" if value == "reject" else "#conditions").focus()
        elif value != "conditions" and conditions:
            self.say("Conditions go with c, 'approve with conditions'.")
            self.query_one("#vote").focus()
        else:
            self.dismiss((value, reason, conditions))


OUTCOMES = (
    Option("p", "as planned", "good"),
    Option("d", "with deviation", "warn"),
    Option("f", "failed", "bad"),
)


class CloseDialog(Remembered[Ending]):
    """How a change went, and how long anything was really down."""

    AUTO_FOCUS = "#outcome"

    def __init__(self, change: str, title: str, before: Ending | None = None) -> None:
        super().__init__(f"Close {change}", (("Enter", "close it"), ("Tab", "next field"), ("Esc", "leave")))
        self._title, self._before = title, before or Ending("")

    def body(self) -> Iterable[Widget]:
        yield Text([*wrap(self._title, ROOM), ()])
        was = self._before
        yield Choice(OUTCOMES, id="outcome", start=was.outcome)
        yield Text(wrap("What you typed before is back." if was.outcome else "", ROOM, "accent") or [()])
        outage = "needed if anything was planned down: 40m, or 0m"
        yield Field("outage", id="outage", value=was.outage, hint=outage)
        yield Field(
            "deviation", id="deviation", value=was.deviation, hint="what went otherwise; needed with d and f"
        )
        yield Field("test", id="result", value=was.test_result, hint="what the test showed; may stay empty")
        reviewer = "not the implementer; may stay empty"
        yield Field("reviewed by", id="reviewer", value=was.test_reviewer, hint=reviewer)

    def on_choice_taken(self) -> None:
        self._close()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def _close(self) -> None:
        outcome = self.query_one(Choice).value
        if not outcome:
            self.say("Say how it went first: p, d or f.")
            self.query_one("#outcome").focus()
            return
        typed = {name: self.query_one(f"#field-{name}", Field).text for name in ("outage", "deviation")}
        self.dismiss(
            Ending(
                outcome=outcome,
                test_result=self.query_one("#field-result", Field).text,
                test_reviewer=self.query_one("#field-reviewer", Field).text,
                **typed,
            )
        )


class SettleDialog(Dialog[tuple[tuple[Unsettled, str], ...]]):
    """What moved under a request, one value after the other: keep what is proposed, or what is there."""

    AUTO_FOCUS = "#take"
    TAKES: ClassVar[tuple[Option, ...]] = (
        Option("p", "keep proposed", "good"),
        Option("c", "leave current", "accent"),
        Option("s", "not now", "dim"),
    )

    def __init__(self, change: str, moved: Sequence[Unsettled], warning: str) -> None:
        super().__init__(
            f"Settle {change}", (("p c s", "choose"), ("Enter", "the next one"), ("Esc", "leave all"))
        )
        self._moved, self._warning = tuple(moved), warning
        self._taken: list[tuple[Unsettled, str]] = []

    def body(self) -> Iterable[Widget]:
        if self._warning:
            yield Text([*wrap(self._warning, ROOM, "warn"), ()])
        pane = Text([()] * 6, id="moved")
        yield pane
        yield Choice(self.TAKES, id="take")

    def on_mount(self) -> None:
        self._next()

    def _next(self) -> None:
        place = len(self._taken)
        if place == len(self._moved):
            self.dismiss(tuple(one for one in self._taken if one[1]))
            return
        one = self._moved[place]
        self.query_one("#moved", Text).show(
            [
                (
                    Piece(f"{place + 1} of {len(self._moved)}  ", "dim"),
                    Piece(f"{one.record}: {one.field}", "strong"),
                ),
                (Piece("original  ".rjust(12), "dim"), Piece(one.original)),
                (Piece("proposed  ".rjust(12), "dim"), Piece(one.proposed, "good")),
                (Piece("current  ".rjust(12), "dim"), Piece(one.current, "accent")),
                (),
            ]
        )
        self.query_one("#take", Choice).value = ""
        self.query_one("#take", Choice).refresh()

    def on_choice_taken(self) -> None:
        value = self.query_one("#take", Choice).value
        if not value:
            self.say("Choose first: p keeps what is proposed, c leaves what stands there now.")
            return
        self.say("")
        take = {"keep proposed": "proposed", "leave current": "current"}.get(value, "")
        self._taken.append((self._moved[len(self._taken)], take))
        self._next()
