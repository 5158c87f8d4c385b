"""What an export shows otherwise: items that come back under another id."""

import json
from collections.abc import Iterator

import pytest

from cmdb.exchange import differing
from cmdb.exchange.staging import Staging

TYPES, UNIQUE = frozenset({"server"}), {"server": ("serial",)}


@pytest.fixture
def staged() -> Iterator[Staging]:
    with Staging() as found:
        found.run("INSERT INTO item_manner VALUES (1, 'server', 'a', '', '', '', '')")
        yield found


def recorded(staged: Staging, id: str, name: str, **facts: str) -> None:
    staged.run(
        "INSERT INTO item_have (id, type, name, status, level, facts) VALUES (?, 'server', ?, 'in service',"
        " 'baselined', ?)",
        *(id, name, json.dumps(facts)),
    )


def observed(staged: Staging, id: str, name: str, **facts: str) -> None:
    staged.run(
        "INSERT INTO item_row (line, id, name, manner, facts) VALUES (2, ?, ?, 1, ?)",
        *(id, name, json.dumps(facts)),
    )


def test_a_serial_number_that_is_unique_tells_more_than_a_name(staged):
    recorded(staged, "old-1", "Web", serial="S1")
    recorded(staged, "old-2", "Mail", serial="S2")
    observed(staged, "new-1", "Mail", serial="S1")
    observed(staged, "new-2", "Post", serial="S2")
    assert differing.namesakes(staged, TYPES, UNIQUE) == {
        "old-1": ("new-1", "the same serial, S1"),
        "new-1": ("old-1", "the same serial, S1"),
        "old-2": ("new-2", "the same serial, S2"),
        "new-2": ("old-2", "the same serial, S2"),
    }


def test_what_two_of_a_side_have_is_no_hint(staged):
    recorded(staged, "old-1", "Web")
    observed(staged, "new-1", "Web")
    observed(staged, "new-2", "Web")
    assert differing.namesakes(staged, TYPES, UNIQUE) == {}
    assert differing.namesakes(staged, frozenset({"database"}), UNIQUE) == {}


def test_nothing_is_looked_for_beyond_the_limit(staged, monkeypatch):
    monkeypatch.setattr(differing, "HINTED", 1)
    for number in range(2):
        recorded(staged, f"old-{number}", f"Web {number}")
        observed(staged, f"new-{number}", f"Web {number}")
    assert differing.namesakes(staged, TYPES, UNIQUE) == {}
