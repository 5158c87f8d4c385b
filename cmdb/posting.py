"""Handing one mail to a mail server, and knowing afterwards what became of it.

Every answer is one of: sent; to be tried again; refused for good; or in doubt, when the server went
away after it had the text and before it said so. Knows nothing of notices or the database.
Source: RFC 5321, 4.2 and 4.5.4.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from cmdb.errors import Refused
from cmdb.mail_settings import STARTTLS, TLS, MailSettings
from cmdb.mail_text import Letter, envelope, message
from cmdb.model import shown
from cmdb.telling import DOUBT, REFUSED, SENT, WAITING

REPLY_LIMIT = 200
# Enhanced status codes (RFC 3463): of the address, of the mailbox; and of policy, such as no relaying.
_RECIPIENT, _POLICY = ("5.1.", "5.2."), "5.7."


class Handed(NamedTuple):
    """What became of one mail. `over`: the server takes nothing more in this run.

    `unclear`: refused for good, but the reply blames no recipient; the server may refuse all mail so.
    """

    state: str
    reply: str = ""
    over: bool = False
    unclear: bool = False


@contextmanager
def line(settings: MailSettings, password: str) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server, as the settings say. Raises Refused when there is none to be had."""
    where = f"{settings.host}:{settings.effective_port}"
    try:
        smtp = _reached(settings, password)
    except (OSError, smtplib.SMTPException, ValueError) as fault:
        raise Refused(
            f"The mail server {where} cannot be used: {_reason(fault)}.",
            "Mail is kept and tried again; see [mail] in site.toml if this stays so.",
        ) from fault
    try:
        yield smtp
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def hand_over(smtp: smtplib.SMTP, letter: Letter, settings: MailSettings) -> Handed:
    """Hand one mail over. Raises nothing that a server or a network can cause."""
    recipient = envelope(letter.address)
    wide = not recipient.isascii()
    if wide and not smtp.has_extn("smtputf8"):
        return Handed(REFUSED, "The mail server takes no address with letters beyond ASCII.")
    content = message(letter, settings, wide=wide).as_bytes()
    options = ["SMTPUTF8", "BODY=8BITMIME"] if wide else []
    try:
        refusal = _envelope_refused(smtp, envelope(settings.address), recipient, options)
    except (OSError, smtplib.SMTPException, UnicodeError) as fault:
        return Handed(WAITING, _reason(fault), over=True)
    if refusal is not None:
        return refusal
    try:
        code, said = smtp.data(content)
    except smtplib.SMTPDataError as fault:  # it did not want the text at all
        return _text_refused(fault.smtp_code, fault.smtp_error)
    except (OSError, smtplib.SMTPException) as fault:
        return Handed(DOUBT, f"The connection was lost while it was handed over: {_reason(fault)}", over=True)
    return Handed(SENT, _text(said)) if code == 250 else _text_refused(code, said)


def _reached(settings: MailSettings, password: str) -> smtplib.SMTP:
    host, port, patience = settings.host, settings.effective_port, settings.timeout
    trusted = ssl.create_default_context(
        cafile=str(settings.site / settings.ca_file) if settings.ca_file else None
    )
    if settings.security == TLS:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=patience, context=trusted)
    else:
        smtp = smtplib.SMTP(host, port, timeout=patience)
    try:
        if settings.security == STARTTLS:
            smtp.starttls(context=trusted)
        smtp.ehlo()
        if settings.user:
            smtp.login(settings.user, password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _envelope_refused(smtp: smtplib.SMTP, sender: str, recipient: str, options: list[str]) -> Handed | None:
    code, said = smtp.mail(sender, options)
    if code != 250:  # the sender or the connection: no recipient is to blame
        return Handed(WAITING, f"{code} {_text(said)}", over=True)
    code, said = smtp.rcpt(recipient)
    if code in (250, 251):
        return None
    with suppress(OSError, smtplib.SMTPException):
        smtp.rset()
    return _answered(code, said)


def _answered(code: int, said: bytes | str) -> Handed:
    """What a reply that is no yes comes to: 5xx for good, 421 for this run, anything else for a while."""
    reply = f"{code} {_text(said)}"
    final = 500 <= code <= 599
    unclear = final and reply[4:8] == _POLICY
    return Handed(REFUSED if final else WAITING, reply, over=code == 421, unclear=unclear)


def _text_refused(code: int, said: bytes | str) -> Handed:
    """The same of a reply to the text: a refusal is the recipient's only where it says so."""
    found = _answered(code, said)
    return found._replace(unclear=found.state == REFUSED and found.reply[4:8] not in _RECIPIENT)


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return shown(" ".join(text.split()), REPLY_LIMIT)


def _reason(fault: BaseException) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    return _text(str(fault) or type(fault).__name__).rstrip(".")
