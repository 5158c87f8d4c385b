"""Claims: raising, accepting, refusing, listing; and what a decision does to the promises."""

import click

from cmdb import agreements, claims, observations
from cmdb.availability import Standing
from cmdb.promises import CLAIM_KINDS, Claim
from cmdb.service_levels import Level
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.present import minutes_left
from tui.workplace import Workplace, at_work


@command
@click.argument("agreement", metavar="[AGREEMENT]", required=False, default="")
def list_(invocation: Invocation, agreement: str) -> None:
    """List claims, the newest first; of one agreement when AGREEMENT is given."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = claims.listed(uow, agreement)
    if invocation.wants_json:
        printing.as_json_list(found)
        return
    printing.table(
        ("id", "agreement", "service", "kind", "named", "when", "state", "by", "evidence"),
        (
            (
                one.id,
                one.agreement,
                one.service or "all",
                one.kind,
                one.named,
                clockface.stretch(one.start, one.end),
                one.state,
                one.decided_by,
                one.evidence,
            )
            for one in found
        ),
        empty="Nothing is claimed.",
    )


@command
@click.argument("agreement")
@click.option("--from", "start", metavar="T", required=True, help="When it began.")
@click.option("--until", "end", metavar="T", required=True, help="When it was over, such as +2h.")
@click.option("--kind", type=click.Choice(CLAIM_KINDS), default=CLAIM_KINDS[0], show_default=True)
@click.option("--service", metavar="ID", default="", help="One service; all of the agreement if left out.")
@click.option("--named", metavar="ID", default="", help="The calamity or condition, as agreed.")
@click.option("-m", "--evidence", required=True, help="What shows it, or where that lies.")
def raise_(invocation: Invocation, agreement: str, start: str, end: str, **given: str) -> None:
    """Claim that AGREEMENT exempts a stretch of time.

    A calamity, or a condition the customer did not meet. It counts once it is accepted.
    """
    with at_work(invocation) as here:
        began = typed.moment(start, zone=here.site.zone, now=here.at)
        claim = claims.raise_claim(
            here.store,
            agreement=agreement,
            start=began,
            end=typed.moment(end, zone=here.site.zone, now=began if end.startswith("+") else here.at),
            **given,
            actor=here.actor,
            at=here.at,
        )
    if invocation.wants_json:
        printing.as_json(claim)
        return
    about = claim.named or claim.kind
    printing.put(f"{claim.id} is raised: {about}, {clockface.stretch(claim.start, claim.end)}.")
    printing.say(f"It counts once it is accepted: 'cmdb claim accept {claim.id} --by NAME'.")


@command
@click.argument("id_", metavar="CLAIM")
@click.option("--by", metavar="NAME", default="", help="Who accepted it for the customer.")
@click.option("-m", "--reason", default="", help="Why; needed to accept what was refused.")
def accept(invocation: Invocation, id_: str, by: str, reason: str) -> None:
    """Accept CLAIM: its time is exempt from now on."""
    _decide(invocation, id_, "accepted", by, reason)


@command
@click.argument("id_", metavar="CLAIM")
@click.option("--by", metavar="NAME", default="", help="Who refused it for the customer.")
@click.option("-m", "--reason", required=True, help="Why.")
def refuse(invocation: Invocation, id_: str, by: str, reason: str) -> None:
    """Refuse CLAIM: its time counts like any other."""
    _decide(invocation, id_, "refused", by, reason)


def _decide(invocation: Invocation, id_: str, state: str, by: str, reason: str) -> None:
    with at_work(invocation) as here:
        with here.store.read() as uow:
            before = _standings(here, uow.get(Claim, id_))
        decided = claims.decide(here.store, id_, state, by=by, reason=reason, actor=here.actor, at=here.at)
        after = _standings(here, decided.claim)
    if invocation.wants_json:
        printing.as_json(decided.claim)
        return
    printing.put(f"{id_} is {state} by {decided.claim.decided_by}.")
    for old, new in zip(before[0], after[0], strict=True):
        if minutes_left(old.left_s) != minutes_left(new.left_s):
            printing.put(
                f"{new.agreement} {new.commitment}: {minutes_left(old.left_s)} min left became "
                f"{minutes_left(new.left_s)} min"
            )
    for was, now in zip(before[1], after[1], strict=True):
        if was.left_said != now.left_said:
            printing.put(f"{now.agreement} {now.commitment}: {was.left_said} became {now.left_said}")


def _standings(here: Workplace, claim: Claim) -> tuple[list[Standing], list[Level]]:
    """How the agreement stands in the periods the claim begins in: what is due, and what is observed."""
    with here.store.read() as uow:
        due = agreements.standings_of(uow, claim.agreement, at=claim.start, now=here.at)
        return due, observations.levels_of(uow, claim.agreement, at=claim.start, now=here.at)
