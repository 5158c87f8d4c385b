"""Control levels: moving items between them, what scopes ask for, and what does not meet it."""

from datetime import timedelta
from itertools import islice

import click

from ccb import controlled, examination, levels, requests, scope
from ccb.closures import LISTED
from ccb.minimums import MinimumLevel
from ccb.model import ChangeDraft, ProposedChange, Window
from cmdb.errors import Invalid, Refused
from cmdb.model import LEVELS
from cmdb.reading import Reader
from tui import printing, scoping
from tui.context import Invocation, command
from tui.filtering import filter_of
from tui.workplace import Workplace, at_work

_SHOWN = 20  # records named one by one before a figure stands for the rest
_DAYS = 30  # in which a board decides on a statement and it is entered
SHORT = 1  # the exit code of a check that found something


@command
@click.argument("names", metavar="ITEM|SCOPE...", nargs=-1)
@click.option("--to", "level", type=click.Choice(LEVELS[1:]), required=True, help="The level to move up to.")
@click.option("--where", metavar="WORDS", default="", help="The items a filter leaves, as in 'item list'.")
@click.option("--criterion", metavar="TEXT", default="", help="Why they are items, where they do not say.")
@click.option("--leave-out", "out", metavar="ID=REASON", multiple=True, help="Leave one out; repeat.")
@click.option("--reviewer", metavar="PERSON", default="", help="The named reviewer, where a policy asks.")
@click.option("-m", "reason", metavar="REASON", default="", help="Why, as the board reads it.")
@click.option("--apply", is_flag=True, help="Draft the request; without this, only what it would move.")
def promote(
    invocation: Invocation,
    names: tuple[str, ...],
    level: str,
    where: str,
    criterion: str,
    out: tuple[str, ...],
    reviewer: str,
    reason: str,
    apply: bool,
) -> None:
    """Draft the request that moves items, with everything they need, up to a control level.

    Name items, or one scope: service:ID, type:ID, customer:ID, all. Approved, it is done in one act:
    'cmdb baseline establish CR --apply'.
    """
    if where:
        names = (*names, *_filtered(invocation, where))
    named, items = scoping.named(names)
    change = scoping.moving(
        named, items, level=level, down=False, criterion=criterion, out=scoping.reasons(out)
    )
    title = f"Promote {_titled(change)} to {level}"
    _draft(invocation, change, title, reviewer=reviewer, reason=reason, apply=apply)


@command
@click.argument("names", metavar="ITEM|SCOPE...", nargs=-1)
@click.option("--leave-out", "out", metavar="ID=REASON", multiple=True, help="Leave one out; repeat.")
@click.option("--reviewer", metavar="PERSON", default="", help="The named reviewer, where a policy asks.")
@click.option("-m", "reason", metavar="REASON", default="", help="Why, as the board reads it.")
@click.option("--apply", is_flag=True, help="Draft the request; without this, only what it would move.")
def demote(
    invocation: Invocation,
    names: tuple[str, ...],
    out: tuple[str, ...],
    reviewer: str,
    reason: str,
    apply: bool,
) -> None:
    """Draft the request that moves items, with everything that refers to them, down to 'controlled'.

    Nothing under control goes back to being a draft.
    """
    named, items = scoping.named(names)
    change = scoping.moving(
        named, items, level="controlled", down=True, criterion="", out=scoping.reasons(out)
    )
    title = f"Demote {_titled(change)} to controlled"
    _draft(invocation, change, title, reviewer=reviewer, reason=reason, apply=apply)


@command
def check(invocation: Invocation) -> None:
    """List what is not at the control level it has to be at, and what mends it. Exit: 1 when there is."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = levels.findings(uow)
    if invocation.wants_json:
        printing.as_json(found)
    else:
        printing.table(
            ("what", "level", "asked", "by", "finding", "mended by"),
            ((one.id, one.level, one.minimum, one.scope, one.why, one.remedy) for one in found),
            empty="Every item is at the control level that is asked of it.",
        )
    if found:
        raise click.exceptions.Exit(SHORT)


@command
def list_(invocation: Invocation) -> None:
    """List the least control level that scopes ask of their items."""
    with at_work(invocation) as here, here.store.read() as uow:
        found = uow.all(MinimumLevel)
    if invocation.wants_json:
        printing.as_json(found)
        return
    printing.table(
        ("scope", "at least", "in force", "reason"),
        ((one.id, one.minimum, "no" if one.level == "draft" else "yes", one.reason) for one in found),
        empty="No scope asks for a level; 'cmdb level require' drafts the request.",
    )


@command
@click.argument("name", metavar="SCOPE")
@click.argument("minimum", type=click.Choice(LEVELS))
@click.option("-m", "reason", metavar="REASON", default="", help="Why, as the board and auditors read it.")
def require(invocation: Invocation, name: str, minimum: str, reason: str) -> None:
    """Draft the request to the site board that states the least level of a scope's items.

    SCOPE is type:ID, service:ID or customer:ID; 'draft' takes the statement back.
    """
    with at_work(invocation) as here:
        wanted = MinimumLevel(id=name, minimum=minimum, reason=reason, level="baselined")
        with here.store.write() as uow:
            known = uow.find(MinimumLevel, name)
            if known is not None and known.minimum == minimum and known.level != "draft":
                raise Refused(f"{name} asks for {minimum} already.", "See 'cmdb level list'.")
            kind, id = wanted.subject
            if controlled.held(uow, kind, id) is None:
                raise Invalid(f"There is no {kind} '{id}'.", "Name a type, a service or a customer there is.")
            exact = {"minimum": minimum, **({"reason": reason} if reason else {})}
            change = ProposedChange(
                record="minimum level", id=name, operation="set" if known else "add", exact=exact
            )
            draft = ChangeDraft(
                title=f"Ask for {minimum} of {name}",
                reason=reason or f"From now on the items of {name} are at least {minimum}.",
                changes=(change,),
                window=Window(start=here.at, end=here.at + timedelta(days=_DAYS)),
                backout="Take the statement back by another request: 'cmdb level require'.",
                test=f"'cmdb level list' shows {minimum} for {name}; 'cmdb level check' what is below it.",
            )
            request = requests.add(uow, draft, actor=here.actor, at=here.at)
            uow.commit()
    _drafted(invocation, request.id, f"{request.title}.", f"Hand it in: 'cmdb change submit {request.id}'.")


def _filtered(invocation: Invocation, where: str) -> tuple[str, ...]:
    with Reader.open(invocation.site.url) as reader, reader.question():
        found = tuple(one.id for one in reader.items(filter_of(where), limit=LISTED + 1))
    if not found:
        raise Invalid("No item matches the filter.", "Try it with 'cmdb item list' first.")
    return found


def _titled(change: ProposedChange) -> str:
    items = change.exact.get("items", ())
    return f"{len(items)} items" if items else change.id.removeprefix("item:")


def _draft(
    invocation: Invocation, change: ProposedChange, title: str, *, reviewer: str, reason: str, apply: bool
) -> None:
    with at_work(invocation) as here:
        draft = ChangeDraft(
            kind="promotion", title=title, reason=reason, reviewer=reviewer, changes=(change,)
        )
        draft_or_show(invocation, here, draft, apply=apply)


def draft_or_show(invocation: Invocation, here: Workplace, draft: ChangeDraft, *, apply: bool) -> None:
    """Draft a request about one scope; without `apply` only show what it would hold."""
    if not apply:
        _foreseen(invocation, here, draft)
        return
    request = requests.new(here.store, draft, actor=here.actor, at=here.at)
    _drafted(invocation, request.id, f"{request.title}.", f"Hand it in: 'cmdb change submit {request.id}'.")


def _drafted(invocation: Invocation, id: str, title: str, then: str) -> None:
    if invocation.wants_json:
        printing.as_json({"request": id, "state": "draft"})
        return
    printing.put(f"{id} is a draft: {title}")
    printing.say(then)


def _foreseen(invocation: Invocation, here: Workplace, draft: ChangeDraft) -> None:
    [change] = draft.changes
    with here.store.read() as uow:
        wrong = examination.problems(uow, draft)
        if wrong:
            raise Invalid(f"{draft.title}: that cannot be done so.", "Correct what is listed.", wrong)
        found = scope.summary(uow, change)
        records = [key for key, _fields in islice(scope.stream(uow, change), _SHOWN)]
    if invocation.wants_json:
        counts = {"count": found.count, "types": dict(found.types), "digest": found.digest}
        printing.as_json({"scope": change.id, **dict(change.exact), **counts})
        return
    printing.put(f"It would {scoping.said(change, found.count)}.")
    printing.table(
        ("type", "records"), ((name, count) for name, count in sorted(found.types.items())), empty=""
    )
    for kind, id in records:
        printing.put(f"  {kind} {id}")
    if found.count > len(records):
        printing.put(f"  ... and {found.count - len(records):,} more")
    printing.say("Nothing is drafted yet; --apply does it.")
