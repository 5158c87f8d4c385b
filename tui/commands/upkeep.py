"""Looking after a site: doctor and migrate."""

import click

from baselines import health
from cmdb import doctor as examination
from cmdb import mailing, migration
from cmdb.errors import Corrupt, Refused
from cmdb.store import Store
from tui import printing
from tui.commands.verify import remembered_text
from tui.context import Invocation, command
from tui.workplace import Workplace, at_work


@command
@click.option("--mend", is_flag=True, help="Compute again what is derived and wrong.")
def doctor(invocation: Invocation, mend: bool) -> None:
    """Look for what is wrong: programs, terminal, disk, database, journal, library, what is derived.

    Exit: 0 nothing that stops work, warnings included; 5 the site is damaged; 4 something else stops
    work, such as a missing program or another layout.
    """
    found = examination.examine(invocation.site, environ=invocation.environ)
    if not any(one.kind in ("database", "layout") for one in found):
        found = (
            *found,
            *health.of_library(invocation.site, remembered_text(invocation.environ)),
            *mailing.findings(invocation.site),
            *health.of_levels(invocation.site),
        )
    mended = 0
    if mend and any(one.kind == "derived" for one in found):
        with at_work(invocation) as here:
            mended = examination.mend(here.store, actor=here.actor, at=here.at)
    broken = [
        one for one in found if one.kind in ("journal", "database", "library") and one.severity == "fault"
    ]
    if invocation.wants_json:
        findings = [
            {
                "kind": one.kind,
                "severity": one.severity,
                "subject": one.subject,
                "finding": one.text,
                "remedy": one.remedy,
            }
            for one in found
        ]
        printing.as_json({"ok": not found, "findings": findings, "mended": mended > 0})
    else:
        printing.table(
            ("", "kind", "subject", "finding and what to do"),
            ((one.severity, one.kind, one.subject, f"{one.text} {one.remedy}") for one in found),
            empty="Nothing is wrong.",
        )
        if mended:
            printing.say(f"What is derived was computed again in {mended} places.")
    if broken:
        raise Corrupt(
            "The site is damaged.",
            "Keep this copy untouched and do what stands beside each finding.",
            [f"{one.subject}: {one.text}" for one in broken],
        )
    stopping = [one for one in found if one.severity == "fault" and not (mended and one.kind == "derived")]
    if len(stopping) == 1:
        raise Refused(stopping[0].text, stopping[0].remedy)
    if stopping:
        raise Refused(
            f"{len(stopping)} things stop work at this site.",
            "Do what stands beside each finding.",
            [one.text for one in stopping],
        )


@command
@click.option("--yes", is_flag=True, help="A backup has been made by hand (PostgreSQL without pg_dump).")
def migrate(invocation: Invocation, yes: bool) -> None:
    """Bring the database to the layout of this program, after a backup."""
    here = Workplace(invocation, Store.reach(invocation.site.url))
    done = migration.migrate(here.site, actor=here.actor, at=here.at, confirmed=yes)
    if invocation.wants_json:
        printing.as_json(
            {
                "before": done.before,
                "after": done.after,
                "backup": done.backup,
                "migrated": done.after > done.before,
            }
        )
    elif done.before == done.after:
        printing.put(f"The database has layout {done.after}, which is the one of this program.")
    else:
        printing.put(f"The database went from layout {done.before} to {done.after}.")
        if done.backup:
            printing.put(f"The backup is {done.backup}.")
