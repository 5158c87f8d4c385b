"""Templates of standard changes: looking at them, and accepting what keeps to one."""

from datetime import timedelta

import click

from ccb import acceptance, standard
from ccb.model import ChangeDraft, Window
from ccb.templates import IN_FORCE, Template, drafted
from cmdb.errors import Invalid
from cmdb.instants import length
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import Workplace, at_work


@command
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
def list_(invocation: Invocation, everything: bool) -> None:
    """List templates: what may be done again and again without a vote."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = [one for one in uow.all(Template) if everything or one.status == IN_FORCE]
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "name", "for", "sets", "window", "status"),
        (
            (
                one.id,
                one.name,
                ", ".join([*one.types, *one.items]),
                ", ".join([*one.exact, *one.free, *one.open]),
                length(one.window),
                one.status,
            )
            for one in found
        ),
        empty="There is no template. A change request to the site board adds one; see docs/formats.md.",
    )


@command
@click.argument("id_", metavar="TEMPLATE")
def show(invocation: Invocation, id_: str) -> None:
    """Show a template, and the request that approved it as it is."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.get(Template, id_)
        approved = standard.approval(uow, id_)
    if invocation.wants_json:
        printing.as_json({**printing.plain(found), "approved_by": approved})
        return
    durations = ("window", "expected", "worst")
    facts = [
        (name, length(content) if name in durations else content)
        for name, content in printing.plain(found).items()
    ]
    printing.facts([*facts, ("approved by", approved)])
    printing.say(f"Use it: 'cmdb change new --template {id_} --item ITEM --window \"tonight 22:00 2h\"'.")


@command
@click.argument("id_", metavar="CR")
def accept(invocation: Invocation, id_: str) -> None:
    """Approve a submitted standard change by its template, without votes."""
    with at_work(invocation) as here:
        request = acceptance.accept(here.store, id_, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state, "template": request.template})
    else:
        printing.put(f"{request.id} is approved by the template {request.template}.")
        printing.say(f"'cmdb check-out {request.id}' is next.")


@command
@click.argument("id_", metavar="CR")
def normal(invocation: Invocation, id_: str) -> None:
    """Make a standard change a normal one: a draft again, for its board to decide."""
    with at_work(invocation) as here:
        request = acceptance.make_normal(here.store, id_, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state, "kind": request.kind})
    else:
        printing.put(f"{request.id} is a normal change now, and a draft.")
        printing.say(f"'cmdb change submit {request.id}' hands it in.")


def from_template(
    here: Workplace,
    template: str,
    items: tuple[str, ...],
    window: str,
    given: tuple[str, ...],
    title: str,
) -> ChangeDraft:
    """The draft that a template makes of these items. Raises NotFound or Invalid."""
    if not items or not window:
        raise Invalid(
            "A standard change names its items and its window.",
            f"Give them: 'cmdb change new --template {template} --item ITEM --window \"tonight 22:00 2h\"'.",
        )
    start, lasts = typed.window(window, zone=here.site.zone, now=here.at)
    with here.store.read() as uow:
        found = uow.get(Template, template)
    planned = Window(start=start, end=start + timedelta(seconds=lasts))
    return drafted(found, tuple(dict.fromkeys(items)), planned, typed.pairs(given), title)
