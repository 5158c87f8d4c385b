"""What one command line was told: the options every command takes, and the environment.

Options may stand anywhere: `cmdb --json item show sw-11` and `cmdb item show sw-11 --json` mean
the same. Importing this loads neither the store nor any command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=click.Command)


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The options given so far. Filled while click reads the command line."""

    environ: Mapping[str, str] = field(default_factory=dict)
    site_option: str = ""
    person_option: str = ""
    wants_json: bool = False


def invocation_of(ctx: click.Context) -> Invocation:
    """The options of the command line a click context belongs to."""
    found = ctx.find_object(Invocation)
    assert found is not None, "the root context is made with an Invocation"
    return found


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
