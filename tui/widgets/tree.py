"""The dependency tree: branches are asked for when they are opened, never before.

At most 200 children of a branch are shown, then a line that says how many more there are. An item
that stands further up in the tree already is marked `(above)` and not opened again; an item that is
its own ancestor is marked as a loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.present import Line, Piece
from tui.widgets.rows import Rows

LIMIT = 200


@dataclass(slots=True)
class Branch:
    """One line of the tree and what hangs on it."""

    id: str
    label: Line
    leaf: bool = False
    parent: "Branch | None" = None
    children: "list[Branch] | None" = None
    open: bool = False
    note: str = ""
    last: bool = True
    depth: int = 0

    def ancestors(self) -> set[str]:
        """The ids above this branch."""
        found: set[str] = set()
        above = self.parent
        while above is not None:
            found.add(above.id)
            above = above.parent
        return found


class Tree(Rows):
    """A lazy tree with a cursor; Right opens, Left closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Open", show=False, priority=True),
        Binding("left,h", "fold", "Close", show=False, priority=True),
    ]

    MOVES: ClassVar[tuple[tuple[str, str], ...]] = (("→ l", "open the branch"), ("← h", "close it"))

    class Unfolded(Message):
        """A branch is opened whose children are not here yet."""

        def __init__(self, tree: "Tree", branch: Branch) -> None:
            super().__init__()
            self.tree = tree
            self.branch = branch

        @property
        def control(self) -> "Tree":
            return self.tree

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._roots: list[Branch] = []
        self._shown: list[Branch] = []
        self._seen: dict[str, Branch] = {}

    def plant(self, roots: Sequence[Branch]) -> None:
        """Start a new tree."""
        self._roots = list(roots)
        self._seen = {}
        self.cursor = 0
        self._relist()

    def grow(self, branch: Branch, children: Sequence[Branch], total: int) -> None:
        """Hang children under a branch; says how many more there are when they were cut off."""
        above = branch.ancestors() | {branch.id}
        kept = list(children[:LIMIT])
        for child in kept:
            child.parent = branch
            child.depth = branch.depth + 1
            if child.id in above:
                child.leaf, child.note = True, "(loop)"
            elif child.id in self._seen:
                child.leaf, child.note = True, "(above)" if not child.leaf else ""
            else:
                self._seen[child.id] = child
        if total > len(kept):
            more = Branch("", (Piece(f"{total - len(kept):,} more", "dim"),), leaf=True, parent=branch)
            more.depth = branch.depth + 1
            kept.append(more)
        for child in kept:
            child.last = child is kept[-1]
        branch.children = kept
        branch.open = True
        self._relist()

    @property
    def current(self) -> Branch | None:
        """The branch under the cursor."""
        return self._shown[self.cursor] if self.cursor < len(self._shown) else None

    def action_unfold(self) -> None:
        """Open the branch under the cursor, or step into it."""
        branch = self.current
        if branch is None or branch.leaf:
            return
        if branch.children is None:
            self.post_message(self.Unfolded(self, branch))
        elif not branch.open:
            branch.open = True
            self._relist()
        else:
            self.action_step(1)

    def action_fold(self) -> None:
        """Close the branch under the cursor, or go to the one it hangs on."""
        branch = self.current
        if branch is None:
            return
        if branch.open and branch.children and branch.parent is not None:
            branch.open = False
            self._relist()
        elif branch.parent is not None:
            self.move(self._shown.index(branch.parent))

    def _relist(self) -> None:
        shown: list[Branch] = []
        waiting = list(reversed(self._roots))
        while waiting:
            branch = waiting.pop()
            shown.append(branch)
            if branch.open and branch.children:
                waiting.extend(reversed(branch.children))
        self._shown = shown
        self.resize_rows()

    # Drawing --------------------------------------------------------------------------------

    def count(self) -> int:
        return len(self._shown)

    def selectable(self, index: int) -> bool:
        return bool(self._shown[index].id)

    def line(self, index: int, width: int, base: Style) -> Strip:
        branch = self._shown[index]
        sign = ("─ " if branch.parent else "") if branch.leaf else ("▼ " if branch.open else "▶ ")
        pieces = (
            Piece(" " + _guides(branch), "rule"),
            Piece(sign, "dim"),
            *branch.label,
            Piece(f"  {branch.note}" if branch.note else "", "dim"),
        )
        return self.brush.strip(pieces, width, base)


def _guides(branch: Branch) -> str:
    if branch.parent is None:
        return ""
    parts = ["└─" if branch.last else "├─"]
    above = branch.parent
    while above.parent is not None:
        parts.append("   " if above.last else "│  ")
        above = above.parent
    return "".join(reversed(parts))
