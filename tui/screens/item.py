"""One item: facts with their age, its dependencies as a lazy tree or in layers, history, changes."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from cmdb.errors import CmdbError
from tui.item_source import Layered
from tui.present import (
    OPERATING,
    STATUSES,
    Line,
    Piece,
    minutes_left,
    moment,
    padded,
    problems,
    request_state,
)
from tui.screens.facts import card_lines, history_lines, title
from tui.screens.item_verbs import ItemVerbs
from tui.views import Deed, ItemCard, Neighbour, Neighbours, PromiseLine
from tui.widgets.bars import Rule
from tui.widgets.lines import Lines
from tui.widgets.roll import Entry, Roll
from tui.widgets.tree import LIMIT, Branch, Tree

TABS = ("tree", "history", "changes")
OF_IT = frozenset(
    (
        *("impact", "impact_window", "new", "clone", "edit", "edit_file", "retire", "remove", "hand_over"),
        *("connect", "disconnect", "need", "state", "confirm", "hold", "picture", "tree", "open"),
    )
)  # what can be done with an item that is there


class ItemPage(ItemVerbs):
    """The page of one item."""

    NAME: ClassVar[str] = "item"
    TITLE_WORD: ClassVar[str] = "Item"
    AUTO_FOCUS = "#tree"

    def __init__(self, id: str) -> None:
        super().__init__()
        self.item = id
        self.card: ItemCard | None = None
        self.needs = False
        self.layered = False
        self.tab = "tree"
        self._planted = False
        self._gone = ""

    def where(self) -> tuple[str, ...]:
        return (self.NAME, self.item)

    def body(self) -> Iterable[Widget]:
        with Vertical(id="card"):
            yield Lines(id="facts", focusable=False)
        with Vertical(id="lower"):
            yield Rule(id="rule")
            yield Tree(id="tree")
            yield Roll(id="layers")
            yield Lines(id="pages")

    def load(self) -> None:
        fast, id = self.shell.fast, self.item
        self.headline(Piece(id, "strong"))
        self._show_tab()
        self.ask("item", lambda: fast().item(id), self._loaded, failed=self._missing)

    def _loaded(self, card: ItemCard) -> None:
        self.card, self._gone = card, ""
        self.headline(Piece(card.line.id, "strong"), Piece(f"  {card.line.name}", "dim"))
        self.query_one("#facts", Lines).draw(lambda width: card_lines(card, self.shell, width))
        if card.service and not card.promises:
            whole, id = self.shell.whole, self.item
            self.ask("promises", lambda: whole().promises([id], None)[1], self._promised)
        if not self._planted:
            self.needs = not card.needed_by and bool(card.needs)
            self._plant()
        self._show_tab()

    def _promised(self, found: Sequence[PromiseLine]) -> None:
        if self.card is None or not found:
            return
        promises = tuple(
            f"{one.customer} {one.commitment}: {minutes_left(one.left_before)} of"
            f" {minutes_left(one.allowance)} min left, {one.period}"
            for one in found
        )
        card = self.card = self.card._replace(promises=promises)
        self.query_one("#facts", Lines).draw(lambda width: card_lines(card, self.shell, width))

    def _missing(self, error: CmdbError) -> None:
        self.card, self._gone = None, error.reason
        self.footline()
        self.query_one("#facts", Lines).show(problems(error.reason, error.remedy, error.problems))

    # The tree -------------------------------------------------------------------------------

    def _plant(self) -> None:
        assert self.card is not None
        self._planted = True
        root = Branch(self.item, (Piece(self.item, "strong"), Piece(f"  {self.card.line.name}", "dim")))
        self.query_one(Tree).plant([root])
        self._open(root)

    def _open(self, branch: Branch) -> None:
        fast, needs, tree = self.shell.fast, self.needs, self.query_one(Tree)

        def answer(found: Neighbours) -> None:
            if needs == self.needs:
                tree.grow(branch, [_branch(one) for one in found.rows], found.total)

        self.ask(
            f"branch {id(branch)}", lambda: fast().neighbours(branch.id, needs=needs, limit=LIMIT), answer
        )

    def on_tree_unfolded(self, event: Tree.Unfolded) -> None:
        self._open(event.branch)

    def verb_tree(self) -> None:
        """Turn the drawing: the tree one way, the other way, both ways in layers."""
        if self.tab == "tree" and self.card is not None:
            first = not self.card.needed_by and bool(self.card.needs)
            if self.layered:
                self.layered, self.needs = False, first
            elif self.needs != first:
                self.layered = True
            else:
                self.needs = not first
            if not self.layered:
                self._plant()
        self.tab = "tree"
        self._show_tab()

    def _lay(self) -> None:
        whole, id, width = self.shell.whole, self.item, self.query_one("#lower").size.width
        self.query_one(Roll).put((), empty=(Piece("Drawing…", "dim"),))
        self.ask("layers", lambda: whole().item_work.layered(id, width), self._laid)

    def _laid(self, found: Layered) -> None:
        entries = [Entry((Piece(found.said, "dim"),))]
        for lane, id, name, operating in found.rows:
            glyph, role = OPERATING.get(operating, ("?", "warn"))
            entries.append(
                Entry(
                    (
                        *_lanes(lane),
                        Piece("" if operating == "up" else f"{glyph} ", role),
                        Piece(id, "accent" if id == self.item else "strong"),
                        Piece(f"  {name}" if name != id else "", "dim"),
                    ),
                    id,
                )
            )
        self.query_one(Roll).put(entries, at=self.item)

    def other(self) -> tuple[str, ...]:
        id = self._cursor()
        return (id,) if id and id != self.item else ()

    def _cursor(self) -> str:
        """The item under the cursor of the tree or of the layers."""
        if self.tab != "tree":
            return ""
        branch = self.query_one(Tree).current
        return self.query_one(Roll).current if self.layered else branch.id if branch else ""

    # Pages ----------------------------------------------------------------------------------

    def _show_tab(self) -> None:
        direction = "layers" if self.layered else "needs" if self.needs else "is needed by"
        names = {"tree": direction, "history": "history", "changes": "changes"}
        tabs = [Piece(f" {names[one]} ", "key" if one == self.tab else "dim") for one in TABS]
        self.query_one(Rule).put((Piece(" " + self.item, "dim"),), (*tabs, Piece(" [ ] turn ", "dim")))
        tree, roll, pages = self.query_one(Tree), self.query_one(Roll), self.query_one("#pages", Lines)
        shown = pages if self.tab != "tree" else roll if self.layered else tree
        for one in (tree, roll, pages):
            one.display = one is shown
        if self.focused in (tree, roll, pages) or self.focused is None:
            shown.focus()
        if shown is roll:
            self._lay()
        if self.tab == "history":
            fast, id = self.shell.fast, self.item
            self.ask("history", lambda: tuple(fast().item_history(id)), self._history)
        elif self.tab == "changes":
            pages.show(self._changes())
        self.footline()

    def _history(self, deeds: Sequence[Deed]) -> None:
        if self.tab == "history":
            shell = self.shell
            self.query_one("#pages", Lines).draw(lambda width: history_lines(deeds, shell, width))

    def _changes(self) -> list[Line]:
        changes = self.card.changes if self.card else ()
        now, zone = self.shell.now(), self.shell.zone
        lines: list[Line] = [title("Change requests that name it")]
        for one in changes:
            start = moment(one.start, zone, now) if one.start else ""
            lines.append(
                (
                    Piece(f"{one.id:<10} ", "strong"),
                    *padded(request_state(one.state), 14),
                    Piece(f" {one.title}  "),
                    Piece(start, "dim"),
                )
            )
        return lines if changes else [(Piece("No change request names it.", "dim"),)]

    def verb_tab(self) -> None:
        """Show the next page."""
        self.tab = TABS[(TABS.index(self.tab) + 1) % len(TABS)]
        self._show_tab()

    def verb_tab_back(self) -> None:
        """Show the page before."""
        self.tab = TABS[TABS.index(self.tab) - 1]
        self._show_tab()

    def verb_history(self) -> None:
        """Show what happened to it."""
        self.tab = "history"
        self._show_tab()

    # Verbs ----------------------------------------------------------------------------------

    def command_line(self) -> str:
        return f"cmdb item {'history' if self.tab == 'history' else 'show'} {self.item}"

    def subjects(self) -> tuple[str, ...]:
        return (self.item,)

    def guard(self, name: str) -> str:
        return self._gone if self._gone and name in OF_IT else super().guard(name)

    def hints(self) -> Sequence[str]:
        if self._gone:
            return ("command", "refresh", "back", "help")
        if self.tab == "tree":
            return ("impact", "tree", "edit", "tab", "everything", "help")
        return ("tab", "impact", "edit", "everything", "back", "help")

    def verb_open(self) -> None:
        """Open the item under the cursor of the tree."""
        for id in self.other():
            self.shell.go("item", id)

    def on_rows_chosen(self) -> None:
        self.verb_open()

    def verb_impact(self) -> None:
        """Ask what fails if it is down."""
        self.shell.go("impact", self.item)

    def verb_impact_window(self) -> None:
        """Ask the same in a window."""
        self.shell.go("window", self.item)

    def verb_new(self) -> None:
        """Start a change request for it."""
        self.shell.go("new", self.item)


def _lanes(text: str) -> Line:
    """The lanes before a line, where they end in the colour of what leads on."""
    return tuple(Piece(cell, "key" if cell == "▶" else "dim") for cell in f"{text} ")


def _branch(one: Neighbour) -> Branch:
    how = one.kind if one.strength == "hard" else f"{one.kind}, soft"
    if one.group:
        how += f"; {one.group} needs {one.need}"
    glyph, role = OPERATING.get(one.operating, ("?", "warn"))
    mark = () if one.operating == "up" else (Piece(f"{glyph} ", role),)
    status = "" if one.status == "in service" else f"  {one.status}"
    label = (
        *mark,
        Piece(one.id),
        Piece(f"  {one.name}" if one.name != one.id else "", "dim"),
        Piece(f"  {how}", "info" if one.group else "dim"),
        Piece(status, STATUSES.get(one.status, ("", "dim"))[1]),
    )
    return Branch(one.id, label, leaf=not one.more)
