"""The command line: one table of commands, each loaded only when it is called.

`cmdb --help`, `--version` and completion load no command. This table is the only deferred import
of the product; a test imports every entry. Errors become words and an exit code here, once.
Source: terminal.md, Command line; house.md, Errors.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from cmdb.errors import CmdbError, Corrupt, Invalid, NotFound, Refused
from tui import answering
from tui.given import Entry, Given, Program, change_number, remember, with_options
from tui.table import ALSO, GROUPS, NOUNS, TABLE
from tui.terminal import columns

VERSION = "0.1.0"
COMPLETE = "_CMDB_COMPLETE"
INTERRUPTED = 130
BROKEN_PIPE = 141
HELP_WIDTH = 100  # cells a line of help takes at most

EXIT_CODES: Mapping[type[CmdbError], tuple[int, str]] = {
    Invalid: (2, "invalid"),
    NotFound: (3, "not found"),
    Refused: (4, "refused"),
    Corrupt: (5, "corrupt"),
}


APP = ("tui.opening", "run")
COMPLETION = ("tui.commands.completion", "answer")
INVOCATION = ("tui.context", "invocation_of")
REFUSAL = ("tui.printing", "refusal")
SHOWN = ("cmdb.checks", "shown")
SAY = ("tui.printing", "say")
NEAR = ("tui.nearby", "did_you_mean")


def load(module: str, name: str) -> Any:
    """Import a module of the table and give what it holds under a name."""
    return getattr(import_module(module), name)


def function_name(path: str) -> str:
    """The name of the function behind a command: `hand_over` for `item hand-over`."""
    name = path.partition(" --")[0].rsplit(" ", 1)[-1].replace("-", "_")
    return name + "_" if name in ("import", "list", "next", "open", "raise", "type") else name


def command_of(entry: Entry) -> click.Command:
    """Import the command of an entry."""
    found: click.Command = load(f"tui.commands.{entry.module}", function_name(entry.path))
    for one in found.params:
        if isinstance(one, click.Argument) and "CR" in (one.metavar or "").strip("[].").split("|"):
            one.type = click.types.FuncParamType(change_number)
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
            if entry.path.startswith(self.prefix) and " --" not in entry.path:
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
        """Find the command, also by another word for it, or say which ones are near."""
        meant = ALSO.get(self.prefix + args[0], "").removeprefix(self.prefix)
        args = [*(meant.split() or args[:1]), *args[1:]]
        if not args[0].startswith("-") and args[0] not in self.lines():
            raise click.UsageError(unknown(self.prefix, args[0], list(self.lines())), ctx)
        told = [
            entry
            for entry in TABLE
            for path, _, option in [entry.path.partition(" --")]
            if option and path == self.prefix + args[0] and _given(f"--{option}", args)
        ]
        if len(told) > 1:
            both = " and ".join(f"--{one.path.partition(' --')[2]}" for one in told)
            raise click.UsageError(
                f"{both} do not go together: each asks another question. Give one of them.", ctx
            )
        if told:
            return args[0], command_of(told[0]), args[1:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their help from the table; those of the program by what they are for."""
        lines = self.lines()
        for title, words in (("Commands", tuple(lines)),) if self.prefix else GROUPS:
            with formatter.section(title):
                formatter.write_dl([(word, lines[word]) for word in words])


def _given(option: str, args: Sequence[str]) -> bool:
    return any(one == option or one.startswith(option + "=") for one in _before_dashes(args))


def unknown(prefix: str, word: str, known: Sequence[str]) -> str:
    """Say that no command is called so, and which are near."""
    hint = load(*NEAR)(word, known, [] if prefix else [entry.path for entry in TABLE])
    return f"There is no command '{prefix}{load(*SHOWN)(word)}'.{hint}"


@click.pass_context
def _open_app(ctx: click.Context) -> None:
    """Open the app when nothing was asked for and a person is there to see it."""
    if ctx.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The app needs a terminal. Name a command; 'cmdb --help' lists them.")
    code = load(*APP)(load(*INVOCATION)(ctx))
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
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH},
        params=[
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
                help="Show the version and leave.",
            ),
            click.Option(
                ["--ascii", "ascii_only"], is_flag=True, expose_value=False, callback=remember,
                help="Draw the app with ASCII alone (else CMDB_ASCII).",
            ),
        ],
    )
)  # fmt: skip


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command line and give its exit code. Prints; never raises what a person caused."""
    wants_json = "--json" in _before_dashes(arguments)
    answering.begin()
    try:
        _refuse_unreadable(arguments)
        if COMPLETE in environ:
            return int(load(*COMPLETION)(environ, TABLE, NOUNS, root))
        given = Given(environ=environ, run=run, program=Program(run, TABLE, NOUNS, root))
        with root.make_context("cmdb", list(arguments), obj=given, terminal_width=_help_width()) as ctx:
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
    except OSError as fault:
        return unwritten(fault, wants_json)
    except (KeyboardInterrupt, click.Abort):
        return stopped()


def stopped() -> int:
    """Say that a person stopped it; give the exit code."""
    load(*SAY)("Stopped; what was not finished was not written.")
    return INTERRUPTED


def unwritten(fault: OSError, wants_json: bool = False) -> int:
    """Report that the system would not read or write, be it a file or stdout on a full disk."""
    where = f": {fault.filename}" if fault.filename else ""
    said = Refused(
        f"The system refused: {fault.strerror or fault}{where}.",
        "Make room or give access, then try again; what was not finished was not written.",
    )
    try:
        sys.stdout.flush()
    except OSError:
        close_quietly()
    return _report(said, wants_json)


def close_quietly() -> None:
    """Point stdout nowhere: its reader went away, and nothing is left to say to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_unreadable(arguments: Sequence[str]) -> None:
    """Raise Invalid for words that are not UTF-8: Python holds their bytes as halves of characters."""
    for word in arguments:
        if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
            raise Invalid(f"'{load(*SHOWN)(word)}' is not UTF-8.", "Type it in a terminal that speaks UTF-8.")


def _help_width() -> int:
    """Cells for help. Told to click, which asks `shutil` and so loads three kinds of compression."""
    return max(min(columns(), HELP_WIDTH) - 2, 50)


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _usage(wrong: click.UsageError, wants_json: bool) -> int:
    path = wrong.ctx.command_path if wrong.ctx else "cmdb"
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):  # its message is the whole help
        if not wants_json:
            click.echo(wrong.format_message(), err=True)
            return EXIT_CODES[Invalid][0]
        return _report(Invalid(f"'{path}' needs to know what to do.", f"See '{path} --help'."), wants_json)
    # click sets choices off by line ends and tabs; a reason is one sentence.
    reason = " ".join(wrong.format_message().split())
    return _report(Invalid(reason, f"See '{path} --help'."), wants_json)


def _report(error: CmdbError, wants_json: bool) -> int:
    code, category = next(found for kind, found in EXIT_CODES.items() if isinstance(error, kind))
    load(*REFUSAL)(error, code, category, in_json=wants_json)
    return code
