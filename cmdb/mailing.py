"""Mailing what waits in the outbox: the part of `cmdb tick` that talks to a mail server.

    deliver(store, settings, ...) -> Delivered

Nobody waits for it but the timer. The database is never held while a server answers: each mail is
claimed, handed over, settled. Source: rules.md 1, `cmdb tick`.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cmdb import mail_settings, mail_text, model, outbox, posting, report_settings
from cmdb.doctor import Finding
from cmdb.errors import Invalid, Refused
from cmdb.mail_settings import MailSettings, address_problems
from cmdb.mail_text import Letter
from cmdb.model import Person, Value
from cmdb.outbox import Waiting
from cmdb.site import FILE, Site
from cmdb.store import Store
from cmdb.telling import AT_ONCE, DOUBT, KINDS, REFUSED, SENT, WAITING
from cmdb.work import GROUP

REFUSALS = 3  # of any mail that is handed over, after which a run asks the server no more
LONGEST_DIGEST = 200  # notices in one digest; what is beyond goes into another


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Value):
    """What became of the mails of one run; `problem` is why the server took nothing, or nothing more."""

    sent: int = 0
    waiting: int = 0
    refused: int = 0
    doubt: int = 0
    problem: str = ""


def deliver(
    store: Store,
    settings: MailSettings,
    *,
    name: str,
    password: str,
    wall: Callable[[str], str],
    clock: Callable[[], datetime],
) -> Delivered:
    """Mail what is due: each notice at once or in a digest, each at most once.

    `name` is the site's, `wall` writes the times of a text as people read them, `clock` tells the time
    while it takes. Raises Invalid for a template that cannot be filled, before anything is sent.
    """
    check(settings)
    with store.read() as uow:
        site = str(uow.rows("SELECT id FROM site")[0][0])[:12]
    bundles = _bundles(outbox.sort_out(store, settings, at=clock()))
    if not bundles:
        return Delivered()
    run, done, problem, unclear = secrets.token_hex(8), Counter[str](), "", 0
    left = sorted(bundles, key=lambda bundle: bundle[0].message_id != "")  # by new ones the others are judged
    try:
        with posting.line(settings, password) as smtp:
            while left and not problem:
                bundle = left.pop(0)
                letter = _letter(bundle, settings, site, name, wall, clock())
                letter = letter.but(attached=_attached(bundle, settings))
                numbers = [one.notice for one in bundle]
                if not outbox.claim(store, numbers, run=run, message_id=letter.message_id, at=clock()):
                    continue  # another run sends it
                handed = posting.hand_over(smtp, letter, settings)
                if handed.unclear and not done[SENT]:
                    # It took nothing yet that shows that this one mail is at fault, and not all of them.
                    unclear += 1
                    handed = handed._replace(state=WAITING, over=unclear == REFUSALS)
                outbox.settle(store, numbers, handed, run=run, at=clock())
                done[handed.state] += 1
                problem = (handed.reply or "it takes nothing more") if handed.over else ""
    except Refused as unreachable:
        problem = unreachable.reason
    numbers = [one.notice for bundle in left for one in bundle]
    if unclear < REFUSALS:  # else the next run hands over these, while those refused wait for their time
        outbox.put_off(store, numbers, problem, at=clock())
    return Delivered(
        sent=done[SENT],
        waiting=done[WAITING] + len(left),
        refused=done[REFUSED],
        doubt=done[DOUBT],
        problem=problem,
    )


def findings(site: Site) -> tuple[Finding, ...]:
    """What the doctor says of the mail of a site: nothing where none is sent. Changes nothing."""
    file = str(site.path / FILE)
    try:
        settings = mail_settings.read(site)
        if settings is None:
            return ()
        check(settings)
        store = Store.open(site.url)
        with store.read() as uow:
            found = list(outbox.findings(uow))
        store.engine.dispose()
    except Invalid as wrong:
        said = " ".join([wrong.reason, *wrong.problems])
        return (Finding(kind="mail", subject=file, text=said, remedy=wrong.remedy),)
    secret = site.path / settings.password_file
    if settings.password_file and secret.is_file() and secret.stat().st_mode & 0o077:
        text = "It holds the mail password and other accounts may read it."
        found.append(Finding(kind="mail", subject=str(secret), text=text, remedy=f"chmod 600 {secret}"))
    return tuple(found)


def check(settings: MailSettings) -> None:
    """Raise Invalid for a template of the site that cannot be filled."""
    mail_text.check_all(settings.site, tuple(KINDS))


def trial(settings: MailSettings, *, to: Person, password: str, site: str, at: datetime) -> str:
    """Send a person one mail that says that mail works; give what the server said.

    Raises Refused, Invalid.
    """
    fields = {
        **dict.fromkeys(mail_text.FIELDS[mail_text.NOTICE], ""),
        "site": site,
        "name": to.name,
        "person": to.id,
        "number": "0",
        "open": "cmdb inbox",
        "text": "Mail works: this was sent to try it.",
    }
    letter = Letter(
        template=mail_text.NOTICE,
        fields=fields,
        name=to.name,
        address=to.email,
        message_id=_id("trial", secrets.token_hex(8), settings),
        at=at,
    )
    _check_address(to.email)
    with posting.line(settings, password) as smtp:
        handed = posting.hand_over(smtp, letter, settings)
    if handed.state != SENT:
        raise Refused(
            f"The mail server did not take it: {handed.reply}.",
            "Correct the address, or [mail] in site.toml.",
        )
    return handed.reply


def _check_address(address: str) -> None:
    model.check("The address", address_problems(address))


def _bundles(due: Iterable[Waiting]) -> list[tuple[Waiting, ...]]:
    """What goes out as one mail each: a notice, the digest of a person, or what went out as one before."""
    found: dict[tuple[str, str], list[Waiting]] = {}
    for one in due:
        if one.message_id:
            key = ("again", one.message_id)
        elif one.way == AT_ONCE:
            key = ("notice", str(one.notice))
        else:
            key = ("digest", one.person)
        found.setdefault(key, []).append(one)
    return [
        tuple(bundle[first : first + LONGEST_DIGEST])
        for bundle in found.values()
        for first in range(0, len(bundle), LONGEST_DIGEST)
    ]


def _letter(
    bundle: Sequence[Waiting],
    settings: MailSettings,
    site: str,
    name: str,
    wall: Callable[[str], str],
    at: datetime,
) -> Letter:
    first = bundle[0]
    common = {"site": name, "name": first.name, "person": first.person}
    if len(bundle) == 1 and first.way == AT_ONCE:
        fields = {
            **common,
            "text": wall(first.text),
            "about": first.about,
            "open": mail_text.opening(first.about),
            "kind": first.kind or "notice",
            "number": str(first.notice),
            "at": wall(_stamp(first.told_at)),
        }
        id = first.message_id or _id("notice", f"{first.notice}.{site}", settings)
        thread = _id("about", f"{sha256(first.about.encode()).hexdigest()[:12]}.{site}", settings)
        listed = first.person.startswith(GROUP)
        return Letter(
            template=mail_text.LIST if listed else first.kind or mail_text.NOTICE,
            fields=fields,
            name=first.name,
            address=first.address,
            message_id=id,
            thread=thread,
            at=at,
        )
    numbers = ",".join(str(one.notice) for one in bundle)
    id = first.message_id or _id("digest", f"{sha256(numbers.encode()).hexdigest()[:16]}.{site}", settings)
    lines = "".join(
        f"{one.notice:>6}  {wall(_stamp(one.told_at))}\n        {wall(one.text)}\n\n" for one in bundle
    )
    count = "1 thing you were told" if len(bundle) == 1 else f"{len(bundle)} things you were told"
    return Letter(
        template=mail_text.DIGEST,
        fields={**common, "count": count, "lines": lines, "at": wall(_stamp(at))},
        name=first.name,
        address=first.address,
        message_id=id,
        at=at,
    )


def _attached(bundle: Iterable[Waiting], settings: MailSettings) -> tuple[Path, ...]:
    """The standing reports that these notices tell of: they go with the mail."""
    try:
        files = [report_settings.file_of(settings.site, one.about) for one in bundle]
    except Invalid:
        return ()  # the tick says what is wrong with [[report]]; the mail goes out all the same
    return tuple(dict.fromkeys(one for one in files if one is not None))


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _id(sort: str, what: str, settings: MailSettings) -> str:
    """A Message-ID that follows from what is sent, so that a mail sent twice is known again."""
    domain = mail_text.envelope(settings.address).rpartition("@")[2]
    return f"<cmdb.{sort}.{what}@{domain if domain.isascii() else 'cmdb.invalid'}>"
