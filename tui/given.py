"""The options every command takes, kept while click reads the command line.

Nothing is looked up with them here: `tui.context` does, when a command runs. Apart from it, because
`--help` needs the options and neither the site nor the clock.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import click

C = TypeVar("C", bound=click.Command)


def no_command(_arguments: Sequence[str], _environ: Mapping[str, str]) -> int:
    """Where no command is run, such as completion, none can run another."""
    raise RuntimeError("this invocation runs no commands")


def change_number(typed: str) -> str:
    """The id of a change request, however it is typed: `CR-5`, `cr-5` or `5`; anything else as it is."""
    number = typed.upper().removeprefix("CR-")
    return f"CR-{int(number)}" if number.isdecimal() and len(number) < 13 else typed


class Entry(NamedTuple):
    """One command: what is typed, the module that holds it, one line of help, what its ids name.

    The function is named like the last word, with `_` for `-` and a `_` behind a Python word. A path
    that ends in an option stands for the command before it when that option is given: it may load
    more than the bare command does.
    """

    path: str
    module: str
    help: str
    completes: str = ""


class Program(NamedTuple):
    """The command line as a whole, for those below it: its commands, and how one is run or found."""

    run: Callable[[Sequence[str], Mapping[str, str]], int]
    table: Sequence[Entry]
    nouns: Mapping[str, str]
    root: click.Command


class Given:
    """The options given so far.

    `run` runs another command line, as the program itself would, and gives its exit code; `program`
    is that program, where there is one.
    """

    __slots__ = ("ascii_only", "environ", "person_option", "program", "run", "site_option", "wants_json")

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        run: Callable[[Sequence[str], Mapping[str, str]], int] = no_command,
        site_option: str = "",
        person_option: str = "",
        wants_json: bool = False,
        program: Program | None = None,
        ascii_only: bool = False,
    ) -> None:
        self.environ: Mapping[str, str] = {} if environ is None else environ
        self.run = run
        self.site_option = site_option
        self.person_option = person_option
        self.wants_json = wants_json
        self.program = program
        self.ascii_only = ascii_only


def given_in(ctx: click.Context) -> Given:
    """The options of the command line a click context belongs to."""
    found = ctx.find_object(Given)
    assert found is not None, "the root context is made with the options"
    return found


def remember(ctx: click.Context, option: click.Parameter, given: Any) -> None:
    """Keep what an option of that name was given."""
    if given:
        setattr(given_in(ctx), str(option.name), given)


def with_options(command: C) -> C:
    """Give a command the options that all commands take."""
    command.params += [
        click.Option(
            ["--site", "site_option"],
            metavar="DIR",
            expose_value=False,
            callback=remember,
            help="The site to work on (else CMDB_SITE, else upward from here).",
        ),
        click.Option(
            ["--as", "person_option"],
            metavar="PERSON",
            expose_value=False,
            callback=remember,
            help="Who acts (else CMDB_PERSON, else your login).",
        ),
        click.Option(
            ["--json", "wants_json"],
            is_flag=True,
            expose_value=False,
            callback=remember,
            help="Answer in JSON, for programs.",
        ),
    ]
    return command
