"""Reviews: planned, prepared, held, and what they came to."""

from typing import Any

import click

from cmdb import origins, reviews
from cmdb.duties import EVERY, REVIEW_KINDS, Review
from cmdb.errors import Invalid
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work

_PLANNED = (
    ("title", "title"),
    ("holder", "held by"),
    ("every", "every"),
    ("occasion", "occasion"),
    ("about", "about"),
    ("follows", "follows"),
    ("participants", "participants"),
    ("groups", "groups"),
    ("approver", "material approved by"),
    ("approved_at", "approved"),
    ("state", "state"),
    ("held_at", "held"),
    ("recipients", "received by"),
)


@command
@click.option("--kind", type=click.Choice(REVIEW_KINDS), default=None, help="Only of this kind.")
@click.option("--about", metavar="RECORD", default="", help="Only about this record, such as agreement:ID.")
@click.option("--missed", is_flag=True, help="Only those whose date has passed.")
@click.option("--all", "everything", is_flag=True, help="Also those held and cancelled.")
def list_(invocation: Invocation, kind: str | None, about: str, missed: bool, everything: bool) -> None:
    """List reviews, those that are still to be held."""
    with at_work(invocation) as here, here.store.read() as uow:
        named = origins.known(uow, about) if about else ""
        found = reviews.listed(uow, kind=kind or "", about=named, only_planned=not everything)
        now = here.at
    if missed:
        found = tuple(one for one in found if one.missed(now))
    if invocation.wants_json:
        printing.as_json_list({**printing.plain(one), "missed": one.missed(now)} for one in found)
        return
    printing.table(
        ("id", "kind", "planned", "state", "held by", "every", "title"),
        (
            (
                one.id,
                one.kind,
                one.planned,
                "MISSED" if one.missed(now) else one.state,
                one.holder,
                one.every,
                one.title,
            )
            for one in found
        ),
        empty="No review is planned.",
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a review: who, when, its material, what it came to, and its action items."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Review, id_.upper())
        items = reviews.items_of(uow, found.id)
        missed = found.missed(here.at)
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "missed": missed, "action_items": list(items)})
        return
    printing.facts(
        (
            ("review", f"{found.id}, {found.kind}"),
            ("planned", found.planned),
            *((words, getattr(found, name)) for name, words in _PLANNED),
            ("material", found.material),
            *(("issue", one) for one in found.issues),
            *(("risk", one) for one in found.risks),
            *(("decision", one) for one in found.decisions),
            ("summary", found.summary),
            *(("action item", f"{one.id} ({one.state}, {one.owner})  {one.what}") for one in items),
        )
    )
    if missed:
        printing.put("MISSED")


def _planning(function: Any) -> Any:
    """The options that planning and amending share."""
    for option in (
        click.option("--approver", metavar="PERSON", default=None, help="Who approves the material."),
        click.option(
            "--material", default=None, help="What is reviewed: documents, figures, where they are."
        ),
        click.option(
            "--group", "groups", metavar="ID", multiple=True, help="A group that takes part; repeat."
        ),
        click.option(
            "--with", "participants", metavar="PERSON", multiple=True, help="Who takes part; repeat."
        ),
        click.option("--occasion", default=None, help="What triggered it, where it is not periodic."),
        click.option("--every", type=click.Choice(("", *EVERY)), default=None, help="Periodic: how often."),
        click.option("--holder", metavar="PERSON", default=None, help="Who is to hold it; 'me' is you."),
        click.option("--on", "planned", metavar="T", default=None, help="When."),
    ):
        function = option(function)
    return function


@command
@click.argument("kind", type=click.Choice(REVIEW_KINDS))
@click.argument("title")
@click.option("--about", metavar="RECORD", default="", help="The record it reviews, such as agreement:ID.")
@_planning
def plan(invocation: Invocation, kind: str, title: str, about: str, **given: Any) -> None:
    """Plan a review of a KIND: periodic with --every, else with the --occasion that triggered it."""
    with at_work(invocation) as here:
        fields = _fields(here, given)
        if "planned" not in fields:
            raise Invalid("When the review is to be was not said.", "Give it: --on '2026-12-01 14:00'.")
        fields.setdefault("holder", here.actor)
        found = reviews.plan(
            here.store, kind=kind, title=title, about=about, actor=here.actor, at=here.at, **fields
        )
        when = here.said(found.planned)
    _said(invocation, found, f"{found.id} is planned for {when}, held by {found.holder}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--title", default=None)
@_planning
def amend(invocation: Invocation, id_: str, title: str | None, **given: Any) -> None:
    """Change what is planned of a review; lists given stand in the place of those before."""
    with at_work(invocation) as here:
        fields = _fields(here, given) | ({"title": title} if title is not None else {})
        if not fields:
            raise Invalid("Nothing was said to change.", "Give an option, such as --on or --holder.")
        found = reviews.amend(here.store, id_.upper(), actor=here.actor, at=here.at, **fields)
        when = here.said(found.planned)
    _said(invocation, found, f"{found.id} is planned for {when}, held by {found.holder}.")


@command
@click.argument("id_", metavar="ID")
def approve(invocation: Invocation, id_: str) -> None:
    """Approve the material of a review, where that is yours to do."""
    with at_work(invocation) as here:
        found = reviews.approve(here.store, id_.upper(), actor=here.actor, at=here.at)
    _said(invocation, found, f"The material of {found.id} is approved.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--summary", required=True, help="What was said, in a few sentences.")
@click.option("--at", "held", metavar="T", default="now", show_default=True, help="When it was.")
@click.option("--with", "participants", metavar="PERSON", multiple=True, help="Who took part, all of them.")
@click.option("--issue", "issues", metavar="TEXT", multiple=True, help="An issue raised; repeat.")
@click.option("--risk", "risks", metavar="TEXT", multiple=True, help="A risk named; repeat.")
@click.option("--decision", "decisions", metavar="TEXT", multiple=True, help="A decision taken; repeat.")
@click.option("--to", "recipients", metavar="PERSON", multiple=True, help="Who receives the summary; repeat.")
def hold(invocation: Invocation, id_: str, held: str, **given: Any) -> None:
    """Record that a review was held, and what it came to; a periodic one plans the next.

    What has to be done goes into action items: cmdb action add WHAT --origin review:ID --owner PERSON.
    """
    with at_work(invocation) as here:
        when = typed.moment(held, zone=here.site.zone, now=here.at, past=True)
        fields = {name: one for name, one in given.items() if one}
        found, following = reviews.hold(
            here.store, id_.upper(), actor=here.actor, at=here.at, held_at=when, **fields
        )
        ahead = f" The next is {following.id}, {here.said(following.planned)}." if following else ""
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "next": following.id if following else None})
    else:
        printing.put(f"{found.id} is held.{ahead}")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it is not to be held.")
def cancel(invocation: Invocation, id_: str, reason: str) -> None:
    """Say that a planned review is not to be held, and why. That is final."""
    with at_work(invocation) as here:
        found = reviews.cancel(here.store, id_.upper(), reason=reason, actor=here.actor, at=here.at)
    _said(invocation, found, f"{found.id} is cancelled.")


def _fields(here: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What was given of a plan, by field."""
    fields = {name: one for name, one in given.items() if one not in (None, ())}
    if "planned" in fields:
        fields["planned"] = typed.moment(fields["planned"], zone=here.site.zone, now=here.at)
    if fields.get("holder") == "me":
        fields["holder"] = here.actor
    return fields


def _said(invocation: Invocation, value: Any, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(value)
    else:
        printing.put(words)
