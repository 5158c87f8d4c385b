"""A walk through every place, page, dialog and state of the app, each taken down as plain text.

One sample site, one clock, one walk a size. `python -m tests.tui.renew` writes what the walk shows to
`tests/tui/screens/`, and `test_screen_texts` compares it: a change of any screen is a diff to review.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from cmdb.errors import CmdbError, Corrupt, Refused
from tests.tui.pilots import Hand, at_work
from tests.tui.sample import Sample
from tui.app import PLACES, CmdbApp
from tui.screens.place import Place
from tui.views import ItemLine, ItemQuery, Masthead

FOLDER = Path(__file__).parent / "screens"
SIZES = ((80, 24), (120, 36))
SMALL = ((50, 12), (20, 5))


# What stands otherwise where there is room; the rest looks the same in a wider window.
WIDE = {
    *(
        "today",
        "items",
        "item",
        "impact",
        "impact-in-window",
        "changes",
        "change",
        "board",
        "board-difference",
    ),
    *("meeting", "baselines", "compare", "calendar", "calendar-week", "audits", "agreement", "vote", "help"),
    *("impact-better-moment", "everything", "events", "event", "document", "finding", "reviews", "trends"),
}
PLAIN = (("today", "Waits"), ("changes", "v vote"), ("board", "evidence"), ("calendar", "left"))


class Scene(NamedTuple):
    """One picture: where to go, the keys pressed there, and what is to be seen before it is taken.

    `wide`: what is to be seen as well where a preview stands beside the list.
    """

    name: str
    go: tuple[str, ...]
    sees: str
    keys: Sequence[str] = ()
    wide: str = ""


SCENES = (
    Scene("today", ("today",), "Waits for my vote"),
    Scene("items", ("items",), "300 items", wide="needed by 1 item"),
    Scene("item", ("item", "sw-11"), "Mail for ACME"),
    Scene("item-needs", ("item", "sw-11"), "rack-a3", ("t",)),
    Scene("item-history", ("item", "sw-11"), "amended", ("H",)),
    Scene(
        "item-changes", ("item", "sw-11"), "under review", ("right_square_bracket", "right_square_bracket")
    ),
    Scene("item-down", ("item", "sw-11"), "is down", ("b",)),
    Scene("event-form", ("events",), "There is no item", ("plus", "tab", "n", "o", "tab", *"fw-9")),
    Scene("item-unknown", ("item", "nope"), "There is no item"),
    Scene("impact", ("impact", "sw-11"), "BREACH if worst: ACME mail"),
    Scene("impact-window", ("impact", "sw-11"), "window, such as", ("I",)),
    Scene("impact-in-window", ("impact", "sw-11"), "with CR-145", ("I", "enter")),
    Scene("impact-better-moment", ("impact", "sw-11"), "Agreed windows", ("W", *"38m")),
    Scene("changes", ("changes",), "v vote", wide="evidence"),
    Scene("change", ("change", "CR-142"), "evidence"),
    Scene("change-refused", ("change", "CR-142"), "once it is approved", ("O",)),
    Scene("board", ("board",), "evidence"),
    Scene("board-impact", ("board",), "Services", ("right_square_bracket",)),
    Scene("board-difference", ("board",), "21.1 → 22.4", ("d",)),
    Scene("board-stale", ("board",), "─ CR-140", ("down", "down")),
    Scene("vote", ("board",), "Vote on CR-142", ("v",)),
    Scene("vote-without-a-choice", ("board",), "Choose a vote first", ("v", "enter")),
    Scene("meeting", ("meeting",), "evidence"),
    Scene("baselines", ("baselines",), "11 baselines"),
    Scene("compare", ("compare", "BL-000310", "BL-000311"), "QFX5100 → QFX5120"),
    Scene("calendar", ("calendar",), "What is left"),
    Scene("calendar-week", ("calendar",), "Week", ("right_square_bracket",)),
    Scene("calendar-month", ("calendar",), "November", ("right_square_bracket", "right_square_bracket")),
    Scene("audits", ("audits",), "FND-2"),
    Scene("audits-proved", ("audits",), "everything agrees", ("V",)),
    Scene("actions", ("actions",), "AI-1"),
    Scene("action", ("action", "AI-1"), "AI-1"),
    Scene("inbox", ("inbox",), "unread"),
    Scene("outages", ("outages",), "outage"),
    Scene("agreements", ("agreements",), "left"),
    Scene("agreement", ("agreement", "acme-mail"), "What is left"),
    Scene("events", ("events",), "P next step", wide="3 items hit"),
    Scene("events-trouble", ("events",), "P next step", ("exclamation_mark",)),
    Scene("events-nothing-matches", ("events",), "No event matches", ("slash", *"zzz", "enter")),
    Scene("event", ("event", "EV-3"), "Tell by hand", wide="History"),
    Scene("event-refused", ("event", "EV-3"), "Nobody confirmed", ("S",)),
    Scene("event-unknown", ("event", "EV-9"), "There is no event"),
    Scene("documents", ("baselines", "documents"), "2 documents"),
    Scene("document", ("document", "pol-cm"), "How we keep it", wide="History"),
    Scene("document-unknown", ("document", "pol-x"), "There is no document"),
    Scene("releases", ("baselines", "releases"), "harbour 1.1"),
    Scene("release", ("release", "harbour 1.0"), "2 items in it"),
    Scene("finding", ("finding", "FND-2"), "say that the correction holds", wide="History"),
    Scene("finding-refused", ("finding", "FND-2"), "verify it first", ("X",)),
    Scene("practice", ("practice", "5.5 Activity 7"), "It is authorised"),
    Scene("reviews", ("reviews",), "1 missed"),
    Scene("reviews-refused", ("reviews",), "nothing in it changes", ("down", "down", "P")),
    Scene("review-form", ("reviews",), "Plan a review", ("N",)),
    Scene("milestones", ("reviews", "milestones"), "First audit"),
    Scene("trends", ("trends",), "per week"),
    Scene("help", ("board",), "Keys in board", ("question_mark",)),
    Scene("everything", ("board",), "Everything that can be done", ("x",)),
    Scene("everything-narrowed", ("board",), "Everything that can be done", ("x", *"vote")),
    Scene("log", ("board",), "Nothing was written", ("at",)),
    Scene("jobs", ("baselines",), "Jobs", ("J",)),
    Scene("palette", ("items",), "Go to Today", ("ctrl+p",)),
    Scene("new-change", ("items",), "New change", ("n",)),
    Scene("check-in", ("check-in", "CR-142"), "CR-142"),
    Scene("colon", ("items",), "impact sw-11", ("colon", *"impact sw-1")),
    Scene("colon-unknown", ("items",), "No command line", ("colon", *"make tea", "enter")),
    Scene("output", ("output", "1"), "Command"),
    Scene("items-marked", ("items",), "2 marked", ("space", "space")),
    Scene("items-filtered", ("items",), "10 items", ("slash", *"vm-000", "enter")),
    Scene("items-nothing-matches", ("items",), "No item matches", ("slash", *"zzz", "enter")),
    Scene("changes-nothing-matches", ("changes",), "0 changes", ("slash", *"zzz", "enter")),
)


class Empty(Sample):
    """A site on which nothing is registered, asked for or promised yet."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[ItemLine, ...] = ()
        self.events.known = ()
        self.papers.empty = True
        self.records.lines = dict.fromkeys(self.records.lines, ())

    def masthead(self) -> Masthead:
        return super().masthead()._replace(baseline="")

    def changes(self):  # type: ignore[no-untyped-def]
        return ()

    def agenda(self):  # type: ignore[no-untyped-def]
        return super().agenda()._replace(ballots=())

    def baselines(self):  # type: ignore[no-untyped-def]
        return ()

    def today(self):  # type: ignore[no-untyped-def]
        return tuple(one._replace(errands=()) for one in super().today())

    def calendar(self):  # type: ignore[no-untyped-def]
        return super().calendar()._replace(lines=(), agreements=())


class Refusing:
    """Answers every question with one refusal."""

    def __init__(self, error: CmdbError) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def refuse(*_given: object) -> None:
            raise self.error

        return refuse


class Failing(Sample):
    """A site on which reading is refused in one way."""

    def __init__(self, error: CmdbError) -> None:
        super().__init__()
        self.error = error
        self.events = self.papers = self.records = Refusing(error)  # type: ignore[assignment]

    def change(self, id: str):  # type: ignore[no-untyped-def]
        raise self.error

    def trends(self, per: str):  # type: ignore[no-untyped-def]
        raise self.error

    def count(self, query: ItemQuery) -> int:
        raise self.error

    def agenda(self):  # type: ignore[no-untyped-def]
        raise self.error


class Slow(Sample):
    """A site that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Event()

    def agenda(self):  # type: ignore[no-untyped-def]
        self.gate.wait(20)
        return super().agenda()

    def change(self, id: str):  # type: ignore[no-untyped-def]
        self.gate.wait(20)
        return super().change(id)


class Counting(Sample):
    """The site that counts, read by somebody it does not know."""

    def __init__(self) -> None:
        super().__init__(person="")

    def masthead(self) -> Masthead:
        return super().masthead()._replace(production=True, person="")


LOCKED = Refused(
    "The database is locked by another program.",
    "Wait a moment and press R, or ask 'cmdb doctor' who holds it.",
)
DAMAGED = Corrupt(
    "The library does not match the database.", "Type 'cmdb verify' to see what differs; write nothing."
)
# state -> its site, the places to look at, and what is to be seen there
STATES: tuple[tuple[str, type[Sample] | CmdbError, tuple[tuple[str, str], ...]], ...] = (
    (
        "empty",
        Empty,
        (
            ("today", "Nothing waits for you"),
            ("items", "No item is registered yet"),
            ("changes", "0 changes"),
            ("board", "No ballot lies"),
            ("baselines", "0 baselines"),
            ("calendar", "times in"),
            ("events", "No event is open"),
            ("baselines documents", "No document is registered"),
            ("baselines releases", "Nothing is released"),
            ("reviews", "No review is planned"),
        ),
    ),
    (
        "locked",
        LOCKED,
        (
            ("items", "is locked"),
            ("board", "is locked"),
            *(
                (name, "is locked")
                for name in ("events", "event EV-3", "baselines documents", "change CR-142")
            ),
            *((name, "is locked") for name in ("finding FND-2", "reviews", "trends")),
        ),
    ),
    ("damaged", DAMAGED, (("items", "does not match"), ("document pol-cm", "does not match"))),
    (
        "production-read-only",
        Counting,
        (
            ("items", "reading only"),
            ("events", "P next step"),  # the row's own event has been read by then
            ("board", "evidence"),
            *(
                (place, "reading only")
                for place in ("document pol-cm", "release REL-1", "finding FND-2", "trends")
            ),
            *((place, "reading only") for place in ("meeting MT-7", "baselines documents", "reviews")),
        ),
    ),
)


async def settled(hand: Hand) -> None:
    """Wait until nothing is being read any more."""
    await hand.until(lambda: all(one.idle for one in hand.app.screen_stack if isinstance(one, Place)))


async def walked(size: tuple[int, int], scenes: Iterable[Scene] = SCENES) -> dict[str, str]:
    """What each scene shows at a size."""
    sample = Sample()
    shown: dict[str, str] = {}
    async with at_work(CmdbApp(sample, lambda: sample), size) as hand:
        await hand.sees("Waits for my vote")
        for scene in scenes:
            while len(hand.app.screen_stack) > 2:
                hand.app.pop_screen()
            hand.app.session.jobs.clear()  # how long something took differs from walk to walk
            place, *subjects = scene.go
            here = "audits" if place == "today" else "today"
            hand.app.go(here)
            for name in set(PLACES) - {here}:  # each scene begins with no cursor, mark or filter of another
                if hand.app.is_screen_installed(name):
                    hand.app.uninstall_screen(name)
            hand.app.go(place, *subjects)
            await hand.pilot.pause()
            await settled(hand)
            for key in scene.keys:
                await hand.press({" ": "space", "-": "minus"}.get(key, key))
                await settled(hand)
            await hand.sees(scene.sees, scene.wide if size == SIZES[1] else "")
            await settled(hand)
            shown[f"{size[0]}x{size[1]}/{scene.name}.txt"] = hand.screen
    return shown


async def states() -> dict[str, str]:
    """What the places show when a site is empty, locked, damaged, slow, or counts; at 80x24."""
    shown: dict[str, str] = {}
    for state, made, places in STATES:
        sample = Failing(made) if isinstance(made, CmdbError) else made()
        async with at_work(
            CmdbApp(sample, lambda sample=sample: sample, start=places[0][0]), SIZES[0]
        ) as hand:
            for place, words in places:
                hand.app.go(*place.split())
                await hand.sees(words)
                await settled(hand)
                shown[f"80x24/{state}-{place.split()[-1 if 'baselines ' in place else 0]}.txt"] = hand.screen
    slow = Slow()
    async with at_work(CmdbApp(slow, lambda: slow, start="board"), SIZES[0]) as hand:
        await hand.press("v")
        await hand.sees("1 key wait")
        shown["80x24/loading-board.txt"] = hand.screen
        await hand.press("escape")
        await hand.until(lambda: hand.app.screen.has_class("-waiting"))
        await hand.press("escape")
        await hand.sees("Not waited for any more")
        shown["80x24/given-up-board.txt"] = hand.screen
        hand.app.go("change", "CR-142")
        await hand.sees("Reading CR-142", "reading…")
        shown["80x24/loading-change.txt"] = hand.screen
        slow.gate.set()
    return shown


async def small() -> dict[str, str]:
    """What a place and a form say in windows that are too small, by the size."""
    sample = Sample()
    shown: dict[str, str] = {}
    async with at_work(CmdbApp(sample, lambda: sample, start="items")) as hand:
        await hand.sees("300 items")
        for name in ("place", "form"):
            if name == "form":
                await hand.press("n")
                await hand.sees("New change")
            for width, height in SMALL:
                await hand.pilot.resize_terminal(width, height)
                await hand.sees("This window is")
                shown[f"{width}x{height}/{name}.txt"] = hand.screen
            await hand.pilot.resize_terminal(80, 24)
            await hand.pilot.pause()
    return shown


async def plain_letters() -> dict[str, str]:
    """What is drawn with ASCII alone, at 80x24."""
    sample = Sample()
    shown: dict[str, str] = {}
    async with at_work(CmdbApp(sample, lambda: sample, ascii_only=True)) as hand:
        for place, words in PLAIN:
            hand.app.go(place)
            await hand.sees(words)
            await settled(hand)
            shown[f"ascii/{place}.txt"] = hand.screen
    return shown


def every() -> dict[str, str]:
    """Every picture, by the path of its file below `screens/`."""

    async def drawn() -> dict[str, str]:
        wide = [scene for scene in SCENES if scene.name in WIDE]
        first = await walked(SIZES[0]) | await walked(SIZES[1], wide)
        return first | await states() | await small() | await plain_letters()

    return {path: text.rstrip("\n") + "\n" for path, text in asyncio.run(drawn()).items()}


def kept() -> dict[str, str]:
    """Every picture that is kept, by the path of its file."""
    return {str(one.relative_to(FOLDER)): one.read_text("utf-8") for one in sorted(FOLDER.rglob("*.txt"))}
