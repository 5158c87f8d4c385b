"""What would have failed on the estate as a baseline left it: one named, or the one in force then."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from baselines import differences, past, scoped
from baselines.model import Baseline, ScopedBaseline
from cmdb.checks import shown
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.graph import ChangedEstate
from cmdb.impact import impact as answer_of
from cmdb.impact_record import record
from cmdb.store import UnitOfWork
from tui import answers, clockface, printing, typed
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import Workplace


@command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--baseline", metavar="BL", help="The estate as this baseline holds it.")
@click.option("--as-of", "then", metavar="T", help="The estate as the baseline in force at T holds it.")
@click.option("--exposed", is_flag=True, help="Count everything reachable, however much that is.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 reduced, 11 degraded, 12 outage, 13 breach.")
def impact(
    invocation: Invocation,
    ids: tuple[str, ...],
    baseline: str | None,
    then: str | None,
    exposed: bool,
    exit_code: bool,
) -> None:
    """Say what fails if the items ID... are down, on the estate as a baseline holds it.

    With --baseline the one named, with --as-of the one in force at T: 2026-11-22, 22:00, sat 22:00.
    """
    with estate_then(invocation, baseline, then, ids) as (held_by, estate):
        answer = answer_of(estate, ids, everything=exposed)
    if invocation.wants_json:
        printing.as_json({**record(answer), "baseline": held_by.id})
    else:
        printing.put(heading(held_by))
        answers.impact(answer)
    if exit_code:
        click.get_current_context().exit(answers.exit_code(answer.effect))


@contextmanager
def estate_then(
    invocation: Invocation, baseline: str | None, then: str | None, ids: Iterable[str]
) -> Iterator[tuple[Baseline, ChangedEstate]]:
    """The estate as a baseline held it, the one named or the one in force then, which has all of `ids`.

    Raises NotFound where it has not.
    """
    with at_library(invocation) as (here, library), here.store.read() as uow:
        held_by = in_force(here, uow, then) if then else _named(uow, baseline or "")
        estate = past.as_of(library, uow, held_by)
        wanted = list(ids)
        held = estate.keys(wanted)
        for one in wanted:
            if one not in held:
                raise NotFound(
                    f"{held_by.id} holds no item '{shown(one)}'.",
                    f"See when it came: 'cmdb item history {shown(one)}'.",
                )
        yield held_by, estate


def heading(held_by: Baseline) -> str:
    """The line that says of which baseline an answer is."""
    return f"On the estate of {held_by.id}, {clockface.clock(held_by.established_at)}:"


def _named(uow: UnitOfWork, name: str) -> Baseline:
    """The baseline called so. Raises NotFound; Refused for one of a scope, whose items need others."""
    if name.upper().startswith("SB-") or ":" in name:
        of = scoped.side(uow, name)
        assert isinstance(of.baseline, ScopedBaseline)
        raise Refused(
            f"{of.id} holds a part of {of.baseline.baseline}, and impact does not end where a scope does.",
            f"Ask it of the whole: --baseline {of.baseline.baseline}.",
        )
    return differences.baseline(uow, name)


def in_force(here: Workplace, uow: UnitOfWork, then: str) -> Baseline:
    """The baseline in force at a moment. Raises Invalid for one ahead, NotFound before the first."""
    at = typed.moment(then, zone=here.site.zone, now=here.at, past=True)
    if at > here.at:
        raise Invalid(
            f"{clockface.clock(at)} lies ahead: --as-of looks back.",
            "For planned work ask with --at and --for, or with --change.",
        )
    found = past.in_force(uow, at)
    if found is None:
        raise NotFound(
            f"No baseline was in force at {clockface.clock(at)}.",
            "See when the first was established: 'cmdb baseline list'.",
        )
    return found
