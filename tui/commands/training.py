"""Training: recording who was trained, and asking who was not."""

from typing import Any

import click

from cmdb import training
from cmdb.duties import TRAINING_KINDS
from tui import printing
from tui.context import Invocation, command
from tui.typed_days import day, today
from tui.workplace import at_work


@command
@click.option("--person", metavar="PERSON", default="", help="Only of this person.")
@click.option("--subject", default="", help="Only in this subject.")
@click.option("--all", "everything", is_flag=True, help="Also those over, ahead and withdrawn.")
def list_(invocation: Invocation, person: str, subject: str, everything: bool) -> None:
    """List trainings that count today."""
    with at_work(invocation) as here, here.store.read() as uow:
        now = "" if everything else today(here)
        found = training.listed(uow, person=person, subject=subject, today=now)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "person", "kind", "subject", "day", "until", "evidence"),
        (
            (
                *(one.id, one.person, one.kind, one.subject, one.day, one.until),
                f"WITHDRAWN: {one.withdrawn}" if one.withdrawn else one.evidence,
            )
            for one in found
        ),
        empty="No training is recorded.",
    )


@command
@click.argument("subject")
@click.argument("people", metavar="PERSON...", nargs=-1, required=True)
@click.option("--on", "when", metavar="DAY", default="today", show_default=True)
@click.option("--evidence", required=True, help="What shows it: a certificate, a list of those present.")
@click.option("--kind", type=click.Choice(TRAINING_KINDS), default="training", show_default=True)
@click.option("--until", metavar="DAY", default="", help="The last day on which it counts.")
def record(
    invocation: Invocation, subject: str, people: tuple[str, ...], when: str, until: str, **given: str
) -> None:
    """Record that people were trained in SUBJECT, all on one day."""
    with at_work(invocation) as here:
        found = training.record(
            here.store,
            people,
            subject=subject,
            day=day(when, here),
            until=day(until, here) if until else "",
            actor=here.actor,
            at=here.at,
            **given,
        )
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    for one in found:
        printing.put(f"{one.id}  {one.person} was trained in {one.subject} on {one.day}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="What is wrong with it.")
def withdraw(invocation: Invocation, id_: str, reason: str) -> None:
    """Say that a record of training is wrong: it is kept and counts no more."""
    with at_work(invocation) as here:
        found: Any = training.withdraw(here.store, id_.upper(), reason=reason, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(found)
    else:
        printing.put(f"{found.id} counts no more.")


@command
@click.argument("subject")
@click.option("--group", metavar="ID", required=True, help="Whose people are asked about.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where somebody lacks it.")
def lacks(invocation: Invocation, subject: str, group: str, exit_code: bool) -> None:
    """Say who of a group has no training in SUBJECT that counts today."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = training.lacking(uow, subject, group, today=today(here))
    if invocation.wants_json:
        printing.as_json_list({"person": person, "was_over": over} for person, over in found)
    else:
        printing.table(
            ("person", "was over on"), found, empty=f"Everybody in {group} has training in {subject}."
        )
    if exit_code and found:
        click.get_current_context().exit(1)
