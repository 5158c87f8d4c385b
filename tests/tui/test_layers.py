"""The layered drawing: lanes say exactly what needs what, and nothing else."""

import random

import pytest

from tui import layers
from tui.surroundings import Around, Spot, Tie


def tie(source: str, target: str) -> Tie:
    return Tie(source, target, "uses", True, "", "")


def spot(id: str) -> Spot:
    return Spot(id, id, "server", "k.chen", False, True, "up")


def read(rows: list[str], lanes: list[str]) -> set[tuple[str, str]]:
    """What a person reads from the lanes: each line that joins one needs the line its arrow is on."""
    found = set()
    for column in range(0, max(map(len, lanes), default=0), 2):
        cells = [lane[column] if column < len(lane) else " " for lane in lanes]
        start = 0
        while start < len(cells):
            if cells[start] in " ─":
                start += 1
                continue
            end = start
            # A lane ends where the next cell is empty, or another lane begins below its end.
            while end + 1 < len(cells) and cells[end + 1] not in " ─┌" and cells[end] not in "└":
                if cells[end] == "▶" and not _goes_on(cells, start, end):
                    break
                end += 1
            lane = range(start, end + 1)
            (target,) = [rows[row] for row in lane if cells[row] == "▶"]
            found |= {(rows[row], target) for row in lane if cells[row] in "┌├└"}
            start = end + 1
    return found


def _goes_on(cells: list[str], start: int, end: int) -> bool:
    return cells[end + 1] in "│├└" and "▶" not in cells[start:end]


def test_each_item_stands_above_what_it_needs_and_the_lanes_say_so() -> None:
    ties = [tie("shop", "app"), tie("app", "db"), tie("shop", "db"), tie("mail", "db")]
    rows = layers.ordered(["db", "app", "shop", "mail"], ties)
    assert rows.index("shop") < rows.index("app") < rows.index("db")
    assert rows.index("mail") < rows.index("db")
    drawn = layers.lanes(rows, ties)
    assert len({len(one) for one in drawn}) == 1
    assert read(rows, drawn) == {(one.source, one.target) for one in ties}


def test_a_lane_that_only_passes_is_crossed_without_a_join() -> None:
    drawn = layers.lanes(
        ["a", "b", "c", "d"], [tie("a", "d"), tie("b", "c"), tie("a", "c"), tie("b", "d"), tie("c", "d")]
    )
    assert drawn == ["┌─┌─", "├─├─", "├─▶─", "▶───"]
    assert layers.lanes(["a", "b", "c"], [tie("a", "c"), tie("b", "b")]) == ["┌─", "│ ", "▶─"]


def test_a_loop_is_drawn_with_its_lane_running_up_again() -> None:
    ties = [tie("sw-11", "sw-12"), tie("sw-12", "sw-11")]
    rows = layers.ordered(["sw-12", "sw-11"], ties)
    assert rows == ["sw-11", "sw-12"]
    drawn = layers.lanes(rows, ties)
    assert read(rows, drawn) == {("sw-11", "sw-12"), ("sw-12", "sw-11")}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_estate_the_lanes_say_what_needs_what_and_nothing_else(seed: int) -> None:
    dice = random.Random(seed)
    ids = [f"i{number}" for number in range(dice.randint(2, 14))]
    ties = {(a, b) for a in ids for b in ids if a != b and dice.random() < 0.2}
    links = [tie(a, b) for a, b in sorted(ties)]
    rows = layers.ordered(ids, links)
    assert sorted(rows) == sorted(ids)
    assert read(rows, layers.lanes(rows, links)) == ties


def test_what_does_not_fit_falls_back_to_the_neighbours_and_says_so() -> None:
    ids = [f"i{number:02}" for number in range(30)]
    ties = tuple(tie(a, b) for number, a in enumerate(ids) for b in ids[number + 1 :])
    ties += (tie("x", "i00"),)
    around = Around("x", tuple(map(spot, [*ids, "x"])), ties)
    drawn = layers.drawn(around, room=10)
    assert [row[1] for row in drawn.rows] == ["x", "i00"]
    assert "more lie beyond" in drawn.said
    crowded = layers.drawn(Around("i15", tuple(map(spot, ids)), ties[:-1]), room=10)
    assert crowded.rows == ()
    assert "see the tree" in crowded.said
