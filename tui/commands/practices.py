"""What does not apply here: said with the reason, signed, listed, and taken back."""

import click

from baselines import conformance, exclusions
from baselines.audit_life import Statement
from tui import printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import at_work


@command
@click.argument("about", metavar="PRACTICE|item:ID")
@click.option("--because", metavar="TEXT", required=True, help="Why it does not apply.")
@click.option("--until", metavar="T", default="", help="When that has to be looked at again.")
def set_aside(invocation: Invocation, about: str, because: str, until: str) -> None:
    """Say that a practice, such as '5.5 Activity 7.1', does not apply here, or an item needs no control.

    It then counts as not applicable, with your name. Signed with your key.
    """
    with at_library(invocation) as (here, library):
        ends = typed.moment(until, zone=here.site.zone, now=here.at) if until else None
        found = exclusions.state(
            library,
            " ".join(about.split()),
            reason=because,
            until=ends,
            known=conformance.known(),
            actor=here.actor,
            key=here.key(),
            at=here.at,
        )
    _tell(invocation, found, f"{found.id}: {found.about} does not apply here.")


@command
@click.argument("id_", metavar="ID")
@click.option("-m", "--reason", required=True, help="Why it applies after all.")
def reinstate(invocation: Invocation, id_: str, reason: str) -> None:
    """Take a statement back: what it was about applies again. Signed with your key."""
    with at_library(invocation) as (here, library):
        key, actor = here.key(), here.actor
        found = exclusions.withdraw(library, id_, reason=reason, actor=actor, key=key, at=here.at)
    _tell(invocation, found, f"{found.about} applies again.")


@command
@click.option("--all", "everything", is_flag=True, help="Also those that ended or were taken back.")
def statements(invocation: Invocation, everything: bool) -> None:
    """List who said what does not apply here, and why."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = [one for one in uow.all(Statement) if everything or one.stands(here.at)]
    if invocation.wants_json:
        printing.as_json_list(printing.plain(one) for one in found)
        return
    printing.table(
        ("id", "about", "by", "at", "until", "state", "reason"),
        ((one.id, one.about, one.by, one.at, one.until, one.state, one.reason) for one in found),
        empty="Nobody said that anything does not apply.",
    )


def _tell(invocation: Invocation, found: Statement, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(printing.plain(found))
    else:
        printing.put(words)
