"""The sheets of documents, releases, findings and practices: facts, links that Enter opens, what was done."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.paper_source import Sheet
from tui.present import Line, Piece, listed, problems
from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.facts import history_lines, paragraph, title
from tui.screens.place import Place
from tui.screens.record_forms import RecordForms
from tui.widgets.bars import Rule
from tui.widgets.lines import Lines
from tui.widgets.paint import wrap
from tui.widgets.roll import Entry, Roll

COLUMN = 13
MOST = 400  # lines of a document's text shown; its command writes all of them


class PaperPage(Place):
    """One record: facts with links that Enter opens; its history beside them, below in a narrow window."""

    AUTO_FOCUS = "#sheet"
    SHARE: ClassVar[float] = 0.58  # of a wide window; the history has the rest
    DEFAULT_CSS = """
    PaperPage #past { display: none; }
    PaperPage.-wide #sheet { width: 58%; }
    PaperPage.-wide #past { display: block; width: 1fr; border-left: solid $rule; }
    .-ascii PaperPage.-wide #past { border-left: ascii $rule; }
    """

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words
        self.sheet: Sheet | None = None

    def where(self) -> tuple[str, ...]:
        return (self.NAME, *self.words)

    def body(self) -> Iterable[Widget]:
        yield Rule(id="paper-rule")
        with Horizontal():
            yield Roll(id="sheet")
            yield Lines(id="past", focusable=False)

    def question(self) -> Callable[[], Sheet]:
        """What is asked for this sheet, in a thread."""
        raise NotImplementedError

    def next_lines(self) -> list[Line]:
        """What can be done next, in lines."""
        return []

    def load(self) -> None:
        if self.sheet is None:
            self.query_one(Roll).put((), empty=(Piece("Reading…", "dim"),))
        self.ask("sheet", self.question(), self._loaded, failed=self._refused)

    def _loaded(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.headline(Piece(sheet.id, "strong"), Piece("" if sheet.title == sheet.id else f"  {sheet.title}"))
        self._draw()
        self.footline()

    def _refused(self, error: CmdbError) -> None:
        self.sheet = None
        self.query_one(Roll).put([Entry(one) for one in problems(error.reason, error.remedy, error.problems)])
        self.query_one("#past", Lines).show(())
        self.footline()

    def fit(self) -> None:
        if self.sheet is not None:
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        sheet, shell = self.sheet, self.shell
        if sheet is None:
            return
        wide = self.has_class("-wide")
        width = max(40, int(self.size.width * (self.SHARE if wide else 1)) - 5)
        self.query_one(Rule).put((Piece(f" {sheet.kind}  ", "dim"), Piece(sheet.state, sheet.role)))
        entries = [
            Entry(line)
            for fact in sheet.facts
            for line in paragraph(fact.label, fact.text, width, fact.role, column=COLUMN)
        ]
        entries += [Entry(one) for one in self.next_lines()]
        if sheet.links:
            entries += [Entry(()), Entry(title("Has to do with", "Enter opens it"))]
            entries += [_link(one.label, one.place, one.subject, one.text) for one in sheet.links]
        for name, texts in sheet.parts:
            entries += [Entry(()), Entry(title(name))]
            hang = "" if name == "Text" else "  "  # what goes on below is told from the next line
            room = width - len(hang)
            entries += [
                Entry(line) for text in texts[:MOST] for line in wrap(text, room, indent=hang) or [()]
            ]
        if sheet.history and not wide:
            entries += [Entry(()), Entry(title("History"))]
            entries += [Entry(line) for line in history_lines(sheet.history, shell, width)]
        self.query_one(Roll).put(entries)
        if sheet.history:
            past = self.query_one("#past", Lines)
            past.draw(lambda room: [title("History"), *history_lines(sheet.history, shell, room)])

    def subjects(self) -> tuple[str, ...]:
        return (self.sheet.id,) if self.sheet else ()

    def guard(self, name: str) -> str:
        if self.sheet is None and name not in ("refresh", "open"):
            unread = f"{' '.join(self.words)} is not read; R reads it."
            return super().guard(name) or (unread if name in self.OWN else "")
        return super().guard(name)

    OWN: ClassVar[tuple[str, ...]] = ()

    def hints(self) -> Sequence[str]:
        if self.sheet is None:
            return ("refresh", "back", "help")
        return (*(("open",) if self.sheet.links else ()), "everything", "copy_command", "back", "help")

    def verb_open(self) -> None:
        """Open what the cursor is on."""
        place, _, subject = self.query_one(Roll).current.partition(" ")
        if place:
            self.shell.go(place, subject)

    def on_rows_chosen(self) -> None:
        self.verb_open()


class DocumentPage(PaperPage, RecordForms):
    """One document with its approval, distribution and attachments."""

    NAME: ClassVar[str] = "document"
    TITLE_WORD: ClassVar[str] = "Document"
    OWN: ClassVar[tuple[str, ...]] = ("hand_out", "points", "action_add", "edit", "record_new")

    def question(self) -> Callable[[], Sheet]:
        whole, id = self.shell.whole, self.words[0]
        return lambda: whole().papers.document(id)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb document show {self.words[0]}"

    def guard(self, name: str) -> str:
        if name == "hand_out" and self.sheet and not self.sheet.fields["files"]:
            return f"{self.sheet.id} has no attachment."
        return super().guard(name)

    def verb_hand_out(self) -> None:
        """Write an attachment into a file."""
        assert self.sheet is not None, "the guard has seen it"
        id, names = self.sheet.id, self.sheet.fields["files"].splitlines()
        sheet = dialog(
            "sheet",
            f"An attachment of {id}",
            (f"There are: {listed(names, 6)}.",),
            (
                Ask("name", "attachment", "its name", names[0], "Say which."),
                Ask("file", "file", "where to", names[0], "Say where."),
            ),
            "write it",
        )

        def take(given: dict[str, str]) -> None:
            place = str(Path(given["file"]).expanduser())
            self.perform("document", "show", id, f"--attachment={given['name']}", f"--to={place}")

        self.fill(sheet, take)

    def verb_edit(self) -> None:
        """Change it while it is a draft."""
        self.fill_record("document amend", self.words[0])

    def verb_record_new(self) -> None:
        """Add a milestone to this plan."""
        self.fill_record("milestone add", self.words[0])

    def verb_points(self) -> None:
        """Say which points of its kind it covers."""
        self.shell.run_words(("document", "check", self.words[0]))


class ReleasePage(PaperPage):
    """One release: what it was built from, and the digest of its file."""

    NAME: ClassVar[str] = "release"
    TITLE_WORD: ClassVar[str] = "Release"
    OWN: ClassVar[tuple[str, ...]] = ("verify", "build")

    def __init__(self, *words: str) -> None:
        super().__init__(*" ".join(words).split(" ", 1))

    def question(self) -> Callable[[], Sheet]:
        whole, (product, version) = self.shell.whole, (*self.words, "")[:2]
        return lambda: whole().papers.release(product, version)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb release show {' '.join(self.words)}"

    def hints(self) -> Sequence[str]:
        own = ("verify",) if self.sheet else ()
        return (*own, *super().hints())[:6]

    def verb_verify(self) -> None:
        """Check a built file with nothing but it and a key."""
        sheet = dialog(
            "sheet",
            f"Check the file of {' '.join(self.words)}",
            ("Proved from the file alone: its manifest, the votes and the signature.",),
            (
                Ask("file", "file", "the archive that was built", self._file(), "Say which file."),
                Ask("key", "key", "a public key you trust, or its file; may stay empty"),
            ),
            "check",
        )

        def take(given: dict[str, str]) -> None:
            key = (f"--key={given['key']}",) if given["key"] else ()
            self.shell.run_words(("release", "verify", str(Path(given["file"]).expanduser()), *key))

        self.fill(sheet, take)

    def verb_build(self) -> None:
        """Write its archive again, byte for byte."""
        assert self.sheet is not None, "the guard has seen it"
        request = self.sheet.fields["request"]
        asks = (Ask("file", "file", "where to", self._file(), "Say where."),)
        words = ("The same bytes as when it was built: its SHA-256 stands above.",)
        sheet = dialog("sheet", f"Write the archive of {self.sheet.id}", words, asks, "write it")

        def take(given: dict[str, str]) -> None:
            place = str(Path(given["file"]).expanduser())
            self.perform("release", "build", request, f"--to={place}", "--apply")

        self.fill(sheet, take)

    def _file(self) -> str:
        return f"{'-'.join(self.words)}.tar.gz"


class PracticePage(PaperPage):
    """One practice of the model: how far it is performed, its points, and the records that show it."""

    SHARE: ClassVar[float] = 1  # nothing is stored of it, so it has no history
    DEFAULT_CSS = """
    PracticePage.-wide #sheet { width: 100%; }
    PracticePage.-wide #past { display: none; }
    """
    NAME: ClassVar[str] = "practice"
    TITLE_WORD: ClassVar[str] = "Practice"

    def question(self) -> Callable[[], Sheet]:
        whole, id = self.shell.whole, " ".join(self.words)
        return lambda: whole().papers.practice(id)

    def command_line(self) -> str:
        """The command that shows the same."""
        return f"cmdb conformance --practice '{' '.join(self.words)}'"


def _link(label: str, place: str, subject: str, text: str) -> Entry:
    pieces = (
        Piece(label.ljust(COLUMN), "dim"),
        Piece(subject, "strong"),
        Piece(f"  {text}" if text else "", "dim"),
    )
    return Entry(pieces, f"{place} {subject}" if place else "")
