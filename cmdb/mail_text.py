"""What a mail says: templates in the site's directory `mail/`, or the ones here, filled for one person.

A template is a text whose first line is `Subject: ...`, then an empty line, then the body, with `$name`
for what is filled in. Whatever a title or a name holds stays inside its place: no header can be made
of it. Reads templates; sends nothing.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from pathlib import Path
from string import Template

from cmdb import files
from cmdb.errors import CmdbError, Invalid, NotFound
from cmdb.mail_settings import MailSettings
from cmdb.model import Value, shown

FOLDER = "mail"
NOTICE, DIGEST, LIST = "notice", "digest", "group"
SUBJECT_LIMIT = 150
REFERENCE_LIMIT = 66  # a longer one would be folded into an encoded word, which no reader follows
TEMPLATE_LIMIT = 100_000  # bytes
ATTACHED_LIMIT = 8_000_000  # bytes of a file that goes with a mail; many servers refuse more
_SORTS: Mapping[str, tuple[str, str]] = {
    ".html": ("text", "html"),
    ".md": ("text", "markdown"),
    ".csv": ("text", "csv"),
}

DEFAULTS: Mapping[str, str] = {
    NOTICE: """\
Subject: [$site] $text

$text

See it:   $open
Noted:    cmdb inbox $number --read

To $name, told on $at. One mail a day instead: cmdb notice mail digest
""",
    LIST: """\
Subject: [$site] $text

$text

See it:   $open

To $name, told on $at. Its people have it in their inboxes: cmdb inbox
""",
    DIGEST: """\
Subject: [$site] $count

$name, this is what you were told and have not read yet:

$lines
See all that waits for you: cmdb inbox
Noted: cmdb inbox --read

Each at once instead: cmdb notice mail at-once
""",
}

# What `$...` may stand for in each; a template of a kind of notice has those of a notice.
FIELDS: Mapping[str, tuple[str, ...]] = {
    NOTICE: ("site", "name", "person", "text", "about", "open", "kind", "number", "at"),
    LIST: ("site", "name", "person", "text", "about", "open", "kind", "number", "at"),
    DIGEST: ("site", "name", "person", "count", "lines", "at"),
}

# Where what a notice is about is looked at.
_OPEN: Mapping[str, str] = {
    "change": "cmdb change show",
    "action": "cmdb action show",
    "agreement": "cmdb agreement show",
    "audit": "cmdb audit show",
    "document": "cmdb document show",
    "finding": "cmdb finding show",
    "meeting": "cmdb board meeting show",
    "baseline": "cmdb baseline show",
    "event": "cmdb event show",
    "review": "cmdb review show",
    "milestone": "cmdb milestone show",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Value):
    """One mail to one person: what is filled into a template, and what it goes out under."""

    template: str
    fields: Mapping[str, str]
    name: str
    address: str
    message_id: str
    thread: str = ""
    at: datetime
    attached: tuple[Path, ...] = ()


def opening(about: str) -> str:
    """The command that shows what a notice is about."""
    kind, _, id = about.partition(":")
    return f"{_OPEN[kind]} {id}" if kind in _OPEN and id else "cmdb inbox"


def template(site: Path, kind: str) -> tuple[str, str, str]:
    """The template for a kind: its file's name, subject and body; of the site, else the one here.

    A kind of notice has a file of its own where the site wrote one (`mail/vote-asked.txt`), else that of
    any notice. Raises Invalid for one that cannot be filled, naming file and place.
    """
    base = kind if kind in DEFAULTS else NOTICE
    for name in dict.fromkeys((kind.replace(" ", "-"), base)):
        file = site / FOLDER / f"{name}.txt"
        try:
            text = files.text(files.read(file, limit=TEMPLATE_LIMIT), str(file))
        except NotFound:
            continue
        return _checked(str(file), text, base)
    return _checked(f"the template {base}", DEFAULTS[base], base)


def check_all(site: Path, kinds: Sequence[str]) -> None:
    """Raise Invalid for the first template of a site that cannot be filled."""
    for kind in (NOTICE, LIST, DIGEST, *kinds):
        template(site, kind)


def message(letter: Letter, settings: MailSettings, *, wide: bool = False) -> EmailMessage:
    """Make the mail. `wide` where the address itself holds letters beyond ASCII (SMTPUTF8).

    Raises Invalid for a template that cannot be filled.
    """
    _name, subject, body = template(settings.site, letter.template)
    made = EmailMessage(policy=SMTPUTF8 if wide else SMTP)
    made["Subject"] = one_line(Template(subject).substitute(letter.fields))[:SUBJECT_LIMIT]
    made["From"] = _mailbox(settings.name, settings.address)
    made["To"] = _mailbox(letter.name, letter.address)
    made["Date"] = letter.at
    made["Message-ID"] = letter.message_id
    if letter.thread and len(letter.thread) < REFERENCE_LIMIT:
        made["References"] = letter.thread
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    made["Precedence"] = "bulk"
    made.set_content(_plain(Template(body).substitute(letter.fields)))
    for file in letter.attached:
        _attach(made, file)
    return made


def _attach(made: EmailMessage, file: Path) -> None:
    """Put a file into a mail; one that is gone or too large stays where the text says it is."""
    try:
        content = files.read(file, limit=ATTACHED_LIMIT)
    except CmdbError:
        return
    main, sub = _SORTS.get(file.suffix, ("application", "octet-stream"))
    made.add_attachment(content, maintype=main, subtype=sub, filename=file.name)


def envelope(address: str) -> str:
    """An address as an envelope takes it: its domain in ASCII where it can be."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def one_line(text: str) -> str:
    """A text as it may stand in a header: one line, no control characters, nothing invisible."""
    return shown(" ".join(text.split()), 1_000)


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = envelope(address).rpartition("@")
    return Address(one_line(name), username=local, domain=domain)


def _checked(name: str, text: str, base: str) -> tuple[str, str, str]:
    head, _, body = text.replace("\r\n", "\n").partition("\n")
    label, found, subject = head.partition(":")
    problems = []
    if label != "Subject" or not found or not subject.strip():
        problems.append("The first line is 'Subject:' and what it says.")
    for part in (subject, body):
        wanted = Template(part)
        if not wanted.is_valid():
            problems.append("A '$' stands alone: write '$$' for one.")
        problems += [
            f"'${one}' is nothing that is filled in: use {', '.join(f'${each}' for each in FIELDS[base])}."
            for one in wanted.get_identifiers()
            if one not in FIELDS[base]
        ]
    if problems:
        raise Invalid(
            f"{name} cannot be filled.", "Correct it, or remove it.", tuple(dict.fromkeys(problems))
        )
    return name, subject.strip(), body.lstrip("\n")


def _plain(text: str) -> str:
    kept = ("\ufffd" if _hides(one) else one for one in text)
    return "".join(kept).rstrip("\n") + "\n"


def _hides(one: str) -> bool:
    """Whether a letter is none: a control character, or one that turns the order of those after it."""
    turns = unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return one not in "\n\t" and (turns or unicodedata.category(one) in ("Cc", "Cs"))
