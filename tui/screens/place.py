"""What every screen has: header, footer, prompt, notices, and the verbs of the table with their guards."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Key, Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from cmdb.errors import CmdbError
from tui import clockface, verbs
from tui.ballot_views import ChangeCard
from tui.keys import shown_key
from tui.present import Line, Piece, counted, problems
from tui.screens.ahead import Ahead
from tui.screens.duty_verbs import DutyVerbs
from tui.screens.life_cycle import LIFE_CYCLE, against
from tui.views import Masthead
from tui.widgets.bars import Footer, Header, Notice
from tui.widgets.cramped import cramped
from tui.widgets.prompt import Prompt
from tui.widgets.table import Table

T = TypeVar("T")
ROOMY = 120  # cells from which the header names the site as well
HELD = 0.1  # seconds a picture waits at most for what is being read


def verb_bindings(screen: str) -> list[BindingType]:
    """The bindings of a screen, read from the table of verbs.

    With priority: they act as the key arrives, so keys typed ahead act in the order they were typed.
    """
    own = [(verb.key, f"verb('{verb.name}')", verb.word) for verb in verbs.verbs_of(screen) if verb.key]
    places = [(place.key, f"go('{place.name}')", place.title) for place in verbs.PLACES]
    return [Binding(*one, show=False, priority=True) for one in (*own, *places)]


class Place(DutyVerbs):
    """The base of places and pages. Subclasses give a NAME, a body, what to load and their verbs."""

    NAME: ClassVar[str] = ""
    TITLE_WORD: ClassVar[str] = ""
    AUTO_FOCUS = "Rows"

    def __init__(self) -> None:
        super().__init__()
        self.context: Line = ()
        self._request: ChangeCard | None = None  # under the cursor, read for `x`
        self._held = False
        self.ahead = Ahead(self, self.headline, lambda words: self.tell(words, "warn"))
        for binding in verb_bindings(self.NAME):
            assert isinstance(binding, Binding)
            self._bindings.bind(binding.key, binding.action, binding.description, show=False, priority=True)

    # What a subclass says -------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """The widgets between header and footer."""
        raise NotImplementedError

    def load(self) -> None:
        """Ask for what is shown; called whenever the screen comes to the top."""

    def subjects(self) -> tuple[str, ...]:
        """The ids a verb applies to: marked, else under the cursor, else the page's own."""
        return ()

    def hints(self) -> Sequence[str]:
        """The verbs worth a place in the footer now, the most likely first."""
        return ("help",)

    def arrive(self, subject: str) -> None:
        """Come here for the sake of one id or verb."""

    def fit(self) -> None:
        """Set what depends on the size of the window; called whenever that changes."""

    def where(self) -> tuple[str, ...]:
        """How `go` finds back here."""
        return (self.NAME,)

    # Frame ----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="body"):
            yield from self.body()
        yield Footer(id="footer")
        yield Notice(id="notice")
        yield Prompt(self._complete)

    async def _complete(self, text: str) -> str | None:
        return await self.shell.complete(text)

    def on_screen_resume(self, event: ScreenResume) -> None:
        if self not in self.app.screen_stack or not self.query(Notice):  # left before it was drawn
            return
        self.headline()
        self.footline()
        self.crest()
        self.load()

    def mend(self, message: Message) -> None:
        if isinstance(message, ScreenResume):
            self._on_screen_resume(message)  # else nothing of the page would ever be laid out

    def hold(self) -> None:
        """Paint nothing until `release`, or for a moment: what is there at once comes in one picture."""
        self._held = True
        self.set_timer(HELD, self.release)

    def release(self) -> None:
        """Paint from here on."""
        if self._held:
            self._held = False
            self.refresh()

    def _compositor_refresh(self) -> None:
        if not self._held:  # else what has to be painted is kept for later
            super()._compositor_refresh()

    def crest(self) -> None:
        """Read again what the header says of the site."""
        fast = self.shell.fast

        def read(masthead: Masthead) -> None:
            self.shell.masthead = masthead
            self.headline()

        self.ask("masthead", lambda: fast().masthead(), read)

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        cramped(self, width, height)
        self.set_class(width >= 100, "-wide")
        self.set_class(width >= 140, "-widest")
        self.headline()
        self.fit()

    def headline(self, *context: Piece) -> None:
        """Write the header line; with pieces, they are the new context."""
        if context:
            self.context = context
        if not self.query(Header):  # a key waits before the page is drawn
            return
        masthead = self.shell.masthead
        waiting: Line = (Piece("reading… ", "accent"),) if self.has_class("-waiting") else ()
        if self.ahead.keys:
            waiting = (Piece(f"reading… {counted(len(self.ahead.keys), 'key')} wait  ", "accent"),)
        left = (Piece(" cmdb  ", "key"), Piece(self.TITLE_WORD, "strong"), Piece("  "), *self.context)
        who = masthead.person or "reading only"
        site = (Piece(f"{masthead.site}  ", "dim"),) if self.size.width >= ROOMY else ()
        right = (*waiting, *site, Piece(masthead.baseline or "no baseline", "dim"), Piece(f"  {who} ", ""))
        self.query_one(Header).head(left, right, production=masthead.production)

    def footline(self) -> None:
        """Write the footer from the verbs worth it now."""
        offered = [verbs.verb(name, self.NAME) for name in self.hints()]
        offers = [(shown_key(v.key), v.word) for v in offered]
        self.query_one(Footer).offer(offers)

    # Words ----------------------------------------------------------------------------------

    def tell(self, text: str, role: str = "good") -> None:
        """Say that something was done."""
        self.query_one(Notice).say([(Piece("● ", role), Piece(text))])

    def refuse(self, reason: str, remedy: str = "", details: Sequence[str] = ()) -> None:
        """Say why something is refused, and what would lift it."""
        reason, remedy = (verbs.with_keys(one, self.NAME) for one in (reason, remedy))
        self.query_one(Notice).say(
            [line for line in problems(reason, remedy, details) if line[0].text.strip()]
        )

    def fault(self, error: CmdbError) -> None:
        """Say what a refusal from below says."""
        zone = self.shell.zone
        told = [clockface.by_the_wall(one, zone) for one in (error.reason, *error.problems)]
        self.refuse(told[0], error.remedy, told[1:])

    def again(self) -> None:
        self.crest()
        self.load()

    def freshen(self) -> None:
        """Read again what others wrote; the row under the cursor stays, though it be gone meanwhile."""
        for table in self.query(Table):
            table.keep_row()
        self.again()

    def overhear(self, words: str) -> None:
        """Say what somebody else did to what is looked at, where nothing more important is being said."""
        if not self.query_one(Notice).display:
            self.tell(words, "warn")

    def waiting(self, on: bool) -> None:
        if on != self.has_class("-waiting"):
            self.set_class(on, "-waiting")
            self.headline()

    def heading(self) -> str:
        return self.TITLE_WORD

    def hush(self, key: str) -> bool:
        """Take the notice away with the next key; gives True when that was all the key is for."""
        for notice in self.query(Notice):  # none, before the page is drawn
            if notice.display:
                notice.say(())
                return key == "escape"
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters belong to the line of input while it is open."""
        return not (action in ("verb", "go") and isinstance(self.focused, Input))

    def on_key(self, event: Key) -> None:
        """Say so where a letter does nothing: silence would leave open whether it was heard."""
        if (
            event.is_printable
            and not isinstance(self.focused, Input)
            and event.key not in self.active_bindings
        ):
            self.tell(f"Nothing is under {shown_key(event.key)} here; ? shows the keys.", "dim")

    # Verbs ----------------------------------------------------------------------------------

    def action_go(self, name: str) -> None:
        """Go to one of the places."""
        self.shell.go(name)

    def action_verb(self, name: str) -> None:
        """Do what a key stands for, where this screen can and no guard is against it."""
        method = getattr(self, f"verb_{name}", None)
        if method is None:
            self.refuse(f"'{verbs.verb(name).word}' is not offered on this screen.", "? lists the keys.")
            return
        against = self.guard(name)
        if against:
            self.refuse(against, self.lifts(name))
            return
        method()

    def lifts(self, name: str) -> str:
        """What to do instead of a verb that a guard is against, where the screen knows."""
        return ""

    def guard(self, name: str) -> str:
        """Why a verb is not offered now, in the words of the rule; empty when it is.

        Asked before every verb and for every line of `x`: answer from what the screen holds.
        """
        if "{id}" in verbs.verb(name, self.NAME).command and not self.subjects():
            return "Nothing is under the cursor."
        return ""

    def under(self) -> tuple[str, tuple[str, ...]]:
        """What `x` is about: the screen whose verbs apply to what is under the cursor, and its ids."""
        return self.NAME, self.subjects()

    def open_form(self, question: Callable[[], T], opened: Callable[[T], None]) -> None:
        """Read what a form is about, and open it; what is typed meanwhile is typed into it."""
        self.ask("form", question, self.ahead.opens(opened), failed=self.ahead.opens(self.fault))

    def ready(self, then: Callable[[], None]) -> None:
        """Read what the guards ask about, then go on."""
        name, ids = self.under()
        self._request = None
        if name != "change" or not ids:
            then()
            return
        whole = self.shell.whole

        def read(card: ChangeCard) -> None:
            self._request = card
            then()

        self.ask("ready", lambda: whole().change(ids[0]), read)

    def against(self, name: str) -> str:
        """Why `x` cannot do a verb on what is under the cursor; empty when it can."""
        if self._request is not None and name in LIFE_CYCLE:
            return against(self._request, name)
        return self.guard(name)

    def verb_everything(self) -> None:
        """List everything that can be done with what is under the cursor."""
        self.ready(lambda: self.shell.go("everything"))

    def verb_log(self) -> None:
        """Show the command log."""
        self.shell.go("log")

    def verb_jobs(self) -> None:
        """Show what runs in the background."""
        self.shell.go("jobs")

    def verb_back(self) -> None:
        """Cancel what is being waited for, else go back."""
        if self.has_class("-waiting"):
            self.give_up()
            self.tell("Not waited for any more; R reads again.", "warn")
            return
        self.shell.leave()

    def verb_quit(self) -> None:
        """Leave the page; from a place, the app."""
        if self.NAME in {place.name for place in verbs.PLACES}:
            self.app.exit()
        else:
            self.shell.leave()

    def verb_last(self) -> None:
        """Go back to where we were before."""
        self.shell.last_place()

    def verb_refresh(self) -> None:
        """Read again."""
        self.crest()
        self.load()

    def verb_help(self) -> None:
        """Show the keys of this screen."""
        self.shell.go("help", self.NAME)

    def verb_copy(self) -> None:
        """Copy the ids a verb would apply to."""
        ids = self.subjects()
        if not ids:
            self.refuse("There is no id under the cursor.")
            return
        self.app.copy_to_clipboard(" ".join(ids))
        self.tell(f"Copied {' '.join(ids)}")

    def command_line(self) -> str:
        """The command that shows what this screen shows."""
        return verbs.AS_TEXT.get(self.NAME, "").replace("{id}", " ".join(self.subjects())).strip()

    def verb_copy_command(self) -> None:
        """Copy the command for this screen."""
        command = self.command_line()
        if not command:
            self.refuse("No command shows what this screen shows.")
            return
        self.app.copy_to_clipboard(command)
        self.tell(f"Copied: {command}")

    # The prompt -----------------------------------------------------------------------------

    def verb_command(self) -> None:
        """Open the `:` line."""
        self.query_one(Prompt).open(":", past=self.shell.typed)

    def on_prompt_said(self, event: Prompt.Said) -> None:
        event.stop()
        if event.done or event.left:
            self.focus_body()
        if event.sign == ":":
            if event.done and event.text.strip():
                try:
                    self.shell.obey(event.text)
                except CmdbError as error:
                    self.fault(error)
            return
        self.heard(event.sign, event.text, done=event.done, left=event.left)

    def verb_filter(self) -> None:
        """Find items; a place with a list of its own filters that instead."""
        self.query_one(Prompt).open("/")

    def heard(self, sign: str, text: str, *, done: bool, left: bool) -> None:
        """Take words typed at another prompt than `:`; those of `/` find items, once they are whole."""
        if sign == "/" and done and text.strip():
            try:
                self.shell.obey(f"item search {text}")
            except CmdbError as error:
                self.fault(error)

    def focus_body(self) -> None:
        """Give the keys back to the list or card."""
        for widget in self.query("#body Rows"):
            if widget.can_focus and widget.display:
                widget.focus()
                return
