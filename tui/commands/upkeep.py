"""Looking after a site: doctor and migrate."""

import shutil
from collections.abc import Iterator

import click

from cmdb import journal, tables_derived
from cmdb.errors import Corrupt
from cmdb.store import SCHEMA_VERSION, UnitOfWork
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work

TOOLS = ("git", "ssh-keygen")


@command
@click.option("--mend", is_flag=True, help="Compute again what is derived and wrong.")
def doctor(invocation: Invocation, mend: bool) -> None:
    """Look for what is wrong with a site: tools, layout, journal, derived figures, dangling findings."""
    with at_work(invocation) as here:
        with here.store.read() as uow:
            found = list(_findings(uow))
        mended = mend and any(one["kind"] == "derived" for one in found)
        if mended:
            with here.store.write() as uow:
                tables_derived.mend(uow)
                journal.record(uow, at=here.at, actor=here.actor, action="doctor mend")
                uow.commit()
    broken = [one for one in found if one["kind"] == "journal"]
    if invocation.wants_json:
        printing.as_json({"ok": not found, "findings": found, "mended": mended})
    else:
        printing.table(
            ("kind", "subject", "finding"),
            ((one["kind"], one["subject"], one["finding"]) for one in found),
            empty="Nothing is wrong.",
        )
        if mended:
            printing.say("What is derived was computed again.")
    if broken:
        raise Corrupt(
            "The journal is not what was recorded.",
            "Keep this copy untouched; restore a backup, or run 'cmdb verify' and call an expert.",
            [one["finding"] for one in broken],
        )


@command
def migrate(invocation: Invocation) -> None:
    """Bring the database to the layout of this program. Nothing to do for the first layout."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = int(uow.rows("SELECT schema_version FROM site")[0][0])
    if invocation.wants_json:
        printing.as_json({"layout": found, "wanted": SCHEMA_VERSION, "migrated": False})
    else:
        printing.put(f"The database has layout {found}, which is the one of this program.")


def _findings(uow: UnitOfWork) -> Iterator[dict[str, str]]:
    for tool in TOOLS:
        if shutil.which(tool) is None:
            yield {"kind": "tool", "subject": tool, "finding": f"{tool} is not installed."}
    problem = journal.chain_problem(uow)
    if problem:
        yield {"kind": "journal", "subject": "", "finding": problem}
    for id_, what in tables_derived.mistaken(uow):
        yield {
            "kind": "derived",
            "subject": id_,
            "finding": f"{what} is not what follows; --mend corrects it.",
        }
    for source, target, kind, file in uow.rows(
        "SELECT source, target, kind, file FROM dangling ORDER BY source, target, kind"
    ):
        yield {
            "kind": "dangling",
            "subject": source,
            "finding": f"{source} {kind} {target}, one of which does not exist; from {file}.",
        }
