"""The estate as the database keeps it, one statement per question, in plain SQL.

Works on any function that runs a statement with `?` placeholders: a reader's, or a unit of work's
inside a writing transaction. One level of a search is one statement: never one per item, never the
whole table. Source: speed.md, Algorithms and layouts.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from cmdb.bound import BINDING_STATES
from cmdb.dialect import BY_NAME, SQLITE
from cmdb.estate import Contact, Described, Facts, Group, Link, Need, Rising, described, in_columns
from cmdb.oldest import oldest

Rows = Callable[..., Iterable[tuple[Any, ...]]]

FEW = 500  # up to here, asking per item beats reading a whole small index
BULK = 8  # rows of an index are read in the time in which one item is looked up

_GROUP = tuple(f"g.{column}" for column in Group._fields)

# Python's driver for SQLite takes longer over a row than SQLite over the link in it: so one row of
# JSON lists for each level of distance, in place of one row for each link. The members of a group
# all pass on the same, so the few groups that are soft stand in a list of their own.
_RISING = (
    "SELECT "
    + ", ".join(
        f"json_group_array(d.{column}) FILTER (WHERE {which})"
        for which, columns in (
            ("d.grp IS NULL AND d.passes = 2", ("source", "target")),
            ("d.grp IS NULL AND d.passes = 1", ("source", "target")),
            ("d.grp IS NOT NULL", ("source", "target", "grp", "slack")),
            ("d.grp IS NOT NULL AND d.passes = 1", ("grp",)),
        )
        for column in columns
    )
    + f" FROM {SQLITE.keys} dependency d ON d.target = wanted.value WHERE d.passes > 0"
)
_ABOVE = (
    f"SELECT json_group_array(d.source), json_group_array(d.target) FROM {SQLITE.keys} dependency d"
    " ON d.target = wanted.value WHERE d.passes > 0"
)
_FACTS = ("key", "id", "type", "name", "owner", "grp", "party", "service", "serves")
_DESCRIBED = (
    "SELECT "
    + ", ".join(f"json_group_array(i.{column})" for column in _FACTS[1:7])
    + f", json_group_array(i.key) FILTER (WHERE i.service) FROM {SQLITE.keys} item i ON i.key = wanted.value"
)


class StoredEstate:
    """The estate in the transaction in which `rows(sql, *parameters)` runs its statements."""

    next_key = 1 << 30  # a thousand million items; both keys of a pair fit one 64-bit number

    def __init__(self, rows: Rows, dialect: str) -> None:
        self.rows = rows
        self.dialect = BY_NAME[dialect]
        self._order = "" if dialect == "sqlite" else " ORDER BY d.target, d.source"

    def keys(self, ids: Collection[str]) -> dict[str, int]:
        """Give the keys of the ids that exist."""
        asked = [one for one in ids if "\0" not in one]  # which no database would look up
        return dict(
            self.rows(
                f"SELECT i.id, i.key FROM {self.dialect.texts} item i ON i.id = wanted.value",
                self.dialect.array(asked),
            )
        )

    def links(self, targets: Collection[int]) -> Iterable[Link]:
        """Give what needs these items and passes something on, from the reverse index alone."""
        return self.rows(
            f"SELECT d.target, d.source, d.passes, d.grp, d.slack FROM {self.dialect.keys}"
            f" dependency d ON d.target = wanted.value WHERE d.passes > 0{self._order}",
            self.dialect.array(targets),
        )

    def rising(self, targets: Collection[int]) -> Rising:
        """Give the same as `links`, column by column."""
        if self.dialect.name != "sqlite":
            return in_columns(self.links(targets))
        row = next(iter(self.rows(_RISING, self.dialect.array(targets))))
        column: list[list[int]] = [json.loads(numbers) for numbers in row]
        groups, soft = column[6], set(column[8])
        passes = [1 if group in soft else 2 for group in groups] if soft else [2] * len(groups)
        grouped = column[4], column[5], passes, groups, column[7]
        return Rising((column[0], column[1]), (column[2], column[3]), grouped)

    def above(self, targets: Collection[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Give the same as `links`, of each only its source and its target."""
        if self.dialect.name != "sqlite":
            links = list(self.links(targets))
            return [link[1] for link in links], [link[0] for link in links]
        row = next(iter(self.rows(_ABOVE, self.dialect.array(targets))))
        return json.loads(row[0]), json.loads(row[1])

    def facts(self, keys: Collection[int]) -> Iterable[Facts]:
        """Describe items, read in the order in which they are stored."""
        return self._many(
            [f"i.{column}" for column in _FACTS],
            f"{self.dialect.keys} item i ON i.key = wanted.value",
            self.dialect.array(sorted(keys)),
        )

    def described(self, keys: Sequence[int]) -> Described:
        """Describe items column by column, in the order of the keys."""
        if self.dialect.name != "sqlite":
            return described(keys, self.facts(keys))
        row = next(iter(self.rows(_DESCRIBED, self.dialect.array(keys))))
        return Described(*map(json.loads, row))

    def needs(self, sources: Collection[int]) -> Iterable[Need]:
        """Give everything these items need."""
        return map(
            Need._make,
            self.rows(
                "SELECT d.source, d.target, k.id, d.hard, d.grp, d.passes, t.serves, k.impact,"
                " d.confirmed_at"
                f" FROM {self.dialect.keys} dependency d ON d.source = wanted.value"
                " JOIN item t ON t.key = d.target JOIN dependency_kind k ON k.key = d.kind",
                self.dialect.array(sorted(sources)),
            ),
        )

    def members(self, groups: Mapping[int, int]) -> Iterable[int]:
        """Give the serving members of redundancy groups, which are {group key: source key}."""
        rows = self._many(
            ("d.target", "d.grp"),
            f"{self.dialect.keys} dependency d ON d.source = wanted.value"
            " WHERE d.grp IS NOT NULL AND d.passes > 0",
            self.dialect.array(sorted(set(groups.values()))),
        )
        return {row[0] for row in rows if row[1] in groups}

    def sources(self, targets: Collection[int]) -> Collection[int]:
        """Give what needs these items, whether anything is passed on or not."""
        rows = self.rows(
            f"SELECT d.source FROM {self.dialect.keys} dependency d ON d.target = wanted.value",
            self.dialect.array(sorted(targets)),
        )
        return {row[0] for row in rows}

    def kinds(self) -> dict[str, bool]:
        """Give every kind of dependency, and whether it carries impact."""
        return dict(self.rows("SELECT id, impact FROM dependency_kind"))

    def groups(self, keys: Collection[int]) -> Iterable[Group]:
        """Describe redundancy groups."""
        return map(
            Group._make,
            self._many(
                _GROUP,
                f"{self.dialect.keys} redundancy_group g ON g.key = wanted.value",
                self.dialect.array(sorted(keys)),
            ),
        )

    def groups_of(self, sources: Collection[int]) -> Iterable[Group]:
        """Give all redundancy groups of these items."""
        return map(
            Group._make,
            self._many(
                _GROUP,
                f"{self.dialect.keys} redundancy_group g ON g.source = wanted.value",
                self.dialect.array(sorted(sources)),
            ),
        )

    def groups_without_slack(self, sources: Collection[int]) -> Iterable[Group]:
        """Give the groups of these items that can lose no member."""
        if self._fewer(sources, "redundancy_group WHERE slack = 0"):
            rows = self._many(
                _GROUP,
                f"{self.dialect.keys} redundancy_group g ON g.source = wanted.value WHERE g.slack = 0",
                self.dialect.array(sorted(sources)),
            )
            return map(Group._make, rows)
        asked = sources if isinstance(sources, dict | set) else set(sources)
        rows = self._many(_GROUP, "redundancy_group g WHERE g.slack = 0")
        return [Group._make(row) for row in rows if row[1] in asked]

    def idle_needs(self, sources: Collection[int]) -> Iterable[tuple[int, int]]:
        """Give ungrouped dependencies with impact on targets that do not serve."""
        counts = "d.grp IS NULL AND d.passes > 0 AND NOT t.serves"
        if self._fewer(sources, "item WHERE NOT serves"):
            return self.rows(
                f"SELECT d.source, d.target FROM {self.dialect.keys} dependency d"
                f" ON d.source = wanted.value JOIN item t ON t.key = d.target WHERE {counts}",
                self.dialect.array(sorted(sources)),
            )
        asked = sources if isinstance(sources, dict | set) else set(sources)
        rows = self.rows(
            "SELECT d.source, d.target FROM item t CROSS JOIN dependency d"
            f" WHERE d.target = t.key AND {counts}"
        )
        return [(row[0], row[1]) for row in rows if row[0] in asked]

    def _fewer(self, keys: Collection[int], what: str) -> bool:
        """Whether looking up every key is less work than reading all of an index."""
        if len(keys) <= FEW:
            return True
        return len(keys) * BULK < int(next(iter(self.rows(f"SELECT count(*) FROM {what}")))[0])

    def services(self, keys: Collection[int]) -> Collection[int]:
        """Give those of the items that are services."""
        if self._fewer(keys, "item WHERE service"):
            rows = self._many(
                ("i.key",),
                f"{self.dialect.keys} item i ON i.key = wanted.value WHERE i.service",
                self.dialect.array(sorted(keys)),
            )
            return [row[0] for row in rows]
        asked = keys if isinstance(keys, dict | set) else set(keys)
        return [row[0] for row in self._many(("key",), "item WHERE service") if row[0] in asked]

    def weakest(self, used: Mapping[int, int]) -> tuple[int, int, str | None] | None:
        """Give the need never confirmed, or confirmed longest ago."""
        if (first := oldest(self.rows, used)) is not None:
            return first
        found = self.rows(
            f"SELECT d.source, d.target, d.confirmed_at FROM {self.dialect.keys} dependency d"
            " ON d.source = (wanted.value >> 31) AND d.target = (wanted.value & 2147483647)"
            " ORDER BY d.confirmed_at NULLS FIRST, d.source, d.target LIMIT 1",
            # In the order of the table: neighbours stand on the same page.
            self.dialect.array([source << 31 | used[source] for source in sorted(used)]),
        )
        return next((tuple(row) for row in found), None)

    def customers(self, services: Collection[str]) -> Iterable[tuple[str, str]]:
        """Give (service, party) of every customer some service was promised to, by agreements in force."""
        if not services:
            return []
        marks = ", ".join("?" * len(BINDING_STATES))
        named = self.rows(
            f"SELECT services, customer FROM agreement WHERE state IN ({marks}) AND customer <> ''"
            " ORDER BY id",
            *BINDING_STATES,
        )
        wanted = set(services)
        return [(one, row[1]) for row in named for one in json.loads(row[0]) if one in wanted]

    def contacts(
        self, people: Collection[str], groups: Collection[str], parties: Collection[str]
    ) -> Iterable[Contact]:
        """Say how to reach people, groups and parties; a party by its first contact with an address."""
        told = [Contact("person", *row) for row in self._named("person", "email", people)]
        told += [Contact("group", *row) for row in self._named("people_group", "email", groups)]
        for party, name, contacts in self._named("party", "contacts", parties):
            emails = [contact.get("email", "") for contact in json.loads(contacts)]
            told.append(Contact("party", party, name, next(filter(None, emails), "")))
        return told

    def _many(self, columns: Sequence[str], start: str, *parameters: Any) -> Iterable[tuple[Any, ...]]:
        """Read rows of which there may be very many; `start` is what follows FROM."""
        if self.dialect.name != "sqlite":
            return self.rows(f"SELECT {', '.join(columns)} FROM {start}", *parameters)
        lists = ", ".join(f"json_group_array({column})" for column in columns)
        row = next(iter(self.rows(f"SELECT {lists} FROM {start}", *parameters)))
        return zip(*map(json.loads, row), strict=True)

    def _named(self, table: str, column: str, ids: Collection[str]) -> Iterable[tuple[Any, ...]]:
        if not ids:
            return ()
        return self._many(
            ("w.id", "w.name", f"w.{column}"),
            f"{self.dialect.texts} {table} w ON w.id = wanted.value",
            self.dialect.array(sorted(ids)),
        )
