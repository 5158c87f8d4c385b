"""The command line: one table of commands, each loaded only when it is called.

`cmdb --help`, `--version` and completion load no command. This table is the only deferred import
of the product; a test imports every entry. Errors become words and an exit code here, once.
Source: terminal.md, Command line; house.md, Errors.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from cmdb.errors import CmdbError, Corrupt, Invalid, NotFound, Refused
from tui import printing
from tui.context import Invocation, invocation_of, with_options

VERSION = "0.1.0"
COMPLETE = "_CMDB_COMPLETE"
INTERRUPTED = 130
BROKEN_PIPE = 141

EXIT_CODES: Mapping[type[CmdbError], tuple[int, str]] = {
    Invalid: (2, "invalid"),
    NotFound: (3, "not found"),
    Refused: (4, "refused"),
    Corrupt: (5, "corrupt"),
}


class Entry(NamedTuple):
    """One command: what is typed, the module that holds it, one line of help, what its ids name.

    The function is named like the last word, with `_` for `-` and a `_` behind a Python word.
    """

    path: str
    module: str
    help: str
    completes: str = ""


TABLE: tuple[Entry, ...] = (
    Entry("completion", "completion", "Print the completion script of bash, zsh or fish."),
)

# The app and completion are no commands, but are loaded the same late way.
APP = ("tui.app", "run")
COMPLETION = ("tui.commands.completion", "answer")

NOUNS: Mapping[str, str] = {}


def load(module: str, name: str) -> Any:
    """Import a module of the table and give what it holds under a name."""
    return getattr(import_module(module), name)


def function_name(path: str) -> str:
    """The name of the function behind a command: `hand_over` for `item hand-over`."""
    name = path.rsplit(" ", 1)[-1].replace("-", "_")
    return name + "_" if name in ("import", "list", "open", "type") else name


def command_of(entry: Entry) -> click.Command:
    """Import the command of an entry."""
    found: click.Command = load(f"tui.commands.{entry.module}", function_name(entry.path))
    return found


class Noun(click.Group):
    """A group of commands that knows their names and help from the table alone."""

    def __init__(self, prefix: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.prefix = prefix

    def lines(self) -> dict[str, str]:
        """The words that may follow, with one line of help each, in the order of the table."""
        found: dict[str, str] = {}
        for entry in TABLE:
            if entry.path.startswith(self.prefix):
                word, _, rest = entry.path[len(self.prefix) :].partition(" ")
                found.setdefault(word, NOUNS[self.prefix + word] if rest else entry.help)
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name what may follow. Loads nothing."""
        return list(self.lines())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command, or make the group of a noun."""
        path = self.prefix + cmd_name
        for entry in TABLE:
            if entry.path == path:
                return command_of(entry)
        if path in NOUNS:
            return with_options(Noun(path + " ", name=cmd_name, help=NOUNS[path]))
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which ones are near."""
        if not args[0].startswith("-") and args[0] not in self.lines():
            raise click.UsageError(_unknown(self.prefix + args[0], args[0], list(self.lines())), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their help from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines().items()))


def _unknown(path: str, word: str, known: list[str]) -> str:
    near = [one for one in known if one.startswith(word[:2]) or word in one or one in word]
    hint = f" Did you mean {' or '.join(repr(one) for one in near[:3])}?" if near else ""
    return f"There is no command '{path}'.{hint}"


@click.pass_context
def _open_app(ctx: click.Context) -> None:
    """Open the app when nothing was asked for and a person is there to see it."""
    if ctx.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The app needs a terminal. Name a command; 'cmdb --help' lists them.")
    code = load(*APP)(invocation_of(ctx))
    ctx.exit(code or 0)


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"cmdb {VERSION}")
        ctx.exit()


root = with_options(
    Noun(
        "",
        name="cmdb",
        callback=_open_app,
        invoke_without_command=True,
        help="Configuration items, what hangs on them, and the board that lets them change.\n\n"
        "Without a command, opens the app. Commands that establish, import or remove show what they "
        "would do and need --apply. Exit: 0 done, 2 invalid, 3 not found, 4 refused, 5 corrupt.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        params=[
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
                help="Show the version and leave.",
            )
        ],
    )
)  # fmt: skip


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command line and give its exit code. Prints; never raises what a person caused."""
    wants_json = "--json" in _before_dashes(arguments)
    try:
        if COMPLETE in environ:
            return int(load(*COMPLETION)(environ, TABLE, NOUNS, root))
        with root.make_context("cmdb", list(arguments), obj=Invocation(environ=environ)) as ctx:
            root.invoke(ctx)
            sys.stdout.flush()
        return 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.UsageError as wrong:
        return _usage(wrong, wants_json)
    except click.ClickException as wrong:
        return _report(Invalid(wrong.format_message(), "Correct it and try again."), wants_json)
    except CmdbError as refusal:
        return _report(refusal, wants_json)
    except BrokenPipeError:
        close_quietly()
        return BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        printing.say("Stopped; what was not finished was not written.")
        return INTERRUPTED


def close_quietly() -> None:
    """Point stdout nowhere: its reader went away, and nothing is left to say to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _usage(wrong: click.UsageError, wants_json: bool) -> int:
    path = wrong.ctx.command_path if wrong.ctx else "cmdb"
    return _report(Invalid(wrong.format_message(), f"See '{path} --help'."), wants_json)


def _report(error: CmdbError, wants_json: bool) -> int:
    code, category = next(found for kind, found in EXIT_CODES.items() if isinstance(error, kind))
    printing.say_error(error)
    if wants_json:
        printing.as_json(
            {
                "error": {
                    "category": category,
                    "exit": code,
                    "reason": error.reason,
                    "problems": list(error.problems),
                    "remedy": error.remedy,
                }
            }
        )
    return code
