"""A real mail server on loopback: takes mail, or answers as it is told to, or goes away."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from cmdb import mailing, notices
from cmdb.mail_settings import MailSettings
from cmdb.mailing import Delivered
from cmdb.model import Person
from cmdb.telling import Mail
from tests.builders import AT, found

ANNA, KAI = "anna@example.org", "kai@example.org"
REFUSES, LATER, HANGS_UP = "550 5.1.1 no such user here", "451 4.7.1 come back later", "hang up"


class Postbox:
    """What arrived, in order; `answers` by recipient: a reply to RCPT, or how it fails after the text."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.after_text: dict[str, str] = {}
        self.on_arrival: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        said = next((self.after_text[one] for one in envelope.rcpt_tos if one in self.after_text), "250 OK")
        if said.startswith("250") or said == HANGS_UP:
            self.raw.append(raw)
            self.recipients.append(list(envelope.rcpt_tos))
            made = message_from_bytes(raw, policy=default)
            assert isinstance(made, EmailMessage)
            self.arrived.append(made)
            await asyncio.to_thread(self.on_arrival)
        if said == HANGS_UP:
            server.transport.abort()
            return "421 gone"
        return said

    def subjects(self) -> list[str]:
        """The subjects of what arrived."""
        return [str(one["Subject"]) for one in self.arrived]


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(box: Postbox, port: int, *, password: str = "", **more: Any) -> Iterator[None]:
    """The server, up as long as this lasts. With a password, only `cmdb` who gives it may send."""

    def known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        good = isinstance(given, LoginPassword) and given.password == password.encode()
        return AuthResult(success=good and given.login == b"cmdb", handled=False)

    if password:
        more |= {"authenticator": known, "auth_required": True}
    controller = Controller(box, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True, **more)
    controller.start()
    try:
        yield
    finally:
        controller.stop(no_assert=True)


class Post:
    """A site with two people who have addresses, and a mail server."""

    def __init__(self, store: Any, tmp_path: Path) -> None:
        self.store, self.box = found(store), Postbox()
        self.settings = MailSettings(
            site=tmp_path,
            zone="Europe/Amsterdam",
            host="127.0.0.1",
            port=free_port(),
            security="none",
            sender="Westhaven <cmdb@example.org>",
            timeout=5,
        )
        with store.write() as uow:
            for id, email in (("a.vries", ANNA), ("k.chen", KAI)):
                uow.replace(uow.get(Person, id).but(email=email))
            uow.commit()

    def tell(
        self,
        text: str = "CR-1 is approved",
        people: Any = ("k.chen",),
        *,
        at: Any = AT,
        kind: str = "decision taken",
    ) -> None:
        """Tell people something."""
        with self.store.write() as uow:
            notices.tell(uow, people, about="change:CR-1", text=text, at=at, kind=kind)
            uow.commit()

    def up(self, **more: Any) -> Any:
        """The server, up as long as this lasts."""
        return running(self.box, self.settings.port, **more)

    def tick(self, at: Any = AT, **more: Any) -> Delivered:
        """One run at a moment."""
        return mailing.deliver(
            self.store,
            self.settings.but(**more),
            name="Westhaven",
            password="secret",
            wall=lambda text: text,
            clock=lambda: at,
        )

    def mail(self, notice: int = 1) -> Mail:
        """What became of a notice."""
        with self.store.read() as uow:
            return uow.get(Mail, notice)

    def states(self) -> list[str]:
        """What became of each notice."""
        with self.store.read() as uow:
            return [one.state for one in uow.all(Mail)]
