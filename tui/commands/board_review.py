"""Walking the ballots by questions and answers, a line each: for a screen reader, a pipe, a slow line."""

import sys
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import click

from baselines import decisions
from baselines.library import Library
from ccb import ballots, requests
from ccb.ballot import BLOCKS, worded
from cmdb.errors import CmdbError, Refused
from tui import ballot_words, printing
from tui.ballot_views import BallotLine, ChangeCard
from tui.context import Invocation, command
from tui.desk_cards import ballot_line, change_card
from tui.library_place import at_library
from tui.present import clean
from tui.workplace import Workplace

_VALUES = {
    "approve": "approve",
    "conditions": "approve with conditions",
    "reject": "reject",
    "abstain": "abstain",
    "withdraw": "withdrawn",
}
_SIGN = "yes"


@command
@click.option("--plain", is_flag=True, help="One fact a line and no columns: how it always answers.")
def review(invocation: Invocation, plain: bool) -> None:
    """Walk the ballots before the boards, those that wait for your vote first.

    Each is read out, a sentence a line. Then type a word: list, read, difference, approve, conditions,
    reject, abstain, withdraw, next, previous, the id of a ballot, or stop. A vote is signed after you
    answer yes. Works with a pipe as well; the end of the input stops.
    """
    del plain  # for who asks every command for it
    if invocation.wants_json:
        raise Refused(
            "This is a conversation; it has no JSON.",
            "List what waits with 'cmdb board queue --json', and vote with 'cmdb vote CR VALUE'.",
        )
    with at_library(invocation) as (here, library):
        _Review(here, library).walk()


class _Review:
    """One walk: where it is, and what was read out there."""

    def __init__(self, here: Workplace, library: Library) -> None:
        self.here, self.library, self.me = here, library, here.asker
        self.place = 0
        self.card: ChangeCard | None = None
        self.ballots: list[BallotLine] = []

    def walk(self) -> None:
        """Read out, ask, do, until told to stop."""
        self._look()
        if not self.ballots:
            printing.put("No ballot lies before a board.")
            return
        waiting = sum(1 for one in self.ballots if not one.mine or one.stale)
        printing.put(f"{len(self.ballots)} on the list, {waiting} without a vote of yours that counts.")
        self._read_out()
        while True:
            words = _ask(f"Type a word: {ballot_words.WORDS}.")
            if words is None or words.lower() in ("stop", "quit", "q"):
                printing.put("Stopped.")
                return
            if words:
                self._obey(words)

    # What is there ------------------------------------------------------------------------------

    def _look(self) -> None:
        """Read the list as it is now; who walks stays on the ballot where they are."""
        at, known = self.here.invocation.now(), self.card.line.id if self.card else ""
        with self.here.store.read() as uow:
            found = [
                ballots.last_known(uow, one, at=at) for one in requests.listed(uow, states=("under review",))
            ]
        waiting = {one.request.id for one in found if self.me in one.outcome.missing}
        lines = [ballot_line(one, self.me, at) for one in reversed(found)]
        if not self.ballots:
            lines.sort(key=lambda one: not (one.stale or one.change.id in waiting))
            self.ballots = lines
            return
        now = {one.change.id: one for one in lines}
        order = [one.change.id for one in self.ballots if one.change.id in now or one.change.id == known]
        kept = {one.change.id: one for one in self.ballots}
        self.ballots = [now.get(id, kept[id]) for id in order] + [
            one for one in lines if one.change.id not in kept
        ]
        self.place = order.index(known) if known in order else min(self.place, len(self.ballots) - 1)

    def _card(self, id: str) -> ChangeCard:
        at, zone = self.here.invocation.now(), ZoneInfo(self.here.site.zone)
        with self.here.store.read() as uow:
            return change_card(uow, requests.find(uow, id), self.me, at, zone)

    def _read_out(self) -> None:
        card = self.card = self._card(self.ballots[self.place].change.id)
        printing.put(ballot_words.heading(card, self.place + 1, len(self.ballots)))
        if card.line.state != "under review":
            printing.put(f"It is {card.line.state} now.")
            return
        for one in ballot_words.sentences(card, self.me):
            printing.put(one)

    # What is typed ------------------------------------------------------------------------------

    def _obey(self, words: str) -> None:
        word = words.split()[0].lower()
        plain: Mapping[str, Callable[[], None]] = {
            "list": self._list,
            "read": self._again,
            "difference": self._differences,
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
        }
        try:
            if word in plain:
                plain[word]()
            elif word in _VALUES:
                self._vote(word, words[len(word) :].strip())
            else:
                self._go_to(words)
        except CmdbError as refusal:
            printing.say("\n".join([refusal.reason, *refusal.problems, refusal.remedy]))

    def _list(self) -> None:
        self._look()
        for one in ballot_words.listed_ballots(self.ballots, self.place + 1):
            printing.put(one)

    def _again(self) -> None:
        self._look()
        self._read_out()

    def _differences(self) -> None:
        assert self.card is not None
        for one in ballot_words.differences(self.card.diff):
            printing.put(one)

    def _step(self, by: int) -> None:
        self._look()
        if not 0 <= self.place + by < len(self.ballots):
            printing.put("That was the last ballot." if by > 0 else "This is the first ballot.")
            return
        self.place += by
        self._read_out()

    def _go_to(self, words: str) -> None:
        self._look()
        ids = [one.change.id.lower() for one in self.ballots]
        if words.lower() not in ids:
            said = clean(words)[:60]
            printing.say(f"'{said}' is no word here and no ballot. Words: {ballot_words.WORDS}.")
            return
        self.place = ids.index(words.lower())
        self._read_out()

    def _vote(self, word: str, reason: str) -> None:
        card = self.card
        assert card is not None
        if why := card.refusal("withdraw_vote" if word == "withdraw" else "vote"):
            raise Refused(why, "Type next for the next ballot.")
        conditions: tuple[str, ...] = ()
        if word == "conditions":
            typed = reason or _ask("Which conditions? Several are separated by a semicolon.") or ""
            before = (_ask(f"What do they block, {' or '.join(BLOCKS)}? Enter is {BLOCKS[0]}.") or "").lower()
            conditions = tuple(worded(one, before or BLOCKS[0]) for one in typed.split(";") if one.strip())
            reason = ""
            if not conditions:
                printing.say("No condition was named; nothing was signed.")
                return
        elif word == "reject" and not reason:
            reason = _ask("Why? A rejection needs a reason.") or ""
            if not reason:
                printing.say("A rejection needs a reason; nothing was signed.")
                return
        self._sign(card, word, reason, conditions)

    def _sign(self, card: ChangeCard, word: str, reason: str, conditions: tuple[str, ...]) -> None:
        """Say what a vote comes to, and sign it after a yes; what moved since it was read out stops it."""
        id = card.line.id
        foreseen = dict(card.foreseen).get("approve" if word == "conditions" else word, "")
        if foreseen:
            printing.put(ballot_words.whole(foreseen))
        answer = _ask(f"{_VALUES[word].capitalize()} {id}, {clean(card.line.title)}: type yes to sign.")
        if answer is None or answer.lower() != _SIGN:
            printing.put("Nothing was signed.")
            return
        if self._card(id).basis != card.basis:
            raise Refused(
                f"What {id} comes to now is not what was read out; nothing was signed.",
                "Type read, and vote again.",
            )
        after = decisions.cast(
            self.library,
            id,
            voter=self.me,
            value=_VALUES[word],
            conditions=conditions,
            reason=reason,
            key=self.here.key(),
            at=self.here.invocation.now(),
        )
        decided = f" It is {after.state}." if after.state != "under review" else ""
        printing.put(f"Your vote on {id} is signed: {_VALUES[word]}.{decided}")
        self._on()

    def _on(self) -> None:
        """Go on to the next ballot without a vote of one's own."""
        self._look()
        order = [*range(self.place + 1, len(self.ballots)), *range(self.place)]
        left = [place for place in order if not self.ballots[place].mine or self.ballots[place].stale]
        if not left:
            printing.put("No further ballot is without a vote of yours.")
            return
        self.place = left[0]
        self._read_out()


def _ask(question: str) -> str | None:
    """Ask, and give the line that is typed; None at the end of the input."""
    printing.say(question)
    line = sys.stdin.readline()
    return line.strip() if line else None
