"""Notices: who is told of what, how people want mail, and mail that did not arrive."""

import click

from cmdb import mail_settings, mailing, notice_rules, outbox
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, shown
from cmdb.telling import AT_ONCE, DIGEST, KINDS, OFF, Ladder
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import Workplace, at_work

_WAYS = {"at-once": AT_ONCE, "digest": DIGEST, "off": OFF}
_DAYS = click.IntRange(min=0)


@command
@click.argument("kind", required=False, default="")
def rules(invocation: Invocation, kind: str) -> None:
    """Show who is told of what: each kind of notice, whom it concerns, and who else hears of it and when."""
    if kind and kind not in KINDS:
        raise _no_kind(kind)
    with at_work(invocation) as here, here.store.read() as uow:
        found = {name: notice_rules.ladder(uow, name) for name in KINDS if name == kind or not kind}
        own = notice_rules.said(uow)
    if invocation.wants_json:
        printing.as_json_list(_record(name, ladder, own) for name, ladder in found.items())
        return
    printing.table(
        ("kind", "concerns", "after", "also told"),
        (
            (
                name if at == 0 else "",
                KINDS[name].concerns if at == 0 else "",
                "" if not told else "at once" if not after else counted(after, "day"),
                f"{', '.join(told)}{'  (said here)' if (name, after) in own else ''}",
            )
            for name, ladder in found.items()
            for at, (after, told) in enumerate(ladder or ((0, ()),))
        ),
        empty="Nothing.",
    )


@command
@click.argument("kind")
@click.argument("recipients", metavar="[RECIPIENT]...", nargs=-1)
@click.option("--after", metavar="DAYS", type=_DAYS, default=0, help="Only after so many days overdue.")
@click.option("--nobody", is_flag=True, help="Nobody but those it concerns.")
@click.option("--default", "restores", is_flag=True, help="What holds where a site says nothing.")
def tell(
    invocation: Invocation, kind: str, recipients: tuple[str, ...], after: int, nobody: bool, restores: bool
) -> None:
    """Say who is told of a KIND besides those it concerns: RECIPIENTS in the place of those before.

    A recipient is 'role:service manager', group:ID, person:ID, or 'lead': whoever leads a group of those
    it concerns.
    """
    if sum((bool(recipients), nobody, restores)) != 1:
        raise Invalid(
            "Give recipients, or one of --nobody and --default.",
            "Such as: cmdb notice tell 'vote asked' group:network",
        )
    if kind not in KINDS:
        raise _no_kind(kind)
    with at_work(invocation) as here:
        if restores:
            notice_rules.restore(here.store, kind, after=after, actor=here.actor, at=here.at)
        else:
            notice_rules.amend(here.store, kind, recipients, after=after, actor=here.actor, at=here.at)
        with here.store.read() as uow:
            ladder, own = notice_rules.ladder(uow, kind), notice_rules.said(uow)
    if invocation.wants_json:
        printing.as_json(_record(kind, ladder, own))
        return
    told = dict(ladder).get(after, ())
    when = f" {counted(after, 'day')} overdue" if after else ""
    printing.put(f"Of '{kind}'{when} also hear: {', '.join(told) or 'nobody'}.")


@command
@click.argument("way", type=click.Choice(tuple(_WAYS)), required=False)
@click.option("--person", metavar="PERSON", default="", help="Somebody else's; for who may register people.")
def mail(invocation: Invocation, way: str | None, person: str) -> None:
    """Say how you want mail: each notice at once, one digest a day, or none; without WAY, show it."""
    with at_work(invocation) as here:
        who = person or here.actor
        if way is not None:
            outbox.prefer(here.store, who, _WAYS[way], actor=here.actor, at=here.at)
        with here.store.read() as uow:
            found, address = outbox.way_of(uow, who), uow.get(Person, who).email
        settings = mail_settings.read(here.site)
    now = found or (settings.default if settings else AT_ONCE)
    if invocation.wants_json:
        printing.as_json({"person": who, "mail": now, "address": address, "chosen": bool(found)})
        return
    printing.put(f"{who} gets mail: {now}{'' if found else ' (nothing said; what the site does)'}.")
    if settings is None:
        printing.say("No mail is sent at this site: site.toml has no [mail].")
    elif not address:
        printing.say(f"{who} has no mail address: 'cmdb person amend {who} --email ADDRESS'.")


@command
@click.option("--send", is_flag=True, help="Send a mail to yourself, now.")
def check(invocation: Invocation, send: bool) -> None:
    """Show how mail goes out here and what became of it; with --send, try it."""
    with at_work(invocation) as here:
        settings = mail_settings.read(here.site)
        with here.store.read() as uow:
            counts = outbox.counts(uow)
        if settings is None:
            raise Refused(
                "No mail is sent at this site: site.toml has no [mail].",
                "Add host and sender under [mail]; docs/operations.md has all of it.",
            )
        mailing.check(settings)
        reply = _trial(here, settings) if send else ""
    secret = settings.password_env or settings.password_file
    fields = {
        "server": f"{settings.host}:{settings.effective_port}, {settings.security}",
        "user": settings.user,
        "password from": secret,
        "sender": settings.sender,
        "digest": f"{settings.digest_hour:02}:00 {settings.zone}",
        "default": settings.default,
        "gives up after": f"{settings.give_up_days} days",
    }
    if invocation.wants_json:
        printing.as_json({**{key.replace(" ", "_"): one for key, one in fields.items()}, "mails": counts})
        return
    printing.facts(fields.items())
    printing.facts((state, f"{count:,}") for state, count in counts.items())
    if send:
        printing.put(f"Sent. The server said: {reply}")


@command
@click.argument("numbers", metavar="[N]...", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were refused or given up, unread.")
def retry(invocation: Invocation, numbers: tuple[int, ...], everything: bool) -> None:
    """Mail notices N again that did not arrive, at the next tick; of 'cmdb inbox --undelivered'."""
    if bool(numbers) == everything:
        raise Invalid("Give numbers of notices, or --all.", "See 'cmdb inbox --undelivered'.")
    with at_work(invocation) as here:
        done = outbox.retry(here.store, numbers, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json_list(done)
    else:
        printing.put(f"{len(done)} to be sent again at the next 'cmdb tick'.")


def _trial(here: Workplace, settings: mail_settings.MailSettings) -> str:
    with here.store.read() as uow:
        me = uow.get(Person, here.actor)
    if not me.email:
        raise Refused(
            f"{me.id} has no mail address.", f"Give one: 'cmdb person amend {me.id} --email ADDRESS'."
        )
    password = settings.password(here.invocation.environ)
    return mailing.trial(settings, to=me, password=password, site=here.site.name, at=here.at)


def _no_kind(kind: str) -> Invalid:
    return Invalid(f"There is no kind of notice '{shown(kind)}'.", f"Use one of: {', '.join(KINDS)}.")


def _record(name: str, ladder: Ladder, own: frozenset[tuple[str, int]]) -> dict[str, object]:
    told = [
        {"after_days": after, "recipients": one, "said_here": (name, after) in own} for after, one in ladder
    ]
    return {"kind": name, "concerns": KINDS[name].concerns, "overdue": KINDS[name].overdue, "told": told}
