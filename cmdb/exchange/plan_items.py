"""Plan an import of items: compare the staged rows with what exists, field by field.

An empty cell empties an optional field; in `status` and `custody` it means the usual, and leaves
what is known. A characteristic the file has no column for stays. Source: rules.md 2 and 11.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cmdb.bulk import Selection
from cmdb.exchange.plan import CREATE, REQUEST, UNCHANGED, UPDATE, Plan, verdict_counts
from cmdb.exchange.rows import LEAD, Items, References, characteristics, stored
from cmdb.exchange.shapes import all_text, sure
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import BATCH, Staging
from cmdb.model import CUSTODIES, ITEM_STATUSES, ItemType

USUAL_STATUS, USUAL_CUSTODY = ITEM_STATUSES[1], CUSTODIES[2]
FIELDS = ("type", "name", "owner", "group", "status", "custody", "party", "criterion", "points")
KEEP_WHEN_EMPTY = ("type", "name", "owner", "status", "custody")

_MANNER = ("key", "type", "owner", "grp", "status", "custody", "party")
_BAD = "SELECT line, line, id FROM item_bad"
_COLUMNS = "type, name, owner, grp, status, custody, party, criterion, points, facts"


def plan(
    staged: Staging,
    blocks: Iterator[Items],
    known: References,
    problems: Problems,
    *,
    header: Sequence[str],
) -> Plan:
    """Compare the rows of a file with the items that exist, which `item_have` holds."""
    _load(staged, blocks, known, stored(header))
    named = characteristics(header)
    _duplicates(staged, problems)
    if staged.one("SELECT EXISTS (SELECT 1 FROM item_have)"):
        _set_apart_unchanged(staged, named)
        _compare(staged, named)
    _complete_new(staged, known, problems)
    _check_characteristics(staged, known, problems)
    _check_unique(staged, known, problems)
    counts = verdict_counts(staged, "item_row")
    missing = staged.one(
        "SELECT COUNT(*) FROM item_have h WHERE NOT EXISTS (SELECT 1 FROM item_row r WHERE r.id = h.id)"
    )
    return Plan(
        kind="items",
        file=problems.file,
        create=counts.get(CREATE, 0),
        update=counts.get(UPDATE, 0),
        unchanged=counts.get(UNCHANGED, 0),
        request=counts.get(REQUEST, 0),
        missing=missing,
        unselected=staged.one(
            f"SELECT COUNT(*) FROM item_row WHERE verdict = '{CREATE}' AND COALESCE(criterion, '') = ''"
        ),
        errors=problems.in_order(),
        error_total=problems.total,
    )


def missing_ids(staged: Staging) -> Iterator[str]:
    """Ids that exist but are not in the file."""
    return (
        str(row[0])
        for row in staged.ask(
            "SELECT id FROM item_have h WHERE NOT EXISTS (SELECT 1 FROM item_row r WHERE r.id = h.id)"
            " ORDER BY id"
        )
    )


def ids_with(staged: Staging, verdict: str) -> Iterator[str]:
    """Ids of the rows with a verdict, in id order."""
    return (
        str(row[0]) for row in staged.ask("SELECT id FROM item_row WHERE verdict = ? ORDER BY id", verdict)
    )


def changes(staged: Staging, verdict: str) -> Iterator[tuple[str, dict[str, tuple[Any, Any]]]]:
    """Each item with a verdict and its fields that change, as (old, new), in id order."""
    last, fields = "", dict[str, tuple[Any, Any]]()
    for id_, name, old, new in staged.ask(
        "SELECT c.id, c.field, c.old, c.new FROM item_change c JOIN item_row r ON r.id = c.id"
        " WHERE r.verdict = ? ORDER BY c.id, c.rowid",
        verdict,
    ):
        if id_ != last and fields:
            yield last, fields
            fields = {}
        last = id_
        fields[name] = (json.loads(old), json.loads(new))
    if fields:
        yield last, fields


def final_rows(staged: Staging, verdict: str) -> Selection:
    """Rows as the store keeps them, in id order: id, type, name, owner, group, status, custody, party,
    criterion, points, characteristics, serves, service; empty references are None."""
    if verdict == CREATE:  # the lead of a team is meant for new items only, and these are new
        row, table, name = "r", "item_manner m ON m.key = r.manner", "r.name"
        owner = f"CASE WHEN substr(m.owner, 1, 1) = '{LEAD}' THEN substr(m.owner, 2) ELSE m.owner END"
    else:
        row, table, name, owner = "m", "item_merged m ON m.place = r.rowid", "m.name", "m.owner"
    return staged.select(
        f"r.id, m.type, {name}, {owner}, NULLIF(m.grp, ''), COALESCE(NULLIF(m.status, ''), :status),"
        f" COALESCE(NULLIF(m.custody, ''), :custody), NULLIF(m.party, ''), COALESCE({row}.criterion, ''),"
        f" COALESCE({row}.points, '[]'), COALESCE({row}.facts, '{{}}'), COALESCE(n.serves, 0),"
        " COALESCE(n.service, 0)",
        f"item_row r CROSS JOIN {table} LEFT JOIN nature n ON n.type = m.type"
        " AND n.status = COALESCE(NULLIF(m.status, ''), :status) WHERE r.verdict = :verdict",
        "r.id",
        status=USUAL_STATUS,
        custody=USUAL_CUSTODY,
        verdict=verdict,
    )


def listed_ids(staged: Staging) -> Selection:
    """Every id the file lists: an import confirms them, changed or not."""
    return staged.select("r.id", "item_row r WHERE 1", "r.id")


def written_ids(staged: Staging) -> Selection:
    """Ids of the rows that are written: created or changed."""
    return staged.select("r.id", "item_row r WHERE r.verdict IN ('create', 'update')", "r.id")


def _load(staged: Staging, blocks: Iterator[Items], known: References, names: Sequence[str]) -> None:
    staged.load(
        "nature",
        4,
        (
            (one.id, status, status in one.serves, one.service)
            for one in known.types.values()
            for status in ITEM_STATUSES
        ),
    )

    count = 0
    for block in blocks:
        staged.add("item_manner", _MANNER, block.manners)
        staged.add("item_row", names, block.good)
        staged.add("item_bad", ("line", "id"), block.bad)
        count += len(block.good)
        if staged.progress:
            staged.progress(count)
    staged.run("CREATE INDEX item_row_id ON item_row (id, line)")


def _pages(staged: Staging, select: str, *parameters: Any) -> Iterator[list[tuple[Any, ...]]]:
    """Read in pages by place, so that rows may be changed between two pages. Column 0 is the place."""
    last = 0
    while page := list(
        staged.ask(f"{select} AND r.place > ? ORDER BY r.place LIMIT ?", *parameters, last, BATCH)
    ):
        yield page
        last = page[-1][0]


def _duplicates(staged: Staging, problems: Problems) -> None:
    """Note ids that are in the file more than once, whether or not the rows are good otherwise."""
    rows = "SELECT rowid AS place, line, id FROM item_row"
    if staged.one("SELECT EXISTS (SELECT 1 FROM item_bad)"):
        # The good rows first, the bad ones after them: lines tell which of two came first.
        rows = f"SELECT line AS place, line, id FROM item_row UNION ALL {_BAD}"
    for line, id_, first in staged.ask(
        f"SELECT r.line, r.id, f.line FROM (SELECT id, MIN(place) AS place, line FROM ({rows}) GROUP BY id"
        f" HAVING COUNT(*) > 1) f JOIN ({rows}) r ON r.id = f.id WHERE r.place > f.place ORDER BY r.line"
    ):
        problems.add(line, "id", f"'{id_}' is in the file twice; the first is in line {first:,}.")


def _set_apart_unchanged(staged: Staging, named: Sequence[str]) -> None:
    """Mark the rows that say what is known, word for word; the others are compared field by field."""
    kept = " AND ".join(
        f"(COALESCE(r.{name}, '') = '' OR r.{name} = h.{name})" for name in ("status", "custody")
    )
    emptied = " AND ".join(
        f"(r.{name} IS NULL OR r.{name} = COALESCE(h.{name}, ''))" for name in ("grp", "party", "criterion")
    )
    staged.run(
        "UPDATE item_row SET verdict = ? WHERE rowid IN (SELECT r.place FROM item_new r"
        f" CROSS JOIN item_have h ON h.id = r.id WHERE r.type = h.type AND r.name = h.name"
        f" AND {kept} AND {emptied}"
        " AND (COALESCE(r.owner, '') IN ('', h.owner) OR substr(r.owner, 1, 1) = ?)"
        " AND (r.points IS NULL OR r.points = COALESCE(h.points, '[]'))"
        + (" AND r.facts = h.facts)" if named else ")"),
        UNCHANGED,
        LEAD,
    )


def _compare(staged: Staging, named: Sequence[str]) -> None:
    names = _COLUMNS.split(", ")
    select = (
        f"SELECT r.place, r.id, h.level, {', '.join('r.' + one for one in names)},"
        f" {', '.join('h.' + one for one in names)} FROM item_new r CROSS JOIN item_have h ON h.id = r.id"
        f" WHERE r.verdict = '{CREATE}'"
    )
    for page in _pages(staged, select):
        verdicts, merged, changed = [], [], []
        for place, id_, level, *cells in page:
            new, fields = _merged(cells[: len(names)], cells[len(names) :], named)
            verdicts.append((UNCHANGED if not fields else UPDATE if level == "draft" else REQUEST, place))
            if fields:
                merged.append((place, *new))
                changed += [
                    (id_, one, json.dumps(old), json.dumps(now)) for one, (old, now) in fields.items()
                ]
        staged.db.executemany("UPDATE item_row SET verdict = ? WHERE rowid = ?", verdicts)
        staged.add("item_merged", ("place", *names), merged)
        staged.add("item_change", ("id", "field", "old", "new"), changed)


def _merged(
    new: list[Any], old: list[Any], named: Sequence[str]
) -> tuple[list[Any], dict[str, tuple[Any, Any]]]:
    """The row as it will be, and the fields that change."""
    merged: list[Any] = []
    fields: dict[str, tuple[Any, Any]] = {}
    for name, now, was in zip(FIELDS, new, old, strict=False):
        was = was or ("[]" if name == "points" else "")
        keep = now is None or (name in KEEP_WHEN_EMPTY and not now) or (name == "owner" and now[0] == LEAD)
        merged.append(was if keep else now)
        if merged[-1] != was and (name != "points" or json.loads(merged[-1]) != json.loads(was)):
            points = name == "points"
            fields[name] = (json.loads(was), json.loads(merged[-1])) if points else (was, merged[-1])
    given, known = json.loads(new[-1]), json.loads(old[-1] or "{}")
    whole = {name: fact for name, fact in {**known, **given}.items() if name in given or name not in named}
    for name in named:
        if known.get(name) != whole.get(name):
            fields[name] = (known.get(name), whole.get(name))
    return [*merged, json.dumps(whole, ensure_ascii=False, sort_keys=True)], fields


def _complete_new(staged: Staging, known: References, problems: Problems) -> None:
    """Note new items nobody would own, and ids that were used before."""
    for line, id_, group in staged.ask(
        "SELECT line, id, grp FROM item_new WHERE verdict = ? AND COALESCE(owner, '') = '' ORDER BY line",
        CREATE,
    ):
        why = f"its group '{group}' has no active lead" if group else "it has no group whose lead could be"
        problems.add(line, "owner", f"{id_} is new and names no owner, and {why}.")
    for spent in known.spent:
        for line, id_ in staged.ask(
            "SELECT line, id FROM item_row WHERE verdict = ? AND id = ?", CREATE, spent
        ):
            problems.add(line, "id", f"'{id_}' was used before; ids are never used twice.")


def _check_characteristics(staged: Staging, known: References, problems: Problems) -> None:
    """Check characteristics against the schema of each type that asks for more than text."""
    check = known.characteristic_problems
    if check is None:
        return
    for one in known.types.values():
        if all_text(one):
            continue
        fits = sure(one)
        for line, facts in staged.ask("SELECT line, facts FROM item_final WHERE type = ?", one.id):
            given = json.loads(facts)
            if not fits(given):
                for reason in check(one.id, given):
                    problems.add(line, "", reason)


def _check_unique(staged: Staging, known: References, problems: Problems) -> None:
    """Note rows that share a characteristic their type declares unique, with each other or others."""
    for one in known.types.values():
        for name in one.unique:
            _check_one_unique(staged, one, name, known.types, problems)


def _check_one_unique(
    staged: Staging, one: ItemType, name: str, types: Mapping[str, ItemType], problems: Problems
) -> None:
    if one.parent in types and name in types[one.parent].unique:
        return  # the parent's check covers its children
    family = [id_ for id_ in types if _below(id_, one.id, types)]
    marks = ",".join("?" * len(family))
    path = f'$."{name}"'
    staged.run("CREATE TEMP TABLE taken AS SELECT id, line, json_extract(facts, ?) AS fact FROM item_final"
               f" WHERE type IN ({marks})", path, *family)  # fmt: skip
    staged.run("INSERT INTO taken SELECT id, 0, json_extract(facts, ?) FROM item_have h"
               f" WHERE type IN ({marks}) AND NOT EXISTS (SELECT 1 FROM item_row r WHERE r.id = h.id"
               " AND r.verdict <> 'unchanged')", path, *family)  # fmt: skip
    staged.run("CREATE INDEX taken_fact ON taken (fact)")
    for line, id_, fact, other in staged.ask(
        "SELECT t.line, t.id, t.fact, MIN(o.id) FROM taken t JOIN taken o ON o.fact = t.fact AND o.id <> t.id"
        " WHERE t.line > 0 AND t.fact IS NOT NULL GROUP BY t.line, t.id ORDER BY t.line"
    ):
        problems.add(line, name, f"{id_} and {other} both have '{fact}'; of a {one.id} it is unique.")
    staged.run("DROP TABLE taken")


def _below(id_: str, above: str, types: Mapping[str, ItemType]) -> bool:
    seen: set[str] = set()
    while id_ in types and id_ not in seen:
        if id_ == above:
            return True
        seen.add(id_)
        id_ = types[id_].parent
    return False
