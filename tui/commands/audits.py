"""Audits: planned, listed with what is due, shown with what they found, appointed, cancelled, closed."""

from datetime import datetime
from typing import Any

import click

from baselines import audits, tables_audits
from baselines.audit_life import KINDS, Audit
from baselines.audits import Planned
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import at_work

STATES = ("open", "planned", "reported", "closed", "cancelled", "all")


@command
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.option("--auditor", metavar="PERSON", default="", help="Who audits; you if left out.")
@click.option("--due", metavar="T", required=True, help="When it is to be held by.")
@click.option("--every", metavar="PERIOD", default="", help="How often it comes back: quarter, 6 months.")
@click.option("--scope", default="", help="What is audited: all, type:ID, service:ID, item:ID; or 5.5.")
@click.option("--check", "checklist", metavar="QUESTION", multiple=True, help="A question to answer; repeat.")
@click.option("--title", default="", help="What it is called.")
def plan(
    invocation: Invocation,
    kind: str,
    auditor: str,
    due: str,
    every: str,
    scope: str,
    checklist: tuple[str, ...],
    title: str,
) -> None:
    """Plan an audit of a KIND by somebody who owns none of what is audited. Signed with your key.

    The kinds: integrity, library system, completeness, physical, functional, event repository, process.
    """
    with at_library(invocation) as (here, library):
        actor = here.actor
        wanted = Planned(
            kind=kind,
            title=title,
            scope=scope,
            checklist=checklist,
            auditor=auditor or actor,
            due=typed.moment(due, zone=here.site.zone, now=here.at),
            every=every,
        )
        found = audits.plan(library, wanted, actor=actor, key=here.key(), at=here.at)
    if invocation.wants_json:
        printing.as_json(printing.plain(found))
        return
    printing.put(f"{found.id} is planned for {found.auditor} by {clockface.clock(found.due)}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--auditor", metavar="PERSON", default="", help="Who is to audit instead.")
@click.option("--due", metavar="T", default="", help="When it is to be held by instead.")
@click.option("-m", "--reason", required=True, help="Why.")
def appoint(invocation: Invocation, id_: str, auditor: str, due: str, reason: str) -> None:
    """Give an audit another auditor or another date. Signed with your key."""
    with at_library(invocation) as (here, library):
        found = audits.appoint(
            library,
            id_,
            auditor=auditor,
            due=_moment(due, here.site.zone, here.at),
            reason=reason,
            actor=here.actor,
            key=here.key(),
            at=here.at,
        )
    _tell(invocation, found, f"{found.id} is for {found.auditor} by {clockface.clock(found.due)}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why.")
def cancel(invocation: Invocation, id_: str, reason: str) -> None:
    """Say that a planned audit will not be held. Signed with your key."""
    with at_library(invocation) as (here, library):
        found = audits.cancel(library, id_, reason=reason, actor=here.actor, key=here.key(), at=here.at)
    _tell(invocation, found, f"{found.id} is cancelled.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--evaluation", required=True, help="What the audit was worth.")
def close(invocation: Invocation, id_: str, evaluation: str) -> None:
    """Close an audit whose findings are closed. Signed with your key."""
    with at_library(invocation) as (here, library):
        key, actor = here.key(), here.actor
        found = audits.close(library, id_, evaluation=evaluation, actor=actor, key=key, at=here.at)
    _tell(invocation, found, f"{found.id} is closed.")


@command
@click.option("--kind", type=click.Choice(tuple(KINDS)), default=None, help="Only of this kind.")
@click.option("--state", type=click.Choice(STATES), default="all", show_default=True)
@click.option("--overdue", is_flag=True, help="Only those whose date has passed.")
@click.option("--mine", is_flag=True, help="Only those you audit.")
def list_(invocation: Invocation, kind: str | None, state: str, overdue: bool, mine: bool) -> None:
    """List audits: those to be held by their date, what is overdue marked, then those held."""
    with at_work(invocation) as here, here.store.read() as uow:
        wanted = ("planned", "reported") if state == "open" else () if state == "all" else (state,)
        found = [one for one in tables_audits.audits(uow, states=wanted) if kind in (None, one.kind)]
        me, now = here.reader if mine else "", here.at
        found = [one for one in found if not mine or one.auditor == me]
        found = [one for one in found if not overdue or one.overdue(now)]
        still = {one.audit for one in tables_audits.findings(uow)}
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "overdue": one.overdue(now)} for one in found)
        return
    printing.table(
        ("id", "kind", "state", "date", "auditor", "findings", "title"),
        (
            (
                one.id,
                one.kind,
                "OVERDUE" if one.overdue(now) else one.state,
                clockface.clock(one.run_at or one.due),
                one.auditor,
                _findings(one, one.id in still),
                one.title,
            )
            for one in found
        ),
        empty="No audit is planned: 'cmdb audit plan' plans one.",
        right=("findings",),
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show an audit: its plan, what it found, and every signed act on it."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = audits.audit_of(uow, id_)
        steps = tables_audits.steps_of(uow, found.id)
        raised = tables_audits.findings(uow, audit=found.id, only_open=False)
        now = here.at
    report = next((dict(one.said) for one in steps if one.act == "run"), {})
    if invocation.wants_json:
        printing.as_json(
            {
                **printing.plain(found),
                "overdue": found.overdue(now),
                "report": printing.plain(report),
                "raised": [printing.plain(one) for one in raised],
                "acts": [printing.plain(one) for one in steps],
            }
        )
        return
    printing.facts(_facts(found, now))
    for number, question in enumerate(found.checklist, start=1):
        printing.put(f"  {number}. {question}")
    _tell_report(report)
    if raised:
        printing.put()
        printing.table(
            ("finding", "state", "with", "what"),
            ((one.id, one.state, one.holder, one.what) for one in raised),
            empty="",
        )
    printing.put()
    printing.table(
        ("at", "who", "act", "words"),
        ((clockface.clock(one.at), one.actor, one.act, one.said.get("words", "")) for one in steps),
        empty="",
    )


def _facts(found: Audit, now: datetime) -> list[tuple[str, Any]]:
    return [
        ("audit", f"{found.id}, {found.title}"),
        ("kind", found.kind),
        ("state", "OVERDUE" if found.overdue(now) else found.state),
        ("scope", found.scope),
        ("auditor", found.auditor),
        ("due", found.due),
        ("every", found.every),
        ("held", found.run_at),
        ("baseline", found.baseline),
        ("told", found.told or ("nobody: no one holds the role" if found.run_at else None)),
        ("next", found.next),
    ]


def _tell_report(report: dict[str, Any]) -> None:
    if report.get("facts"):
        printing.put()
        printing.facts([(name, words) for name, words in report["facts"]])
    if report.get("scores"):
        printing.put()
        printing.table(
            ("score", "type", "records", "failing", "of these"),
            (
                (
                    f"{one['name']} {one.get('field', '')}".strip(),
                    one.get("type", ""),
                    f"{one['total']:,}",
                    f"{one['failing']:,}",
                    ", ".join(one.get("about", ())[:5]),
                )
                for one in report["scores"]
            ),
            empty="",
            right=("records", "failing"),
        )
    if report.get("answers"):
        printing.put()
        printing.table(("question", "answer", "seen"), report["answers"], empty="")


def _findings(one: Audit, still: bool) -> str:
    return f"{len(one.findings)}{' open' if still else ''}" if one.run_at else ""


def _moment(text: str, zone: str, now: datetime) -> datetime | None:
    return typed.moment(text, zone=zone, now=now) if text else None


def _tell(invocation: Invocation, found: Audit, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(printing.plain(found))
    else:
        printing.put(words)
