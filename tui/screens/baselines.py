"""Baselines: what was agreed, by which request; mark one, stand on another, `d` compares them."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.paper_source import DocumentLine, ReleaseLine
from tui.present import LEVELS, REQUEST_STATES, Piece, counted, moment, problems
from tui.screens.asking import Sheet
from tui.screens.asks import Ask
from tui.screens.record_forms import RecordForms
from tui.screens.scope_verbs import ScopeVerbs
from tui.sources import Source
from tui.views import BaselineLine
from tui.widgets.bars import Rule
from tui.widgets.table import Column, Row, Table, word

COLUMNS = (
    Column("id", "Baseline", 10),
    Column("at", "Established", 17),
    Column("request", "Request", 8),
    Column("title", "What changed"),
    Column("actor", "By", 12),
    Column("commit", "Commit", 10, since=90),
)


DOCUMENTS = (
    Column("id", "Document", 20, least=8),
    Column("title", "Title"),
    Column("version", "Version", 7),
    Column("owner", "Owner", 11),
    Column("level", "Level", 12),
    Column("review", "Review", 12),
    Column("files", "Files", 5, since=90, align="right"),
    Column("kind", "Kind", 16, since=100),
)
RELEASES = (
    Column("name", "Release", 14),
    Column("state", "State", 14),
    Column("baseline", "From", 10),
    Column("request", "Request", 8, since=96),
    Column("digest", "SHA-256 of the file"),
    Column("at", "Built", 13),
    Column("by", "By", 10, since=96),
)
SCOPES = (
    Column("id", "Baseline", 10),
    Column("at", "Established", 17),
    Column("scope", "Of", 24),
    Column("records", "Records", 8, align="right"),
    Column("request", "Request", 8),
    Column("title", "Title", since=100),
    Column("actor", "By", 12, since=90),
)


class Kind(NamedTuple):
    """One of the lists: its columns, the command that lists the same, what a row is, what it says empty.

    The rows of a `compared` one are marked, compared and restored.
    """

    columns: tuple[Column, ...]
    command: str
    noun: str
    empty: str
    of: str = ""
    compared: bool = False


LISTS = {
    "baselines": Kind(
        COLUMNS,
        "baseline list",
        "baseline",
        "There is no baseline: this site has no library yet.",
        compared=True,
    ),
    "documents": Kind(
        DOCUMENTS,
        "document list",
        "document",
        "No document is registered: 'cmdb document register FILE' adds one.",
    ),
    "releases": Kind(
        RELEASES, "release list", "release", "Nothing is released yet: x drafts the request for a release."
    ),
    "scopes": Kind(
        SCOPES,
        "baseline list --scope",
        "baseline",
        "No scope has a baseline of its own: 'cmdb baseline establish service:ID' drafts one.",
        of=" of scopes",
        compared=True,
    ),
}


class Baselines(ScopeVerbs, RecordForms):
    """Every baseline, newest first; `]` turns to documents, releases and baselines of scopes."""

    NAME: ClassVar[str] = "baselines"
    TITLE_WORD: ClassVar[str] = "Baselines"

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._which = "baselines"
        self._shown = ""  # the list whose rows stand there
        self._releases: dict[str, ReleaseLine] = {}
        self._scopes: dict[str, BaselineLine] = {}

    def body(self) -> Iterable[Widget]:
        yield Rule(id="lists")
        yield Table(COLUMNS, id="baselines")

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#baselines", Table)

    @property
    def _kind(self) -> Kind:
        """What the list is whose rows stand there, or will."""
        return LISTS[self._shown or self._which]

    def load(self) -> None:
        whole, which = self.shell.whole, self._which
        if self._shown != which or not self.table.count():
            self.table.unmark()
            self.table.cursor = 0
            self.table.restyle(LISTS[which].columns)
            self.table.say(((Piece(f"Reading the {which}…", "dim"),),))
        tabs = [Piece(f" {one} ", "key" if one == which else "dim") for one in LISTS]
        self.query_one(Rule).put((), (*tabs, Piece(" [ ] turn ", "dim")))

        def asked() -> tuple[str, Sequence[Row]]:
            return which, self._rows(whole(), which)

        self.ask("baselines", asked, self._loaded, failed=self._unreadable)

    def _rows(self, source: Source, which: str) -> Sequence[Row]:
        """The rows of one list."""
        match which:
            case "documents":
                return [self._document(one) for one in source.papers.documents()]
            case "releases":
                releases = source.papers.releases()
                self._releases = {_key(one): one for one in releases}
                return [self._release(one) for one in releases]
            case "scopes":
                scopes = source.baselines(scopes=True)
                self._scopes = {one.id: one for one in scopes}
                return [self._scope(one) for one in scopes]
        return [self._baseline(one) for one in source.baselines()]

    def _loaded(self, found: tuple[str, Sequence[Row]]) -> None:
        self._shown, rows = found
        if rows:
            self.table.fill(rows)
            if self._wanted:
                self.table.point(self._wanted)
                self._wanted = ""
        else:
            self.table.say(((Piece(self._kind.empty, "strong"),),))
        keys = "   Space marks, d compares" if self._kind.compared else "   Enter opens"
        words = f"{counted(len(rows), self._kind.noun)}{self._kind.of}"
        self.headline(Piece(words, "dim"), Piece(keys if rows else "", "dim"))
        self.footline()

    def _baseline(self, one: BaselineLine) -> Row:
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                word(moment(one.at, self.shell.zone, self.shell.now()), "dim"),
                word(one.request, "accent"),
                word(one.title),
                word(one.actor),
                word(one.commit[:10], "dim"),
            ),
        )

    def _scope(self, one: BaselineLine) -> Row:
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                word(moment(one.at, self.shell.zone, self.shell.now()), "dim"),
                word(one.scope),
                word(f"{one.records:,}"),
                word(one.request, "accent"),
                word(one.title, "dim"),
                word(one.actor, "dim"),
            ),
        )

    def _document(self, one: DocumentLine) -> Row:
        glyph, role = ("×", "dim") if one.status == "retired" else LEVELS.get(one.level, ("", ""))
        state = one.status if one.status == "retired" else one.level
        return Row(
            one.id,
            (
                word(one.id, "strong"),
                word(f"{one.title}{f'  lacks {one.lacks}' if one.lacks else ''}"),
                word(one.version),
                word(one.owner, "dim"),
                word(f"{glyph} {state}", role),
                word(f"{'× ' if one.late else ''}{one.review}", "bad" if one.late else "dim"),
                word(str(one.files) if one.files else "", "dim"),
                word(one.kind, "dim"),
            ),
        )

    def _release(self, one: ReleaseLine) -> Row:
        glyph, role = ("●", "good") if one.state == "built" else REQUEST_STATES.get(one.state, ("○", ""))
        return Row(
            _key(one),
            (
                word(one.name, "strong"),
                word(f"{glyph} {one.state}", role),
                word(one.baseline, "dim"),
                word(one.request, "accent"),
                word(one.digest[:24] if one.digest else "not built yet", "" if one.digest else "dim"),
                word(moment(one.at, self.shell.zone, self.shell.now()) if one.at else "", "dim"),
                word(one.by),
            ),
        )

    def _unreadable(self, error: CmdbError) -> None:
        self.headline(Piece(""))  # no count of another list
        self.table.say(problems(error.reason, error.remedy, error.problems))

    def arrive(self, subject: str) -> None:
        if subject in LISTS:
            self._turn_to(subject)
            return
        self._wanted = subject
        if self._which != "baselines":
            self._turn_to("baselines")
        else:
            self.table.point(subject)

    def subjects(self) -> tuple[str, ...]:
        if self._shown == "releases":
            one = self._releases.get(self.table.current)
            return (one.request,) if one else ()
        return self.table.chosen()

    def under(self) -> tuple[str, tuple[str, ...]]:
        if self._shown == "documents" and self.table.current:
            return "document", (self.table.current,)
        name, subjects = super().under()
        # A mark is for comparing alone: all else takes the row.
        if self._kind.compared and self.table.current:
            subjects = (self.table.current,)
        return name, subjects

    def command_line(self) -> str:
        """The command that lists the same."""
        return f"cmdb {LISTS[self._which].command}"

    def guard(self, name: str) -> str:
        if name == "restore" and self._which == "scopes":
            return "Restoring starts from a baseline of the site: it names the scope, too."
        if name in ("mark", "difference", "restore") and not LISTS[self._which].compared:
            return "Only baselines are marked, compared and restored: [ turns back to them."
        return super().guard(name)

    def hints(self) -> Sequence[str]:
        if self._which == "documents":
            return ("open", "record_new", "tab", "everything", "back", "help")
        if not LISTS[self._which].compared:
            return ("open", "tab", "everything", "back", "help")
        return ("mark", "difference", "open", "tab", "verify", "help")

    def verb_record_new(self) -> None:
        """Register a document or plan."""
        self.fill_record("document register")

    def verb_tab(self) -> None:
        """Turn to the next list."""
        self._turn(1)

    def verb_tab_back(self) -> None:
        """Turn to the list before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = list(LISTS)
        self._turn_to(names[(names.index(self._which) + by) % len(names)])

    def _turn_to(self, which: str) -> None:
        self._which = which
        self.load()

    def verb_mark(self) -> None:
        """Mark the baseline to compare from."""
        self.table.mark()

    def _pair(self) -> tuple[str, str] | None:
        ids = {row.id: place for place in range(self.table.count()) if (row := self.table.row(place))}
        marked = sorted(self.table.marks, key=lambda one: ids.get(one, 0), reverse=True)
        here = self.table.current
        if len(marked) == 1 and here and here != marked[0]:
            marked = sorted([marked[0], here], key=lambda one: ids.get(one, 0), reverse=True)
        return (marked[0], marked[1]) if len(marked) == 2 else None

    def verb_difference(self) -> None:
        """Compare the marked baseline with the one under the cursor."""
        pair = self._pair()
        if pair is None:
            self.refuse("Two baselines are compared.", "Mark one with Space, stand on the other, press d.")
            return
        self.shell.go("compare", *pair)

    def verb_open(self) -> None:
        """Compare the baseline under the cursor with the one before it; open a document or a release."""
        here = self.table.current
        if self._shown == "documents" and here:
            self.shell.go("document", here)
        if self._shown == "releases" and here:
            one = self._releases[here]
            self.shell.go(*(("release", one.name) if one.state == "built" else ("change", one.request)))
        if self._kind.compared and here:
            self._compare_with_older(here)

    def _compare_with_older(self, here: str) -> None:
        scope = self._scopes[here].scope if self._shown == "scopes" else ""
        rows = (self.table.row(place) for place in range(self.table.cursor + 1, self.table.count()))
        older = next(
            (row for row in rows if row and (not scope or self._scopes[row.id].scope == scope)), None
        )
        if older is None:
            which = f" of {scope}" if scope else ""
            self.refuse(f"{here} is the first baseline{which}: there is none before it.")
            return
        self.shell.go("compare", older.id, here)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_verify(self) -> None:
        """Prove the library."""
        self.shell.go("audits", "verify")

    def verb_restore(self) -> None:
        """Draft the request that makes records again what they were then."""
        id = self.table.current
        sheet = Sheet(
            f"Restore from {id}",
            ("A change request is drafted; it is assessed and decided like any other.",),
            (
                Ask(
                    "what",
                    "what",
                    "items: sw-11 fw-1; or all; or what a service needed: service svc-mail",
                    needed="Say what to restore.",
                ),
            ),
            "draft",
        )

        def answered(given: dict[str, str]) -> None:
            first, *others = given["what"].split()
            words = {"all": ("--all", *others), "service": tuple(f"--service={one}" for one in others)}
            chosen = words.get(first, (first, *others))
            self.perform("baseline", "restore", id, *chosen, "--apply", then=self.drafted)

        self.fill(sheet, answered)


def _key(one: ReleaseLine) -> str:
    return f"{one.request} {one.name}"
