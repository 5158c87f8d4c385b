"""The inbox: what waits for a person, and what they were told."""

from collections.abc import Sequence

import click

from ccb import board
from ccb import inbox as told
from cmdb import action_items, notices, outbox
from cmdb.errors import NotFound
from tui import clockface, printing
from tui.context import Invocation, command
from tui.present import listed
from tui.workplace import at_work


@command
@click.argument("numbers", metavar="[N]...", type=int, nargs=-1)
@click.option("--read", "mark", is_flag=True, help="Mark the notices N as read; without N, all of them.")
@click.option("--all", "everything", is_flag=True, help="Also notices read before, and those settled since.")
@click.option("--undelivered", is_flag=True, help="Instead: mail to anybody that did not arrive, and why.")
def inbox(
    invocation: Invocation, numbers: tuple[int, ...], mark: bool, everything: bool, undelivered: bool
) -> None:
    """Show what waits for you: ballots, action items, notices; with numbers, those notices alone.

    A notice that asks for nothing any more, because the vote is cast or the item closed, is left out.
    """
    if undelivered:
        _undelivered(invocation)
        return
    with at_work(invocation) as here:
        me = here.asker
        with here.store.read() as uow:
            waiting = board.queue(uow, me, at=here.at)
            ids = [one.ballot.request.id for one in waiting]
            to_do = action_items.listed(uow, owner=me)
            named = bool(numbers)  # what is asked for by number is shown, read and settled or not
            found = told.told(uow, me, at=here.at, unread=not (everything or named), waiting=ids)
        _refuse_unknown(numbers, [one.notice.sequence for one in found])
        if named:
            waiting, to_do = (), ()
            shown = [one for one in found if one.notice.sequence in numbers]
        else:
            shown = [one for one in found if everything or not one.settled]
        marked = notices.read(here.store, me, at=here.at, sequences=numbers) if mark else 0
    if invocation.wants_json:
        ballots = [
            {
                "id": one.ballot.request.id,
                "title": one.ballot.request.title,
                "why": one.why,
                "stale": one.stale,
            }
            for one in waiting
        ]
        rows = [{**printing.plain(one.notice), "settled": one.settled} for one in shown]
        printing.as_json({"person": me, "ballots": ballots, "action_items": to_do, "notices": rows})
        return
    for one in waiting:
        stale = "  (your vote is stale)" if one.stale else ""
        until = f"  until {here.said(one.ballot.deadline)}" if one.ballot.deadline else ""
        printing.put(f"vote    {one.ballot.request.id}  {one.ballot.request.title}{until}{stale}")
    for item in to_do:
        late = "  OVERDUE" if item.overdue(here.at) else ""
        due = f"  due {here.said(item.due)}{late}" if item.due else ""
        printing.put(f"action  {item.id}  {item.what}{due}")
    for each in shown:
        notice = each.notice
        done = f"  (done: {each.settled})" if each.settled else "  (read)" if notice.read_at else ""
        text = clockface.by_the_wall(notice.text)
        printing.put(f"notice  {notice.sequence:>4}  {here.said(notice.at)}  {text}{done}")
    if mark:
        printing.say(f"{marked} marked as read.")
    elif not (waiting or to_do or shown):
        printing.say("Nothing waits for you.")


def _undelivered(invocation: Invocation) -> None:
    """List mail that did not arrive, or of which that is not known, and mail whose last try failed."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = outbox.undelivered(uow)
    if invocation.wants_json:
        names = ("notice", "state", "tries", "again", "message_id", "reply")
        printing.as_json_list(
            {
                **{name: getattr(one.mail, name) for name in names},
                "person": one.person,
                "text": one.text,
                "told_at": one.told_at,
                "read": one.read,
            }
            for one in found
        )
        return
    printing.table(
        ("n", "person", "mail", "tries", "told", "reply", "text"),
        (
            (
                one.mail.notice,
                one.person,
                f"{one.mail.state}{' (read since)' if one.read else ''}",
                one.mail.tries,
                one.told_at,
                one.mail.reply,
                clockface.by_the_wall(one.text),
            )
            for one in found
        ),
        empty="All mail was delivered, or there is none.",
        right=("n", "tries"),
    )


def _refuse_unknown(numbers: Sequence[int], known: Sequence[int]) -> None:
    missing = [f"{one}" for one in numbers if one not in known]
    if missing:
        raise NotFound(f"There is no notice {listed(missing)} for you.", "List them with 'cmdb inbox --all'.")
