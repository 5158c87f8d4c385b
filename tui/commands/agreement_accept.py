"""What the customer signs: an agreement as it stands, or as its next version."""

from pathlib import Path

import click

from cmdb import agreement_acceptance, agreement_life, files
from cmdb.agreement_life import Acceptance
from cmdb.errors import Invalid, Refused
from cmdb.exchange import agreement_file
from cmdb.promises import ServiceAgreement
from tui import printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("id_", metavar="ID")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", required=True, help="Who signs for the customer.")
@click.option("--from", "start", metavar="DATE", default="", help="Of FILE: when it comes into force.")
@click.option("--to", "target", metavar="PATH", required=True, type=click.Path(path_type=Path), help="Where.")
def statement(
    invocation: Invocation, id_: str, file: Path | None, name: str, start: str, target: Path
) -> None:
    """Write what the customer signs under ID as it stands, or under its next version in the YAML FILE."""
    if (file is None) != (not start):
        raise Invalid("A next version has a file and a day.", "Give FILE and --from, or neither.")
    with at_work(invocation) as here:
        with here.store.read() as uow:
            agreement = uow.get(ServiceAgreement, id_)
        if file is not None:
            wanted = agreement_file.read(files.text(files.read(file), file.name), file.name)
            acceptance = Acceptance(name=name, on="", evidence="")
            at = typed.moment(start, zone=agreement.zone, now=here.at)
            agreement = agreement_life.next_version(agreement, wanted, at, acceptance)
    data = agreement_acceptance.statement(agreement, name, agreement.end)
    _write(target, data)
    sign = f"ssh-keygen -Y sign -n {agreement_life.NAMESPACE} -f KEY {target}"
    if invocation.wants_json:
        printing.as_json({"agreement": id_, "name": name, "file": str(target), "sign": sign})
        return
    printing.put(f"{target} is what {name} signs: {sign}")
    if name not in agreement_acceptance.keys_of(agreement):
        printing.say(f"No key of {name} stands in the agreement yet: roles, contacts, key.")


def _write(target: Path, data: bytes) -> None:
    """Write the bytes exactly: a signature is over every one of them."""
    try:
        with target.open("xb") as out:
            out.write(data)
    except FileExistsError as there:
        raise Refused(f"{target} is there already; nothing was written.", "Name another file.") from there
    except OSError as fault:
        raise Refused(f"{target} cannot be written: {fault.strerror}.", "Name another file.") from fault
