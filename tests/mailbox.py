"""A real mail server on loopback: takes mail, or answers as it is told to, or goes away."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

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
