"""Where each place, page and dialog is. A screen of your own gets its row here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from textual.command import Provider
from textual.screen import Screen

# Where each place, page and dialog is. They are loaded when they are opened first: the first paint
# needs one of them, and each costs milliseconds. A test imports every entry.
SCREENS: Mapping[str, tuple[str, str]] = {
    "today": ("today", "Today"),
    "items": ("items", "Items"),
    "changes": ("changes", "Changes"),
    "board": ("board", "Board"),
    "meeting": ("meeting", "MeetingPage"),
    "baselines": ("baselines", "Baselines"),
    "calendar": ("calendar", "CalendarPlace"),
    "audits": ("audits", "Audits"),
    "item": ("item", "ItemPage"),
    "impact": ("impact", "ImpactPage"),
    "window": ("impact", "WindowPage"),
    "in-window": ("impact", "MomentPage"),
    "change": ("changes", "ChangePage"),
    "compare": ("comparing", "ComparePage"),
    "actions": ("actions", "ActionsPage"),
    "action": ("actions", "ActionPage"),
    "inbox": ("inbox", "Inbox"),
    "outages": ("outages", "OutagesPage"),
    "finding": ("findings", "FindingPage"),
    "document": ("papers", "DocumentPage"),
    "release": ("papers", "ReleasePage"),
    "practice": ("papers", "PracticePage"),
    "reviews": ("records", "RecordsPage"),
    "trends": ("trends", "TrendsPage"),
    "events": ("events", "EventsPage"),
    "event": ("events", "EventPage"),
    "agreements": ("agreements", "AgreementsPage"),
    "agreement": ("agreements", "AgreementPage"),
    "output": ("output", "OutputPage"),
    "help": ("help", "Keys"),
    "everything": ("listings", "Everything"),
    "log": ("listings", "CommandLog"),
    "jobs": ("listings", "Jobs"),
    "new": ("forms", "NewChange"),
    "check-in": ("check_in", "CheckIn"),
}

# Dialogs that only a verb opens, with what it hands them.
DIALOGS: Mapping[str, tuple[str, str]] = {
    "sheet": ("asking", "Sheet"),
    "moments": ("moments", "BetterMoments"),
    "item form": ("item_forms", "ItemForm"),
    "record form": ("record_forms", "RecordForm"),
    "filters": ("filters", "Filters"),
    "again": ("again", "Again"),
    "leave": ("dialogs", "Leave"),
}


def screen(name: str, *subjects: str) -> Screen[Any]:
    """Make a screen, loading its module."""
    module, kind = SCREENS[name]
    made: Screen[Any] = getattr(import_module(f"tui.screens.{module}"), kind)(*subjects)
    return made


def dialog(name: str, *given: Any, **more: Any) -> Screen[Any]:
    """Make a dialog of what it is handed, loading its module."""
    module, kind = DIALOGS[name]
    made: Screen[Any] = getattr(import_module(f"tui.screens.{module}"), kind)(*given, **more)
    return made


def palette() -> type[Provider]:
    """What the palette behind ctrl+p offers, loading its module."""
    offers: type[Provider] = import_module("tui.screens.palette").Verbs
    return offers
