"""Completion for bash, zsh and fish: words from the table, ids from the site.

Loads no other command, except the one whose option names are asked for. Never fails: where nothing
can be said, nothing is offered.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from cmdb.errors import CmdbError
from cmdb.reading import Reader
from tui.context import Invocation
from tui.given import with_options

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_CMDB_COMPLETE"
MOST = 200
TABLES = {
    "person": "person",
    "group": "people_group",
    "party": "party",
    "type": "item_type",
    "agreement": "agreement",
    "document": "document",
    "change": "change_request",
    "template": "template",
    "baseline": "baseline",
    "audit": "audit",
    "finding": "finding",
    "action": "action_item",
    "review": "review",
    "milestone": "milestone",
    "outage": "outage",
    "event": "event",
    "board": "board",
}


@with_options
@click.command(help="Print the completion script of a shell. Put its output where the shell looks for it.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a shell."""
    found = get_completion_class(shell)
    assert found is not None, "click knows the three shells"
    click.echo(found(click.Command("cmdb"), {}, "cmdb", VARIABLE).source())


def answer(
    environ: Mapping[str, str], table: Sequence[Any], nouns: Mapping[str, str], root: click.Command
) -> int:
    """Answer a shell that asks for completions; exit code 1 for a shell nobody knows."""
    shell, _, instruction = environ[VARIABLE].partition("_")
    kind = get_completion_class(shell)
    if kind is None or instruction not in ("complete", "source"):
        return 1
    asked = kind(root, {}, "cmdb", VARIABLE)
    if instruction == "source":
        click.echo(asked.source())
        return 0
    words, incomplete = asked.get_completion_args()
    for item in offers(words, incomplete, environ, table, nouns, root):
        click.echo(asked.format_completion(item))
    return 0


def offers(
    words: Sequence[str],
    incomplete: str,
    environ: Mapping[str, str],
    table: Sequence[Any],
    nouns: Mapping[str, str],
    root: click.Command,
) -> list[CompletionItem[Any]]:
    """What may stand where the cursor is: a command, an option, or an id of the site."""
    path, invocation = walk(words, environ, nouns, {entry.path for entry in table})
    if incomplete.startswith("-"):
        return _options(path, incomplete, root, environ)
    entry = next((one for one in table if one.path == path), None)
    if entry is None:
        return _commands(path, incomplete, table, nouns)
    return _ids(entry.completes, incomplete, invocation)


def walk(
    words: Sequence[str], environ: Mapping[str, str], nouns: Mapping[str, str], paths: set[str]
) -> tuple[str, Invocation]:
    """Read the command out of the words before the cursor, and which site they name."""
    invocation, path, skip = Invocation(environ=environ), "", ""
    for word in words:
        if skip:
            setattr(invocation, skip, word)
            skip = ""
        elif word in ("--site", "--as"):
            skip = "site_option" if word == "--site" else "person_option"
        elif not word.startswith("-") and path not in paths:
            path = f"{path} {word}".strip()
            if path not in paths and path not in nouns:
                return "?", invocation
    return path, invocation


def _commands(
    path: str, incomplete: str, table: Sequence[Any], nouns: Mapping[str, str]
) -> list[CompletionItem[Any]]:
    prefix = f"{path} " if path else ""
    found: dict[str, str] = {}
    for entry in table:
        if entry.path.startswith(prefix) and " --" not in entry.path:
            word, _, rest = entry.path[len(prefix) :].partition(" ")
            found.setdefault(word, nouns.get(prefix + word, "") if rest else entry.help)
    return [CompletionItem(word, help=help_) for word, help_ in found.items() if word.startswith(incomplete)]


def _options(
    path: str, incomplete: str, root: click.Command, environ: Mapping[str, str]
) -> list[CompletionItem[Any]]:
    command: click.Command | None = root
    ctx = click.Context(root, info_name="cmdb", resilient_parsing=True, obj=Invocation(environ=environ))
    for word in path.split():
        command = command.get_command(ctx, word) if isinstance(command, click.Group) else None
        if command is None:
            return []
        ctx = click.Context(command, info_name=word, parent=ctx, resilient_parsing=True)
    assert command is not None, "the loop returned where a word named nothing"
    return command.shell_complete(ctx, incomplete) if not isinstance(command, click.Group) else [
        CompletionItem(name, help=option.help)
        for option in command.get_params(ctx)
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith(incomplete)
    ]  # fmt: skip


def _ids(kind: str, incomplete: str, invocation: Invocation) -> list[CompletionItem[Any]]:
    if kind == "file":
        return [CompletionItem(incomplete, type="file")]
    try:
        with Reader.open(invocation.site.url) as reader:
            found = (
                reader.ids(incomplete, limit=MOST) if kind == "item" else _others(reader, kind, incomplete)
            )
    except (CmdbError, sqlite3.Error):
        return []  # a shell that completes has nowhere to show what is wrong
    return [CompletionItem(one) for one in found]


def _others(reader: Reader, kind: str, incomplete: str) -> Sequence[str]:
    table = TABLES.get(kind)
    if table is None:
        return ()
    # Few of each: read whole and compared here, so that no letter means anything to the database.
    ids = (str(row[0]) for row in reader.rows(f"SELECT id FROM {table} ORDER BY id"))
    return [one for one in ids if one.lower().startswith(incomplete.lower())][:MOST]
