"""The program's own command line, as the app is given it."""

from collections.abc import Mapping

from tui import cli, table
from tui.given import Program
from tui.running import CommandLine

PROGRAM = Program(cli.run, table.TABLE, table.NOUNS, cli.root)


def line(environ: Mapping[str, str]) -> CommandLine:
    """The command line for a site and a person."""
    return CommandLine(PROGRAM, environ)
