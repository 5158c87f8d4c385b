"""The tables of screens and dialogs: every entry opens what it names."""

from importlib import import_module

from textual.screen import Screen

from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui.app import CmdbApp
from tui.screens.directory import DIALOGS, SCREENS


async def test_every_entry_of_the_screens_table_can_be_opened() -> None:
    found = Sample()
    subjects = {"item": ("sw-11",), "impact": ("sw-11",), "window": ("sw-11",), "change": ("CR-142",)}
    subjects |= {
        "compare": ("BL-000310", "BL-000311"),
        "action": ("AI-1",),
        "agreement": ("acme-mail",),
        "help": ("items",),
        "new": (),
        "check-in": ("CR-142",),
        "in-window": ("2026-11-29 02:00", "2026-11-29 03:30", "", "38m", "1h30m", "sw-11"),
        "output": ("1",),
        "event": ("EV-3",),
        "finding": ("FND-2",),
        "document": ("pol-cm",),
        "release": ("harbour", "1.0"),
        "practice": ("5.5 Activity 7",),
    }
    async with at_work(CmdbApp(found, lambda: found, start="items")) as hand:
        await hand.sees("300 items")
        for name in SCREENS:
            before = hand.app.screen
            hand.app.go(name, *subjects.get(name, ()))
            reached = name == getattr(before, "NAME", "")
            await hand.until(lambda before=before, reached=reached: reached or hand.app.screen is not before)
            await hand.press("escape")
            await hand.press("2")


def test_every_dialog_a_verb_opens_is_where_the_table_says() -> None:
    for module, kind in DIALOGS.values():
        assert issubclass(getattr(import_module(f"tui.screens.{module}"), kind), Screen)
