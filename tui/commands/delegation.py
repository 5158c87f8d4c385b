"""Somebody who votes in a member's seat for a while."""

from typing import Any

import click

from ccb import board, boards, requests, standing_in
from ccb.ballot import Board
from cmdb.errors import Invalid
from cmdb.model import Person
from cmdb.roles import registered
from tui import clockface, printing, typed
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.argument("board_", metavar="BOARD")
@click.argument("person", metavar="PERSON")
@click.option(
    "--from", "start", metavar="T", default="now", show_default=True, help="From when they stand in."
)
@click.option("--until", "end", metavar="T", default="", help="Until when.")
@click.option("--end", "back", is_flag=True, help="Take it back from now on.")
@click.option("-m", "reason", metavar="TEXT", default="", help="Why, for the request.")
@click.option("--submit", is_flag=True, help="Hand the request in and put it before the site board.")
def delegate(
    invocation: Invocation,
    board_: str,
    person: str,
    start: str,
    end: str,
    back: bool,
    reason: str,
    submit: bool,
) -> None:
    """Have PERSON vote in your seat for a while, or take that back.

    Who votes is part of the board's record: under control this drafts a change request to the site
    board. Outside the period the votes of who stands in are refused, and your own always outranks theirs.
    """
    if back == bool(end):
        raise Invalid("Until when they stand in was not said.", "Give --until T, or --end to take it back.")
    with at_work(invocation) as here:
        with here.store.read() as uow:
            seats = uow.get(Board, board_)
            member = registered(uow, here.actor).id
            registered(uow, uow.get(Person, person).id)
        if back:
            after = standing_in.taken_back(seats, member, person, at=here.at)
            words = f"{person} stands in for {member} no more"
        else:
            first = typed.moment(start, zone=here.site.zone, now=here.at)
            last = typed.moment(end, zone=here.site.zone, now=first)
            after = standing_in.delegated(seats, member, person, start=first, end=last, at=here.at)
            words = f"{person} stands in for {member}, {clockface.stretch(first, last)}"
        given: dict[str, Any] = {"actor": here.actor, "at": here.at}
        if seats.level == "draft":
            boards.amend(here.store, after, **given)
            request = None
        else:
            draft = standing_in.draft_of(seats, after, member, reason, at=here.at)
            request = requests.new(here.store, draft, **given)
            if submit:
                requests.submit(here.store, request.id, **given)
                requests.assess(here.store, request.id, **given)
                request = board.refer(here.store, request.id, **given)
    if invocation.wants_json:
        state = {"id": request.id, "state": request.state, "board": request.board} if request else None
        printing.as_json({"alternates": standing_in.fields(after.alternates), "request": state})
    elif request is None:
        printing.put(f"{words}.")
    elif submit:
        printing.put(f"{request.id} asks the board '{request.board}': {words}.")
        printing.say(
            f"It holds once it is approved and checked in: 'cmdb check-out {request.id}', then"
            f" 'cmdb check-in {request.id} --apply'."
        )
    else:
        printing.put(f"{request.id} is a draft: {words}. 'cmdb change submit {request.id}' hands it in.")
