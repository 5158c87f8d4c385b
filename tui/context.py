"""What one command line was told, and the site it is about.

Options may stand anywhere: `cmdb --json item show sw-11` and `cmdb item show sw-11 --json` mean
the same. Here the environment and the clock are read, once; nothing below the front ends does.
Importing this loads neither the store nor any command.
"""

import getpass
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cmdb import site as sites
from cmdb.canonical import instant
from cmdb.errors import Refused

C = TypeVar("C", bound=click.Command)


def no_command(_arguments: Sequence[str], _environ: Mapping[str, str]) -> int:
    """Where no command is run, such as completion, none can run another."""
    raise RuntimeError("this invocation runs no commands")


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The options given so far, filled while click reads the command line; and what follows from them.

    `run` runs another command line, as the program itself would, and gives its exit code.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    run: Callable[[Sequence[str], Mapping[str, str]], int] = field(default=no_command, repr=False)
    site_option: str = ""
    person_option: str = ""
    wants_json: bool = False
    _site: sites.Site | None = None

    @property
    def site(self) -> sites.Site:
        """The site to work on. Raises NotFound, with how to make one."""
        if self._site is None:
            self._site = sites.find(Path.cwd(), self.site_option or None, self.environ.get("CMDB_SITE"))
        return self._site

    def settle(self, site: sites.Site) -> None:
        """Work on this site from here on."""
        self._site = site

    def now(self) -> datetime:
        """This moment, in whole seconds; CMDB_NOW where the site has a test clock."""
        fixed = self.environ.get("CMDB_NOW")
        if fixed and self.site.test_clock:
            return instant(fixed)
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
    """The options of the command line a click context belongs to."""
    found = ctx.find_object(Invocation)
    assert found is not None, "the root context is made with an Invocation"
    return found


def command(function: Callable[..., None]) -> click.Command:
    """Make a command of a function whose first parameter is the invocation; its docstring is the help."""

    def run(**given: Any) -> None:
        function(invocation_of(click.get_current_context()), **given)

    run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    return with_options(click.command(help=function.__doc__)(run))


def _remember(ctx: click.Context, option: click.Parameter, given: Any) -> None:
    if given:
        setattr(invocation_of(ctx), str(option.name), given)


def with_options(command: C) -> C:
    """Give a command the options that all commands take."""
    command.params += [
        click.Option(
            ["--site", "site_option"],
            metavar="DIR",
            expose_value=False,
            callback=_remember,
            help="The site to work on (else CMDB_SITE, else upward from here).",
        ),
        click.Option(
            ["--as", "person_option"],
            metavar="PERSON",
            expose_value=False,
            callback=_remember,
            help="Who acts (else CMDB_PERSON, else your login).",
        ),
        click.Option(
            ["--json", "wants_json"],
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Answer in JSON, for programs.",
        ),
    ]
    return command
