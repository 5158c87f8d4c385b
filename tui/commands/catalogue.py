"""The service catalogue: standard services, their levels, and the services that are one of them."""

from pathlib import Path

import click

from cmdb import catalogue, files, offer_records
from cmdb.exchange import catalogue_file
from cmdb.offers import StandardService
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
def list_(invocation: Invocation) -> None:
    """List the standard services of the catalogue, and how many services are one of them."""
    with at_work(invocation) as here, here.store.read() as uow:
        found, uses = catalogue.listed(uow), catalogue.uses(uow)
    if invocation.wants_json:
        printing.as_json_list(offer_records.record_of(one) for one in found)
        return
    printing.table(
        ("id", "name", "owner", "levels", "used by", "offered", "level"),
        (
            (
                one.id,
                one.name,
                one.owner,
                "; ".join(f"{each.attribute} {each.says}" for each in one.levels),
                sum(use.standard == one.id for use in uses),
                one.offered,
                one.level,
            )
            for one in found
        ),
        empty="The catalogue is empty: 'cmdb catalogue register FILE' adds a standard service.",
        right=("used by",),
    )


@command
@click.argument("id_", metavar="ID")
def show(invocation: Invocation, id_: str) -> None:
    """Show a standard service, its levels, and the services that are one with their deviations."""
    with at_work(invocation) as here, here.store.read() as uow:
        found, uses = uow.get(StandardService, id_), catalogue.uses(uow, id_)
    if invocation.wants_json:
        record = offer_records.record_of(found)
        used = [{"service": one.service, "deviations": list(one.deviations)} for one in uses]
        printing.as_json({**record, "uses": used})
        return
    printing.facts(
        [
            ("id", found.id),
            ("name", found.name),
            ("owner", found.owner),
            ("offered", found.offered),
            ("level", found.level),
            ("text", found.text),
            ("for staff", found.staff),
        ]
    )
    printing.put()
    printing.table(
        ("level", "quantity", "promised", "period"),
        ((one.id, one.attribute, one.says, one.period) for one in found.levels),
        empty="It has no standard levels.",
    )
    printing.put()
    printing.table(
        ("service", "deviations"),
        ((one.service, "; ".join(one.deviations) or "none") for one in uses),
        empty=f"No service is one: 'cmdb item amend ID standard_service={found.id}' makes a draft one.",
    )


@command
@click.argument("file", type=click.Path(path_type=Path))
def register(invocation: Invocation, file: Path) -> None:
    """Add the standard service described in the YAML FILE, as a draft."""
    service = catalogue_file.read(files.text(files.read(file), file.name), file.name)
    with at_work(invocation) as here:
        catalogue.register(here.store, service, actor=here.actor, at=here.at)
    _said(invocation, service, f"The standard service {service.id} is added as a draft.")


@command
@click.argument("file", type=click.Path(path_type=Path))
def amend(invocation: Invocation, file: Path) -> None:
    """Replace a draft standard service by what the YAML FILE says."""
    service = catalogue_file.read(files.text(files.read(file), file.name), file.name)
    with at_work(invocation) as here:
        catalogue.amend(here.store, service, actor=here.actor, at=here.at)
    _said(invocation, service, f"The standard service {service.id} is changed.")


def _said(invocation: Invocation, service: StandardService, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(offer_records.record_of(service))
    else:
        printing.put(words)
