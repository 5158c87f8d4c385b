"""What surrounds an item: both directions, the nearest first, never more than asked for."""

from itertools import pairwise
from typing import Any

import pytest

from cmdb import items
from cmdb.errors import NotFound
from cmdb.reading import Reader
from tests.builders import AT, found, item, needs
from tui import surroundings


@pytest.fixture
def reader(store: Any, database: str) -> Any:
    """A chain a1 needs a2 ... needs a9, and an item apart from it."""
    found(store)
    chain = [f"a{number}" for number in range(1, 10)]
    for id in (*chain, "apart"):
        items.register(store, item(id), actor="a.vries", at=AT)
    for one, other in pairwise(chain):
        items.connect(store, needs(one, other, group="line"), actor="a.vries", at=AT)
    with Reader.open(database) as made:
        yield made


def test_both_directions_are_followed_to_their_ends(reader: Reader) -> None:
    around = surroundings.of(reader, "a5", limit=100)
    assert {one.id for one in around.spots} == {f"a{number}" for number in range(1, 10)}
    assert len(around.ties) == 8
    assert not around.cut
    assert around.ties[0] == surroundings.Tie("a1", "a2", "uses", True, "line", "1")


def test_the_nearest_are_kept_and_more_are_spoken_of(reader: Reader) -> None:
    around = surroundings.of(reader, "a5", limit=5)
    assert {one.id for one in around.spots} == {"a3", "a4", "a5", "a6", "a7"}
    assert around.cut
    assert {(one.source, one.target) for one in around.ties} == {
        ("a3", "a4"),
        ("a4", "a5"),
        ("a5", "a6"),
        ("a6", "a7"),
    }


def test_an_item_alone_and_an_unknown_one(reader: Reader) -> None:
    assert [one.id for one in surroundings.of(reader, "apart", limit=5).spots] == ["apart"]
    with pytest.raises(NotFound):
        surroundings.of(reader, "nobody", limit=5)


def test_the_whole_estate_stops_at_the_limit(reader: Reader) -> None:
    assert len(surroundings.whole(reader, limit=100).spots) == 10
    assert surroundings.whole(reader, limit=3).cut
