"""What can be done with items from the list and from the page of one: forms, holds, undo, pictures.

Every verb asks the same way on both screens. What is under control never changes here: its form
drafts a change request, and says so before anything is typed.
"""

from typing import ClassVar

from cmdb.errors import Refused
from tui.item_source import Done, Sheet
from tui.screens.directory import dialog
from tui.screens.editing import Editing
from tui.screens.scope_verbs import ScopeVerbs


class ItemVerbs(ScopeVerbs, Editing):
    """A screen with items under the cursor, marked or as its subject."""

    NAME: ClassVar[str] = ""

    def other(self) -> tuple[str, ...]:
        """A second item a dependency may be about: under the cursor of the tree, where there is one."""
        return ()

    # Forms ----------------------------------------------------------------------------------

    def fill_in(self, verb: str, *ids: str) -> None:
        """Open the form of a verb."""
        whole = self.shell.whole

        def question() -> tuple[Sheet, dict[str, str]]:
            work = whole().item_work
            sheet = work.sheet(verb, ids)
            return sheet, work.kept(sheet.key)

        def opened(found: tuple[Sheet, dict[str, str]]) -> None:
            self.app.push_screen(dialog("item form", *found), self.done)

        self.open_form(question, opened)

    def done(self, done: Done | None) -> None:
        """Say what was done, and show where it can be seen."""
        if done is None:
            return
        if done.undo:
            self.shell.session.undo = done.undo
        said = f"{done.said} u undoes it." if done.undo else done.said
        if done.change:
            self.shell.go("change", done.change)
            self.shell.say(f"{done.said} e fills in the rest.")
        elif done.item and done.item not in self.subjects():
            self.shell.go("item", done.item)
            self.shell.say(said)
        else:
            self.tell(said)
            self.again()

    def _first(self) -> tuple[str, ...]:
        return self.subjects()[:1]

    def verb_register(self) -> None:
        """Register a new item."""
        self.fill_in("register")

    def verb_clone(self) -> None:
        """Register an item like this one."""
        self.fill_in("clone", *self._first())

    def verb_edit(self) -> None:
        """Change its fields; under control, draft the change request that does."""
        self.fill_in("amend", *self._first())

    def verb_retire(self) -> None:
        """Retire it, after a look at what that means."""
        self.fill_in("retire", *self._first())

    def verb_remove(self) -> None:
        """Delete a draft registered by mistake, after a look."""
        self.fill_in("remove", *self._first())

    def verb_hand_over(self) -> None:
        """Give them to another owner."""
        self.fill_in("hand over", *self.subjects())

    def verb_connect(self) -> None:
        """Record that it needs another item: with two marked, that the first needs the second."""
        self.fill_in("connect", *self.subjects()[:2])

    def verb_disconnect(self) -> None:
        """Take a dependency away: the one under the cursor of the tree, or one that is named."""
        pair = self.subjects()[:2] if len(self.subjects()) > 1 else (*self._first(), *self.other())
        self.fill_in("disconnect", *pair)

    def verb_need(self) -> None:
        """Change how many members of a redundancy group it needs."""
        self.fill_in("need", *self._first())

    def verb_state(self) -> None:
        """Record that it is up, in maintenance or down."""
        self.fill_in("state", *self._first())

    # At once ----------------------------------------------------------------------------------

    def verb_confirm(self) -> None:
        """Say that they, and what they need, were seen to be true now."""
        whole, ids = self.shell.whole, self.subjects()
        self.ask("write", lambda: whole().item_work.confirm(ids), self._at_once)

    def verb_hold(self) -> None:
        """Put them on hold; or lift the hold of one that is."""
        whole, ids = self.shell.whole, self.subjects()

        def found(held: bool) -> None:
            if held:
                self.ask("write", lambda: whole().item_work.lift(ids), self._at_once)
            else:
                self.fill_in("hold", *ids)

        self.ask("hold", lambda: all(whole().item_work.held(one) for one in ids), found)

    def verb_undo(self) -> None:
        """Take back what was done last here: a hold, its lifting, a connection, a state."""
        if not self.shell.session.undo:
            self.fault(
                Refused("Nothing was done here that can be undone.", "Amend it, or see its history: H.")
            )
            return
        whole, what = self.shell.whole, self.shell.session.undo
        self.shell.session.undo = ()
        self.ask("write", lambda: whole().item_work.undo(what), self._at_once)

    def _at_once(self, done: Done) -> None:
        self.shell.session.note(self.shell.now(), done.command, done.said, done=True)
        self.shell.session.undo = done.undo
        self.tell(f"{done.said} u undoes it." if done.undo else done.said)
        self.again()

    def verb_edit_file(self) -> None:
        """Open it in $EDITOR: a draft as itself, items under control as a new change request."""
        ids = self.subjects()
        self.edit_record("new" if len(ids) > 1 else "item", " ".join(ids), self.done)

    def verb_picture(self) -> None:
        """Write an SVG of what surrounds it, and show it where there is a display."""
        whole, ids = self.shell.whole, self._first()
        self.tell("Drawing…", "dim")
        self.ask(
            "picture",
            lambda: whole().item_work.picture(ids[0]),
            lambda path: self.tell(f"The picture is {path}"),
            what=f"picture of {ids[0]}",
        )
