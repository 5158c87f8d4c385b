"""The keys of items for the ends of dependencies: the same however little is remembered."""

import random

import pytest

from cmdb.exchange import item_keys
from cmdb.exchange.item_keys import ItemKeys
from cmdb.exchange.staging import Staging


@pytest.mark.parametrize("remembered", [0, 7, 100_000])
def test_every_id_gives_its_key_and_an_unknown_one_itself(remembered, monkeypatch):
    monkeypatch.setattr(item_keys, "REMEMBERED", remembered)
    dice = random.Random(3)
    known = {f"item-{number}": number for number in range(1, 60)}
    with Staging() as staged:
        staged.load("known", 2, ((key, id_) for id_, key in known.items()))
        keys = ItemKeys(staged)
        for _turn in range(40):
            ids = [f"item-{dice.randint(1, 90)}" for _one in range(dice.randint(0, 20))]
            assert keys.of(ids) == [known.get(one, one) for one in ids]


def test_what_is_no_id_finds_no_item():
    with Staging() as staged:
        staged.load("known", 2, [(1, "a"), (2, "1")])
        odd = ["a\0b", "", " a", '"a"', "A", "1", "01"]
        assert ItemKeys(staged).of(odd) == ["a\0b", "", " a", '"a"', "A", 2, "01"]


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(item_keys, "REMEMBERED", 10)
    with Staging() as staged:
        staged.load("known", 2, ((key, f"item-{key}") for key in range(1_000)))
        keys = ItemKeys(staged)
        for first in range(0, 1_000, 5):
            keys.of([f"item-{key}" for key in range(first, first + 5)])
        assert len(keys._young) + len(keys._old) <= 2 * (10 + 5)
