"""What customers need: noting, amending, listing, and comparing then with now."""

from collections.abc import Callable
from typing import Any

import click

from cmdb import needs
from cmdb.agreement_records import plain
from cmdb.amounts import amount, written
from cmdb.commitments import COMPARATORS
from cmdb.needs import Compared
from cmdb.offers import PRIORITIES, TOPICS, Need
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.workplace import Workplace, at_work

_OPTIONS = (
    click.option("--topic", type=click.Choice(TOPICS), help="What it is about; a service if left out."),
    click.option("--service", metavar="ID", help="The service in use it is about."),
    click.option("--standard", metavar="ID", help="The standard service it is about."),
    click.option("--quantity", metavar="NAME", help="What can be measured, such as availability."),
    click.option("--comparator", type=click.Choice(COMPARATORS), help="At least, if left out."),
    click.option("--target", metavar="AMOUNT", help="How much of it, such as '99.5 %' or '4 h'."),
    click.option("--priority", type=click.Choice(PRIORITIES), help="'should' if left out."),
    click.option("--source", metavar="TEXT", help="Who said so, and where."),
    click.option("--commitment", "commitments", metavar="AG:ID", multiple=True, help="What answers it."),
)  # fmt: skip


def _options(function: Callable[..., None]) -> Callable[..., None]:
    for one in reversed(_OPTIONS):
        function = one(function)
    return function


@command
@click.argument("id_", metavar="ID")
@click.option("--customer", metavar="PARTY", required=True, help="Whose need it is.")
@click.option("--what", metavar="TEXT", required=True, help="What is needed.")
@click.option("--since", metavar="DATE", default="now", help="From which day on; today if left out.")
@_options
def add(invocation: Invocation, id_: str, customer: str, what: str, since: str, **given: Any) -> None:
    """Note what a customer needs."""
    with at_work(invocation) as here:
        need = Need(id=id_, customer=customer, what=what, since=_day(here, since), **_content(given))
        needs.add(here.store, need, actor=here.actor, at=here.at)
    _said(invocation, need, f"{id_} is needed by {customer} since {need.since}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--what", metavar="TEXT", help="What is needed.")
@click.option("--since", metavar="DATE", default="now", help="From which day on; today if left out.")
@_options
def amend(invocation: Invocation, id_: str, since: str, **given: Any) -> None:
    """Change what is needed from a day on; what was needed until then is kept."""
    with at_work(invocation) as here:
        need = needs.amend(
            here.store, id_, _content(given), since=_day(here, since), actor=here.actor, at=here.at
        )
    _said(invocation, need, f"{id_} is changed since {need.since}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--since", metavar="DATE", default="now", help="From which day on; today if left out.")
def drop(invocation: Invocation, id_: str, since: str) -> None:
    """Note that something is no longer needed from a day on."""
    with at_work(invocation) as here:
        need = needs.drop(here.store, id_, until=_day(here, since), actor=here.actor, at=here.at)
    _said(invocation, need, f"{id_} is no longer needed since {need.until}.")


@command
@click.argument("customer", metavar="[CUSTOMER]", default="", required=False)
@click.option("--on", metavar="DATE", default="", help="As of a day; today if left out.")
@click.option("--all", "everything", is_flag=True, help="Also what was needed before, and no longer is.")
def list_(invocation: Invocation, customer: str, on: str, everything: bool) -> None:
    """List what customers need, all or CUSTOMER."""
    with at_work(invocation) as here, here.store.read() as uow:
        day = "" if everything else _day(here, on or "now")
        found = needs.listed(uow, customer, on=day)
    if invocation.wants_json:
        printing.as_json_list(plain(one) for one in found)
        return
    printing.table(
        ("id", "customer", "topic", "about", "what", "how much", "priority", "since", "until", "answered by"),
        (
            (
                one.id,
                one.customer,
                one.topic,
                one.service or one.standard,
                one.what,
                _amount(one),
                one.priority,
                one.since,
                one.until,
                one.commitments,
            )
            for one in found
        ),
        empty="No need is noted.",
    )


@command
@click.argument("customer")
@click.option(
    "--then", metavar="DATE", default="", help="The day to compare with; when last agreed if left out."
)
@click.option("--on", metavar="DATE", default="now", help="The later day; today if left out.")
def compare(invocation: Invocation, customer: str, then: str, on: str) -> None:
    """Compare what CUSTOMER needed when it was agreed with now, and now with what is promised."""
    with at_work(invocation) as here, here.store.read() as uow:
        before = _day(here, then) if then else needs.agreed_on(uow, customer)
        now = _day(here, on)
        found = needs.compare(uow, customer, then=before, now=now)
    if invocation.wants_json:
        printing.as_json({"then": before, "now": now, "needs": [_record(one) for one in found]})
        return
    printing.put(f"What {customer} needed on {before}, and on {now}.")
    printing.table(
        ("need", "then and now", "what", "how much", "before", "not answered because"),
        (
            (
                one.id,
                f"{one.state}: {', '.join(one.fields)}" if one.fields else one.state,
                _what(one),
                _amount(one.now),
                _amount(one.before) if one.state == "changed" else "",
                " ".join(one.unmet),
            )
            for one in found
        ),
        empty="No need is noted.",
    )


def _what(one: Compared) -> str:
    there = one.now or one.before
    return there.what if there else ""


def _content(given: dict[str, Any]) -> dict[str, Any]:
    found = {name: one for name, one in given.items() if one not in (None, ())}
    if "target" in found:
        found["target"], found["unit"] = amount(found["target"])
    return found


def _amount(one: Need | None) -> str:
    if one is None or one.target is None:
        return ""
    return f"{one.quantity} {one.comparator} {written(one.target, one.unit)}"


def _day(here: Workplace, text: str) -> str:
    at = typed.moment(text, zone=here.site.zone, now=here.at)
    return at.astimezone(clockface.zone()).date().isoformat()


def _record(one: Compared) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "fields": list(one.fields),
        "then": plain(one.before) if one.before else None,
        "now": plain(one.now) if one.now else None,
        "unmet": list(one.unmet),
    }


def _said(invocation: Invocation, need: Need, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(plain(need))
    else:
        printing.put(words)
