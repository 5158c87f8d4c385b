"""What is typed after `:`: words of the command line that lead somewhere in the app, an id, or a command."""

import shlex
from collections.abc import Collection, Sequence
from typing import NamedTuple

from tui import verbs


class Order(NamedTuple):
    """What was typed after `:`: go to a screen with a subject, a verb on it, or `run` what is in `rest`."""

    go: str = ""
    verb: str = ""
    subjects: tuple[str, ...] = ()
    rest: str = ""


class Asked(NamedTuple):
    """One command line: its words, the command among them, and the line a shell takes for it.

    `reads`: it is known to change nothing. `plans`: it only shows what it would do until `--apply`
    is given as well. `saves`: it makes a report, which `--to FILE` saves.
    """

    words: tuple[str, ...]
    path: str
    line: str
    reads: bool = False
    plans: bool = False
    saves: bool = False

    @property
    def harmless(self) -> bool:
        """Whether running it changes nothing."""
        return self.reads or self.plans


ANY = 1000
_PLACES = frozenset(place.name for place in verbs.PLACES)

# First words of the command line, where they lead, and how many ids may follow. The longest match
# wins. With an option, or with more behind it, the words are a command and run as one.
_WORDS = (
    ("item show", Order(go="item"), 1),
    ("item list", Order(go="items"), 0),
    ("item search", Order(go="items", verb="filter"), ANY),
    ("item history", Order(go="item", verb="history"), 1),
    ("item register", Order(go="items", verb="register"), 0),
    ("item amend", Order(go="item", verb="edit"), 1),
    ("item clone", Order(go="item", verb="clone"), 1),
    ("item connect", Order(go="item", verb="connect"), 1),
    ("item disconnect", Order(go="item", verb="disconnect"), 1),
    ("item need", Order(go="item", verb="need"), 1),
    ("item state", Order(go="item", verb="state"), 1),
    ("item hold", Order(go="item", verb="hold"), 1),
    ("item confirm", Order(go="item", verb="confirm"), 1),
    ("item retire", Order(go="item", verb="retire"), 1),
    ("item remove", Order(go="item", verb="remove"), 1),
    ("picture", Order(go="item", verb="picture"), 1),
    ("impact", Order(go="impact"), ANY),
    ("better-moment", Order(go="impact", verb="better"), ANY),
    ("change show", Order(go="change"), 1),
    ("change list", Order(go="changes"), 0),
    ("change diff", Order(go="change", verb="difference"), 1),
    ("change new", Order(verb="new"), ANY),
    ("change submit", Order(go="change", verb="submit"), 1),
    ("change assess", Order(go="change", verb="assess"), 1),
    ("change refer", Order(go="change", verb="refer"), 1),
    ("change withdraw", Order(go="change", verb="withdraw"), 1),
    ("change edit", Order(go="change", verb="edit"), 1),
    ("change clone", Order(go="change", verb="clone"), 1),
    ("change settle", Order(go="change", verb="settle"), 1),
    ("change resume", Order(go="change", verb="resume"), 1),
    ("change extend", Order(go="change", verb="extend"), 1),
    ("change start", Order(go="change", verb="start"), 1),
    ("change finish", Order(go="change", verb="finish"), 1),
    ("change close", Order(go="change", verb="close"), 1),
    ("change back-out", Order(go="change", verb="back_out"), 1),
    ("change comment", Order(go="change", verb="comment"), 1),
    # With what to vote as well: its dialog repeats what is signed.
    ("vote", Order(go="change", verb="vote"), 2),
    ("board decide", Order(go="change", verb="decide"), 1),
    ("board defer", Order(go="change", verb="defer"), 1),
    ("board confirm", Order(go="change", verb="confirm_decision"), 1),
    ("board override", Order(go="change", verb="override"), 1),
    ("board queue", Order(go="board"), 0),
    ("check-out", Order(go="change", verb="check_out"), 1),
    ("check-in", Order(go="change", verb="check_in"), 1),
    ("baseline list", Order(go="baselines"), 0),
    ("baseline compare", Order(go="compare"), 2),
    ("baseline restore", Order(go="baselines", verb="restore"), 1),
    ("action list", Order(verb="actions"), 0),
    ("action show", Order(go="action"), 1),
    ("action step", Order(go="action", verb="step"), 1),
    ("action close", Order(go="action", verb="close"), 1),
    ("outage list", Order(verb="outages"), 1),
    ("document show", Order(go="document"), 1),
    ("document list", Order(go="baselines", subjects=("documents",)), 0),
    ("release show", Order(go="release"), 2),
    ("release list", Order(go="baselines", subjects=("releases",)), 0),
    ("finding show", Order(go="finding"), 1),
    ("review list", Order(go="reviews", subjects=("reviews",)), 0),
    ("review plan", Order(go="reviews", verb="record_new", subjects=("reviews",)), 0),
    ("review hold", Order(go="reviews", verb="step"), 1),
    ("review amend", Order(go="reviews", verb="edit"), 1),
    ("review approve", Order(go="reviews", verb="confirm"), 1),
    ("review cancel", Order(go="reviews", verb="withdraw"), 1),
    ("milestone list", Order(go="reviews", subjects=("milestones",)), 0),
    ("milestone add", Order(go="reviews", verb="record_new", subjects=("milestones",)), 0),
    ("milestone reach", Order(go="reviews", verb="step"), 1),
    ("milestone amend", Order(go="reviews", verb="edit"), 1),
    ("milestone drop", Order(go="reviews", verb="withdraw"), 1),
    ("training list", Order(go="reviews", subjects=("trainings",)), 0),
    ("training record", Order(go="reviews", verb="record_new", subjects=("trainings",)), 0),
    ("training withdraw", Order(go="reviews", verb="withdraw"), 1),
    ("audit plan", Order(go="audits", verb="record_new"), 0),
    ("document register", Order(go="baselines", verb="record_new", subjects=("documents",)), 0),
    ("document amend", Order(go="document", verb="edit"), 1),
    ("reviews", Order(go="reviews", subjects=("reviews",)), 0),
    ("trends", Order(verb="trends"), 0),
    ("report trends", Order(verb="trends"), 0),
    ("events", Order(verb="events"), 1),
    ("event list", Order(verb="events"), 0),
    ("event show", Order(go="event"), 1),
    ("event record", Order(go="events", verb="event_add"), 0),
    ("event analyse", Order(go="event", verb="assess"), 1),
    ("event confirm", Order(go="event", verb="confirm"), 1),
    ("event start", Order(go="event", verb="start"), 1),
    ("event resolve", Order(go="event", verb="finish"), 1),
    ("event close", Order(go="event", verb="close"), 1),
    ("event reopen", Order(go="event", verb="reopen"), 1),
    ("event withdraw", Order(go="event", verb="withdraw"), 1),
    ("event amend", Order(go="event", verb="edit"), 1),
    ("event link", Order(go="event", verb="connect"), 1),
    ("agreement list", Order(verb="agreements"), 0),
    ("agreements", Order(verb="agreements"), 0),
    ("promises", Order(verb="agreements"), 0),
    ("agreement show", Order(go="agreement"), 1),
    ("freeze list", Order(go="calendar"), 0),
    ("window list", Order(go="calendar"), 0),
    ("inbox", Order(verb="inbox"), 0),
    ("verify", Order(go="audits", verb="verify"), 0),
    ("theme", Order(verb="theme"), 1),
    ("help", Order(verb="help"), 0),
    ("log", Order(verb="log"), 0),
    ("jobs", Order(verb="jobs"), 0),
    ("quit", Order(verb="quit"), 0),
    *((place.name, Order(go=place.name), 1) for place in verbs.PLACES),
)


def words() -> tuple[str, ...]:
    """Everything that leads somewhere in the app, for completion."""
    return tuple(text for text, _, _ in _WORDS)


def order(text: str, known: Collection[str] = ()) -> Order:
    """Read what was typed after `:`; a bare id goes to the item or the change of that id.

    `known` are the commands there are: `board list` is one, although `board` is a place.
    """
    typed = " ".join(text.split()).removeprefix("cmdb ")
    for start, found, most in sorted(_WORDS, key=lambda row: -len(row[0])):
        if typed == start or typed.startswith(start + " "):
            subjects = tuple(typed[len(start) :].split())
            command = start in _PLACES and " ".join((start, *subjects[:1])) in known and bool(subjects)
            if len(subjects) <= most and not command and not any(one.startswith("-") for one in subjects):
                if found.verb == "vote":
                    found = found._replace(verb="withdraw_vote") if subjects[1:] == ("withdraw",) else found
                    subjects = subjects[:1]
                return found._replace(subjects=subjects or found.subjects, rest=" ".join(subjects))
            break
    if typed and " " not in typed and not typed.startswith("-"):
        upper = typed.upper()
        if upper.startswith("CR-"):
            return Order(go="change", subjects=(upper,))
        if upper.startswith("BL-"):
            return Order(go="baselines", subjects=(upper,))
        if typed.startswith("EV-") and typed[3:].isdecimal():
            return Order(go="event", subjects=(typed,))
        if typed.startswith("FND-") and typed[4:].isdecimal():
            return Order(go="finding", subjects=(typed,))
        if typed.startswith("AI-") and typed[3:].isdecimal():  # ai-1 may well be an item
            return Order(go="action", subjects=(typed,))
        return Order(go="item", subjects=(typed,))
    return Order(verb="run", rest=text.strip())


def spelled(words: Sequence[str]) -> str:
    """The command line of these words, as a shell takes it."""
    return shlex.join(("cmdb", *words))
