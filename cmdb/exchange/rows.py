"""Cells become checked rows of items and dependencies, fast where all is well, thorough where not.

A row that passes costs a few dictionary look-ups and one pattern; only a row that does not is taken
apart column by column, so that every problem of it is named. A column the file does not have gives
None: what is known stays as it is. Nothing here reads a database; what exists is given.
Source: rules.md 2 and 11; terminal.md, Native import files.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from cmdb.exchange.sheet import Problems, Sheet, header_problems, unescaped
from cmdb.model import (
    CUSTODIES,
    ID_PATTERN,
    ITEM_STATUSES,
    NAME_LIMIT,
    STRENGTHS,
    ItemType,
    Value,
    choice_problems,
    id_problems,
    name_problems,
    need_problems,
    shown,
    text_problems,
)

ITEM_COLUMNS = (
    "id", "type", "name", "owner", "group", "status", "custody", "supplier", "criterion", "points",
)  # fmt: skip
RESERVED = ("level", "operating", "serves", "confirmed_at", "confirmed_by", "revision")
REPEATING = ("type", "owner", "group", "status", "custody", "supplier")
DEPENDENCY_COLUMNS = ("source", "target", "kind", "strength", "group", "need")

_ID = re.compile(ID_PATTERN)
_MISSING = object()
LEAD = ">"
REMEMBERED = 50_000  # combinations kept, so that a file of nothing but different ones needs no memory

# A row as line, id, type, name, owner, group, status, custody, party, criterion, points and
# characteristics; None where the file says nothing; the last two as JSON, null where it empties one.
ItemLine = tuple[Any, ...]
# A row as line, source, target, kind, strength, group and need.
DependencyLine = tuple[Any, ...]


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


def items(sheet: Sheet, known: References, problems: Problems) -> Iterator[ItemLine]:
    """Give every good row of a sheet of items; note every problem of the others."""
    for name in RESERVED:
        if name in sheet.header:
            problems.add(1, name, "is not imported: it is kept by the program; leave the column out.")
    if header_problems(sheet.header, required=("id", "type", "name"), known=None, problems=problems):
        yield from _ItemReader(sheet, known, problems).lines()
    else:
        _drain(sheet)


def dependencies(sheet: Sheet, known: References, problems: Problems) -> Iterator[DependencyLine]:
    """Give every good row of a sheet of dependencies; note every problem of the others."""
    good = header_problems(
        sheet.header, required=("source", "target"), known=DEPENDENCY_COLUMNS, problems=problems
    )
    if not good:
        _drain(sheet)
        return
    at = {name: sheet.header.index(name) for name in DEPENDENCY_COLUMNS if name in sheet.header}
    source_at, target_at = at["source"], at["target"]
    manner_of = _picker([at.get(name, -1) for name in DEPENDENCY_COLUMNS[2:]])
    fits = _ID.fullmatch
    # How something is needed repeats millions of times: each combination is checked once.
    seen: dict[tuple[str, ...], tuple[str | None, ...]] = {}
    for line, cells in sheet.rows:
        source, target = cells[source_at], cells[target_at]
        manner = manner_of(cells)
        checked = seen.get(manner)
        if checked is None:
            read = _manner(manner)
            wrong = _manner_problems(read, known)
            for column, reason in wrong:
                problems.add(line, column, reason)
            if not wrong:
                if len(seen) > REMEMBERED:
                    seen.clear()
                checked = seen[manner] = read
        if not fits(source) or not fits(target) or source == target:
            _end_problems(line, source, target, problems)
        elif checked is not None:
            yield (line, source, target, *checked)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """A function that takes these cells of a row, NUL where the file has no such column."""
    if min(places) >= 0:
        return itemgetter(*places)
    return lambda cells: tuple([cells[one] if one >= 0 else "\0" for one in places])


def _drain(sheet: Sheet) -> None:
    for _ in sheet.rows:
        pass


def _manner(cells: Sequence[str]) -> tuple[str | None, ...]:
    """kind, strength, group and need; None for a column the file does not have."""
    return tuple(None if cell == "\0" else unescaped(cell.strip()) for cell in cells)


def _manner_problems(manner: tuple[str | None, ...], known: References) -> list[tuple[str, str]]:
    kind, strength, group, need = manner
    wrong: list[tuple[str, str]] = []
    if kind and kind not in known.kinds:
        allowed = ", ".join(sorted(known.kinds))
        wrong.append(("kind", f"there is no dependency kind '{shown(kind)}'; use {allowed}."))
    wrong += [("strength", one) for one in (choice_problems("it", strength, STRENGTHS) if strength else [])]
    wrong += [("group", one) for one in name_problems("it", group or "", required=False)]
    if need and not group:
        wrong.append(("need", f"'{shown(need)}' is needed, but the row names no group."))
    elif need:
        wrong += [("need", one) for one in need_problems(need)]
    return wrong


def _end_problems(line: int, source: str, target: str, problems: Problems) -> None:
    for column, cell in (("source", source), ("target", target)):
        for reason in id_problems("it is empty or" if not cell else "it", cell):
            problems.add(line, column, reason)
    if source == target and _ID.fullmatch(source):
        problems.add(line, "target", f"{source} cannot depend on itself.")


class _ItemReader:
    """Reads the rows of one sheet of items; what repeats from row to row is checked once."""

    def __init__(self, sheet: Sheet, known: References, problems: Problems) -> None:
        self.sheet, self.known, self.problems = sheet, known, problems
        at = {name: place for place, name in enumerate(sheet.header)}
        if "party" in at and "supplier" not in at:
            at["supplier"] = at.pop("party")
        self.at = at
        self.extra = [(name, place) for name, place in at.items() if name not in ITEM_COLUMNS]
        for name, _ in self.extra:
            for reason in name_problems("the name of a characteristic", name):
                problems.add(1, shown(name), reason)
        self.plain = {id_: all_text(one) for id_, one in known.types.items()}
        self.repeated: dict[str, dict[str, Any]] = {name: {} for name in REPEATING}

    def lines(self) -> Iterator[ItemLine]:
        """Give the good rows."""
        at = self.at
        id_at, name_at = at["id"], at["name"]
        columns = [(self.repeated[name], at.get(name, -1)) for name in REPEATING]
        criterion_at, points_at = at.get("criterion", -1), at.get("points", -1)
        fits, plain = _ID.fullmatch, self.plain
        for line, cells in self.sheet.rows:
            id_, name = cells[id_at], cells[name_at]
            found = [seen.get(cells[place], _MISSING) if place >= 0 else None for seen, place in columns]
            criterion = cells[criterion_at] if criterion_at >= 0 else None
            if (
                _MISSING not in found and found[1] and plain[str(found[0])] and fits(id_)
                and 0 < len(name) <= NAME_LIMIT and _clear(name) and (criterion is None or _clear(criterion))
                and (points_at < 0 or not cells[points_at])
            ):  # fmt: skip
                kind, owner, group, status, custody, party = found
                facts = self._plain_facts(cells) if self.extra else "{}"
                if facts is not None:
                    points = None if points_at < 0 else "[]"
                    yield (
                        line, id_, kind, name, owner, group, status, custody, party, criterion, points, facts
                    )  # fmt: skip
                    continue
            whole = self._thorough(line, cells)
            if whole is not None:
                yield whole

    def _plain_facts(self, cells: Sequence[str]) -> str | None:
        """The characteristics as JSON when none needs a second look, else None."""
        facts: dict[str, str | None] = {}
        for name, place in self.extra:
            cell = cells[place]
            if not _clear(cell):
                return None
            facts[name] = cell or None
        return json.dumps(facts, ensure_ascii=False)

    def _thorough(self, line: int, cells: Sequence[str]) -> ItemLine | None:
        """Take a row apart: its values, or None after noting everything wrong with it."""
        before = self.problems.total
        text = {name: unescaped(cells[place].strip()) for name, place in self.at.items()}
        wrong = [("id", one) for one in id_problems("it", text["id"])]
        wrong += [("name", one) for one in name_problems("it", text["name"])]
        wrong += [("criterion", one) for one in text_problems("it", text.get("criterion", ""))]
        found = {name: self._looked_up(name, cells, wrong) for name in REPEATING}
        owner = found["owner"] or self._lead(text, found["group"], wrong)
        points = text.get("points")
        listed = None if points is None else [one.strip() for one in points.split(";") if one.strip()]
        facts = self._facts(text, found["type"], wrong)
        for column, reason in wrong:
            self.problems.add(line, column, reason)
        if self.problems.total != before:
            return None
        return (
            line, text["id"], found["type"], text["name"], owner, found["group"], found["status"],
            found["custody"], found["supplier"], text.get("criterion"),
            None if listed is None else json.dumps(listed, ensure_ascii=False),
            json.dumps(facts, ensure_ascii=False),
        )  # fmt: skip

    def _looked_up(self, name: str, cells: Sequence[str], wrong: list[tuple[str, str]]) -> str | None:
        """The content of a column whose contents repeat; remembers it when it is right."""
        if name not in self.at:
            return None
        cell = cells[self.at[name]]
        content = unescaped(cell.strip())
        reasons = self._wrong_reference(name, content)
        wrong += [(name, reason) for reason in reasons]
        if not reasons:
            self.repeated[name][cell] = content
        return content

    def _wrong_reference(self, name: str, content: str) -> list[str]:
        known = self.known
        if name == "type" and content not in known.types:
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

    def _facts(
        self, text: Mapping[str, str], type_: str | None, wrong: list[tuple[str, str]]
    ) -> dict[str, Any]:
        item_type = self.known.types.get(type_ or "")
        schemas = item_type.schema.get("properties", {}) if item_type else {}
        facts: dict[str, Any] = {}
        for name, _ in self.extra:
            cell = text[name]
            wrong += [(name, one) for one in text_problems("it", cell)]
            facts[name] = _typed(cell, schemas.get(name)) if cell else None
        return facts


def _clear(cell: str) -> bool:
    """Tell whether a cell can be taken as it stands, without looking closer."""
    return cell.isprintable() and cell[:1] not in ("'", " ") and cell[-1:] != " "


def all_text(item_type: ItemType) -> bool:
    """Tell whether any text will do for every characteristic of a type, and none is required."""
    schema = item_type.schema
    if set(schema) - {"type", "properties", "title", "description", "$schema"}:
        return False
    return all(one in ({}, {"type": "string"}) for one in schema.get("properties", {}).values())


def _typed(cell: str, schema: Any) -> Any:
    """Read a cell as its schema says: whole number, yes or no, list; otherwise as text."""
    wanted = schema.get("type") if isinstance(schema, Mapping) else None
    if wanted in ("integer", "number") and re.fullmatch(r"[+-]?[0-9]{1,18}", cell):
        return int(cell)
    if wanted == "boolean" and cell.lower() in ("true", "yes", "1", "false", "no", "0"):
        return cell.lower() in ("true", "yes", "1")
    if wanted == "array":
        return [one.strip() for one in cell.split(";") if one.strip()]
    return cell
