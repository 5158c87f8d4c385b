"""Names as somebody hostile writes them, in every place, page and dialog that shows one."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from rich.cells import cell_len

from tests.tui.pilots import Hand, at_work
from tests.tui.sample import Sample
from tests.tui.tour import settled
from tui.app import CmdbApp
from tui.screens.directory import SCREENS

NASTY = (
    "[red]x[/] [@click=app.exit]y[/] \x1b[2J\x1b]52;c;QUJD\x07\x9b31m a\nb\r\tc \u202eesrever\u2066"
    " z\u200bw \U0001f600\u200d\U0001f469 \u6f22\u5b57 e\u0301 \ud800 \x00 "
)
LONG = NASTY + "W" * 10_000
# What people write freely; ids, states and effects are words of ours, which the database checks.
FREE = frozenset(
    (
        *("name", "title", "text", "reason", "summary", "back_out", "test_plan", "detail", "customer"),
        *("owner", "originator", "implementer", "actor", "email", "commitment", "label", "old", "new"),
        *(
            "group",
            "weakest",
            "clashes",
            "next_single",
            "tell",
            "past",
            "type",
            "evidence",
            "more",
            "promises",
        ),
    )
)
PLACES = (
    *(("today",), ("items",), ("changes",), ("board",), ("baselines",), ("calendar",), ("audits",)),
    *(("item", "sw-11"), ("impact", "sw-11"), ("change", "CR-142"), ("compare", "BL-000310", "BL-000311")),
    *(("actions",), ("action", "AI-1"), ("inbox",), ("outages",), ("agreements",), ("meeting",), ("trends",)),
    *(("reviews",), ("document", "pol-cm"), ("release", "harbour 1.0"), ("finding", "FND-2")),
    ("practice", "5.5 Activity 7"),
    *(("agreement", "acme-mail"), ("events",), ("event", "EV-3"), ("check-in", "CR-142"), ("new", "sw-11")),
)


def spoiled(value: Any, field: str = "") -> Any:
    """The same value with something hostile wherever people write freely."""
    if isinstance(value, str):
        return (
            f"{LONG if field in ('title', 'reason') else NASTY}{value}" if field in FREE and value else value
        )
    if hasattr(value, "_fields"):
        return value._replace(**{name: spoiled(one, name) for name, one in value._asdict().items()})
    if isinstance(value, tuple | list):
        return type(value)(spoiled(one, field) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: spoiled(getattr(value, one.name), one.name) for one in fields(value) if one.init}
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {key: spoiled(one, field) for key, one in value.items()}
    return value


class Spoiling:
    """Answers what another source answers, spoiled."""

    def __init__(self, source: object) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if name in ("duties", "meetings", "events", "papers", "records", "item_work"):
            return Spoiling(found)
        return (lambda *given, **more: spoiled(found(*given, **more))) if callable(found) else found


def unsafe(screen: str, width: int, height: int) -> Iterator[str]:
    """What is wrong with a screen: letters that act, lines beyond the edge."""
    lines = screen.split("\n")
    if len(lines) > height:
        yield f"{len(lines)} lines"
    for line in lines:
        if not line.isprintable():
            yield f"acts: {line!r}"
        if cell_len(line) > width:
            yield f"too wide: {line!r}"


def test_the_walk_leads_through_every_screen() -> None:
    # Parts of others, or without anything people write.
    apart = {"window", "in-window", "output", "help", "everything", "log", "jobs"}
    assert set(SCREENS) - apart == {one[0] for one in PLACES}


async def test_hostile_words_act_nowhere_and_push_nothing_over_an_edge() -> None:
    size = (100, 26)  # where a preview stands beside the list
    source = Spoiling(Sample())
    app = CmdbApp(source, lambda: source)
    seen = 0
    async with at_work(app, size) as hand:
        await hand.sees("Enter open")
        for place in PLACES:
            while len(app.screen_stack) > 2:
                app.pop_screen()
            app.go(*place)
            await hand.pilot.pause()
            await settled(hand)
            for key in ("", "right_square_bracket"):
                if key and place[0] not in ("new", "check-in"):
                    await hand.press(key)
                    await settled(hand)
                wrong = list(unsafe(hand.screen, *size))
                assert not wrong, (place, key, wrong[:3])
            seen += "[red]x" in hand.screen
        assert await alive(hand)
    assert seen > len(PLACES) * 2 / 3


async def alive(hand: Hand) -> bool:
    """Whether the app still answers a key."""
    await hand.press("escape", "escape", "2")
    await hand.sees("300 items")
    return hand.app.is_running
