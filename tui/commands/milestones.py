"""Milestones of plans: adding, planning anew, reaching."""

from decimal import Decimal
from typing import Any

import click

from cmdb import milestones
from cmdb.duties import Milestone
from cmdb.errors import Invalid
from tui import printing, typed
from tui.context import Invocation, command
from tui.plan_words import hours, state
from tui.typed_days import day, money, today
from tui.workplace import at_work


@command
@click.option("--document", metavar="ID", default="", help="Only of this plan.")
@click.option("--late", is_flag=True, help="Only those whose day has passed.")
@click.option("--all", "everything", is_flag=True, help="Also those reached and dropped.")
def list_(invocation: Invocation, document: str, late: bool, everything: bool) -> None:
    """List milestones of plans, those still to be reached."""
    with at_work(invocation) as here, here.store.read() as uow:
        now = today(here)
        found = [
            one
            for one in milestones.listed(uow, document=document, only_open=not everything)
            if one.late(now) or not late
        ]
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "late": one.late(now)} for one in found)
        return
    printing.table(
        ("id", "document", "planned", "state", "owner", "name"),
        ((one.id, one.document, one.planned, state(one, now), one.owner, one.name) for one in found),
        empty="No milestone is ahead.",
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a milestone: planned and reached, effort and funds against the plan."""
    with at_work(invocation) as here, here.store.read() as uow:
        one = uow.get(Milestone, id_.upper())
        spent, cost = milestones.used(uow, one.id)
        now = today(here)
    if invocation.wants_json:
        printing.as_json({**printing.plain(one), "late": one.late(now), "spent": spent, "cost": cost})
        return
    printing.facts(
        (
            ("milestone", f"{one.id}, {one.name}"),
            ("document", one.document),
            ("owner", one.owner),
            ("state", state(one, now)),
            ("planned", one.planned),
            ("planned first", one.first_planned if one.first_planned != one.planned else ""),
            ("evidence", one.evidence),
            ("effort", f"{hours(spent) or '0 h'} of {hours(one.effort) or '0 h'} planned"),
            ("funds", f"{cost:,} of {one.funds:,} planned"),
        )
    )


@command
@click.argument("document")
@click.argument("name")
@click.option("--planned", metavar="DAY", required=True)
@click.option("--owner", metavar="PERSON", required=True, help="Who answers for it; 'me' is you.")
@click.option("--effort", metavar="TIME", default="", help="Effort planned, such as 40h.")
@click.option("--funds", default="", help="Money planned.")
def add(
    invocation: Invocation, document: str, name: str, planned: str, owner: str, effort: str, funds: str
) -> None:
    """Add a milestone NAME to the plan DOCUMENT."""
    with at_work(invocation) as here:
        found = milestones.add(
            here.store,
            document=document,
            name=name,
            planned=day(planned, here),
            owner=here.actor if owner == "me" else owner,
            effort=typed.seconds(effort) if effort else 0,
            funds=money(funds) if funds else Decimal(0),
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, found, f"{found.id} of {found.document} is planned for {found.planned}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why the plan moves.")
@click.option("--planned", metavar="DAY", default="")
@click.option("--owner", metavar="PERSON", default="")
@click.option("--name", default="")
@click.option("--effort", metavar="TIME", default="")
@click.option("--funds", default="")
def amend(
    invocation: Invocation,
    id_: str,
    reason: str,
    planned: str,
    effort: str,
    funds: str,
    **given: str,
) -> None:
    """Plan a milestone anew, with the reason; the day planned first is kept."""
    with at_work(invocation) as here:
        changes: dict[str, Any] = {name: one for name, one in given.items() if one}
        changes |= {"planned": day(planned, here)} if planned else {}
        changes |= {"effort": typed.seconds(effort)} if effort else {}
        changes |= {"funds": money(funds)} if funds else {}
        if not changes:
            raise Invalid("Nothing was said to change.", "Give an option, such as --planned.")
        found = milestones.amend(
            here.store, id_.upper(), reason=reason, actor=here.actor, at=here.at, **changes
        )
    _said(invocation, found, f"{found.id} is planned for {found.planned}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--on", "when", metavar="DAY", default="today", show_default=True)
@click.option("--evidence", required=True, help="What shows that it was reached.")
def reach(invocation: Invocation, id_: str, when: str, evidence: str) -> None:
    """Say that a milestone was reached, with the evidence. That is final."""
    with at_work(invocation) as here:
        found = milestones.reach(
            here.store,
            id_.upper(),
            day=day(when, here),
            today=today(here),
            evidence=evidence,
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, found, f"{found.id} was reached on {found.completed}; planned was {found.planned}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it is no longer to be reached.")
def drop(invocation: Invocation, id_: str, reason: str) -> None:
    """Say that a milestone is no longer to be reached. That is final."""
    with at_work(invocation) as here:
        found = milestones.drop(here.store, id_.upper(), reason=reason, actor=here.actor, at=here.at)
    _said(invocation, found, f"{found.id} is dropped.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)
