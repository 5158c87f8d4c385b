"""The work log: entering hours and money, and looking at them."""

from decimal import Decimal
from typing import Any

import click

from cmdb import work_log
from tui import printing, typed
from tui.context import Invocation, command
from tui.plan_words import hours
from tui.typed_days import day, money, today
from tui.workplace import at_work


@command
@click.option("--person", metavar="PERSON", default="", help="Only of this person; 'me' is you.")
@click.option("--record", default="", help="Only on this record, such as change:CR-1.")
@click.option("--since", metavar="DAY", default="", help="From this day on.")
@click.option("--until", metavar="DAY", default="", help="Before this day.")
@click.option("--all", "everything", is_flag=True, help="Also what was withdrawn.")
def list_(invocation: Invocation, person: str, record: str, since: str, until: str, everything: bool) -> None:
    """List work that was done, and what it comes to."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = work_log.listed(
            uow,
            person=here.reader if person == "me" else person,
            record=record,
            since=day(since, here) if since else "",
            until=day(until, here) if until else "",
            everything=everything,
        )
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "day", "person", "record", "time", "cost", "note"),
        (
            (
                *(
                    one.id,
                    one.day,
                    one.person,
                    one.record,
                    hours(one.spent),
                    f"{one.cost:,}" if one.cost else "",
                ),
                f"WITHDRAWN: {one.withdrawn}" if one.withdrawn else one.note,
            )
            for one in found
        ),
        empty="No work is logged.",
        right=("time", "cost"),
    )
    counted = [one for one in found if not one.withdrawn]
    if counted:
        cost = sum((one.cost for one in counted), Decimal(0))
        printing.say(f"Together {hours(sum(one.spent for one in counted)) or '0 h'}, cost {cost:,}.")


@command
@click.argument("record")
@click.argument("spent", metavar="[TIME]", default="")
@click.option("--cost", default="", help="Money spent beside the time.")
@click.option("--on", "when", metavar="DAY", default="today", show_default=True)
@click.option("--person", metavar="PERSON", default="", help="Whose work; yours.")
@click.option("-m", "--note", default="", help="What was done.")
def log(
    invocation: Invocation, record: str, spent: str, cost: str, when: str, person: str, note: str
) -> None:
    """Enter work on RECORD, such as change:CR-1, action:AI-2 or milestone:MS-3: TIME like 2h30m."""
    with at_work(invocation) as here:
        found = work_log.log(
            here.store,
            record,
            person=person or here.actor,
            day=day(when, here),
            today=today(here),
            spent=typed.seconds(spent) if spent else 0,
            cost=money(cost) if cost else Decimal(0),
            note=note,
            actor=here.actor,
            at=here.at,
        )
    spoken = " and ".join(one for one in (hours(found.spent), f"{found.cost:,}" if found.cost else "") if one)
    _said(invocation, found, f"{found.id}: {found.person} spent {spoken} on {found.record} on {found.day}.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="What is wrong with it.")
def withdraw(invocation: Invocation, id_: str, reason: str) -> None:
    """Say that an entry is wrong: it is kept and counts no more."""
    with at_work(invocation) as here:
        found = work_log.withdraw(here.store, id_.upper(), reason=reason, actor=here.actor, at=here.at)
    _said(invocation, found, f"{found.id} counts no more.")


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)
