"""The `[mail]` of a site: where mail goes out, as whom, and when the daily digest is due.

A password is never in `site.toml`: it is read from a file or from the environment, when mail is sent.
Reads the files of the site and nothing else; the environment is a parameter. Source: rules.md 1, tick.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cmdb import files
from cmdb.errors import Refused
from cmdb.model import Value, check, choice_problems, name_problems, shown
from cmdb.site import FILE, Site
from cmdb.telling import AT_ONCE, DIGEST

STARTTLS, TLS, NONE = "starttls", "tls", "none"
PORTS: Mapping[str, int] = {STARTTLS: 587, TLS: 465, NONE: 25}
LOCAL = ("localhost", "127.0.0.1", "::1")
PASSWORD_LIMIT = 4_096  # bytes of a file that holds one
_ENTRIES: Mapping[str, type] = {
    "host": str,
    "port": int,
    "security": str,
    "ca_file": str,
    "user": str,
    "password_file": str,
    "password_env": str,
    "sender": str,
    "digest_hour": int,
    "default": str,
    "give_up_days": int,
    "timeout": int,
}
# One address and nothing that could end it: no blank, comma, bracket, quote, or control character.
_ATOM = r"[^\s@,;:<>()\[\]\"\\.]+"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@.{{1,253}}\Z){_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings(Value):
    """How a site sends mail. `sender` is `Name <address>` or an address; times are hours and days."""

    site: Path
    zone: str = "UTC"
    host: str
    port: int = 0
    security: str = STARTTLS
    ca_file: str = ""
    user: str = ""
    password_file: str = ""
    password_env: str = ""
    sender: str
    digest_hour: int = 7
    default: str = AT_ONCE
    give_up_days: int = 14
    timeout: int = 30

    def __post_init__(self) -> None:
        problems = [
            *name_problems("The mail server", self.host),
            *choice_problems("security", self.security, tuple(PORTS)),
            *choice_problems("default", self.default, (AT_ONCE, DIGEST)),
            *name_problems("The user", self.user, required=False),
            *name_problems("The sender", self.sender),
            *address_problems(self.address),
        ]
        for name, lowest, highest in (
            ("port", 0, 65_535),
            ("digest_hour", 0, 23),
            ("give_up_days", 1, 365),
            ("timeout", 1, 300),
        ):
            if not lowest <= getattr(self, name) <= highest:
                problems.append(f"{name} is {getattr(self, name)}: give {lowest} to {highest}.")
        if self.password_file and self.password_env:
            problems.append("Give password_file or password_env, not both.")
        if self.user and not (self.password_file or self.password_env):
            problems.append("A user needs a password: give password_file or password_env.")
        if self.user and self.security == NONE and self.host not in LOCAL:
            problems.append("A password is not sent in clear: set security to starttls or tls.")
        check(f"[mail] in {FILE}", problems)

    @property
    def address(self) -> str:
        """The bare address of the sender."""
        return parseaddr(self.sender)[1] if "<" in self.sender else self.sender.strip()

    @property
    def name(self) -> str:
        """The name of the sender as people read it; empty when it has none."""
        return parseaddr(self.sender)[0] if "<" in self.sender else ""

    @property
    def effective_port(self) -> int:
        """The port to reach: the one named, else the usual one."""
        return self.port or PORTS[self.security]

    def digest_before(self, at: datetime) -> datetime:
        """The latest hour of the digest that is not after `at`, by the clock of the site's zone."""
        local = at.astimezone(ZoneInfo(self.zone))
        slot = datetime.combine(local.date(), time(self.digest_hour), local.tzinfo)
        if slot > local:
            slot = datetime.combine(local.date() - timedelta(days=1), time(self.digest_hour), local.tzinfo)
        return slot.astimezone(at.tzinfo)

    def password(self, environ: Mapping[str, str]) -> str:
        """The password, from where the settings say. Raises Refused when it is not there."""
        if self.password_env:
            found = environ.get(self.password_env, "")
            where = f"the environment variable {self.password_env}"
        elif self.password_file:
            file = self.site / self.password_file
            found = files.text(files.read(file, limit=PASSWORD_LIMIT), str(file)).strip("\r\n")
            where = str(file)
        else:
            return ""
        if not found:
            raise Refused(f"There is no password in {where}.", "Put it there, for whoever runs 'cmdb tick'.")
        return found


def read(site: Site) -> MailSettings | None:
    """The mail settings of a site; None where `site.toml` has no `[mail]`. Raises Invalid, with all of it."""
    content = tomllib.loads((site.path / FILE).read_text(encoding="utf-8")).get("mail")
    if content is None:
        return None
    problems = [f"There is no entry '{shown(key)}'." for key in content if key not in (*_ENTRIES, "password")]
    if "password" in content:
        problems.append("A password does not stand in site.toml: use password_file or password_env.")
    problems += [
        f"'{key}' must be {_word(kind)}."
        for key, kind in _ENTRIES.items()
        if key in content and (not isinstance(content[key], kind) or isinstance(content[key], bool))
    ]
    problems += [f"'{key}' is missing." for key in ("host", "sender") if key not in content]
    check(f"[mail] in {FILE}", problems)
    return MailSettings(site=site.path, zone=site.zone, **_typed(content))


def address_problems(text: str) -> list[str]:
    """Say what is wrong with one mail address; an empty list when it can stand in an envelope."""
    strange = any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text)
    if strange or not _ADDRESS.fullmatch(text):
        return [f"'{shown(text)}' is no mail address."]
    return []


def _word(kind: type) -> str:
    return "text" if kind is str else "a whole number"


def _typed(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: content[key] for key in _ENTRIES if key in content}
