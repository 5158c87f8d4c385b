"""What one command line was told, and the site it is about.

Options may stand anywhere: `cmdb --json item show sw-11` and `cmdb item show sw-11 --json` mean
the same. Here the environment and the clock are read, once; nothing below the front ends does.
Importing this loads neither the store nor any command.
"""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cmdb import site as sites
from cmdb.errors import Invalid, Refused
from cmdb.instants import instant
from tui import clockface
from tui.given import Given, given_in, with_options


class Invocation(Given):
    """The options given, and what follows from them."""

    __slots__ = ("_site",)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._site: sites.Site | None = None
        clockface.read_in(UTC)  # until the site is known

    @property
    def site(self) -> sites.Site:
        """The site to work on. Raises NotFound, with how to make one."""
        if self._site is None:
            self.settle(sites.find(Path.cwd(), self.site_option or None, self.environ.get("CMDB_SITE")))
        assert self._site is not None
        return self._site

    def settle(self, site: sites.Site) -> None:
        """Work on this site from here on, and write times in its zone."""
        self._site = site
        clockface.read_in(ZoneInfo(site.zone))

    def now(self) -> datetime:
        """This moment, in whole seconds; CMDB_NOW where the site has a test clock."""
        fixed = self.environ.get("CMDB_NOW")
        if fixed and self.site.test_clock:
            at = instant(fixed)
            if not 1970 <= at.year <= 2999:  # as cmdb.checks has it, without what that loads
                raise Invalid("CMDB_NOW lies outside the years 1970 to 2999.", "Give a time within them.")
            return at
        return datetime.now(UTC).replace(microsecond=0)

    def person(self, of_login: Callable[[str], str]) -> str:
        """Who acts: --as, else CMDB_PERSON, else the person `of_login` finds for this account.

        Empty for an account nobody has registered: such a one may read.
        """
        return self.person_option or self.environ.get("CMDB_PERSON", "") or of_login(account())

    def actor(self, of_login: Callable[[str], str]) -> str:
        """Who acts, for commands that write. Raises Refused for an unknown account."""
        found = self.person(of_login)
        if not found:
            raise Refused(
                f"The account '{account()}' belongs to nobody registered here, and may only read.",
                "Say who you are with --as PERSON, or ask the CM group to register your login.",
            )
        return found


def account() -> str:
    """The operating-system account of this process; empty when it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def invocation_of(ctx: click.Context) -> Invocation:
    """What follows from the options of the command line a click context belongs to."""
    given = given_in(ctx)
    if not isinstance(given, Invocation):
        given = Invocation(
            environ=given.environ,
            run=given.run,
            site_option=given.site_option,
            person_option=given.person_option,
            wants_json=given.wants_json,
            program=given.program,
            ascii_only=given.ascii_only,
        )
        ctx.obj = given
    return given


def command(function: Callable[..., None]) -> click.Command:
    """Make a command of a function whose first parameter is the invocation; its docstring is the help."""

    def run(**given: Any) -> None:
        function(invocation_of(click.get_current_context()), **given)

    run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    return with_options(click.command(help=function.__doc__)(run))
