"""Which screen of the app shows what a record refers to, by its kind. Pure."""

PLACES = {
    "change": "change",
    "action": "action",
    "agreement": "agreement",
    "item": "item",
    "event": "event",
    "finding": "finding",
    "document": "document",
}


def place_of(about: str) -> tuple[str, str]:
    """The screen that shows what a notice is about, and its subject; the inbox where none does."""
    kind, _, id = about.partition(":")
    return PLACES.get(kind, "baselines" if kind == "baseline" else "inbox"), id
