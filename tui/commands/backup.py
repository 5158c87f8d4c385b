"""Back both stores up into one file, check such a file, restore it into an empty directory."""

from pathlib import Path
from tempfile import gettempdir

import click

from baselines import backup as backups
from baselines import verification
from baselines.backup import Manifest
from baselines.verification import Report
from cmdb import parts
from cmdb.errors import Invalid
from tui import printing
from tui.context import Invocation, command
from tui.present import counted


@command
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Restore FILE into a directory for the moment and verify it.")
@click.option("--restore", is_flag=True, help="Make a site of FILE in DIR, which is empty, and verify it.")
@click.option("--library-only", is_flag=True, help="Only the library; pg_dump covers a PostgreSQL database.")
def backup(
    invocation: Invocation, file: Path, folder: Path | None, check: bool, restore: bool, library_only: bool
) -> None:
    """Write the database and the library as they belong together into FILE, while people work.

    Nothing is written over. FILE is a tar of both with a SHA-256 of each, checked after writing.
    """
    if check + restore + library_only > 1:
        raise Invalid("--check, --restore and --library-only exclude each other.", "Give one of them.")
    if restore != (folder is not None):
        raise Invalid("DIR goes with --restore.", "Type 'cmdb backup --restore FILE DIR'.")
    report = None
    if folder is not None:
        manifest, report = backups.restore(file, folder)
    elif check:
        with parts.room(Path(gettempdir()), "backup") as place:
            manifest, report = backups.restore(file, place / "site")
    else:
        manifest = backups.backup(invocation.site, file, at=invocation.now(), library_only=library_only)
    if invocation.wants_json:
        verified = verification.report_fields(report) if report else None
        printing.as_json({**printing.plain(manifest), "verified": verified})
    else:
        _tell(manifest, report, file, folder, proved=check or restore)


def _tell(
    manifest: Manifest, report: Report | None, file: Path, folder: Path | None, *, proved: bool
) -> None:
    printing.put(f"Site '{manifest.name}' up to {manifest.newest}, root {manifest.root}.")
    for name, digest in sorted(manifest.sums.items()):
        printing.put(f"  {digest}  {name}")
    if report is not None:
        printing.put(f"Verified: {counted(report.baselines, 'baseline')}, {counted(report.votes, 'vote')}.")
    elif proved:
        printing.put("The library proves itself; the database is not in this backup.")
    if folder is not None:
        printing.say(f"Restored in {folder}.")
        if not manifest.whole:
            printing.say(
                "Restore the database with pg_restore and name it in site.toml, then 'cmdb rebuild"
                " --forward'; without one, 'cmdb rebuild' makes one from the library."
            )
    elif not proved:
        printing.say(f"Written and checked: {file}. Prove it with 'cmdb backup {file} --check'.")
