"""A record in the person's own editor: the app steps aside, reads the file back, offers it again.

The file is kept until what it says was taken, or nothing in it was altered: nothing typed is lost.
"""

import subprocess
from collections.abc import Callable, Sequence

from textual.app import App, SuspendNotSupported

from cmdb.errors import CmdbError, Refused
from tui.item_source import Done, RecordFile
from tui.screens.directory import dialog
from tui.screens.place import Place


class Editing(Place):
    """A screen on which `E` opens the record under the cursor in an editor."""

    def edit_record(self, kind: str, id: str, done: Callable[[Done], None]) -> None:
        """Open a record in the editor; `done` takes what became of it."""
        whole = self.shell.whole

        def question() -> tuple[list[str], RecordFile]:
            work = whole().item_work
            return work.editor(), work.record_file(kind, id)

        self.ask("file", question, lambda found: self._edit(*found, done))

    def _edit(self, editor: Sequence[str], file: RecordFile, done: Callable[[Done], None]) -> None:
        try:
            run_editor(self.app, editor, file)
        except CmdbError as error:
            self.fault(error)
            return
        whole = self.shell.whole

        def read(found: Done | None) -> None:
            if found is None:
                self.tell("Nothing was changed.", "dim")
            else:
                self.shell.session.note(self.shell.now(), found.command, found.said, done=True)
                done(found)

        def failed(error: CmdbError) -> None:
            def answered(again: bool | None) -> None:
                if again:
                    self._edit(editor, file, done)
                else:
                    self.tell(f"What you typed is kept in {file.path}; E opens it again.", "warn")

            self.app.push_screen(dialog("again", file, error), answered)

        self.ask("read back", lambda: whole().item_work.read_back(file), read, failed=failed)


def run_editor(app: App[None], editor: Sequence[str], file: RecordFile) -> None:
    """Run an editor on a file while the app steps aside. Raises Refused when it cannot be run.

    Where no terminal can be handed over, the editor has to bring its own window.
    """
    words = [*editor, str(file.path)]
    try:
        try:
            with app.suspend():
                subprocess.run(words, check=False)
        except SuspendNotSupported:
            subprocess.run(words, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as wrong:
        raise Refused(
            f"The editor '{editor[0]}' does not run.", "Set EDITOR to the editor you use."
        ) from wrong
    app.refresh()
