"""The command line inside the app: read what was typed, run it as a shell would, complete it.

The real commands with click's own reading of their words, for the site, the person and the clock the
app was opened with. They run in the thread that asks; what they print is caught. Nothing here knows
Textual.
"""

import shlex
from collections.abc import Mapping, Sequence

import click

from cmdb.checks import shown
from cmdb.errors import Invalid, Refused
from tui import apart
from tui.actions import Asked, spelled
from tui.capture import Capture, caught_by
from tui.commands import completion
from tui.context import Invocation
from tui.given import Program
from tui.nearby import did_you_mean

APPLY = "--apply"
SAVING = {"--to", "--replace"}  # a report, which --to FILE saves
HELP = frozenset(("-h", "--help"))
VALUED = ("--site", "--as")
STOPPED = 130

# What is typed in a shell and not in the app, and why. By the words of the command.
ELSEWHERE: Mapping[str, str] = {
    "rebuild": "It puts another database in the place of the one this app has open.",
    "migrate": "It gives the database this app has open another layout.",
}

# Commands that may compute for long run in a process of their own: in a thread of the app their Python
# would stand in the way of every key. A test holds that each exists.
APART = frozenset(
    (
        "better-moment",
        "calendar",
        "export",
        "impact",
        "import",
        "outage import",
        "report risks",
        "report service",
        "spof",
        "verify",
        "baseline compare",
    )
)

# Commands that change nothing leave no line in the command log: these verbs of any noun, and these
# that stand alone. A test holds that each exists.
READING_VERBS = frozenset(
    (
        "list",
        "show",
        "search",
        "history",
        "versions",
        "table",
        "kinds",
        "queue",
        "test",
        "diff",
        "compare",
        "check",
    )
)
READING_ALONE = frozenset(
    ("impact", "why", "why-not", "spof", "verify", "calendar", "inbox", "doctor", "completion", "export")
)


class CommandLine:
    """The commands for one site, one person and one clock; `environ` says which."""

    def __init__(self, program: Program, environ: Mapping[str, str]) -> None:
        self.program = program
        self.environ = environ
        self.paths = {entry.path for entry in program.table}
        self.first_words = tuple(dict.fromkeys(path.partition(" ")[0] for path in self._all()))

    def words(self, text: str) -> tuple[str, ...]:
        """Split a line as a shell would. Raises Invalid."""
        try:
            words = tuple(shlex.split(text))
        except ValueError as wrong:
            raise Invalid(f"The line cannot be read: {wrong}.", "Close the quotation mark.") from wrong
        return words[1:] if words[:1] == ("cmdb",) else words

    def find(self, words: Sequence[str]) -> str:
        """The command among the words; a noun alone is one, and shows its help.

        Raises Invalid where nobody knows it, with what is near; Refused for one that belongs in a
        shell, with the words to type there.
        """
        path = self._path(words)
        if path in ELSEWHERE and not HELP & set(words):
            raise Refused(ELSEWHERE[path], f"Leave the app and type in a shell: {spelled(words)}")
        return path

    def asked(self, words: Sequence[str]) -> Asked:
        """What running the words would mean; loads the room that holds the command."""
        path = self.find(words)
        found = self._command(path)
        flags = {name for one in found.params for name in one.opts} if found else set()
        return Asked(
            tuple(words),
            path,
            spelled(words),
            reads=_reads(path) or bool(HELP & set(words)),
            plans=APPLY in flags and APPLY not in words,
            saves=flags >= SAVING,
        )

    def _path(self, words: Sequence[str]) -> str:
        """The command among the words; a noun alone is one, and shows its help."""
        path, skip = "", False
        for word in words:
            if skip or word.startswith("-"):
                skip = not skip and word in VALUED
                continue
            if path in self.paths:
                break
            prefix, path = (f"{path} " if path else ""), f"{path} {word}".strip()
            if path not in self.paths and path not in self.program.nouns:
                known = self._after(prefix)
                hint = did_you_mean(word, known, () if prefix else sorted(self.paths))
                raise Invalid(
                    f"There is no command '{prefix}{shown(word)}'.{hint}",
                    f"After '{prefix.strip()}' may stand {', '.join(known)}."
                    if prefix
                    else "Type an id, a place or a command such as 'impact sw-11'; ? lists the keys.",
                )
        return path

    def _after(self, prefix: str) -> tuple[str, ...]:
        found = (path[len(prefix) :].partition(" ")[0] for path in self._all() if path.startswith(prefix))
        return tuple(dict.fromkeys(found))

    def _all(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.program.table if " --" not in entry.path)

    def _command(self, path: str) -> click.Command | None:
        """The command of a path as click knows it; loads the room that holds it."""
        found: click.Command = self.program.root
        for word in path.split():
            if not isinstance(found, click.Group):
                return None
            ctx = click.Context(found, info_name="cmdb", resilient_parsing=True)
            step = found.get_command(ctx, word)
            if step is None:
                return None
            found = step
        return None if isinstance(found, click.Group) else found

    def run(self, asked: Asked, capture: Capture) -> int:
        """Run a command and give its exit code; what it prints goes to `capture`.

        In this thread, or in a process of its own where it may compute for long.
        """
        if asked.path in APART:
            return apart.run(asked.words, self.environ, capture)
        with caught_by(capture):
            return self.program.run(asked.words, self.environ)

    def perform(self, words: Sequence[str]) -> str:
        """Run a command for a key or a form; give the last line it answered with.

        Raises what it is refused with.
        """
        caught = Capture(spelled(words))
        code = self.run(Asked(tuple(words), "", caught.line), caught)
        if caught.error is not None:
            raise caught.error
        if code == STOPPED:
            raise Refused("It was stopped.", "What was not finished was not written.")
        said = [one.text for one in caught.lines if one.text.strip()]
        return said[-1] if said else "Done."

    def offers(self, text: str, limit: int) -> tuple[str, ...]:
        """What may stand in place of the last word of a line: words, options, ids of the site."""
        head, _, last = text.rpartition(" ")
        try:
            words = shlex.split(head)
        except ValueError:
            return ()
        words = words[1:] if words[:1] == ["cmdb"] else words
        program = self.program
        path, _ = completion.walk(words, self.environ, program.nouns, self.paths)
        if path in self.paths and not last:
            return ()  # the first of a million ids is no help
        found = completion.offers(words, last, self.environ, program.table, program.nouns, program.root)
        return tuple(shlex.quote(str(one.value)) for one in found[:limit] if one.type == "plain")


def _reads(path: str) -> bool:
    noun, _, verb = path.rpartition(" ")
    return noun == "report" or (verb in READING_VERBS if noun else path in READING_ALONE)


def inside(invocation: Invocation, person: str) -> dict[str, str]:
    """The environment in which a command finds this site and acts as this person."""
    named = {"CMDB_PERSON": person} if person else {}
    return {**invocation.environ, "CMDB_SITE": str(invocation.site.path), **named}


def opened(invocation: Invocation, person: str) -> CommandLine:
    """The command line for the site of an invocation, as this person."""
    assert invocation.program is not None, "the app is opened from a command line"
    return CommandLine(invocation.program, inside(invocation, person))
