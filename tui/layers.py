"""The layered drawing: one line an item, above it what needs it, below it what it needs.

Pure. Each item that is needed has a lane of its own beside the list; nothing else uses that lane
where it runs. A line that joins a lane (`┌ ├ └`) needs the item its `▶` points to; a lane that only
passes (`│`) is crossed without touching. So no join can be read where there is none.
"""

from collections.abc import Iterable, Sequence

import networkx as nx

from tui.item_source import Layered
from tui.present import counted
from tui.surroundings import Around, Tie

PASS, JOIN, FIRST, LAST, END, ACROSS = "│", "├", "┌", "└", "▶", "─"


def ordered(ids: Sequence[str], ties: Iterable[Tie]) -> list[str]:
    """Give items so that each stands above what it needs; those in a loop stand together.

    Inside a layer, items stand near what they hang on.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from((one.source, one.target) for one in ties if one.source != one.target)
    loops = nx.condensation(graph)
    place: dict[str, float] = {}
    rows: list[str] = []
    for layer in nx.topological_generations(loops):
        members = [one for number in layer for one in loops.nodes[number]["members"]]
        near = {one: _near(graph, one, place) for one in members}
        for one in sorted(members, key=lambda one: (near[one], one)):
            place[one] = len(rows)
            rows.append(one)
    return rows


def _near(graph: "nx.DiGraph[str]", id: str, place: dict[str, float]) -> float:
    above = [place[one] for one in graph.predecessors(id) if one in place]
    return sum(above) / len(above) if above else 0.0


def lanes(rows: Sequence[str], ties: Iterable[Tie]) -> list[str]:
    """Draw what stands before each line: the lanes it joins, passes or ends."""
    at = {id: row for row, id in enumerate(rows)}
    joined: dict[str, set[int]] = {}
    for one in ties:
        if one.source != one.target:
            joined.setdefault(one.target, set()).add(at[one.source])
    spans = {target: (min(at[target], *of), max(at[target], *of)) for target, of in joined.items()}
    columns = _columns(spans)
    width = max(columns.values(), default=-1) + 1
    grid = [[" "] * (2 * width) for _ in rows]
    for target, (first, last) in spans.items():
        column = 2 * columns[target]
        for row in range(first, last + 1):
            grid[row][column] = _cell(row, first, last, row == at[target], row in joined[target])
    for cells in grid:
        _across(cells)
    return ["".join(cells) for cells in grid]


def _columns(spans: dict[str, tuple[int, int]]) -> dict[str, int]:
    """A column for each lane, short lanes nearest to the list; counted from the left."""
    taken: list[list[tuple[int, int]]] = []
    found: dict[str, int] = {}
    for target, span in sorted(spans.items(), key=lambda pair: (pair[1][1] - pair[1][0], pair[1], pair[0])):
        free = (
            column
            for column, spans_here in enumerate(taken)
            if all(span[1] < first or last < span[0] for first, last in spans_here)
        )
        column = next(free, len(taken))
        if column == len(taken):
            taken.append([])
        taken[column].append(span)
        found[target] = column
    return {target: len(taken) - 1 - column for target, column in found.items()}


def _cell(row: int, first: int, last: int, ends: bool, joins: bool) -> str:
    if ends:
        return END
    if not joins:
        return PASS
    return FIRST if row == first else LAST if row == last else JOIN


def _across(cells: list[str]) -> None:
    """Draw the line from the first lane that concerns this row to its name; lanes only passed stay whole."""
    start = next((place for place, cell in enumerate(cells) if cell in (END, JOIN, FIRST, LAST)), None)
    if start is None:
        return
    for place in range(start + 1, len(cells)):
        if cells[place] == " ":
            cells[place] = ACROSS


def drawn(around: Around, *, room: int) -> Layered:
    """Draw the surroundings of an item with at most `room` cells of lanes; says what does not fit."""
    spots = {one.id: one for one in around.spots}
    rows = ordered(list(spots), around.ties)
    before = lanes(rows, around.ties)
    said = f"{counted(len(rows), 'item')}, each above what it needs"
    if around.cut:
        said = f"the nearest {said}; more lie beyond"
    if before and len(before[0]) > room:
        near = {around.centre, *(one.target for one in around.ties if one.source == around.centre)}
        near |= {one.source for one in around.ties if one.target == around.centre}
        if len(near) < len(rows):
            ties = tuple(one for one in around.ties if one.source in near and one.target in near)
            kept = tuple(one for one in around.spots if one.id in near)
            return drawn(around._replace(spots=kept, ties=ties, cut=True), room=room)
        return Layered(rows=(), said=f"{said}: too many lanes for this width; see the tree, or :picture")
    return Layered(
        rows=tuple(
            (lane, id, spots[id].name, spots[id].operating) for lane, id in zip(before, rows, strict=True)
        ),
        said=said,
    )
