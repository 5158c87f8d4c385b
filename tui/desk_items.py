"""What the app does with items: forms judged and saved, holds, undo, files for an editor, drawings.

One transaction a call; who acts and the moment come from the desk. Judging changes nothing. Source:
`tui.item_source.ItemWork`.
"""

import os
import shlex
import shutil
import subprocess
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ccb import changefile, requests
from ccb.statements import seen_as
from cmdb import files, holds, items, search, tables_graph
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.model import Dependency, Item
from cmdb.reading import Reader
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork
from tui import diagrams, item_sheets, layers, surroundings
from tui.desk_sheets import SHEETS
from tui.item_planning import Ground, Plan, draft_of, known_type, seen_item, seen_text
from tui.item_plans import plan
from tui.item_source import Done, Layered, RecordFile, Sheet, Typed, Verdict
from tui.item_words import ON_THE_BOARD, command_of
from tui.kept import Kept
from tui.present import clean, counted, listed
from tui.record_files import change_file, item_fields, item_file, new_change_file, without_unchanged

ANY_LEVEL = ("register", "clone", "hold", "state", "remove")  # verbs that never need the board
OFFERS = 5
DRAWN = 60  # items a drawing of lines shows
PICTURED = 200  # items a picture shows
_OFFERED = {
    "person": "person WHERE active AND",
    "group": "people_group WHERE",
    "party": "party WHERE",
    "type": "item_type WHERE",
    "kind": "dependency_kind WHERE",
    "item": "item WHERE",
    "document": "document WHERE",
}
LONGEST = 1_000_000  # bytes of a record in a file; more is no record somebody wrote


class ItemDesk:
    """Items of one site, one person, one clock. `actor` raises Refused for somebody who may only read."""

    def __init__(
        self,
        site: Site,
        store: Store,
        actor: Callable[[], str],
        clock: Callable[[], datetime],
        environ: Mapping[str, str],
    ) -> None:
        self.site, self.store, self.actor, self.clock, self.environ = site, store, actor, clock, environ
        self.keeper = Kept(environ, site.path)

    # Forms ----------------------------------------------------------------------------------

    def sheet(self, verb: str, subjects: Sequence[str], typed: Typed | None = None) -> Sheet:
        """The form of a verb, on the items as they are now. Raises NotFound."""
        actor = self.actor()
        with self.store.read() as uow:
            made = SHEETS[verb](uow, actor, tuple(subjects), typed or {})
            levels = [(one, tables_graph.get_item(uow, one).level) for one in made.subjects]
        # What a terminal may not be shown stays out of a line; left as it is, the line changes nothing.
        made = made._replace(blanks=tuple(one._replace(value=clean(one.value)) for one in made.blanks))
        under = [f"{id} is under control ({level})" for id, level in levels if level != "draft"]
        if verb in ANY_LEVEL or not under:
            return made
        said = f"{listed(under, 2)}: this drafts a change request."
        blanks = (*item_sheets.request_blanks(made.title), *made.blanks)
        return made._replace(blanks=blanks, controlled=said)

    def judge(self, sheet: Sheet, typed: Typed) -> Verdict:
        """Everything the rules say of what is typed."""
        actor, at = self.actor(), self.clock()
        lacking = item_sheets.missing(sheet.blanks, typed)
        with self.store.read() as uow:
            made = self._plan(uow, sheet, typed, actor, at)
        found, others = item_sheets.attributed(made.problems, sheet.blanks, sheet.subjects)
        # What is about a line that is empty is only that it is empty.
        others = [] if lacking and not found else others
        asked = ("What is under control is not written: this drafts a change request.",)
        remarks = (*made.remarks, *(asked if made.changes and not sheet.controlled else ()))
        return Verdict(problems={**found, **lacking}, others=tuple(others), diff=made.diff, remarks=remarks)

    def _plan(self, uow: UnitOfWork, sheet: Sheet, typed: Typed, actor: str, at: datetime) -> Plan:
        try:
            return plan(Ground(uow, actor, at, self.site.zone), sheet, typed)
        except Invalid as wrong:
            return Plan(problems=wrong.problems or (f"{wrong.reason} {wrong.remedy}",))
        except CmdbError as refusal:
            return Plan(problems=(str(refusal),))

    def save(self, sheet: Sheet, typed: Typed) -> Done:
        """Write what is typed, or draft the change request for it. Raises Invalid when nothing changes."""
        actor, at = self.actor(), self.clock()
        with self.store.read() as uow:
            made = plan(Ground(uow, actor, at, self.site.zone), sheet, typed)
        if made.problems:
            raise Invalid("Nothing is written.", "Correct what is listed.", made.problems)
        if made.write is None and not made.changes:
            raise Invalid("Nothing would change.", "Change a line, or Esc leaves the form.")
        said = made.write(self.store) if made.write else ""
        change = ""
        if made.changes:
            draft = draft_of(sheet, typed, made.changes, actor)
            change = requests.new(self.store, draft, actor=actor, at=at).id
            said += f" {change} is drafted with it: under control, the board decides."
        self.keeper.write("forms", sheet.key, None)
        item = made.item or (said.split(" ", 1)[0] if sheet.verb in ("register", "clone") else "")
        command = command_of(sheet, typed, item=item) if made.write else ON_THE_BOARD
        undo = made.undo if made.write else ()
        return Done(said=said.strip(), item=item, change=change, undo=undo, command=command)

    def offers(self, what: str, start: str) -> Sequence[str]:
        """Ids and words that begin so. `needs of ID` and `group of ID` are those of an item."""
        what, _, of = what.partition(" of ")
        if of and what in ("needs", "group"):
            with self.store.read() as uow:
                links = tables_graph.dependencies_of(uow, of)
            names = [one.target if what == "needs" else one.group for one in links]
            return [one for one in dict.fromkeys(names) if one.startswith(start) and one]
        if what not in _OFFERED:
            return ()
        clause, parameters = search.begins(self.store.dialect, "id", start.replace("\0", ""))
        with self.store.read() as uow:
            rows = uow.rows(
                f"SELECT id FROM {_OFFERED[what]} {clause} ORDER BY id LIMIT {OFFERS}", *parameters
            )
        return [str(row[0]) for row in rows]

    def facts(self, ids: Sequence[str]) -> dict[str, str]:
        """The first characteristics of items as they are now, as a change request sets them."""
        with self.store.read() as uow:
            found = [one for id in ids if (one := tables_graph.find_item(uow, id)) is not None]
            return {one.id: item_sheets.facts_now(one, known_type(uow, one.type)) for one in found}

    def filters(self) -> dict[str, str]:
        """The filters of the item list that were kept: name to words."""
        return self.keeper.read("filters", "items")

    def keep_filter(self, name: str, words: str | None) -> None:
        """Keep a filter under a name; None lets go of it."""
        known = {**self.filters(), name: words or ""}
        self.keeper.write("filters", "items", {one: text for one, text in known.items() if text})

    def columns(self) -> dict[str, str]:
        """The columns that were chosen for the items of a type: type to names, separated by commas."""
        return self.keeper.read("columns", "items")

    def keep_columns(self, kind: str, names: str) -> None:
        """Keep the columns of a type; none lets go of them."""
        known = {**self.columns(), kind: names}
        self.keeper.write("columns", "items", {one: text for one, text in known.items() if text})

    def kept(self, key: str) -> dict[str, str]:
        """What was typed into a form that never ended."""
        return self.keeper.read("forms", key)

    def keep(self, key: str, typed: Typed | None) -> None:
        """Keep what is typed; None lets go of it."""
        self.keeper.write("forms", key, typed)

    # At any control level -------------------------------------------------------------------

    def confirm(self, ids: Sequence[str]) -> Done:
        """Say that items, and what they need, were seen to be true now."""
        count = items.confirm(self.store, ids, actor=self.actor(), at=self.clock())
        command = shlex.join(("cmdb", "item", "confirm", *ids))
        return Done(said=f"{counted(count, 'item')} confirmed.", command=command)

    def held(self, id: str) -> bool:
        """Whether an item is on hold now."""
        with self.store.read() as uow:
            return holds.current(uow, id, at=self.clock()) is not None

    def lift(self, ids: Sequence[str]) -> Done:
        """End the holds on items."""
        ended = [holds.lift(self.store, one, actor=self.actor(), at=self.clock()) for one in ids]
        undo = ("hold", ended[0].item, ended[0].until.isoformat(), ended[0].reason) if len(ended) == 1 else ()
        are = "is" if len(ended) == 1 else "are"
        command = "; ".join(shlex.join(("cmdb", "item", "hold", one, "--lift")) for one in ids)
        said = f"{listed([one.item for one in ended])} {are} on hold no more."
        return Done(said=said, undo=undo, command=command)

    def undo(self, what: Sequence[str]) -> Done:
        """Take back a hold, the lifting of one, a connection, a disconnection or a state."""
        verb, *words = what
        actor, at = self.actor(), self.clock()
        if verb == "lift":
            return self.lift(words)
        if verb == "hold":
            sheet = self.sheet("hold", words[:1])
            return self.save(sheet, {"until": words[1], "reason": words[2]})
        if verb == "state":
            items.set_operating(self.store, words[0], words[1], actor=actor, at=at)
            command = shlex.join(("cmdb", "item", "state", *words))
            return Done(said=f"{words[0]} is {words[1]} again.", command=command)
        source, target, kind = words[:3]
        if verb == "disconnect":
            items.disconnect(self.store, source, target, kind=kind, actor=actor, at=at)
            command = shlex.join(("cmdb", "item", "disconnect", source, target, "--kind", kind))
            return Done(said=f"{source} no longer {kind} {target}.", command=command)
        link = Dependency(source=source, target=target, kind=kind, strength=words[3], group=words[4])
        items.connect(self.store, link, need=words[5], actor=actor, at=at)
        command = shlex.join(("cmdb", "item", "connect", source, target, "--kind", kind))
        return Done(said=f"{source} {kind} {target} again.", command=command)

    # Files for an editor --------------------------------------------------------------------

    def editor(self) -> list[str]:
        """The person's editor: VISUAL, EDITOR, else vi. Raises Refused when it is not there."""
        said = self.environ.get("VISUAL") or self.environ.get("EDITOR") or "vi"
        try:
            words = shlex.split(said)
        except ValueError:
            words = []
        if not words or shutil.which(words[0], path=self.environ.get("PATH", os.defpath)) is None:
            raise Refused(
                f"There is no editor '{said}'.", "Set EDITOR to the editor you use, and start again."
            )
        return words

    def record_file(self, kind: str, id: str) -> RecordFile:
        """Write a record as a file: an item, a change request, or a new one about items (`new`)."""
        actor = self.actor()
        with self.store.read() as uow:
            if kind == "change":
                request = requests.find(uow, id)
                text, seen, id = change_file(request), seen_as(request), request.id
            else:
                every = [tables_graph.get_item(uow, one) for one in id.split()]
                kind = "new" if kind == "new" or every[0].level != "draft" else "item"
                needs = tables_graph.dependencies_of(uow, every[0].id) if kind == "item" else []
                text = item_file(every[0], needs) if kind == "item" else new_change_file(every, actor)
                seen = seen_text(every[0]) if kind == "item" else ""
        path = self.keeper.path("files", f"{kind} {id}", ".yaml")
        if path.exists():
            files.refuse_special(path)
        kept = path.exists() and path.read_text("utf-8", errors="replace") != text
        if not kept:
            path.write_text(text, "utf-8")
        return RecordFile(path=path, kind=kind, id=id, template=text, seen=seen, kept=kept)

    def read_back(self, file: RecordFile) -> Done | None:
        """Take what the file says now; None when nothing was altered."""
        text = self._text(file)
        if text.strip() in ("", file.template.strip()):
            self.forget(file)
            return None
        done = self._item_read(file, text) if file.kind == "item" else self._change_read(file, text)
        self.forget(file)
        return done

    def _text(self, file: RecordFile) -> str:
        try:
            return files.read(file.path, limit=LONGEST).decode("utf-8")
        except NotFound as gone:
            raise NotFound(f"The file {file.path} is gone.", "Edit it again.") from gone
        except UnicodeDecodeError as wrong:
            raise Invalid(f"The file {file.path} cannot be read as text.", "Save it as UTF-8.") from wrong

    def _item_read(self, file: RecordFile, text: str) -> Done:
        before = seen_item(file.seen)
        after = before.but(**item_fields(text, "The file"))
        if after == before:
            return Done(said="Nothing was changed.", item=file.id)
        items.amend(self.store, after, seen=before, actor=self.actor(), at=self.clock())
        return Done(said=f"{file.id} is changed.", item=file.id, command=f"cmdb item amend {file.id}")

    def _change_read(self, file: RecordFile, text: str) -> Done:
        draft, actor, at = changefile.parse(text, "The file"), self.actor(), self.clock()
        if file.kind == "change":
            request = requests.edit(self.store, file.id, draft, seen=file.seen, actor=actor, at=at)
            command = f"cmdb change edit {request.id} --file FILE"
            return Done(f"{request.id} is a draft with the new content.", change=request.id, command=command)
        with self.store.read() as uow:
            found = {one: tables_graph.find_item(uow, one) for one in file.id.split()}
        held: dict[str, Item] = {one: item for one, item in found.items() if item is not None}
        request = requests.new(self.store, without_unchanged(draft, held), actor=actor, at=at)
        return Done(f"{request.id} is drafted from the file.", change=request.id, command=ON_THE_BOARD)

    def forget(self, file: RecordFile) -> None:
        """Let go of a file that was edited."""
        file.path.unlink(missing_ok=True)

    # Drawings -------------------------------------------------------------------------------

    def layered(self, id: str, width: int) -> Layered:
        """Draw what surrounds an item, one line an item."""
        with Reader.open(self.site.url) as reader, reader.question():
            around = surroundings.of(reader, id, limit=DRAWN)
        return layers.drawn(around, room=max(8, width // 2))

    def picture(self, id: str) -> Path:
        """Write an SVG of what surrounds an item, and show it where there is a display."""
        with Reader.open(self.site.url) as reader, reader.question() as estate:
            around = surroundings.of(reader, id, limit=PICTURED)
            effects = surroundings.effects(estate, id)
        path = self.keeper.path("pictures", id, ".svg")
        path.write_bytes(diagrams.svg(diagrams.picture(around, effects), self.environ))
        self._show(path)
        return path

    def _show(self, path: Path) -> None:
        if self.environ.get("BROWSER"):
            webbrowser.get(self.environ["BROWSER"]).open(path.as_uri())
        elif self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"):
            opener = shutil.which("xdg-open")
            if opener:
                subprocess.Popen(
                    [opener, str(path)],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
