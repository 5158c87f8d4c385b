"""What customers are told of planned work: a notice per agreement, ready to send."""

from datetime import datetime
from typing import Any

import click

from ccb import assessment, extension, requests
from ccb.model import Assessment, ChangeRequest
from cmdb.errors import Invalid, Refused
from cmdb.model import Contact, Party, Person
from cmdb.promises import ServiceAgreement
from cmdb.reading_promises import StoredPromises
from cmdb.store import UnitOfWork
from tui import printing
from tui.context import Invocation, command
from tui.letters import NOTICED, Letter, letter
from tui.workplace import at_work

OVER = ("rejected", "withdrawn", "closed", "backed out")


@command
@click.argument("id_", metavar="CR")
@click.option("--agreement", metavar="ID", default="", help="Only the notice about this agreement.")
@click.option("--all", "everyone", is_flag=True, help="Also to those who will notice nothing.")
def letters(invocation: Invocation, id_: str, agreement: str, everyone: bool) -> None:
    """Write the notice of the request CR to each customer who will notice it, ready to send.

    One for every agreement about a service that is out or degraded: when, what they will notice,
    what is left of what was agreed, whom to ask; times in the agreement's zone. Of work that was
    extended it says that it takes longer, and what that means.
    """
    with at_work(invocation) as here, here.store.read() as uow:
        request = requests.find(uow, id_)
        if agreement:
            uow.get(ServiceAgreement, agreement)
        if request.state in OVER or request.finished is not None:
            stands = request.state if request.state in OVER else "finished"
            raise Refused(
                f"{request.id} is {stands}: there is nothing to announce.",
                f"See what came of it: 'cmdb change show {request.id}'.",
            )
        longer = extension.extended(uow, request)
        asked = extension.as_it_will_be(request, longer) if longer else request
        until = request.window.end if longer and request.window else None
        found = _letters(uow, asked, assessment.assess(uow, asked, at=here.at), everyone, until)
    if agreement:
        found = [one for one in found if one.agreement == agreement]
    if invocation.wants_json:
        printing.as_json_list(_record(one) for one in found)
        return
    if not found:
        printing.say(f"No customer will notice {request.id}: --all writes to those who lose reserve only.")
    for number, one in enumerate(found):
        if number:
            printing.put("\n" + "-" * 72 + "\n")
        printing.put(f"To: {', '.join(_address(each) for each in one.to) or one.customer}")
        printing.put(f"Subject: {one.subject}\n")
        printing.put(one.text)


def _letters(
    uow: UnitOfWork, request: ChangeRequest, found: Assessment, everyone: bool, until: datetime | None
) -> list[Letter]:
    if request.window is None:
        raise Invalid(f"{request.id} has no window yet.", f"Give it one: 'cmdb change edit {request.id}'.")
    effects = {one["service"]: one["effect"] for one in found.material["services"]}
    promises = StoredPromises(uow.rows, uow.dialect)
    agreements = promises.agreements_of(effects, request.window.start, request.window.end)
    names = dict(
        uow.rows(
            f"SELECT i.id, i.name FROM {promises.dialect.texts} item i ON i.id = wanted.value",
            promises.dialect.array(sorted(effects)),
        )
    )
    return [
        letter(
            request,
            one,
            _contacts(uow, one),
            uow.find(Person, one.manager),
            effects={service: effects[service] for service in one.services if service in effects},
            names=names,
            costs=[row for row in found.context.get("agreements", ()) if row["agreement"] == one.id],
            instead_of=until,
        )
        for one in agreements
        if everyone or any(effects.get(service) in NOTICED for service in one.services)
    ]


def _contacts(uow: UnitOfWork, agreement: ServiceAgreement) -> tuple[Contact, ...]:
    """Whom the agreement names, else whom the customer does."""
    party = uow.find(Party, agreement.customer)
    return agreement.contacts or (party.contacts if party else ())


def _address(one: Contact) -> str:
    return f"{one.name} <{one.email}>" if one.email else one.name


def _record(one: Letter) -> dict[str, Any]:
    return {
        "agreement": one.agreement,
        "customer": one.customer,
        "to": [printing.plain(each) for each in one.to],
        "subject": one.subject,
        "text": one.text,
    }
