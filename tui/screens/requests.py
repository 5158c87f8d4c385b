"""What screens about change requests share: the card with its pages, and the verbs of the life cycle.

A refused key answers with the guard's own sentence, read from the card the source gave.
"""

import shlex
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from cmdb.errors import Refused
from tui import verbs
from tui.ballot_views import ChangeCard
from tui.drafts import Ending
from tui.keys import shown_key
from tui.present import Line, Piece, request_state
from tui.screens.asking import Sheet
from tui.screens.ballot import TABS, beside, costs, page, requirement_lines
from tui.screens.change_dialogs import CloseDialog, VoteDialog
from tui.screens.facts import title
from tui.screens.life_cycle import LIFE_CYCLE, against
from tui.screens.place import Place
from tui.screens.shell import Shell
from tui.sources import Source
from tui.widgets.bars import Rule
from tui.widgets.lines import Lines
from tui.widgets.prompt import Prompt


class CardPane(Vertical):
    """A change request with its pages: facts, impact, diff, comments."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.card: ChangeCard | None = None
        self.tab = TABS[0]
        self._shell: Shell | None = None

    def compose(self) -> ComposeResult:
        yield Rule(id="rule")
        yield Lines(id="pages")

    def show(self, card: ChangeCard | None, shell: Shell) -> None:
        """Show a card, on the page that was open."""
        self.card, self._shell = card, shell
        self._draw()

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show words in place of a card."""
        self.card = None
        self.query_one(Rule).put(())
        self.query_one(Lines).show(lines)

    def turn(self, by: int = 0, *, to: str = "") -> None:
        """Show another page."""
        self.tab = to or TABS[(TABS.index(self.tab) + by) % len(TABS)]
        self._draw()

    def _draw(self) -> None:
        card, shell = self.card, self._shell
        if card is None or shell is None:
            self.say(())
            return
        tabs = tuple(Piece(f" {one} ", "key" if one == self.tab else "dim") for one in TABS)
        name = (
            Piece("─ ", "rule"),
            Piece(card.line.id, "strong"),
            Piece("  "),
            *request_state(card.line.state),
        )
        self.query_one(Rule).put(name, (*tabs, Piece(" [ ] turn ", "dim")))
        self.query_one(Lines).draw(lambda width: page(card, self.tab, shell, width))


def panes_beside(place: Place, card: ChangeCard) -> None:
    """Show beside a card what it needs to be approved, and what it alters; nothing is asked of some."""
    shell = place.shell
    place.set_class(not card.requirements, "-unasked")
    place.remove_class("-alone")
    place.query_one("#needs", Lines).draw(
        lambda width: [title("Requirements"), *requirement_lines(card, width)]
    )
    place.query_one("#beside", Lines).draw(lambda width: beside(card, shell, width))


class RequestPlace(Place):
    """A screen with a change request under the cursor or on the page."""

    NAME: ClassVar[str] = ""

    def card(self) -> ChangeCard | None:
        """The request the verbs apply to, once it has been read."""
        raise NotImplementedError

    def take(self, card: ChangeCard) -> None:
        """Take the card of the request under the cursor."""
        raise NotImplementedError

    def turn_to(self, tab: str) -> None:
        """Show a page of the card."""
        raise NotImplementedError

    def action_verb(self, name: str) -> None:
        """Do a verb; one of the life cycle reads the request first where it is not here yet."""
        ids = self.subjects()
        if name not in LIFE_CYCLE or self.card() is not None or not ids:
            super().action_verb(name)
            return
        act = super().action_verb
        self.ready(lambda: act(name) if self.card() is not None else None)

    def subjects(self) -> tuple[str, ...]:
        card = self.card()
        return (card.line.id,) if card else ()

    def guard(self, name: str) -> str:
        card = self.card()
        return against(card, name) if card is not None and name in LIFE_CYCLE else super().guard(name)

    def ready(self, then: Callable[[], None]) -> None:
        ids, whole = self.subjects(), self.shell.whole
        if self.card() is not None or not ids:
            then()
            return

        def read(card: ChangeCard) -> None:
            self.take(card)
            then()

        self.ask("ready", lambda: whole().change(ids[0]), read)

    def offered(self, verb: str) -> ChangeCard | None:
        """The card when the life cycle offers a verb now; else say why not, and None."""
        card = self.card()
        if card is None:
            self.refuse("There is no change request here.", "Choose one first.")
            return None
        refusal = card.refusal(verb)
        if refusal:
            self.refuse(refusal)
            return None
        return card

    def voted(self, id: str) -> None:
        """A vote was cast: where to look next."""

    def _advance(self, verb: str) -> None:
        card = self.offered(verb)
        if card is None:
            return
        whole, id = self.shell.whole, card.line.id
        command = verbs.verb(verb, "change").command.format(id=id)
        self.do(lambda: whole().advance(id, verb), command=command)

    # Verbs ----------------------------------------------------------------------------------

    def verb_submit(self) -> None:
        """Submit the draft."""
        self._advance("submit")

    def verb_assess(self) -> None:
        """Compute what it costs."""
        self._advance("assess")

    def verb_refer(self) -> None:
        """Put it before the board."""
        self._advance("refer")

    def verb_start(self) -> None:
        """Record that the work has started."""
        self._advance("start")

    def verb_finish(self) -> None:
        """Record that the work is finished."""
        self._advance("finish")

    def verb_close(self) -> None:
        """Close it: how it went. What is missing for it is said by the guards when it is tried."""
        card = self.card()
        if card is None or card.line.state != "checked in":
            self.offered("close")
            return
        whole, id, kept = self.shell.whole, card.line.id, self.shell.session.endings

        def close(ending: Ending) -> str:
            kept[id] = ending  # until it is closed: a refusal loses nothing
            said = whole().close_change(id, ending)
            del kept[id]
            return said

        def answered(ending: Ending | None) -> None:
            if ending:
                self.do(lambda: close(ending), command=_closing(id, ending))

        self.app.push_screen(CloseDialog(id, card.line.title, kept.get(id)), answered)

    def verb_vote(self) -> None:
        """Open the vote dialog."""
        card = self.offered("vote")
        if card is None:
            return
        whole, id = self.shell.whole, card.line.id

        def answered(choice: tuple[str, str, tuple[str, ...]] | None) -> None:
            if choice:
                value, reason, conditions = choice
                me = self.shell.masthead.person
                same = any(
                    (one.member, one.value, one.reason, one.stale) == (me, value, reason, False)
                    for one in card.votes
                )
                if same and not conditions:  # a key held down signs nothing again
                    self.tell(f"Your {value} on {id} stands already; nothing more was signed.", "dim")
                    return
                self.do(
                    lambda: _vote(whole(), card, value, reason, conditions),
                    command=_voting(id, value, reason, conditions),
                    then=lambda _: self.voted(id),
                )

        dialog = VoteDialog(id, card.line.title, dict(card.foreseen), lambda width: costs(card, width))
        self.app.push_screen(dialog, answered)

    def verb_comment(self) -> None:
        """Type a comment."""
        if self.card() is not None:
            self.query_one(Prompt).open("comment:")

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        card = self.card()
        if sign == "comment:" and done and text.strip() and card is not None:
            whole, id = self.shell.whole, card.line.id
            command = shlex.join(("cmdb", "change", "comment", id, text.strip()))
            self.do(lambda: whole().comment(id, text.strip()), command=command)

    def verb_difference(self) -> None:
        """Show what it alters."""
        self.turn_to("diff")

    def verb_impact(self) -> None:
        """Show what it costs."""
        self.turn_to("impact")

    def verb_check_out(self) -> None:
        """Check it out, after a question."""
        card = self.offered("check_out")
        if card is None:
            return
        whole, id = self.shell.whole, card.line.id

        def answered(given: dict[str, str] | None) -> None:
            if given is not None:
                self.do(lambda: whole().check_out(id), command=f"cmdb check-out {id} --to DIR")

        words = [f"Check {id} out? Its records are yours alone until the lease ends."]
        words += [f"Open, to be filled in afterwards: {one}." for one in card.left_open]
        self.app.push_screen(Sheet(f"Check out {id}", words, (), "check out", grave=True), answered)

    def verb_check_in(self) -> None:
        """Open the check-in dialog."""
        card = self.offered("check_in")
        if card is not None:
            self.shell.go("check-in", card.line.id)

    def lifecycle_hints(self) -> tuple[str, ...]:
        """The verbs the life cycle offers now, in its order."""
        card = self.card()
        verbs = ("vote", "start", "check_in", "finish", "check_out", "decide", "refer", "assess", "submit")
        offers = dict(card.offered) if card else {}
        found = [one for one in verbs if offers.get(one) == ""]
        if card and card.line.state == "checked in" and "finish" not in found and "start" not in found:
            found.append("close")
        if card and card.line.state == "draft" and offers.get("edit") == "":
            found.append("edit")
        return tuple(found)

    def lifts(self, name: str) -> str:
        """What can be done with the request instead of a verb that its state does not know."""
        card = self.card()
        if card is None or name not in LIFE_CYCLE or name in dict(card.offered):
            return ""
        steps = [verbs.verb(one, "change") for one in self.lifecycle_hints()]
        return (
            f"From here: {', '.join(f'{shown_key(one.key)} {one.word}' for one in steps)}." if steps else ""
        )


def _vote(source: Source, shown: ChangeCard, value: str, reason: str, conditions: tuple[str, ...]) -> str:
    """Cast a vote on what was shown. Raises Refused where that is another thing by now."""
    id = shown.line.id
    if source.change(id).basis != shown.basis:
        raise Refused(
            f"What {id} comes to now is not what was shown when the vote was begun; nothing was signed.",
            "Read the card, which is as it is now, and vote again: v.",
        )
    return source.vote(id, value, reason, conditions)


def _voting(id: str, value: str, reason: str, conditions: Sequence[str]) -> str:
    """The command line of a vote."""
    said = [
        *(("-m", reason) if reason else ()),
        *(word for one in conditions for word in ("--condition", one)),
    ]
    return shlex.join(("cmdb", "vote", id, value, *said))


def _closing(id: str, ending: Ending) -> str:
    """The command line that closes a request."""
    given = {
        "--outcome": ending.outcome,
        "--outage": ending.outage,
        "--deviation": ending.deviation,
        "--test-result": ending.test_result,
        "--test-reviewer": ending.test_reviewer,
    }
    words = [word for option, text in given.items() if text for word in (option, text)]
    return shlex.join(("cmdb", "change", "close", id, *words))
