"""The life of an agreement: reviewed, agreed and signed, published, revised, ended.

A candidate takes each step at once; for one under control the step writes a change request.
"""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import click

from cmdb import agreement_acceptance, agreement_acts, agreement_life, agreement_records, files
from cmdb.agreement_life import Acceptance
from cmdb.errors import Invalid
from cmdb.exchange import agreement_file
from cmdb.promises import ServiceAgreement
from tui import agreement_steps, clockface, printing, typed
from tui.agreement_steps import Taken
from tui.context import Invocation, command
from tui.workplace import Workplace, at_work

_WHOM = "customer, service manager, senior management, or a group."


@command
@click.argument("id_", metavar="ID")
@click.option("--for", "whom", metavar="WHOM", required=True, help=_WHOM)
@click.option("--name", metavar="NAME", required=True, help="Who reviewed it.")
@click.option("--on", metavar="DATE", default="now", help="The day it happened; today if left out.")
@click.option("-m", "--note", default="", help="What came of it.")
def review(invocation: Invocation, id_: str, whom: str, name: str, on: str, note: str) -> None:
    """Note that the agreement ID was reviewed; the review that completes them makes a draft reviewed."""
    with at_work(invocation) as here:
        before = _held(here, id_)
        entry = {"for": whom, "name": name, "on": _day(here, on), **({"note": note} if note else {})}
        groups = _groups(here, before)
        after = agreement_life.review(before, [entry], groups)
        taken = _taken(here, before, after, "review", f"{name} reviewed it for {whom}.")
        missing = agreement_life.missing_reviews(after, groups)
    _said(invocation, taken)
    if missing and not invocation.wants_json:
        printing.say(f"Not yet reviewed by {', '.join(missing)}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--accepted-by", metavar="NAME", required=True, help="Who accepted it for the customer.")
@click.option("--evidence", metavar="WHAT", required=True, help="What shows it: words, or a file.")
@click.option("--on", metavar="DATE", default="now", help="The day it happened; today if left out.")
def agree(invocation: Invocation, id_: str, accepted_by: str, evidence: str, on: str) -> None:
    """Note that both sides agreed on ID, and sign it for ours with your key."""
    with at_work(invocation) as here:
        before, said = _held(here, id_), Acceptance(name=accepted_by, on=_day(here, on), evidence=evidence)
        groups = _groups(here, before)
        agreement_life.agree(
            before, said, groups
        )  # what its state refuses is said before what a signature lacks
        acceptance = _acceptance(here, before, accepted_by, evidence, on)
        after = agreement_life.agree(before, acceptance, groups)
        taken = _taken(here, before, after, "agree", f"{accepted_by} accepted it: {evidence}.")
    _said(invocation, taken)


@command
@click.argument("id_", metavar="ID")
def sign(invocation: Invocation, id_: str) -> None:
    """Sign what the agreement ID says now for our side, with your key."""
    with at_work(invocation) as here:
        before = _held(here, id_)
        agreement_life.refuse_unaccepted(before)
        signed = agreement_acts.sign(before, by=here.actor, key=here.key(), at=here.at)
        after = agreement_acts.take(here.store, before, signed, "sign", actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(agreement_records.record_of(after))
    else:
        printing.put(f"{id_} is signed by {after.terms['signed']['by']}.")


@command
@click.argument("id_", metavar="ID")
@click.option("--to", metavar="WHOM", multiple=True, help="Who can read it now; repeat.")
@click.option("--on", metavar="DATE", default="now", help="The day it happened; today if left out.")
def publish(invocation: Invocation, id_: str, to: tuple[str, ...], on: str) -> None:
    """Note that ID is available to those it concerns: the customer and the service provider if left out."""
    with at_work(invocation) as here:
        before = _held(here, id_)
        whom = to or tuple(dict.fromkeys(filter(None, (before.customer, before.provider))))
        after = agreement_life.publish(before, _day(here, on), whom)
        taken = _taken(here, before, after, "publish", f"It is made available to {', '.join(whom)}.")
    _said(invocation, taken)


@command
@click.argument("id_", metavar="ID")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--from", "start", metavar="DATE", default="", help="When the next version comes into force.")
@click.option("--accepted-by", metavar="NAME", default="", help="Who accepted it for the customer.")
@click.option("--evidence", metavar="WHAT", default="", help="What shows it: words, or a file.")
@click.option("--reviewed", metavar="WHOM=NAME", multiple=True, help="Who reviewed it for whom; repeat.")
@click.option("--on", metavar="DATE", default="now", help="The day it happened; today if left out.")
@click.option("-m", "--reason", default="", help="Why it is revised.")
def revise(
    invocation: Invocation,
    id_: str,
    file: Path | None,
    start: str,
    accepted_by: str,
    evidence: str,
    reviewed: tuple[str, ...],
    on: str,
    reason: str,
) -> None:
    """Say that ID is under revision; with the YAML FILE, what it says from a day on, as a new version.

    'cmdb agreement show ID --as-file' prints the file to begin with. The version there is binds until
    that day, and stays readable.
    """
    given = {"--from": start, "--accepted-by": accepted_by, "--evidence": evidence}
    missing = [name for name, content in given.items() if not content]
    if file is not None and missing:
        raise Invalid(f"A new version needs {', '.join(missing)}.", "See 'cmdb agreement revise --help'.")
    idle = [*(name for name, content in given.items() if content), *(["--reviewed"] if reviewed else [])]
    if file is None and idle:
        raise Invalid(
            f"{', '.join(idle)} {'belongs' if len(idle) == 1 else 'belong'} to a next version, and what it"
            " says is missing.",
            f"Give its file: 'cmdb agreement show {id_} --as-file' prints the one to begin with.",
        )
    with at_work(invocation) as here:
        before = _held(here, id_)
        if file is None:
            after = agreement_life.reopen(before)
        else:
            wanted = agreement_file.read(files.text(files.read(file), file.name), file.name)
            _refuse_other(wanted, before)
            day = _day(here, on)
            at = typed.moment(start, zone=before.zone, now=here.at)
            named = Acceptance(name=accepted_by, on=day, evidence=evidence)
            version = agreement_life.next_version(before, wanted, at, named)
            acceptance = _acceptance(here, version, accepted_by, evidence, on)
            stated = [{**_reviewer(one), "on": day} for one in reviewed]
            after = agreement_life.revise(before, wanted, at, acceptance, stated)
        taken = _taken(here, before, after, "revise", reason or "The agreement is revised.")
    _said(invocation, taken)


@command
@click.argument("id_", metavar="ID")
@click.option("--at", "when", metavar="T", required=True, help="The last moment it holds.")
@click.option("-m", "--reason", required=True, help="Why it ends.")
def end(invocation: Invocation, id_: str, when: str, reason: str) -> None:
    """End the agreement ID at a moment: what it promised until then stays counted."""
    with at_work(invocation) as here:
        before = _held(here, id_)
        at = typed.moment(when, zone=before.zone, now=here.at)
        taken = _taken(here, before, agreement_life.end(before, at, now=here.at), "end", reason)
    _said(invocation, taken)


def _held(here: Workplace, id: str) -> ServiceAgreement:
    with here.store.read() as uow:
        return uow.get(ServiceAgreement, id)


def _groups(here: Workplace, one: ServiceAgreement) -> tuple[str, ...]:
    with here.store.read() as uow:
        return agreement_acts.groups_of(uow, one.services)


def _taken(
    here: Workplace, before: ServiceAgreement, after: ServiceAgreement, action: str, why: str
) -> Taken:
    return agreement_steps.take(
        here.store, before, after, action, reason=why, key=here.key, actor=here.actor, at=here.at
    )


def _acceptance(here: Workplace, of: ServiceAgreement, name: str, evidence: str, on: str) -> Acceptance:
    path = Path(evidence)
    shows = files.read(path) if _is_file(path) else None
    digest = sha256(shows).hexdigest() if shows is not None else ""
    said = Acceptance(name=name, on=_day(here, on), evidence=path.name if digest else evidence, sha256=digest)
    return agreement_acceptance.accepted(of, said, shows)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # words that no file system takes for a name
        return False


def _reviewer(text: str) -> dict[str, str]:
    whom, _, name = text.partition("=")
    if not whom.strip() or not name.strip():
        raise Invalid("A review is not WHOM=NAME.", "Write it like --reviewed 'customer=Ann Acme'.")
    return {"for": whom.strip(), "name": name.strip()}


def _refuse_other(wanted: ServiceAgreement, before: ServiceAgreement) -> None:
    if (wanted.id, wanted.start) != (before.id, before.start):
        raise Invalid(
            f"The file is about {wanted.id} from {clockface.clock(wanted.start)} on.",
            f"Keep the id {before.id} and the start {clockface.clock(before.start)};"
            " --from is when it changes.",
        )


def _day(here: Workplace, text: str) -> str:
    at: datetime = typed.moment(text, zone=here.site.zone, now=here.at)
    if at > here.at:
        raise Invalid(f"The day '{text}' lies ahead.", "Note what has happened once it has.")
    return at.astimezone(clockface.zone()).date().isoformat()


def _said(invocation: Invocation, taken: Taken) -> None:
    if not invocation.wants_json:
        printing.put(taken.sentence)
    elif taken.request is not None:
        printing.as_json({"id": taken.request.id, "state": taken.request.state})
    else:
        printing.as_json(agreement_records.record_of(taken.agreement))
