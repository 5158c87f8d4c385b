"""Dialogs that list: everything that can be done, the command log, the jobs."""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui import verbs
from tui.keys import Verb, shown_key
from tui.present import Piece
from tui.screens.dialogs import Dialog, Field
from tui.screens.output import STATES, lasting
from tui.screens.place import Place
from tui.screens.shell import Shell
from tui.session import Act, Job
from tui.widgets.paint import wrap
from tui.widgets.roll import Entry, Roll

ROOM = 64
LATEST = 300  # acts and jobs a dialog shows


class Listing(Dialog[str]):
    """A dialog with a list; Enter takes what the cursor stands on."""

    AUTO_FOCUS = "Roll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]

    @property
    def shell(self) -> Shell:
        """The app, as screens see it."""
        return cast(Shell, self.app)

    @property
    def roll(self) -> Roll:
        """The list."""
        return self.query_one(Roll)

    def body(self) -> Iterable[Widget]:
        yield Roll(id="roll")

    def action_take(self) -> None:
        """Take what the cursor stands on."""

    def action_step(self, by: int) -> None:
        """Move the cursor, wherever the keys go."""
        self.roll.action_step(by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screenful."""
        self.roll.action_page(by)


class Everything(Listing):
    """Every verb for what is under the cursor; what is not offered now is grey, with the reason."""

    AUTO_FOCUS = "#narrow"

    def __init__(self) -> None:
        keys = (("type", "to narrow"), ("↑ ↓", "choose"), ("Enter", "do it"), ("Esc", "leave"))
        super().__init__("Everything that can be done", keys)
        self._offers: list[tuple[Verb, str]] = []

    def body(self) -> Iterable[Widget]:
        yield Field("narrow", id="narrow")
        yield from super().body()

    def on_mount(self) -> None:
        beneath = [one for one in self.app.screen_stack if isinstance(one, Place)][-1]
        name, subjects = beneath.under()
        if subjects:
            self.retitle(f"Everything that can be done with {' '.join(subjects[:3])}")
        found = [one for one in verbs.verbs_of(name) if one.where]
        self._offers = [(one, beneath.against(one.name)) for one in found]
        self._offers.sort(key=lambda offer: (bool(offer[1]), not offer[0].command))
        self._list("")

    def _list(self, typed: str) -> None:
        entries: list[Entry] = []
        # A verb called so comes before those that only speak of it.
        for verb, against in sorted(
            self._offers, key=lambda offer: not offer[0].word.startswith(typed.lower())
        ):
            text = f"{verb.word} {verb.does} {verb.command}".lower()
            if not all(word in text for word in typed.lower().split()):
                continue
            role = "dim" if against else ""
            key = Piece(f"{shown_key(verb.key):>5}  ", "dim" if against else "key")
            entries.append(
                Entry((key, Piece(f"{verb.word:<15} ", role or "strong"), Piece(verb.does, "dim")), verb.name)
            )
            for line in wrap(f"× {against}", ROOM - 7, "warn", indent="  ") if against else ():
                entries.append(Entry((Piece(" " * 7), *line)))
        self.roll.put(entries, empty=(Piece("Nothing here is called so.", "dim"),))
        self.say("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value)

    def action_take(self) -> None:
        chosen = self.roll.current
        against = {verb.name: why for verb, why in self._offers}.get(chosen, "")
        if against:
            self.say(against, "bad")
        elif chosen:
            self.dismiss(chosen)


class CommandLog(Listing):
    """Every writing act of this session: when, the command that says the same, what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", show=False),
        Binding("at,q", "leave", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("Command log", (("y", "copy the command"), ("↑ ↓", "choose"), ("Esc", "leave")))
        self._acts: Sequence[Act] = ()

    def on_mount(self) -> None:
        self._acts = tuple(self.shell.session.acts)[-LATEST:]
        entries: list[Entry] = []
        for place, act in enumerate(self._acts):
            entries += self._entry(str(place), act)
        words = "Nothing was written in this session yet."
        self.roll.put(entries, empty=(Piece(words, "dim"),), at=str(len(self._acts) - 1))

    def _entry(self, place: str, act: Act) -> list[Entry]:
        at = f"{act.at.astimezone(self.shell.zone):%H:%M:%S}  "
        head, *more = wrap(act.command, ROOM - len(at), "strong")
        found = [Entry((Piece(at, "dim"), *head), place)]
        space = Piece(" " * len(at))
        found += [Entry((space, *line)) for line in more]
        mark, role = ("● ", "good") if act.done else ("× ", "bad")
        told = wrap(act.outcome, ROOM - len(at) - 2, "dim" if act.done else "warn")
        found += [Entry((space, Piece(mark if not n else "  ", role), *line)) for n, line in enumerate(told)]
        return found

    def action_copy(self) -> None:
        """Copy the command under the cursor."""
        if self.roll.current:
            command = self._acts[int(self.roll.current)].command
            self.app.copy_to_clipboard(command)
            self.say(f"Copied: {command}", "good")

    def action_take(self) -> None:
        self.action_copy()


class Jobs(Listing):
    """What runs in the background now, and what ended; ctrl+k stops one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+k,delete", "stop", show=False, priority=True),
        Binding("J,q", "leave", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("Jobs", (("ctrl+k", "stop it"), ("Enter", "see its output"), ("Esc", "leave")))

    def on_mount(self) -> None:
        self._list()
        self.set_interval(0.5, self._list)

    def _list(self) -> None:
        now, session = monotonic(), self.shell.session
        running = session.running(now)
        ended = [job for job in reversed(session.jobs) if job.ended is not None][:LATEST]
        entries = [_heading("Running", bool(running)), *(self._entry(job, now) for job in running)]
        entries += [Entry(()), _heading("Ended", bool(ended)), *(self._entry(job, now) for job in ended)]
        self.roll.put(entries)

    def _entry(self, job: Job, now: float) -> Entry:
        glyph, role = STATES[job.state]
        far = f"  {job.capture.progress}" if job.capture and job.ended is None else ""
        state = Piece(f"{glyph} {job.state:<9}", role)
        return Entry(
            (state, Piece(f"{lasting(job.took(now)):>10}  ", "dim"), Piece(job.what), Piece(far, "info")),
            str(job.number),
        )

    def action_stop(self) -> None:
        """Stop the job under the cursor, where that is possible."""
        job = self.shell.session.job(int(self.roll.current or 0))
        if job is None or job.ended is not None:
            self.say("This has ended.")
            return
        job.stop(monotonic())
        words = "Asked to stop: it does at its next step." if job.capture else "Not waited for any more."
        self.say(words, "dim")
        self._list()

    def action_take(self) -> None:
        """Show the output of a command."""
        job = self.shell.session.job(int(self.roll.current or 0))
        if job is None:
            return
        if job.capture is None:
            self.say("What a screen reads is shown on that screen.", "dim")
            return
        self.dismiss(None)
        self.shell.go("output", str(job.number))


def _heading(word: str, some: bool) -> Entry:
    return Entry((Piece(word, "strong"), Piece("" if some else "  nothing", "dim")))
