"""Requests written anew: a clone of one, and one whose moved values are settled."""

import click

from ccb import requests, rewriting
from ccb.model import ChangeRequest
from ccb.rewriting import TAKES, Moved, Settled
from cmdb.errors import Invalid
from cmdb.store import UnitOfWork
from tui import printing
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("id_", metavar="CR")
def clone(invocation: Invocation, id_: str) -> None:
    """Write a new draft that proposes the same, against the values that stand there now."""
    with at_work(invocation) as here:
        request = rewriting.clone(here.store, id_, actor=here.actor, at=here.at)
    window = "" if request.window else " Its window is over or was never set: give it one."
    _told(invocation, request, f"{request.id} is a draft like {id_}.{window}")


@command
@click.argument("id_", metavar="CR")
@click.argument("subjects", metavar="[RECORD...]", nargs=-1)
@click.option("--field", "fields", metavar="NAME", multiple=True, help="Only this field; repeat for more.")
@click.option(
    "--take",
    type=click.Choice(TAKES),
    default="proposed",
    show_default=True,
    help="Keep what the request wants, or leave what stands there now.",
)
def settle(
    invocation: Invocation, id_: str, subjects: tuple[str, ...], fields: tuple[str, ...], take: str
) -> None:
    """Settle what moved under a request since it was written: all of it, or the RECORDs named."""
    with at_work(invocation) as here:
        actor = here.actor
        with here.store.read() as uow:
            moved = _named(requests.find(uow, id_), _moved(uow, id_), subjects, fields)
        choices = [Settled(subject=one.subject, field=one.field, take=take) for one in moved]
        request = rewriting.settle(here.store, id_, choices, actor=actor, at=here.at)
    words = [_settled(one, take) for one in moved]
    words.append(f"{request.id} is settled, and a draft again: submit it.")
    _told(invocation, request, "\n".join(words))


def _moved(uow: UnitOfWork, id: str) -> tuple[Moved, ...]:
    return rewriting.moved(uow, requests.find(uow, id))


def _named(
    request: ChangeRequest, moved: tuple[Moved, ...], subjects: tuple[str, ...], fields: tuple[str, ...]
) -> list[Moved]:
    """The moved values somebody named, by record, by field or both; all of them where nothing is named."""
    chosen = [
        one
        for one in moved
        if (not subjects or {one.subject, one.subject.partition(" ")[2]} & {*subjects})
        and (not fields or one.field in fields)
    ]
    if not chosen:
        there = [f"{one.subject}: {one.field}" for one in moved]
        raise Invalid(
            f"Nothing of that moved under {request.id}." if there else f"Nothing moved under {request.id}.",
            f"See 'cmdb change diff {request.id}'.",
            there,
        )
    return chosen


def _settled(moved: Moved, take: str) -> str:
    was, now, wanted = (
        printing.in_words(one) or "(none)" for one in (moved.original, moved.current, moved.proposed)
    )
    stays = f"still wants {wanted}" if take == "proposed" else f"leaves it, and no longer wants {wanted}"
    return f"{moved.subject}: {moved.field} was {was}, is {now}; the request {stays}."


def _told(invocation: Invocation, request: ChangeRequest, words: str) -> None:
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state, "board": request.board})
    else:
        printing.put(words)
