"""The verbs of a change request beside its straight way: edit, clone, settle, defer, override, the lease.

Each asks for what its command needs and runs that command, so that the app and the command line
cannot differ.
"""

from collections.abc import Callable, Sequence

from tui import verbs
from tui.actions import spelled
from tui.ballot_views import ChangeCard, Unsettled
from tui.drafts import Draft, Form
from tui.duty_source import Wanted
from tui.item_source import Done
from tui.screens.asking import Sheet
from tui.screens.asks import Ask, Taken
from tui.screens.change_dialogs import SettleDialog
from tui.screens.editing import Editing
from tui.screens.forms import EditChange, moved
from tui.screens.requests import RequestPlace

_WHY = Ask("reason", "reason", "for the record", needed="Say why.")


class RequestVerbs(Editing, RequestPlace):
    """A screen with a change request, and everything that can be done with it."""

    def _sheet(
        self,
        verb: str,
        title: str,
        words: Sequence[str],
        asks: Sequence[Ask],
        run: Callable[[str, dict[str, str]], Sequence[str]],
        *,
        grave: bool = False,
        choices: Sequence[str] = (),
        shown: bool = False,
    ) -> None:
        """Ask, then run the command that `run` makes of the request and what was typed.

        `shown`: what the command prints is worth a page of its own.
        """
        card = self.offered(verb)
        if card is None:
            return
        id = card.line.id

        def answered(given: dict[str, str] | None) -> None:
            if given is None:
                return
            if shown:
                self.shell.run_words(run(id, given))
            else:
                self.perform(*run(id, given))

        heading, word = f"{title} {id}", verbs.verb(verb, "change").word
        self.app.push_screen(Sheet(heading, words, asks, word, grave=grave, choices=choices), answered)

    # Content --------------------------------------------------------------------------------

    def verb_edit(self) -> None:
        """Change what it proposes; one that is no draft is asked about first."""
        self._rewrite(lambda draft: draft)

    def verb_better(self) -> None:
        """Look for a better moment for its work; taken, it stands in the form."""
        whole, id = self.shell.whole, self.subjects()[0]

        def taken(one: Taken) -> None:
            self.ready(lambda: self._rewrite(lambda draft: moved(draft, one)))

        def look(form: Form) -> None:
            draft = form.draft
            if not draft.down:
                reason = f"{id} takes nothing down, so any moment is as good."
                self.refuse(reason, "e says what is down meanwhile.")
                return
            self.better(Wanted(change=id, expected=draft.expected, worst=draft.worst), taken)

        self.ask("better", lambda: whole().form(id), look)

    def _rewrite(self, alter: Callable[[Draft], Draft]) -> None:
        card = self.offered("edit")
        if card is None:
            return
        if card.if_edited:
            sheet = Sheet(f"Edit {card.line.id}", (card.if_edited,), (), "edit", grave=True)
            self.app.push_screen(sheet, lambda given: self._form(card, alter) if given is not None else None)
        else:
            self._form(card, alter)

    def _form(self, card: ChangeCard, alter: Callable[[Draft], Draft]) -> None:
        whole, id = self.shell.whole, card.line.id

        def written(said: str | None) -> None:
            if said:
                self.tell(f"{id} is a draft with the new content: s submits it.")
                self.again()

        def ask(form: Form) -> None:
            self.app.push_screen(EditChange(form._replace(draft=alter(form.draft))), written)

        self.open_form(lambda: whole().form(id), ask)

    def verb_edit_file(self) -> None:
        """Open its file in $EDITOR; what is saved there is its new content."""
        card = self.offered("edit")
        if card is None:
            return

        def done(what: Done) -> None:
            self.tell(what.said)
            self.again()

        self.edit_record("change", card.line.id, done)

    def verb_clone(self) -> None:
        """Write a new draft that proposes the same."""
        card = self.offered("clone")
        if card is not None:
            self.perform("change", "clone", card.line.id, then=self._cloned)

    def _cloned(self, said: str) -> None:
        new = said.split(" ", 1)[0]
        if new.startswith("CR-"):
            self.shell.go("change", new)

    def verb_settle(self) -> None:
        """Settle what moved, value by value."""
        card = self.offered("settle")
        if card is None:
            return
        shell, id = self.shell, card.line.id

        def answered(taken: tuple[tuple[Unsettled, str], ...] | None) -> None:
            if not taken:
                return
            lines = [
                ("change", "settle", id, one.record, "--field", one.field, "--take", take)
                for one, take in taken
            ]

            def run() -> str:
                said = ""
                for words in lines:
                    said = shell.perform(words)
                return said

            self.do(run, command=" && ".join(spelled(words) for words in lines))

        self.app.push_screen(SettleDialog(id, card.unsettled, card.if_edited), answered)

    # The ballot -----------------------------------------------------------------------------

    def verb_decide(self) -> None:
        """Decide it, after saying what that comes to."""
        card = self.card()
        words = (card.if_decided,) if card else ()
        ends = "close" if card and card.outcome == "open" else "decide"  # an open ballot is closed first
        ask = Ask("reason", "rationale", "for the minutes; may stay empty")
        self._sheet(
            "decide",
            "Decide",
            words,
            (ask,),
            lambda id, given: ("board", ends, id, *_said("-m", given["reason"])),
            grave=True,
        )

    def verb_withdraw_vote(self) -> None:
        """Take my vote back."""
        words = ("Your vote is taken back; it stays in the record, and you may vote again.",)
        self._sheet(
            "withdraw_vote",
            "Withdraw my vote on",
            words,
            (),
            lambda id, _given: ("vote", id, "withdraw"),
            grave=True,
        )

    def verb_override(self) -> None:
        """Set a missing requirement aside, where the policy lets me."""
        card = self.card()
        words = (
            "Set aside a requirement that is missing. It is signed, and a review of it is due afterwards.",
        )
        self._sheet(
            "override",
            "Override on",
            words,
            (_WHY,),
            lambda id, given: ("board", "override", id, given["choice"], "-m", given["reason"]),
            grave=True,
            choices=card.overridable if card else (),
        )

    def verb_defer(self) -> None:
        """Take it up again at a later date."""
        until = Ask("until", "until", "2026-12-01, or +14d", needed="Say when it comes back.", reads="moment")
        self._sheet(
            "defer",
            "Defer",
            ("The ballot ends without a result; the request comes back, to be assessed anew.",),
            (until, Ask("reason", "reason", "why it is put off", needed="Say why it is put off.")),
            lambda id, given: ("board", "defer", id, "--until", given["until"], "-m", given["reason"]),
        )

    def verb_resume(self) -> None:
        """Bring a deferred request back."""
        card = self.offered("resume")
        if card is not None:
            self.perform("change", "resume", card.line.id)

    def verb_confirm_decision(self) -> None:
        """Say as the chair that the decision holds although its evidence moved."""
        card = self.card()
        moved = tuple(f"▲ {one}" for one in card.since_decided) if card else ()
        self._sheet(
            "confirm_decision",
            "Confirm",
            (
                "Since the decision this moved:",
                *moved,
                "Your signature says that the decision holds all the same.",
            ),
            (Ask("reason", "rationale", "for the record; may stay empty"),),
            lambda id, given: ("board", "confirm", id, *_said("-m", given["reason"])),
            grave=True,
        )

    # Work under way -------------------------------------------------------------------------

    def verb_extend(self) -> None:
        """Say that the work takes longer."""
        self._sheet(
            "extend",
            "Extend",
            (
                "The request stays as it was approved.",
                "What it costs is forecast again, and everybody it concerns is told.",
            ),
            (
                Ask(
                    "until",
                    "until",
                    "the new end: 01:30, or +1h from now",
                    needed="Say until when.",
                    reads="moment",
                ),
                Ask("worst", "at worst", "how long it may be down now; else as much longer", reads="length"),
            ),
            lambda id, given: (
                *("change", "extend", id, "--until", given["until"]),
                *_said("--worst", given["worst"]),
            ),
            shown=True,
        )

    def verb_renew(self) -> None:
        """Start the lease afresh."""
        card = self.offered("renew")
        if card is not None:
            self.perform("check-out", card.line.id, "--renew")

    def verb_give_back(self) -> None:
        """Let the records go."""
        words = ("The records are free for others and the request is approved again. Your work is kept.",)
        self._sheet(
            "give_back",
            "Give back",
            words,
            (),
            lambda id, _given: ("check-out", id, "--give-back"),
            grave=True,
        )

    def verb_steal(self) -> None:
        """Take over somebody else's check-out."""
        words = (
            "The check-out becomes yours. Who had it loses it; what they wrote stays in their directory.",
        )
        self._sheet(
            "steal",
            "Take over",
            words,
            (_WHY,),
            lambda id, given: ("check-out", id, "--steal", "-m", given["reason"]),
            grave=True,
        )

    def verb_back_out(self) -> None:
        """Undo the change."""
        card = self.card()
        written = card is not None and card.line.state == "checked in"
        words = (
            "What would be put back is shown first, with every conflict; A on that page signs it as a new"
            " baseline. What others changed in the meantime stays."
            if written
            else "Nothing was checked in: no record changes, and the records are free for others."
        )
        self._sheet(
            "back_out",
            "Back out",
            (words, "It cannot be taken up again; a clone of it can."),
            (
                Ask("reason", "reason", "why it is undone", needed="Say why."),
                Ask(
                    "outage",
                    "outage",
                    "how long it really was down: 41m; where something was",
                    reads="length",
                ),
            ),
            lambda id, given: (
                *("change", "back-out", id, "-m", given["reason"]),
                *_said("--outage", given["outage"]),
                *(() if written else ("--apply",)),
            ),
            grave=True,
            shown=written,
        )

    def verb_withdraw(self) -> None:
        """Take the request back, for good."""
        self._sheet(
            "withdraw",
            "Withdraw",
            ("It cannot be taken up again; a clone of it can.",),
            (Ask("reason", "reason", "may stay empty"),),
            lambda id, given: ("change", "withdraw", id, *_said("-m", given["reason"])),
            grave=True,
        )


def _said(option: str, text: str) -> Sequence[str]:
    return (option, text) if text else ()
