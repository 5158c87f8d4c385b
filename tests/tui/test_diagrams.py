"""Pictures for graphviz: whatever ids and names hold, and legible with many items."""

import os
import re
from pathlib import Path

import pytest

from cmdb.errors import Refused
from tui import diagrams
from tui.surroundings import Around, Spot, Tie


def spot(id: str, name: str = "", kind: str = "server", *, service: bool = False) -> Spot:
    return Spot(id, name or id, kind, "k.chen", service, True, "up")


def many(count: int) -> Around:
    kinds = ("server", "network-device", "application", "database")
    spots = tuple(spot(f"i-{number:03}", f"Item {number}", kinds[number % 4]) for number in range(count))
    ties = tuple(Tie(f"i-{n:03}", f"i-{n // 3:03}", "uses", n % 2 == 0, "", "") for n in range(1, count))
    return Around("i-000", spots, ties, cut=True)


def test_hostile_ids_and_names_stay_text() -> None:
    names = ("<b>bold</b>", 'a"; x [shape=star]; "', "back\\slash\\N", "two\nlines", "\u202eturned", "a:b")
    around = Around("a:b", tuple(spot(f"i{n}:x", name) for n, name in enumerate(names)), ())
    drawn = diagrams.svg(diagrams.picture(around, by="none"), os.environ).decode()
    assert "&lt;b&gt;bold&lt;/b&gt;" in drawn
    assert drawn.count('class="node"') == len(names)
    assert "\u202e" not in drawn
    assert "i0:x" in drawn


def test_an_effect_can_be_told_by_shape_and_word_without_its_colour() -> None:
    around = Around("a", (spot("a"), spot("b"), spot("c"), spot("s", service=True), spot("free")), ())
    effects = {"a": "outage", "b": "degraded", "c": "reduced redundancy", "s": "outage"}
    source = diagrams.picture(around, effects).source
    assert {"octagon", "hexagon", "component", "box"} <= set(re.findall(r"shape=(\w+)", source))
    assert "OUTAGE" in source
    assert "DEGRADED" in source
    assert "while it is down" in source


@pytest.mark.parametrize("by", ["type", "owner"])
def test_two_hundred_items_stand_in_clusters_and_say_that_more_lie_beyond(by: str) -> None:
    picture = diagrams.picture(many(200), by=by)
    drawn = diagrams.svg(picture, os.environ).decode()
    assert drawn.count('class="node"') == 200
    assert drawn.count('class="cluster"') == (4 if by == "type" else 1)
    assert "The nearest 200 items; more lie beyond." in drawn


def test_without_graphviz_the_refusal_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(Refused) as refused:
        diagrams.program({"PATH": str(tmp_path)})
    assert "graphviz" in refused.value.remedy
