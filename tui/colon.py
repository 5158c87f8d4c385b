"""The `:` line: where what was typed leads, and how it is completed. Nothing here knows Textual."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from cmdb.errors import Invalid, Refused
from tui import actions, verbs
from tui.actions import Asked, Order
from tui.capture import Capture
from tui.nearby import did_you_mean
from tui.sources import FastSource
from tui.widgets.themes import NAMES

PLACES = frozenset(place.name for place in verbs.PLACES)


class Commands(Protocol):
    """The command line, as the app sees it: `tui.running.CommandLine`."""

    @property
    def paths(self) -> Collection[str]:
        """Every command, as its words."""
        ...

    @property
    def first_words(self) -> Sequence[str]:
        """The nouns, and the commands that stand alone."""
        ...

    def words(self, text: str) -> Sequence[str]:
        """Split a line as a shell would. Raises Invalid."""
        ...

    def find(self, words: Sequence[str]) -> str:
        """The command among the words. Raises Invalid, or Refused for one that belongs in a shell."""
        ...

    def asked(self, words: Sequence[str]) -> Asked:
        """What running the words would mean."""
        ...

    def run(self, asked: Asked, capture: Capture) -> int:
        """Run a command in this thread and give its exit code."""
        ...

    def perform(self, words: Sequence[str]) -> str:
        """Run a command; give the last line it answered with. Raises what it is refused with."""
        ...

    def offers(self, text: str, limit: int) -> Sequence[str]:
        """What may stand in place of the last word of a line."""
        ...


class Stage(Protocol):
    """What the `:` line asks of the app."""

    theme: str

    def here(self) -> str:
        """The name of the screen on top."""
        ...

    def go(self, name: str, *subjects: str) -> None:
        """Show a place, or open a screen on its subjects."""
        ...

    def show_filtered(self, place: str, words: str) -> None:
        """Show a place with a filter on its list."""
        ...

    def attempt(self, screen: str, subjects: Sequence[str], verb: str) -> None:
        """Open a screen and do a verb there, once it has been read."""
        ...

    def act(self, verb: str) -> None:
        """Do a verb on the screen on top."""
        ...

    def run_words(self, words: Sequence[str]) -> None:
        """Run a command in a thread, and show the page that fills with what it says."""
        ...

    def say(self, text: str) -> None:
        """Say something on whatever screen is on top."""
        ...

    def use_theme(self, name: str) -> None:
        """Change the colours, here and the next time."""
        ...

    def leave_app(self) -> None:
        """End the app."""
        ...


class Colon:
    """The `:` line of one app; `line` gives the command line, None where none belongs to it."""

    def __init__(self, stage: Stage, fast: FastSource, line: Callable[[], Commands | None]) -> None:
        self.stage = stage
        self.fast = fast
        self._line = line

    @property
    def line(self) -> Commands | None:
        """The command line; made when it is asked for first."""
        return self._line()

    def obey(self, text: str) -> None:
        """Do what was typed. Raises what it is refused with."""
        order = self._read(text)
        if order.verb == "run" or self._names_command(order):
            self._run(text)
        elif order.go in PLACES:
            self._to_place(order)
        elif not order.go:
            self._own(order)
        elif order.verb and not order.subjects and order.go == self.stage.here():
            self.stage.act(order.verb)
        elif order.go == "events" and order.verb:
            self.stage.attempt(order.go, (), order.verb)
        elif not order.subjects or (order.go == "compare" and len(order.subjects) < 2):
            raise Invalid(
                f"'{order.go}' needs to know what.", "Type the id after it, such as 'impact sw-11'."
            )
        elif order.verb:
            self.stage.attempt(order.go, order.subjects, order.verb)
        else:
            self.stage.go(order.go, *order.subjects)

    def _read(self, text: str) -> Order:
        """What was typed; `document cm-plan` is the document, as `cm-plan` alone is, where there is one."""
        known = self.line.paths if self.line else ()
        order = actions.order(text, known)
        if order.go == "item" and not order.verb and not order.rest:
            return order._replace(go=self.fast.page_of(order.subjects[0]) or order.go)
        noun, _, id = " ".join(text.split()).partition(" ")
        if order.verb == "run" and id and " " not in id:
            named = self._read(id)
            if named.go == noun and (noun != "item" or id in self.fast.complete(id, 1)):
                return named
        return order

    def _names_command(self, order: Order) -> bool:
        """Whether one word alone is a noun or a command, or is misspelled and no item is called so."""
        if order.go != "item" or order.verb or self.line is None or order.rest:
            return False
        (word,) = order.subjects
        if word in self.line.first_words:
            return True
        known = (*self.line.first_words, *actions.words())
        if not did_you_mean(word, known, sorted(self.line.paths)):
            return False
        return word not in self.fast.complete(word, 1)

    def _run(self, text: str) -> None:
        if self.line is None:
            raise Refused("No command line belongs to this app.", "Type the command in a shell.")
        words = self.line.words(text)
        # Refused here, it is said on the screen where it was typed.
        noun = self.line.find(words) not in self.line.paths and not {"-h", "--help"}.intersection(words)
        self.stage.run_words((*words, "--help") if noun else words)

    def _to_place(self, order: Order) -> None:
        if order.verb == "filter":
            self.stage.show_filtered(order.go, order.rest)
        elif order.verb in ("register", "record_new"):
            self.stage.attempt(order.go, order.subjects, order.verb)
        else:
            self.stage.go(order.go, *(("verify",) if order.verb == "verify" else order.subjects[:1]))

    def _own(self, order: Order) -> None:
        """Do one of the app's own words."""
        if order.verb == "quit":
            self.stage.leave_app()
        elif order.verb == "theme":
            self._theme(order.rest)
        elif order.verb == "help":
            self.stage.go("help", self.stage.here())
        else:
            self.stage.go(order.verb, *order.subjects)

    def _theme(self, name: str) -> None:
        if not name:
            shown = ", ".join(f"{one} (now)" if one == self.stage.theme else one for one in NAMES)
            self.stage.say(f"Themes: {shown}. ':theme NAME' takes one.")
        elif name not in NAMES:
            raise Invalid(f"There is no theme '{name}'.", f"Choose one of {', '.join(NAMES)}.")
        else:
            self.stage.use_theme(name)
            self.stage.say(f"The theme is {name} from now on.")

    def complete(self, text: str) -> str | None:
        """The first thing known that begins with what was typed: words, then options, then ids.

        Reads the site: only threads ask.
        """
        if not text.strip():
            return None
        head, space, last = text.rpartition(" ")
        if text.startswith("theme "):
            found: Sequence[str] = [one for one in NAMES if one.startswith(last)]
            return f"theme {found[0]}" if found else None
        for word in actions.words():
            if word.startswith(text) and word != text:
                return word
        offered = self.line.offers(text, 1) if self.line is not None else ()
        found = offered or (self.fast.complete(last, 1) if last and not last.startswith("-") else ())
        return f"{head}{space}{found[0]}" if found else None
