"""Findings of audits: listed, shown, and led from raised to closed, or escalated and kept in view."""

from collections.abc import Callable
from typing import Any

import click

from baselines import audits, findings, tables_audits
from baselines.audit_life import Finding
from cmdb import action_items
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import at_work


@command
@click.option("--audit", metavar="ID", default="", help="Only of this audit.")
@click.option("--with", "holder", metavar="PERSON", default="", help="Only those with this person.")
@click.option("--mine", is_flag=True, help="Only those that wait for you.")
@click.option("--overdue", is_flag=True, help="Only those past their date, or past their review.")
@click.option("--all", "everything", is_flag=True, help="Also closed ones.")
def list_(
    invocation: Invocation, audit: str, holder: str, mine: bool, overdue: bool, everything: bool
) -> None:
    """List findings, those that are open."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = tables_audits.findings(uow, audit=audit.upper(), holder=holder, only_open=not everything)
        now, me = here.at, here.reader
        if mine:
            found = tuple(one for one in found if me and me == waits_for(uow, one))
        if overdue:
            found = tuple(one for one in found if one.overdue(now) or one.review_due(now))
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "overdue": one.overdue(now)} for one in found)
        return
    printing.table(
        ("id", "audit", "state", "with", "due", "records", "what"),
        (
            (
                one.id,
                one.audit,
                "OVERDUE" if one.overdue(now) else one.state,
                one.holder,
                clockface.clock(one.due) if one.due else "",
                f"{one.count:,}",
                one.what,
            )
            for one in found
        ),
        empty="No finding is open.",
        right=("records",),
    )


def waits_for(uow: Any, one: Finding) -> str:
    """Whose turn it is: whom it is with, or its auditor."""
    return one.holder if one.state in ("with", "escalated") else audits.audit_of(uow, one.audit).auditor


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a finding: what it is about, with whom it is, and every signed act on it."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = audits.finding_of(uow, id_)
        steps = tables_audits.steps_of(uow, found.id)
        actions = action_items.listed(uow, origin=f"finding:{found.id}", only_open=False)
        now = here.at
    if invocation.wants_json:
        printing.as_json(
            {
                **printing.plain(found),
                "overdue": found.overdue(now),
                "actions": [one.id for one in actions],
                "acts": [printing.plain(one) for one in steps],
            }
        )
        return
    printing.facts(
        [
            ("finding", f"{found.id} of {found.audit}"),
            ("state", "OVERDUE: the senior manager's" if found.overdue(now) else found.state),
            ("rule", found.rule),
            ("what", found.what),
            ("records", f"{found.count:,}" + (f": {', '.join(found.about)}" if found.about else "")),
            ("with", found.holder),
            ("due", found.due),
            ("correction", found.correction),
            ("reviews", found.reviews or None),
            ("next review", found.review),
            ("action items", tuple(f"{one.id} {one.state}" for one in actions)),
        ]
    )
    printing.put()
    printing.table(
        ("at", "who", "act", "words"),
        ((clockface.clock(one.at), one.actor, one.act, findings.said(one)) for one in steps),
        empty="",
    )


@command
@click.argument("audit")
@click.argument("what")
@click.option("--about", metavar="RECORD", multiple=True, help="A record it is about; repeat.")
def raise_(invocation: Invocation, audit: str, what: str, about: tuple[str, ...]) -> None:
    """Raise a finding in a reported AUDIT by hand. Its auditor's; signed with your key."""
    with at_library(invocation) as (here, library):
        key, actor = here.key(), here.actor
        found = findings.raise_(library, audit, what=what, about=about, actor=actor, key=key, at=here.at)
    _tell(invocation, found, f"{found.id} is raised.")


@command
@click.argument("id_", metavar="ID")
@click.option("--to", metavar="PERSON", required=True, help="Who leads the work it is about.")
@click.option("--due", metavar="T", default="+14d", show_default=True, help="Until when it is corrected.")
@click.option("-m", "--words", default="", help="What you ask for.")
def assign(invocation: Invocation, id_: str, to: str, due: str, words: str) -> None:
    """Put a finding with somebody, as an action item. The auditor's; signed with your key."""
    with at_library(invocation) as (here, library):
        until = typed.moment(due, zone=here.site.zone, now=here.at)
        key, actor = here.key(), here.actor
        found = findings.assign(library, id_, to=to, due=until, words=words, actor=actor, key=key, at=here.at)
    _tell(invocation, found, f"{found.id} is with {found.holder} until {clockface.clock(until)}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", required=True, help="How it was corrected.")
def correct(invocation: Invocation, id_: str, words: str) -> None:
    """Say how a finding was corrected. Whose it is with; signed with your key."""
    _act(invocation, findings.correct, id_, words, "is corrected; its auditor is asked to verify it")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", required=True, help="Why the correction does not hold.")
def reject(invocation: Invocation, id_: str, words: str) -> None:
    """Say that a correction does not hold. The auditor's; signed with your key."""
    _act(invocation, findings.reject, id_, words, "is with the same person again")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", required=True, help="What you saw of the correction.")
def verify(invocation: Invocation, id_: str, words: str) -> None:
    """Say that a correction holds. The auditor's; signed with your key."""
    _act(invocation, findings.verify, id_, words, "is verified")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", default="", help="What it was worth.")
def close(invocation: Invocation, id_: str, words: str) -> None:
    """Close a verified finding. The auditor's; signed with your key."""
    _act(invocation, findings.close, id_, words, "is closed")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", required=True, help="Why it cannot be resolved here.")
def escalate(invocation: Invocation, id_: str, words: str) -> None:
    """Say that it cannot be resolved here: it is the senior manager's. Signed with your key."""
    _act(invocation, findings.escalate, id_, words, "is the senior manager's")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--words", required=True, help="What you decided or saw.")
@click.option("--next", "again", metavar="T", default="+30d", show_default=True, help="When you look again.")
def review(invocation: Invocation, id_: str, words: str, again: str) -> None:
    """Note your review of an escalated or overdue finding. A senior manager's; signed with your key."""
    with at_library(invocation) as (here, library):
        then = typed.moment(again, zone=here.site.zone, now=here.at)
        key, actor = here.key(), here.actor
        found = findings.review(library, id_, words=words, again=then, actor=actor, key=key, at=here.at)
    _tell(invocation, found, f"{found.id} is reviewed; the next review is by {clockface.clock(then)}.")


def _act(invocation: Invocation, act: Callable[..., Finding], id: str, words: str, said: str) -> None:
    with at_library(invocation) as (here, library):
        found = act(library, id, words=words, actor=here.actor, key=here.key(), at=here.at)
    _tell(invocation, found, f"{found.id} {said}.")


def _tell(invocation: Invocation, found: Finding, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(printing.plain(found))
    else:
        printing.put(words)
