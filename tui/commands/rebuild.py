"""Rebuild a lost database from the library, or bring a restored older one forward; tidy the library."""

from pathlib import Path
from tempfile import gettempdir

import click

from baselines import attached, proved, tables
from baselines import library as libraries
from baselines import rebuild as rebuilding
from baselines.library import Library
from baselines.proved import Proved
from baselines.rebuild import NOT_KEPT, Restored
from cmdb import parts, roles
from cmdb.errors import NotFound
from tui import printing
from tui.commands.verify import remembered_text
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted
from tui.progress import Progress


@command
@click.option("--forward", is_flag=True, help="Bring an older database up to a library that is ahead of it.")
@click.option("--root", metavar="ID", default="", help="The founding commit you trust.")
@click.option("--apply", is_flag=True, help="Write it; without this, only what it would do is shown.")
def rebuild(invocation: Invocation, forward: bool, root: str, apply: bool) -> None:
    """Restore the database of this site from its library, which is proved first.

    For a database that is lost: one that holds anything is never overwritten. With --forward, for one
    restored from a backup that lacks the library's last commits.
    """
    known, progress = remembered_text(invocation.environ), Progress()
    if forward:
        with at_library(invocation) as (here, library):
            done = rebuilding.forward(
                library,
                actor=here.actor,
                at=here.at,
                apply=apply,
                root=root,
                remembered=_remembered(known, library),
                progress=progress,
            )
    else:
        site = invocation.site
        done = rebuilding.rebuild(
            site,
            actor=invocation.actor(lambda login: rebuilding.person_of_login(site, login)),
            at=invocation.now(),
            apply=apply,
            root=root,
            remember=lambda id: proved.recall(known, id),
            progress=progress,
        )
    progress.end()
    if invocation.wants_json:
        printing.as_json({**printing.plain(done), "not_kept": [] if forward else list(NOT_KEPT)})
    else:
        _tell(done, forward=forward, confirmed=bool(root))


@command
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(path_type=Path))
def tidy(invocation: Invocation, folders: tuple[Path, ...]) -> None:
    """Gather what the library stores, which keeps it fast; writers wait meanwhile.

    What killed backups, restores and releases left goes from the site, from here, from the directory for
    temporary files, and from each DIR.
    """
    for folder in folders:
        if not folder.is_dir():
            raise NotFound(f"There is no directory {folder}.", "Name one that backups or releases went to.")
    with at_library(invocation) as (here, library):
        with library.store.read() as uow:
            roles.registered(uow, here.actor)
        libraries.tidy(library)
        with library.store.write() as uow:
            forgotten = attached.sweep(uow, at=here.at)
            uow.commit()
        places = (here.site.path, Path.cwd(), Path(gettempdir()), *folders)
        left = sum(map(parts.sweep, {one.resolve() for one in places}))
    if invocation.wants_json:
        printing.as_json({"tidied": True, "forgotten": forgotten, "removed": left})
    else:
        if left:
            printing.say(
                f"Removed: {counted(left, 'directory')} of backups, restores or releases never finished."
            )
        if forgotten:
            printing.say(f"Forgotten: {counted(forgotten, 'attached file')} that nothing names any more.")
        printing.say("The library is tidy.")


def _remembered(known: str, library: Library) -> Proved | None:
    with library.store.read() as uow:
        return proved.recall(known, tables.site_id(uow))


def _tell(done: Restored, *, forward: bool, confirmed: bool) -> None:
    printing.put(f"Site '{done.name}': {counted(done.commits, 'commit')} from {done.first} to {done.last}.")
    for kind, count in done.records.items():
        if count:
            printing.put(f"{count:>9,}  {kind}")
    printing.put(f"{done.baselines:>9,}  baselines")
    printing.put(f"{done.requests:>9,}  requests with a decision")
    if done.conditions:
        printing.put(f"{done.conditions:>9,}  conditions of approvals, as action items")
    for id in done.unknown:
        printing.put(f"  {id} is known only from requests: registered again as a draft, by id alone.")
    for name in done.unfinished:
        printing.put(f"  {name} was being written when the database was lost; it is left out.")
    printing.put(f"The journal {'goes on' if forward else 'begins anew'} and cites {done.journal}.")
    if not forward:
        printing.put("Not in the library, so lost unless a backup has it:")
        for line in NOT_KEPT:
            printing.put(f"  - {line}")
    if not confirmed:
        printing.say(f"Root {done.root} was not confirmed by you: --root ID.")
    printing.say("It is written." if done.applied else "Nothing is written yet; --apply writes it.")
