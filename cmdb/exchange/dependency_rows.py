"""Cells become checked rows of dependencies, many looked at together; see `rows`.

How something is needed - kind, strength, group and need - repeats millions of times, so each such
manner is checked once, and a row refers to it by a number. Source: terminal.md, Native import files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from operator import eq
from typing import Any, NamedTuple

from cmdb.exchange.rows import ABSENT, ID, REMEMBERED, References, Rows, all_ids, cells_of, drain
from cmdb.exchange.sheet import Problems, Sheet, header_problems, unescaped
from cmdb.model import STRENGTHS, choice_problems, id_problems, name_problems, need_problems, shown

COLUMNS = ("source", "target", "kind", "strength", "group", "need")
USUAL_KIND = "uses"

End = int | str  # the key of an item, or the id of one that does not exist
Keys = Callable[[Sequence[str]], list[End]]


class Dependencies(NamedTuple):
    """Some rows of a file of dependencies.

    `good` are line, source, target and number of a manner; `manners` those met for the first time, as
    number, kind (its key), strength, group and need; `bad` are line, source, target and kind (its key,
    or its name if there is no such kind) of rows with a problem that have two ends. An end is the key
    of an item, or its id where there is no such item: then something `dangles`. `good` is read once.
    """

    manners: list[tuple[Any, ...]]
    good: Iterable[tuple[int, End, End, int]]
    bad: list[tuple[Any, ...]]
    dangles: bool


def dependencies(sheet: Sheet, known: References, problems: Problems, keys: Keys) -> Iterator[Dependencies]:
    """Give the rows of a sheet of dependencies; note every problem.

    `keys` gives the key of each item, or its id again where there is none.
    """
    good = header_problems(sheet.header, required=("source", "target"), known=COLUMNS, problems=problems)
    if not good:
        drain(sheet)
        return
    reader = _DependencyReader(sheet.header, known, problems, keys)
    for lines, rows in sheet.blocks:
        yield reader.read(lines, rows)


class _DependencyReader:
    """Reads the rows of one sheet of dependencies.

    How something is needed repeats millions of times: each combination is checked once and numbered.
    """

    def __init__(self, header: Sequence[str], known: References, problems: Problems, keys: Keys) -> None:
        self.known, self.problems, self.keys = known, problems, keys
        places = {name: place for place, name in enumerate(header)}
        self.source_at, self.target_at = places["source"], places["target"]
        self.manner_at = [places.get(name, -1) for name in COLUMNS[2:]]
        self.numbers: dict[tuple[str, ...], int] = {}
        self.last = 0

    def read(self, lines: Sequence[int], rows: Rows) -> Dependencies:
        """Give some rows; note every problem of the others."""
        columns = list(zip(*rows, strict=True))
        sources, targets = columns[self.source_at], columns[self.target_at]
        ends = self.keys(sources), self.keys(targets)
        lost = [one for some in ends for one in some if isinstance(one, str)]
        manners = [cells_of(columns, place) for place in self.manner_at]
        fresh: list[tuple[Any, ...]] = []
        wrong: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        numbers = list(map(self.numbers.get, zip(*manners, strict=True), repeat(0)))
        if 0 in numbers:
            fresh, wrong = self._number(set(zip(*manners, strict=True)))
            numbers = list(map(self.numbers.get, zip(*manners, strict=True), repeat(0)))
        # What is an item already is an id.
        if not wrong and (not lost or all_ids(lost)) and not any(map(eq, *ends)):
            return Dependencies(fresh, zip(lines, *ends, numbers, strict=True), [], bool(lost))
        good, bad = [], []
        for line, source, target, source_key, target_key, number, *cells in zip(
            lines, sources, targets, *ends, numbers, *manners, strict=True
        ):
            manner = tuple(cells)
            for column, reason in wrong.get(manner, ()):
                self.problems.add(line, column, reason)
            broken = _end_problems(line, source, target, self.problems)
            if manner not in wrong and not broken:
                good.append((line, source_key, target_key, number))
            elif not broken:
                kind = _manner(manner)[0] or USUAL_KIND
                bad.append((line, source_key, target_key, self.known.kinds.get(kind, (kind,))[0]))
        return Dependencies(fresh, good, bad, bool(lost))

    def _number(
        self, manners: set[tuple[str, ...]]
    ) -> tuple[list[tuple[Any, ...]], dict[tuple[str, ...], list[tuple[str, str]]]]:
        """Number manners met for the first time; give those, and what is wrong with the bad ones."""
        if len(self.numbers) > REMEMBERED:
            self.numbers.clear()
        fresh: list[tuple[Any, ...]] = []
        wrong: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for cells in manners:
            if cells in self.numbers:
                continue
            kind, *others = manner = _manner(cells)
            if reasons := _manner_problems(manner, self.known):
                wrong[cells] = reasons
                continue
            self.last += 1
            self.numbers[cells] = self.last
            fresh.append((self.last, self.known.kinds[kind or USUAL_KIND][0], *others))
        return fresh, wrong


def _manner(cells: Sequence[str]) -> tuple[str | None, ...]:
    """kind, strength, group and need; None for a column the file does not have."""
    return tuple(None if cell == ABSENT else unescaped(cell.strip()) for cell in cells)


def _manner_problems(manner: tuple[str | None, ...], known: References) -> list[tuple[str, str]]:
    kind, strength, group, need = manner
    wrong: list[tuple[str, str]] = []
    if (kind or USUAL_KIND) not in known.kinds:
        allowed = ", ".join(sorted(known.kinds))
        wrong.append(("kind", f"there is no dependency kind '{shown(kind or USUAL_KIND)}'; use {allowed}."))
    wrong += [("strength", one) for one in (choice_problems("it", strength, STRENGTHS) if strength else [])]
    wrong += [("group", one) for one in name_problems("it", group or "", required=False)]
    if need and not group:
        wrong.append(("need", f"'{shown(need)}' is needed, but the row names no group."))
    elif need:
        wrong += [("need", one) for one in need_problems(need)]
    return wrong


def _end_problems(line: int, source: str, target: str, problems: Problems) -> int:
    """Note what is wrong with the ends of a row; give how many problems."""
    before = problems.total
    for column, cell in (("source", source), ("target", target)):
        for reason in id_problems("it is empty or" if not cell else "it", cell):
            problems.add(line, column, reason)
    if source == target and ID.fullmatch(source):
        problems.add(line, "target", f"{source} cannot depend on itself.")
    return problems.total - before
