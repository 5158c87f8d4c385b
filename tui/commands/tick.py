"""What became due: told and noted once, and mailed, by a timer or by hand."""

from baselines import due
from cmdb import mail_settings, mailing, outbox, report_settings
from cmdb.errors import Invalid, Refused
from tui import clockface, printing, standing_reports
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.workplace import Workplace


@command
def tick(invocation: Invocation) -> None:
    """Create the action items and notices that became due since the last time, each once; send mail.

    Reports that site.toml asks for ([[report]]) are made once their period is over, each once.

    For cron or a timer; twice in a row does nothing the second time, and two at once do it once. The app
    does it when it opens, but for the mail. Mail goes out where site.toml has a [mail]; see
    docs/operations.md. A mail server that is down is said on stderr, and tried again the next time.
    """
    with at_library(invocation) as (here, _library):
        wrong: Invalid | None = None
        settings = None
        try:
            settings = mail_settings.read(here.site)
        except Invalid as problem:
            wrong = problem  # said at the end: what became due is noted all the same
        if settings is not None:
            outbox.begin(here.store, actor=here.actor, at=here.at)
        made = due.tick(here.store, actor=here.actor, at=here.at)
        unmade = _reports(here)
        if invocation.wants_json:
            printing.as_json_list(made)
        else:
            for one in made:
                who = one.owner or ", ".join(one.people)
                kind = "action item" if one.owner else "notice"
                printing.put(f"{kind:<11}  {who}  {clockface.by_the_wall(one.text)}")
        mailed = _mail(here, settings) if settings is not None else ""
    if wrong is not None:
        raise wrong
    if unmade:
        raise Refused("Not every report could be made.", "Correct [[report]] in site.toml.", tuple(unmade))
    if mailed:
        printing.say(mailed)
    elif not made and not invocation.wants_json:
        printing.say("Nothing became due.")


def _reports(here: Workplace) -> list[str]:
    """Make the reports whose period is over, and say so; give a sentence for each that could not be."""
    try:
        wanted = report_settings.read(here.site.path)
    except Invalid as wrong:
        return [wrong.reason, *wrong.problems]
    made, failed = standing_reports.make(here, wanted)
    for one in made:
        told = f" for {', '.join(one.told)}" if one.told else ""
        printing.say(f"report       {one.file}{told}")
    return failed


def _mail(here: Workplace, settings: mail_settings.MailSettings) -> str:
    """Mail what waits, and say what became of it; nothing where nothing was due."""
    done = mailing.deliver(
        here.store,
        settings,
        name=here.site.name,
        password=settings.password(here.invocation.environ),
        wall=clockface.by_the_wall,
        clock=here.invocation.now,
    )
    counted = (
        (done.sent, "sent"),
        (done.waiting, "waiting"),
        (done.refused, "refused"),
        (done.doubt, "in doubt"),
    )
    said = ", ".join(f"{count} {word}" for count, word in counted if count)
    why = f" {done.problem.rstrip('.')}." if done.problem else ""
    see = " See 'cmdb inbox --undelivered'." if done.refused or done.doubt else ""
    return f"Mail: {said}.{why}{see}" if said else ""
