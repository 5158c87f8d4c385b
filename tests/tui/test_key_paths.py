"""How many keys each job takes: the shortest paths of the app's design, counted line by line."""

import pytest

from tests.tui.pilots import at_work
from tests.tui.sample import CARDS, Sample
from tui.app import CmdbApp
from tui.ballot_views import ChangeCard
from tui.screens.place import Place

# What somebody wants, where they are, the keys, what is on the screen then. What is typed - a window, the
# number of a request - is one word, not keys.
JOBS: tuple[tuple[str, str, int, tuple[str, ...], tuple[str, ...]], ...] = (
    ("what breaks if this goes down", "items", 1, ("i",), ("BREACH if worst: ACME mail",)),
    ("what breaks, from the page of it", "item sw-11", 1, ("i",), ("BREACH if worst: ACME mail",)),
    ("the same for a window", "items", 2, ("I", "WORD tomorrow 06:00 4h", "enter"), ("with CR-145",)),
    ("what waits for me", "calendar", 1, ("1",), ("Waits for my vote",)),
    ("approve and move on", "board", 3, ("v", "a", "enter"), ("─ CR-145",)),
    ("what changed since my vote", "board", 1, ("d",), ("21.1 → 22.4",)),
    ("compare two baselines", "today", 5, ("5", "space", "down", "d"), ("QFX5100 → QFX5120",)),
    ("check in an approved change", "change CR-142", 2, ("C", "WORD CR-142", "enter"), ("is checked in",)),
    (
        "a new change of what is marked",
        "items",
        2,
        ("space", "n"),
        ("New change", "down        db-cluster-01"),
    ),
    ("a better moment", "items", 1, ("W", "WORD 38m"), ("● keeps 1 promise",)),
    ("say that it is down", "items", 1, ("b",), ("is down",)),
    ("record an incident about it", "items", 1, ("+",), ("New event",)),
    ("lead an event on", "events", 1, ("P",), ("EV-3",)),
    ("lead a finding on", "finding FND-2", 1, ("P",), ("What did you see of the correction?",)),
    ("say that a review was held", "reviews RV-3", 1, ("P",), ("RV-3 was held",)),
    ("plan an audit", "today", 2, ("7", "N"), ("Plan an audit",)),
    ("register a plan", "today", 3, ("5", "]", "N"), ("Register a document or plan",)),
    ("what is proved", "today", 2, ("7", "V"), ("everything agrees",)),
    ("what was written in this session", "today", 1, ("@",), ("Nothing was written",)),
)
NAMES = {"+": "plus", "]": "right_square_bracket", "@": "at"}


class Ready(Sample):
    """The small estate with a request that is checked out."""

    def change(self, id: str) -> ChangeCard:
        card = super().change(id)
        if id != "CR-142":
            return card
        line = CARDS[id].line._replace(state="checked out")
        return card._replace(line=line, offered=(("check_in", ""),))


@pytest.mark.parametrize(("job", "place", "most", "keys", "sees"), JOBS, ids=[one[0] for one in JOBS])
async def test_a_job_takes_no_more_keys_than_its_shortest_path(
    job: str, place: str, most: int, keys: tuple[str, ...], sees: tuple[str, ...]
) -> None:
    words = [one for one in keys if one.startswith("WORD ")]
    ended = sum(1 for place, one in enumerate(keys) if one == "enter" and keys[place - 1] in words)
    assert len(keys) - len(words) - ended <= most, job
    source = Ready() if place.startswith("change ") else Sample()
    name, *subjects = place.split()
    async with at_work(CmdbApp(source, lambda: source)) as hand:
        await hand.sees("Waits for my vote")
        hand.app.go(name, *subjects)
        await hand.sees(
            subjects[0]
            if subjects
            else {"board": "evidence", "events": "EV-3", "items": "300 items"}.get(name, "a.vries")
        )
        page = hand.app.screen
        assert isinstance(page, Place)
        await hand.until(lambda: page.idle and (not subjects or page.subjects() == tuple(subjects)))
        for key in keys:
            if key.startswith("WORD "):
                await hand.type(key.removeprefix("WORD "))
            else:
                await hand.press(NAMES.get(key, key))
        await hand.sees(*sees)
