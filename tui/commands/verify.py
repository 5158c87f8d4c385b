"""Verify: prove the library from its first commit, and hold the database against it."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

from baselines import mirror, proved, tables, verification
from baselines.decided import Verify
from baselines.verification import Report
from cmdb import signatures
from cmdb.errors import Corrupt, Invalid
from tui import clockface, printing
from tui.context import Invocation, command
from tui.library_place import at_library, proved_file
from tui.present import counted

UNPROVED = 1  # --exit-code: something fails


@command
@click.option("--root", metavar="ID", default="", help="The founding commit you trust.")
@click.option("--at-least", metavar="BL", default="", help="A baseline that must be in the history.")
@click.option("--again", is_flag=True, help="Prove everything again, also what was proved here before.")
@click.option("--ssh-keygen", "with_tool", is_flag=True, help="Check each signature with ssh-keygen; slow.")
@click.option(
    "--library", "source", metavar="WHERE", default=None, help="A clone to prove instead: directory or URL."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 instead of 5 when something fails.")
def verify(
    invocation: Invocation,
    root: str,
    at_least: str,
    again: bool,
    with_tool: bool,
    source: str | None,
    exit_code: bool,
) -> None:
    """Prove every baseline, decision and vote, and that the database agrees. Changes nothing."""
    check = signatures.verify_with_tool if with_tool else signatures.verify
    if source is not None and not source.strip():  # an unset variable must not prove something else
        raise Invalid("--library names nothing.", "Name the directory or the URL of the copy to prove.")
    if source is not None:
        report = mirror.prove_copy(source, root=root, at_least=at_least.upper(), verify_signature=check)
    else:
        report = _of_the_site(invocation, root, at_least.upper(), check, afresh=again or with_tool)
    if invocation.wants_json:
        printing.as_json(verification.report_fields(report))
    else:
        _tell(report, copy=source is not None)
    if report.failure is not None:
        if exit_code:
            click.get_current_context().exit(UNPROVED)
        raise Corrupt(report.failure.why, f"For an engineer: {report.failure.detail}")


def _of_the_site(invocation: Invocation, root: str, at_least: str, check: Verify, *, afresh: bool) -> Report:
    """Prove library and database of the site, and remember on this machine what was proved."""
    memory = proved_file(invocation.environ)
    known = remembered_text(invocation.environ)
    with at_library(invocation) as (_here, library):
        with library.store.read() as uow:
            remembered = proved.recall(known, tables.site_id(uow))
        report = verification.verify(
            library,
            root=root,
            at_least=at_least,
            remembered=None if afresh else remembered,
            verify_signature=check,
        )
    if report.ok:
        _write(memory, proved.remember(known, report.site, report.proved))
    return report


def _tell(report: Report, *, copy: bool) -> None:
    if not report.ok:
        return
    printing.put(
        f"Proved: {counted(report.baselines, 'baseline')}, {counted(report.changes, 'change')},"
        f" {counted(report.votes, 'vote')}."
    )
    if report.minutes:
        printing.put(f"Signed minutes of meetings: {report.minutes:,}.")
    if report.alone:
        printing.put(f"Decided by one person: {report.alone:,}.")
    for gap in report.gaps:
        printing.put(
            f"The journal entries behind {gap.first} to {gap.last} were lost with an earlier database;"
            f" {gap.actor} took the library over at {clockface.clock(gap.at)} ('{gap.action}')."
        )
    if report.root_confirmed:
        printing.put(f"Root {report.root} is the one you gave.")
    else:
        printing.put(f"Consistent; root {report.root} not confirmed by you.")
        printing.say("Compare it with the root you were given: 'cmdb verify --root ID'.")
    if copy:
        printing.say("Proved is the library alone: journal and database of the site were not looked at.")


def remembered_text(environ: Mapping[str, str]) -> str:
    """The file of what was proved on this machine; empty when there is none to read."""
    try:
        return proved_file(environ).read_text("utf-8")
    except OSError:
        return ""


def _write(file: Path, text: str) -> None:
    """Remember what was proved, whole or not at all; a home nobody can write to only costs time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=file.parent, prefix=".proved-", encoding="utf-8") as part:
            part.write(text)
            part.flush()
            os.fsync(part.fileno())
            whole = Path(f"{part.name}.whole")
            whole.hardlink_to(part.name)
            whole.replace(file)
    except OSError as fault:
        printing.say(f"What was proved cannot be remembered in {file}: {fault.strerror}.")
