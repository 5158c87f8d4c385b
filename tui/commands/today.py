"""Today on one page of text: what waits for a person, most urgent first, a line each."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from tui import desk_waiting, printing
from tui.context import Invocation, command
from tui.duty_views import Errand, Section
from tui.present import clean, counted
from tui.workplace import at_work


@command
def today(invocation: Invocation) -> None:
    """Show what waits for you: votes, work, what is down, plans, promises at risk, notices.

    For an account nobody registered, what anybody may see.
    """
    with at_work(invocation) as here:
        person = here.reader and here.asker
        zone = ZoneInfo(here.site.zone)
        with here.store.read() as uow:
            found = [one for one in desk_waiting.sections(uow, person, here.at, zone) if one.errands]
    if invocation.wants_json:
        printing.as_json({"person": person, "sections": [_section(one) for one in found]})
        return
    if not found:
        printing.put("Nothing waits for you.")
    _put(found)


def _put(found: Sequence[Section]) -> None:
    for one in found:
        printing.put(f"{one.title}: {counted(len(one.errands), 'line')}.")
        for errand in one.errands:
            printing.put(f"  {_line(errand)}")


def _line(errand: Errand) -> str:
    when = printing.in_words(errand.when)
    parts = (errand.subject, " ".join(errand.text.split()), when)
    return clean(", ".join(part for part in parts if part))


def _section(one: Section) -> dict[str, Any]:
    return {
        "title": one.title,
        "lines": [
            {"place": errand.place, "id": errand.subject, "text": errand.text, "at": errand.when}
            for errand in one.errands
        ],
    }
