"""The lines of small forms: read as their commands read them, with the rule's sentence or what was meant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cmdb import items
from tests.builders import AT, found, item
from tui import line_trials
from tui.item_planning import Ground
from tui.item_source import Heard

NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


@pytest.fixture
def ground(sqlite_store: Any) -> Any:
    found(sqlite_store)
    for id in ("sw-11", "sw-12"):
        items.register(sqlite_store, item(id), actor="a.vries", at=AT)
    with sqlite_store.read() as uow:
        yield Ground(uow, "k.chen", NOW, "Europe/Amsterdam")


MEANT = (
    ("past", "23:50", "Sat 21 Nov 2026 23:50, 23 h ago"),
    ("past", "now", ""),
    ("moment", "tonight 23:50", "Sun 22 Nov 2026 23:50, in 20 min"),
    ("moment", "+2h", "Mon 23 Nov 2026 01:30, in 2 h"),
    ("happened", "23:00", "Sun 22 Nov 2026 23:00, 30 min ago"),
    (
        "happened",
        "23:50",
        "Sat 21 Nov 2026 23:50, 23 h ago; of what may come: Sun 22 Nov 2026 23:50, in 20 min",
    ),
    ("day", "1 Dec", "2026-12-01"),
    ("length", "90m", "1h30m"),
    ("window", "tomorrow 22:00 +4h", "Mon 23 Nov 2026 22:00, in 22 h, until 02:00"),
    ("person", "me", "Kai Chen"),
    ("person", "r.gone", "Rik Gone, who has left"),
    ("people", "k.chen, a.vries", "Kai Chen, Anna de Vries"),
    ("items", "sw-11 sw-12", "SW-11, server, SW-12, server"),
    ("must|should", "must", ""),
    ("item", "  ", ""),
)
WRONG = (
    ("past", "2027-01-01", "It lies ahead. Give a time that has passed."),
    ("moment", "soon", "'soon' is not a time."),
    ("moment", "2026-03-29 02:30", "The clocks of Europe/Amsterdam skip 2026-03-29 02:30:00."),
    ("length", "long", "'long' is no duration."),
    ("window", "22:00", "is not a start and a length"),
    ("person", "x" * 200, "There is no person 'xxx"),
    ("items", "sw-11 [b]x[/b] sw-99", "There is no item '[b]x[/b]'. There is no item 'sw-99'."),
    ("service", "svc", "There is no item 'svc'."),
    ("change", "7", "There is no change '7'."),
    *((noun, "nix", f"There is no {noun} 'nix'.") for noun in line_trials.ONE if noun != "service"),
    ("must|should", "may", "'may' is none of: must, should."),
)


@pytest.mark.parametrize(("reads", "text", "means"), MEANT)
def test_what_was_meant_is_said(ground: Ground, reads: str, text: str, means: str) -> None:
    assert line_trials.hear(ground, reads, text) == Heard(means=means)


def test_what_cannot_be_read_gets_the_sentence_of_its_rule(ground: Ground) -> None:
    for reads, text, sentence in WRONG:
        heard = line_trials.hear(ground, reads, text)
        assert sentence in heard.problem, (reads, text)
        assert not heard.means


def test_the_last_id_of_a_line_is_completed_with_what_there_is() -> None:
    asked = []

    def offers(noun: str, start: str) -> list[str]:
        asked.append(noun)
        return [one for one in ("sw-11", "sw-12") if one.startswith(start)]

    assert line_trials.offered("items", "lb-edge, sw", offers) == "lb-edge, sw-11"
    assert line_trials.offered("service", "sw-12", offers) == "sw-12"
    assert line_trials.offered("item", "sw-11 sw", offers) is None
    assert line_trials.offered("items", "sw-11 ", offers) is None
    assert line_trials.offered("must|should", "sh", offers) == "should"
    assert asked == ["item"] * 3
    assert line_trials.offered("length", "2", offers) is None
    assert asked == ["item"] * 3
