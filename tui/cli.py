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
from tui.given import Entry, Given, Program, remember, with_options
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


TABLE: tuple[Entry, ...] = (
    Entry("init", "init", "Make a site; registers you and your ssh key."),
    Entry("demo", "demo", "Build the sample estate and walk the main job."),
    Entry("import", "imports", "Import a file: first a plan, then --apply.", "file"),
    Entry("export", "export", "Export the estate as CSV, JSON lines or a picture."),
    Entry("item list", "item", "List items, all or those that match.", "item"),
    Entry("item show", "item", "Show an item, what it needs and what needs it.", "item"),
    Entry("item search", "item", "Find items by words of their id or name."),
    Entry("item history", "item", "Show what happened to an item.", "item"),
    Entry("item versions", "item_versions", "List every version the library keeps of an item.", "item"),
    Entry("item register", "item_write", "Register a new item as a draft."),
    Entry("item clone", "item_write", "Register an item like another one.", "item"),
    Entry("item amend", "item_write", "Change a draft item.", "item"),
    Entry("item connect", "item_write", "Record that an item needs another.", "item"),
    Entry("item disconnect", "item_write", "Take a dependency away.", "item"),
    Entry("item need", "item_write", "Change the need of a redundancy group.", "item"),
    Entry("item retire", "item_write", "Retire a draft item.", "item"),
    Entry("item remove", "item_write", "Delete a draft registered by mistake.", "item"),
    Entry("item confirm", "item_write", "Say that items were seen to be true.", "item"),
    Entry("item hold", "holds", "Put an item on hold, or lift its hold.", "item"),
    Entry("item state", "item_write", "Record that an item is up, in maintenance or down.", "item"),
    Entry("item hand-over", "item_write", "Give all drafts of one owner to another."),
    Entry("impact", "impact", "Say what fails if items are down, and why.", "item"),
    Entry("impact --at", "impact_window", "Impact in a window, against the agreements.", "item"),
    Entry("impact --change", "impact_change", "Impact of a change request.", "item"),
    Entry("impact --baseline", "impact_past", "Impact on the estate as a baseline holds it.", "item"),
    Entry("why", "why", "Explain step by step why an item is hit.", "item"),
    Entry("why-not", "why", "Say what keeps an item from being hit.", "item"),
    Entry("spof", "spof", "List the single points of failure of a service.", "item"),
    Entry("spof --pairs", "spof_pairs", "Pairs of items that take a service down together.", "item"),
    Entry("better-moment", "better_moment", "Rank start times that cost the promises least.", "item"),
    Entry("person list", "people", "List people."),
    Entry("person show", "people", "Show a person, their keys, roles and groups.", "person"),
    Entry("person register", "people", "Register a person."),
    Entry("person amend", "people", "Change a person.", "person"),
    Entry("person key", "people", "Register a public key of a person.", "person"),
    Entry("person deactivate", "people", "Say that a person is no longer active.", "person"),
    Entry("group list", "groups", "List groups of people."),
    Entry("group show", "groups", "Show a group.", "group"),
    Entry("group register", "groups", "Add a group."),
    Entry("group amend", "groups", "Change a group.", "group"),
    Entry("party list", "parties", "List customers, end users, suppliers and internal groups."),
    Entry("party show", "parties", "Show a party with its contacts.", "party"),
    Entry("party register", "parties", "Add a party."),
    Entry("role list", "roles", "List who holds which role."),
    Entry("role grant", "roles", "Grant a role to a person.", "person"),
    Entry("role revoke", "roles", "End a grant."),
    Entry("role table", "roles", "Show which roles may do what."),
    Entry("role allow", "roles", "Say which roles may do an action."),
    Entry("type list", "types", "List item types."),
    Entry("type show", "types", "Show an item type with what it inherits.", "type"),
    Entry("type register", "types", "Add an item type from a JSON file."),
    Entry("type kinds", "types", "List the kinds of dependency."),
    Entry("type kind", "types", "Add a kind of dependency."),
    Entry("vote", "board", "Vote on a change, signed with your key.", "change"),
    Entry("board list", "board", "List boards with their members."),
    Entry("board show", "board", "Show a board, its members and its policies.", "board"),
    Entry("board queue", "board", "List what waits for your vote."),
    Entry("board refer", "board", "Put an assessed change before its board.", "change"),
    Entry("board decide", "board", "Sign the decision that the votes come to.", "change"),
    Entry("board close", "board", "Close a ballot and sign the decision.", "change"),
    Entry("board defer", "board", "Put a change off until a date.", "change"),
    Entry("board confirm", "board", "Say that a decision holds although its evidence moved.", "change"),
    Entry("board override", "board", "Set aside a requirement, where the policy allows it.", "change"),
    Entry("board policy show", "policies", "Show a policy, or list all of them."),
    Entry("board policy test", "policies", "Say what the policy asks of a change, and why.", "change"),
    Entry("check-out", "checkouts", "Take the records of an approved change.", "change"),
    Entry("check-in", "checkouts", "Check in what was approved, as one signed baseline.", "change"),
    Entry("baseline list", "baseline", "List baselines, newest first."),
    Entry("baseline show", "baseline", "Show a baseline and who authorised it.", "baseline"),
    Entry("baseline establish", "baseline", "Bring an approved set of candidates under control.", "change"),
    Entry("baseline compare", "baseline", "Say what differs between two baselines.", "baseline"),
    Entry("report service", "report_service", "Promised against delivered, per agreement.", "agreement"),
    Entry("verify", "verify", "Prove every baseline, decision and vote."),
    Entry("service list", "services", "List the services."),
    Entry("agreement list", "agreements", "List service agreements."),
    Entry("agreement show", "agreements", "Show an agreement and what is left of it.", "agreement"),
    Entry("agreement register", "agreements", "Add an agreement from a file.", "file"),
    Entry("agreement amend", "agreements", "Replace a draft agreement from a file.", "file"),
    Entry("claim list", "claims", "List claims to be exempt from a promise."),
    Entry("claim raise", "claims", "Claim a calamity or an unmet condition.", "agreement"),
    Entry("claim accept", "claims", "Accept a claim: its time is exempt."),
    Entry("claim refuse", "claims", "Refuse a claim: its time counts."),
    Entry("outage list", "outages", "List outages.", "item"),
    Entry("outage began", "outages", "Record that something is down, since now.", "item"),
    Entry("outage ended", "outages", "Record that it is up again, since now.", "item"),
    Entry("outage record", "outages", "Record that something is or was down.", "item"),
    Entry("outage end", "outages", "Record that a running outage is over.", "outage"),
    Entry("outage correct", "outages", "Correct an outage; the old one is kept.", "outage"),
    Entry("outage import", "outage_import", "Import outages, or uptime checks.", "file"),
    Entry("freeze list", "freezes", "List freezes."),
    Entry("freeze add", "freezes", "Declare a time in which nothing planned may happen."),
    Entry("freeze lift", "freezes", "End a freeze early."),
    Entry("calendar", "calendar", "List planned work, freezes and joint outages ahead."),
    Entry("calendar --clashes", "calendar_clashes", "Joint outages ahead, with their reasons."),
    Entry("calendar --ical", "calendar_ical", "The calendar as an iCalendar file."),
    Entry("change new", "change", "Write a change request from a file."),
    Entry("change edit", "change", "Replace the content of a request.", "change"),
    Entry("change list", "change", "List change requests."),
    Entry("change show", "change", "Show a request: what it changes, costs, and how votes stand.", "change"),
    Entry("change diff", "change", "Show field by field what a request changes.", "change"),
    Entry("change comment", "change", "Say something about a request.", "change"),
    Entry("change submit", "change", "Hand a draft in.", "change"),
    Entry("change assess", "change", "Compute what a request costs and where it clashes.", "change"),
    Entry("change refer", "change", "Put an assessed request before its board.", "change"),
    Entry("change resume", "change", "Bring a deferred request back.", "change"),
    Entry("change withdraw", "change", "Take your request back.", "change"),
    Entry("change clone", "rewriting", "Write a new draft that proposes the same.", "change"),
    Entry("change settle", "rewriting", "Settle what moved under a request.", "change"),
    Entry("change start", "change", "Record that the work has started.", "change"),
    Entry("change finish", "change", "Record that the work is finished.", "change"),
    Entry("change extend", "checkouts", "Say that the work takes longer, and whom that concerns.", "change"),
    Entry("change letters", "letters", "Write what each customer is told, ready to send.", "change"),
    Entry("change close", "closing", "Close a request that is checked in.", "change"),
    Entry("action list", "work", "List action items."),
    Entry("action show", "work", "Show an action item.", "action"),
    Entry("action add", "work", "Initiate an action item."),
    Entry("action step", "work", "Take an action item to its next state.", "action"),
    Entry("action review", "work", "Say that you reviewed an action item.", "action"),
    Entry("action approve", "work", "Approve a reviewed action item.", "action"),
    Entry("action decline", "work", "Decline an action item with the reason.", "action"),
    Entry("action start", "work", "Say that an action item is being done.", "action"),
    Entry("action done", "work", "Say that an action item is done.", "action"),
    Entry("action close", "work", "Close an action item with its evidence.", "action"),
    Entry("inbox", "inbox", "Show what waits for you."),
    Entry("doctor", "upkeep", "Look for what is wrong with a site."),
    Entry("tick", "tick", "Tell and note what became due; for a timer."),
    Entry("migrate", "upkeep", "Bring the database to the layout of this program."),
    Entry("backup", "backup", "Back both stores up into one file, or restore one.", "file"),
    Entry("rebuild", "rebuild", "Restore a lost database from the library."),
    Entry("tidy", "rebuild", "Gather what the library stores, to keep it fast."),
    Entry("completion", "completion", "Print the completion script of bash, zsh or fish."),
)

# The app and completion are no commands, but are loaded the same late way.
APP = ("tui.app", "run")
COMPLETION = ("tui.commands.completion", "answer")
INVOCATION = ("tui.context", "invocation_of")
REFUSAL = ("tui.printing", "refusal")
SHOWN = ("cmdb.checks", "shown")
SAY = ("tui.printing", "say")
NEAR = ("tui.nearby", "did_you_mean")

NOUNS: Mapping[str, str] = {
    "item": "Configuration items and what they need.",
    "person": "People: owners, voters, and whoever is told.",
    "group": "Groups of people, each with a lead.",
    "party": "Customers, end users, suppliers and internal groups.",
    "role": "Who may do what.",
    "type": "Item types and kinds of dependency.",
    "service": "Services and how they stand.",
    "agreement": "What was promised to customers, and what is left of it.",
    "claim": "When a promise did not bind, and who accepted that.",
    "outage": "When something was down.",
    "report": "What people take away: as text, Markdown, HTML, CSV or JSON.",
    "freeze": "Times in which nothing planned may happen.",
    "change": "Change requests, from draft to closed.",
    "action": "Action items, from initiated to closed.",
    "board": "Change control boards: ballots, decisions, policies.",
    "board policy": "The policies boards decide by.",
    "baseline": "What was agreed, at one signed commit each.",
}


def load(module: str, name: str) -> Any:
    """Import a module of the table and give what it holds under a name."""
    return getattr(import_module(module), name)


def function_name(path: str) -> str:
    """The name of the function behind a command: `hand_over` for `item hand-over`."""
    name = path.partition(" --")[0].rsplit(" ", 1)[-1].replace("-", "_")
    return name + "_" if name in ("import", "list", "open", "raise", "type") else name


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
        """Find the command, or say which ones are near."""
        if not args[0].startswith("-") and args[0] not in self.lines():
            raise click.UsageError(unknown(self.prefix, args[0], list(self.lines())), ctx)
        for entry in TABLE:
            path, _, option = entry.path.partition(" --")
            if option and path == self.prefix + args[0] and _given(f"--{option}", args):
                return args[0], command_of(entry), args[1:]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their help from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines().items()))


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
