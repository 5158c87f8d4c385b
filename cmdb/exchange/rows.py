"""Cells become checked rows of items and dependencies, fast where all is well, thorough where not.

A thousand rows are looked at together, column by column: what repeats from row to row is checked
once, ids by one pattern over all of them. Only where something is not plainly right are they taken
apart, in the end row by row, so that every problem of a row is named. A column the file does not
have gives None: what is known stays as it is. Nothing here reads a database; what exists is given.
Source: rules.md 2 and 11; terminal.md, Native import files.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from cmdb.exchange.shapes import typed
from cmdb.exchange.sheet import Problems, Sheet, header_problems, unescaped
from cmdb.model import (
    CUSTODIES,
    ID_PATTERN,
    ITEM_STATUSES,
    NAME_LIMIT,
    TEXT_LIMIT,
    ItemType,
    Value,
    choice_problems,
    id_problems,
    name_problems,
    shown,
    text_problems,
)

ITEM_COLUMNS = (
    "id", "type", "name", "owner", "group", "status", "custody", "supplier", "criterion", "points",
)  # fmt: skip
RESERVED = ("level", "operating", "serves", "confirmed_at", "confirmed_by", "revision")
REPEATING = ("type", "owner", "group", "status", "custody", "supplier")

ID = re.compile(ID_PATTERN)
_IDS = re.compile(rf"(?:{ID_PATTERN}\n)*+")
ABSENT = "\0"  # stands for the cell of a column the file does not have
LEAD = ">"
FEW = 8  # rows not worth dividing again to find the one that is wrong
REMEMBERED = 50_000  # combinations kept, so that a file of nothing but different ones needs no memory

# A row as line, id, name and number of a manner, then criterion, points and characteristics as far as
# the file has columns for them: see `stored`. The last two are JSON, without empty cells.
ItemLine = tuple[Any, ...]
Rows = Sequence[Sequence[str]]


class Items(NamedTuple):
    """Some rows of a file of items.

    `manners` are combinations of the columns that repeat, met for the first time: number, type, owner,
    group, status, custody and party; None where the file says nothing. `bad` are lines and ids of rows
    with a problem that have an id.
    """

    manners: list[tuple[Any, ...]]
    good: list[ItemLine]
    bad: list[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class References(Value):
    """What rows may refer to.

    `people` says who is active, `leads` who leads each group (empty: nobody), `types` are complete
    with what their parents add, `kinds` gives the store's key of each kind and whether it has impact,
    `both_ways` are kinds that hold in both directions, `spent` are ids of items that were removed.
    """

    people: Mapping[str, bool] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    parties: frozenset[str] = frozenset()
    types: Mapping[str, ItemType] = field(default_factory=dict)
    kinds: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    both_ways: frozenset[str] = frozenset()
    spent: frozenset[str] = frozenset()
    characteristic_problems: Callable[[str, Mapping[str, Any]], list[str]] | None = None


def items(sheet: Sheet, known: References, problems: Problems) -> Iterator[Items]:
    """Give the rows of a sheet of items; note every problem."""
    for name in RESERVED:
        if name in sheet.header:
            problems.add(1, name, "is not imported: it is kept by the program; leave the column out.")
    if header_problems(sheet.header, required=("id", "type", "name"), known=None, problems=problems):
        reader = _ItemReader(sheet.header, known, problems)
        for lines, rows in sheet.blocks:
            yield reader.read(lines, rows)
    else:
        drain(sheet)


def characteristics(header: Sequence[str]) -> tuple[str, ...]:
    """The columns of a file of items that are characteristics."""
    own = {*ITEM_COLUMNS, "party"} if "supplier" not in header else {*ITEM_COLUMNS}
    return tuple(name for name in header if name not in own)


def stored(header: Sequence[str]) -> tuple[str, ...]:
    """The names of what rows of a file with this header hold."""
    more = [name for name in ("criterion", "points") if name in header]
    return ("line", "id", "name", "manner", *more, *(["facts"] if characteristics(header) else []))


def drain(sheet: Sheet) -> None:
    """Read what cannot be used, so that what is wrong with the file itself is noted."""
    for _ in sheet.blocks:
        pass


def cells_of(columns: Sequence[Sequence[str]], place: int) -> Sequence[str]:
    """The cells of a column, or what stands for those of one the file does not have."""
    return columns[place] if place >= 0 else (ABSENT,) * len(columns[0])


def all_ids(cells: Sequence[str]) -> bool:
    """Tell whether every cell is an id, looking at all of them at once."""
    text = "\n".join(cells) + "\n"
    return text.count("\n") == len(cells) and _IDS.fullmatch(text) is not None


def _all_clear(cells: Sequence[str]) -> bool:
    """Tell whether cells can be taken as they stand, without looking closer."""
    if not "".join(cells).isprintable() or max(map(len, cells)) > TEXT_LIMIT:
        return False
    text = "\n" + "\n".join(cells) + "\n"
    return "\n " not in text and "\n'" not in text and " \n" not in text


class _ItemReader:
    """Reads the rows of one sheet of items; what repeats from row to row is checked once."""

    def __init__(self, header: Sequence[str], known: References, problems: Problems) -> None:
        self.known, self.problems = known, problems
        at = {name: place for place, name in enumerate(header)}
        if "party" in at and "supplier" not in at:
            at["supplier"] = at.pop("party")
        self.at = at
        self.repeating_at = [at.get(name, -1) for name in REPEATING]
        # In the order in which a record's characteristics are written.
        self.extra = sorted((name, at[name]) for name in characteristics(header))
        for name, _ in self.extra:
            for reason in name_problems("the name of a characteristic", name):
                problems.add(1, shown(name), reason)
        self.stored = [("criterion", "points", "facts").index(one) for one in stored(header)[4:]]
        # What each combination of repeating cells means; a combination that is not right is not here.
        self.usual: dict[tuple[str, ...], int] = {}
        self.numbers: dict[tuple[str | None, ...], int] = {}
        self.types: dict[int, str] = {}
        self.fresh: list[tuple[Any, ...]] = []
        self.last = 0

    def read(self, lines: Sequence[int], rows: Rows) -> Items:
        """Give some rows; note every problem of the others."""
        if len(self.numbers) > REMEMBERED or len(self.usual) > REMEMBERED:
            self.usual.clear()
            self.numbers.clear()
            self.types.clear()
        found = Items(self.fresh, [], [])
        self._take(lines, rows, found)
        self.fresh = []
        return found

    def _take(self, lines: Sequence[int], rows: Rows, found: Items) -> None:
        good = self._plain(lines, rows)
        if good is not None:
            found.good.extend(good)
        elif len(rows) > FEW:
            half = len(rows) // 2
            self._take(lines[:half], rows[:half], found)
            self._take(lines[half:], rows[half:], found)
        else:
            for line, cells in zip(lines, rows, strict=True):
                whole = self._thorough(line, cells)
                if whole is not None:
                    found.good.append(whole)
                elif ID.fullmatch(id_ := cells[self.at["id"]].strip()):
                    found.bad.append((line, id_))

    def _plain(self, lines: Sequence[int], rows: Rows) -> list[ItemLine] | None:
        """The rows when none of them needs a second look, else None."""
        at = self.at
        columns = list(zip(*rows, strict=True))
        ids, names = columns[at["id"]], columns[at["name"]]
        texts = [names, *(columns[place] for _, place in self.extra)]
        if "criterion" in at:
            texts.append(columns[at["criterion"]])
        if (
            not all_ids(ids)
            or not all(names)
            or max(map(len, names)) > NAME_LIMIT
            or not all(map(_all_clear, texts))
            or ("points" in at and any(columns[at["points"]]))
        ):
            return None
        combinations = list(zip(*(cells_of(columns, place) for place in self.repeating_at), strict=True))
        self._learn(set(combinations))
        manners = [self.usual.get(one, 0) for one in combinations]
        if 0 in manners:
            return None
        more: list[Iterable[Any]] = []
        if "criterion" in at:
            more.append(columns[at["criterion"]])
        if "points" in at:
            more.append(repeat("[]", len(ids)))
        if self.extra:
            more.append(self._plain_facts([self.types[one] for one in manners], columns))
        return list(zip(lines, ids, names, manners, *more, strict=True))

    def _plain_facts(self, types: Sequence[str], columns: Sequence[Sequence[str]]) -> list[str]:
        """The characteristics of each row as JSON, as `json.dumps` with sorted names writes them."""
        written = []
        for name, place in self.extra:
            head = encode_basestring(name) + ": "
            schemas = {one: self._schema(one, name) for one in set(types)}
            if all(one in (None, {}, {"type": "string"}) for one in schemas.values()):
                written.append([head + encode_basestring(cell) if cell else "" for cell in columns[place]])
            else:
                written.append(
                    [
                        head + json.dumps(typed(cell, schemas[one]), ensure_ascii=False) if cell else ""
                        for one, cell in zip(types, columns[place], strict=True)
                    ]
                )
        return ["{" + ", ".join(filter(None, parts)) + "}" for parts in zip(*written, strict=True)]

    def _schema(self, type_: str | None, name: str) -> Any:
        item_type = self.known.types.get(type_ or "")
        return item_type.schema.get("properties", {}).get(name) if item_type else None

    def _learn(self, new: set[tuple[str, ...]]) -> None:
        """Look at combinations of repeating cells, and remember those that are right."""
        for cells in new:
            if cells in self.usual:
                continue
            text = {
                name: unescaped(cell.strip())
                for name, cell in zip(REPEATING, cells, strict=True)
                if cell != ABSENT
            }
            if any(self._wrong_reference(name, content) for name, content in text.items()):
                continue
            wrong: list[tuple[str, str]] = []
            owner = text.get("owner") or self._lead(text, text.get("group"), wrong)
            if not wrong:
                self.usual[cells] = self._number(text, owner)

    def _number(self, text: Mapping[str, str], owner: str | None) -> int:
        """The number of what the repeating columns say, once it is known to be right."""
        manner = (text["type"], owner, *(text.get(name) for name in REPEATING[2:]))
        number = self.numbers.get(manner)
        if number is None:
            self.last += 1
            number = self.numbers[manner] = self.last
            self.types[number] = text["type"]
            self.fresh.append((number, *manner))
        return number

    def _thorough(self, line: int, cells: Sequence[str]) -> ItemLine | None:
        """Take a row apart: its values, or None after noting everything wrong with it."""
        before = self.problems.total
        text = {name: unescaped(cells[place].strip()) for name, place in self.at.items()}
        wrong = [("id", one) for one in id_problems("it", text["id"])]
        wrong += [("name", one) for one in name_problems("it", text["name"])]
        wrong += [("criterion", one) for one in text_problems("it", text.get("criterion", ""))]
        for name in REPEATING:
            if name in text:
                wrong += [(name, reason) for reason in self._wrong_reference(name, text[name])]
        owner = text.get("owner") or self._lead(text, text.get("group"), wrong)
        points = text.get("points")
        listed = None if points is None else [one.strip() for one in points.split(";") if one.strip()]
        facts: dict[str, Any] = {}
        for name, _ in self.extra:
            wrong += [(name, one) for one in text_problems("it", text[name])]
            if text[name]:
                facts[name] = typed(text[name], self._schema(text["type"], name))
        for column, reason in wrong:
            self.problems.add(line, column, reason)
        if self.problems.total != before:
            return None
        more = (
            text.get("criterion"),
            None if listed is None else json.dumps(listed, ensure_ascii=False),
            json.dumps(facts, ensure_ascii=False, sort_keys=True),
        )
        manner = self._number(text, owner)
        return (line, text["id"], text["name"], manner, *(more[place] for place in self.stored))

    def _wrong_reference(self, name: str, content: str) -> list[str]:
        known = self.known
        if name == "type" and content not in known.types:
            if not content:
                return ["it is empty; 'cmdb type list' shows the types there are."]
            return [f"there is no item type '{shown(content)}'; 'cmdb type list' shows them."]
        if not content:
            return []
        if name == "owner" and not known.people.get(content):
            state = "is not active" if content in known.people else "is not registered"
            return [f"'{shown(content)}' {state}; an owner is one active person: 'cmdb person list'."]
        if name == "group" and content not in known.leads:
            return [f"there is no group '{shown(content)}'; import the groups first: --as-kind groups."]
        if name == "supplier" and content not in known.parties:
            return [f"there is no party '{shown(content)}'; import the parties first: --as-kind parties."]
        if name == "status":
            return choice_problems("it", content, ITEM_STATUSES)
        return choice_problems("it", content, CUSTODIES) if name == "custody" else []

    def _lead(self, text: Mapping[str, str], group: str | None, wrong: list[tuple[str, str]]) -> str | None:
        """The owner of a row that names none: the lead of its group, behind a `>`.

        The mark tells the plan to use the lead for new items only: an item that exists keeps its
        owner when the file has no column for owners. None where there is no active lead.
        """
        lead = self.known.leads.get(group or "")
        if lead and self.known.people.get(lead):
            return lead if "owner" in text else LEAD + lead
        if "owner" not in text or (group and lead is None):
            return None  # the plan asks a new item for its owner; a group nobody knows is named already
        if group:
            wrong.append(
                ("owner", f"it is empty, and the group '{group}' has no active lead to be the owner.")
            )
        else:
            wrong.append(("owner", "it is empty, and the row has no group whose lead could be the owner."))
        return None
