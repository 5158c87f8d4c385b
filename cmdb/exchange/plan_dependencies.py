"""Plan an import of dependencies: resolve both ends, hold the groups together, compare.

A dependency with an end that does not exist is dangling. Rows of one redundancy group agree on
strength and need; a row that leaves them empty agrees with the others, or with what is known.
Source: rules.md 2 and 11.
"""

from collections.abc import Iterator
from functools import lru_cache

from cmdb.bulk import Selection
from cmdb.exchange.dependency_rows import Dependencies
from cmdb.exchange.plan import (
    CREATE,
    KEPT_DANGLING,
    REQUEST,
    UNCHANGED,
    UPDATE,
    Dangling,
    Plan,
    verdict_counts,
)
from cmdb.exchange.rows import References
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import EDGES, FIRST_EDGES, Staging
from cmdb.model import needed

_ENDS = (
    "LEFT JOIN known s ON typeof(r.source) = 'integer' AND s.key = r.source"
    " LEFT JOIN known t ON typeof(r.target) = 'integer' AND t.key = r.target"
)
_RESOLVED = "typeof(r.source) = 'integer' AND typeof(r.target) = 'integer'"
# "a connects to b" also says that b connects to a, unless the file says so itself.
_ONE_WAY = (
    "AND m.kind = ? AND NOT EXISTS (SELECT 1 FROM {0} b WHERE b.source = r.target"
    " AND b.target = r.source AND b.kind = m.kind)"
)
_BAD = "SELECT line, line, source, target, kind FROM edge_bad"


def plan(staged: Staging, blocks: Iterator[Dependencies], known: References, problems: Problems) -> Plan:
    """Compare the rows of a file with the dependencies that exist.

    `known` holds every item, `idle` the keys of those that do not serve, `edge_have` and `group_have`
    the dependencies and redundancy groups that exist.
    """
    dangles = _load(staged, blocks, known)
    have = bool(staged.one("SELECT EXISTS (SELECT 1 FROM edge_have)"))
    controlled = bool(staged.one("SELECT EXISTS (SELECT 1 FROM known WHERE level <> 'draft')"))
    rows = "1"
    if dangles:
        _set_dangling_apart(staged)
        rows = _RESOLVED
    if have or controlled:
        staged.lay_out(EDGES)
        _fill(staged, known, problems, rows, have=have)
        repeated = True
    else:
        staged.lay_out(FIRST_EDGES)
        repeated = _fill_first(staged, known, problems, rows)
    _settle_groups(staged, problems, have=have, repeated=repeated)
    if have:
        _compare(staged)
    if controlled:
        staged.run(
            "UPDATE edge SET verdict = 'request' WHERE verdict IN ('create', 'update') AND"
            " (SELECT level <> 'draft' FROM known WHERE key = edge.source)"
        )
    _check_rules(staged, known, problems)
    counts = verdict_counts(staged, "edge")
    return Plan(
        kind="dependencies",
        file=problems.file,
        create=counts.get(CREATE, 0),
        update=counts.get(UPDATE, 0),
        unchanged=counts.get(UNCHANGED, 0),
        request=counts.get(REQUEST, 0),
        missing=_missing(staged) if have else 0,
        dangling=tuple(_dangling(staged)),
        dangling_total=staged.one("SELECT COUNT(*) FROM dangling_row"),
        errors=problems.in_order(),
        error_total=problems.total,
    )


def labels_with(staged: Staging, verdict: str) -> Iterator[str]:
    """`source -> target (kind)` of the rows with a verdict."""
    return (
        f"{source} -> {target} ({kind})"
        for source, target, kind in staged.ask(
            "SELECT s.id, t.id, k.id FROM edge e JOIN kind k ON k.key = e.kind"
            " JOIN known s ON s.key = e.source JOIN known t ON t.key = e.target"
            " WHERE e.verdict = ? ORDER BY s.id, t.id, k.id",
            verdict,
        )
    )


def missing_labels(staged: Staging) -> Iterator[str]:
    """`source -> target (kind)` of what exists but is not in the file."""
    return (
        f"{source} -> {target} ({kind})"
        for source, target, kind in staged.ask(
            "SELECT s.id, t.id, k.id FROM edge_have h JOIN kind k ON k.key = h.kind"
            " JOIN known s ON s.key = h.source JOIN known t ON t.key = h.target"
            " WHERE NOT EXISTS (SELECT 1 FROM edge e WHERE e.source = h.source AND e.target = h.target"
            " AND e.kind = h.kind) ORDER BY s.id, t.id, k.id"
        )
    )


def proposed(staged: Staging) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Rows whose source is under control: source, target, kind, strength, group, need as they would be."""
    return staged.ask(
        "SELECT s.id, t.id, k.id, COALESCE(g.strength, e.strength, 'hard'), COALESCE(e.grp, ''),"
        " COALESCE(g.need, '') FROM edge e JOIN kind k ON k.key = e.kind JOIN known s ON s.key = e.source"
        " JOIN known t ON t.key = e.target LEFT JOIN grouped g ON g.source = e.source AND g.name ="
        " e.grp WHERE e.verdict = ? ORDER BY s.id, t.id, k.id",
        REQUEST,
    )


def existing_requested(staged: Staging) -> Iterator[tuple[str, str, str]]:
    """(source, target, kind) of the rows of `proposed` that exist already, differently."""
    return staged.ask(
        "SELECT s.id, t.id, k.id FROM edge e JOIN kind k ON k.key = e.kind JOIN known s ON s.key = e.source"
        " JOIN known t ON t.key = e.target WHERE e.verdict = ? AND EXISTS (SELECT 1 FROM edge_have h"
        " WHERE h.source = e.source AND h.target = e.target AND h.kind = e.kind)",
        REQUEST,
    )


def final_groups(staged: Staging, verdict: str, *, after: int) -> Selection:
    """Redundancy groups to be created or updated, in source order, as the store keeps them: key, source
    key, name, need, hard, members and slack; new keys come after the key `after`."""
    known = "g.have IS NULL" if verdict == CREATE else "g.have IS NOT NULL"
    return staged.select(
        "COALESCE(g.have, :after + g.number), g.source, g.name, g.need, g.strength = 'hard', g.members,"
        " g.slack",
        f"grouped g WHERE {known} AND EXISTS (SELECT 1 FROM edge e WHERE e.source = g.source"
        " AND e.grp = g.name AND e.verdict IN ('create', 'update'))",
        "g.number",
        after=after,
    )


def final_rows(staged: Staging, verdict: str, *, after: int) -> Selection:
    """Rows as the store keeps them, in the order of its own key: source key, target key, kind key,
    hard, group key or None, slack of the group, and what the row passes on (0 nothing, 1 soft, 2 hard)."""
    return staged.select(
        "e.source, e.target, e.kind, COALESCE(g.strength, e.strength, 'hard') = 'hard',"
        " COALESCE(g.have, :after + g.number), g.slack,"
        " CASE WHEN NOT k.impact OR e.source IN (SELECT key FROM idle)"
        " OR (g.number IS NOT NULL AND e.target IN (SELECT key FROM idle)) THEN 0"
        " WHEN COALESCE(g.strength, e.strength, 'hard') = 'hard' THEN 2 ELSE 1 END",
        "edge e CROSS JOIN kind k ON k.key = e.kind"
        " LEFT JOIN grouped g ON g.source = e.source AND g.name = e.grp WHERE e.verdict = :verdict",
        "e.source, e.target, e.kind",
        verdict=verdict,
        after=after,
    )


def sources_to_settle(staged: Staging) -> Iterator[int]:
    """Sources whose groups must be derived again, because some of what they need existed before."""
    return (
        int(row[0])
        for row in staged.ask(
            "SELECT DISTINCT source FROM edge e WHERE verdict IN ('create', 'update')"
            " AND EXISTS (SELECT 1 FROM edge_have h WHERE h.source = e.source) ORDER BY source"
        )
    )


def listed_keys(staged: Staging) -> Selection:
    """(source key, target key, kind key) of every row the file lists: an import confirms them."""
    return staged.select("e.source, e.target, e.kind", "edge e WHERE 1", "e.source, e.target, e.kind")


def kept_dangling(staged: Staging) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Dangling rows as findings: source, target, kind, strength, group, need."""
    return staged.ask(
        "SELECT source, target, kind, COALESCE(NULLIF(strength, ''), 'hard'), COALESCE(grp, ''),"
        " COALESCE(need, '') FROM dangling_row ORDER BY line"
    )


def _load(staged: Staging, blocks: Iterator[Dependencies], known: References) -> bool:
    """Put the rows into `edge_row`; tell whether some end is no item."""
    staged.load("kind", 3, ((key, id_, impact) for id_, (key, impact) in known.kinds.items()))
    count, dangles = 0, False
    for block in blocks:
        staged.add("manner", ("key", "kind", "strength", "grp", "need"), block.manners)
        count += staged.add("edge_row", ("line", "source", "target", "manner"), block.good)
        staged.add("edge_bad", ("line", "source", "target", "kind"), block.bad)
        dangles |= block.dangles
        if staged.progress:
            staged.progress(count)
    return dangles


def _set_dangling_apart(staged: Staging) -> None:
    staged.run(
        "INSERT INTO dangling_row SELECT r.line, COALESCE(s.id, r.source), COALESCE(t.id, r.target),"
        " k.id, m.strength, m.grp, m.need, CASE WHEN s.id IS NULL AND t.id IS NULL"
        " THEN r.source || ', ' || r.target WHEN s.id IS NULL THEN r.source ELSE r.target END"
        f" FROM edge_row r JOIN manner m ON m.key = r.manner JOIN kind k ON k.key = m.kind {_ENDS}"
        f" WHERE NOT ({_RESOLVED}) ORDER BY r.rowid"
    )


def _fill(staged: Staging, known: References, problems: Problems, rows: str, *, have: bool) -> None:
    """Put the rows (a condition) in the order of the store's keys; what the file has no column for stays."""
    strength, group, old = "m.strength", "{2}", ""
    if have:
        strength, group = "COALESCE(NULLIF(m.strength, ''), h.strength)", "COALESCE({2}, g.name)"
        old = (
            " LEFT JOIN edge_have h ON h.source = {0} AND h.target = {1} AND h.kind = m.kind"
            " LEFT JOIN group_have g ON g.key = h.grp"
        )
    fill = (
        "INSERT INTO edge (source, target, kind, row, line, strength, grp, need) SELECT {0}, {1}, m.kind,"
        f" r.rowid, r.line, NULLIF({strength}, ''), NULLIF({group}, ''), {{3}} FROM edge_row r CROSS JOIN"
        f" manner m ON m.key = r.manner{old} WHERE {rows}"
    )
    there = fill.format("r.source", "r.target", "m.grp", "NULLIF(m.need, '')")
    staged.run(f"{there} ORDER BY 1, 2, 3, 4")
    _duplicates(staged, problems)
    for kind in known.both_ways & known.kinds.keys():
        back = fill.format("r.target", "r.source", "NULL", "NULL")
        staged.run(f"{back} {_ONE_WAY.format('edge')}", known.kinds[kind][0])


def _fill_first(staged: Staging, known: References, problems: Problems, rows: str) -> bool:
    """Do what `_fill` does where nothing is known; tell whether some pair is there more than once."""
    fill = (
        "INSERT INTO edge_first (source, target, kind, row, line, manner) SELECT {0}, {1}, m.kind, r.rowid,"
        " r.line, {2} FROM edge_row r CROSS JOIN manner m ON m.key = r.manner {3}"
        f" WHERE {rows}"
    )
    staged.run(f"{fill.format('r.source', 'r.target', 'r.manner', '')} ORDER BY 1, 2, 3, 4")
    repeated = bool(
        staged.one("SELECT EXISTS (SELECT 1 FROM edge_first GROUP BY source, target HAVING COUNT(*) > 1)")
    )
    if repeated or staged.one("SELECT EXISTS (SELECT 1 FROM edge_bad)"):
        _duplicates(staged, problems)
    for kind in known.both_ways & known.kinds.keys():
        # Back it is as hard as there, and in no group.
        last = staged.one("SELECT COALESCE(MAX(key), 0) FROM manner")
        staged.run(
            "INSERT INTO manner (kind, strength) SELECT DISTINCT kind, strength FROM manner WHERE kind = ?",
            known.kinds[kind][0],
        )
        bare = f"CROSS JOIN manner n ON n.key > {last} AND n.strength IS m.strength"
        back = fill.format("r.target", "r.source", "n.key", bare)
        staged.run(f"{back} {_ONE_WAY.format('edge_first')}", known.kinds[kind][0])
    return repeated


def _duplicates(staged: Staging, problems: Problems) -> None:
    """Note dependencies that are in the file more than once, whether or not the rows are good otherwise."""
    rows = "SELECT row AS place, line, source, target, kind FROM edge"
    if staged.one("SELECT EXISTS (SELECT 1 FROM edge_bad)"):
        rows = f"SELECT line AS place, line, source, target, kind FROM edge UNION ALL {_BAD}"
    for line, source, target, kind, first in staged.ask(
        f"SELECT r.line, COALESCE(s.id, r.source), COALESCE(t.id, r.target), COALESCE(k.id, r.kind), f.line"
        f" FROM (SELECT source, target, kind, MIN(place) AS place, line FROM ({rows})"
        f" GROUP BY source, target, kind HAVING COUNT(*) > 1) f JOIN ({rows}) r ON r.source = f.source"
        f" AND r.target = f.target AND r.kind = f.kind {_ENDS}"
        " LEFT JOIN kind k ON typeof(r.kind) = 'integer' AND k.key = r.kind"
        " WHERE r.place > f.place ORDER BY r.line"
    ):
        problems.add(
            line, "", f"'{source} -> {target} ({kind})' is in the file twice; the first is in line {first:,}."
        )


def _settle_groups(staged: Staging, problems: Problems, *, have: bool, repeated: bool) -> None:
    """Let the rows of each group agree, and fill in what they leave out; count who can stand in.

    Where a pair is `repeated`, the same item may be needed in several kinds within one group, and is
    one member of it.
    """
    several = repeated and staged.one(
        "SELECT EXISTS (SELECT 1 FROM edge WHERE grp IS NOT NULL GROUP BY source, target"
        " HAVING MIN(kind) < MAX(kind))"
    )
    member = "CASE WHEN k.impact AND e.target NOT IN (SELECT key FROM idle) THEN e.target END"
    need, strength, old = "MAX(e.need), '1'", "MAX(e.strength), 'hard'", ""
    if have:
        need, strength = "MAX(e.need), MAX(h.need), '1'", "MAX(e.strength), MAX(h.strength), 'hard'"
        old = " LEFT JOIN group_have h ON h.source = e.source AND h.name = e.grp"
    staged.run(
        "CREATE TEMP TABLE summed AS SELECT e.source, e.grp AS name, COALESCE(" + need + ") AS need,"
        f" COALESCE({strength}) AS strength, COUNT({'DISTINCT ' if several else ''}{member}) AS members,"
        f" {'MAX(h.key)' if have else 'NULL'} AS have, MIN(e.need) < MAX(e.need) AS needs,"
        " MIN(e.strength) < MAX(e.strength) AS strengths FROM edge e CROSS JOIN kind k ON k.key = e.kind"
        f"{old} WHERE e.grp IS NOT NULL GROUP BY e.source, e.grp"
    )
    for column, doubt in (("need", "needs"), ("strength", "strengths")):
        _disagreements(staged, column, doubt, problems)
    slack = lru_cache(lambda need, members: max(0, members - needed(need, members)))
    staged.db.create_function("slack", 2, slack, deterministic=True)
    staged.run(
        "INSERT INTO grouped (source, name, need, strength, members, slack, have) SELECT source, name, need,"
        " strength, members, slack(need, members), have FROM summed ORDER BY source, name"
    )


def _disagreements(staged: Staging, column: str, doubt: str, problems: Problems) -> None:
    for source, group in list(staged.ask(f"SELECT source, name FROM summed WHERE {doubt}")):
        rows = list(
            staged.ask(
                f"SELECT e.line, k.id, e.{column}, s.id FROM edge e JOIN known k ON k.key = e.target"
                " JOIN known s ON s.key = e.source WHERE e.source = ? AND e.grp = ?"
                f" AND e.{column} IS NOT NULL ORDER BY e.line",
                source,
                group,
            )
        )
        first, target, content, name = rows[0]
        for line, other, differs, _ in rows[1:]:
            if differs != content:
                problems.add(
                    line,
                    column,
                    f"the group '{group}' of {name} disagrees: {other} says {differs}, {target} in line"
                    f" {first:,} says {content}.",
                )


def _compare(staged: Staging) -> None:
    staged.run(
        "UPDATE edge SET verdict = CASE WHEN f.same THEN 'unchanged' ELSE 'update' END FROM"
        " (SELECT e.source, e.target, e.kind, COALESCE(o.name, '') = COALESCE(e.grp, '')"
        " AND h.strength = COALESCE(g.strength, e.strength, 'hard')"
        " AND COALESCE(o.need, '') = COALESCE(g.need, '') AS same FROM edge e CROSS JOIN edge_have h"
        " ON h.source = e.source AND h.target = e.target AND h.kind = e.kind"
        " LEFT JOIN group_have o ON o.key = h.grp"
        " LEFT JOIN grouped g ON g.source = e.source AND g.name = e.grp) f"
        " WHERE edge.source = f.source AND edge.target = f.target AND edge.kind = f.kind"
    )


def _check_rules(staged: Staging, known: References, problems: Problems) -> None:
    """Note kinds a type does not allow, or not so often."""
    for one in known.types.values():
        if not one.kinds:
            continue
        allowed = {rule.kind for rule in one.kinds}
        marks = ",".join("?" * len(allowed))
        for line, source, kind in staged.ask(
            "SELECT e.line, s.id, k.id FROM known s JOIN edge e ON e.source = s.key JOIN kind k"
            f" ON k.key = e.kind WHERE s.type = ? AND k.id NOT IN ({marks}) ORDER BY e.line",
            one.id,
            *sorted(allowed),
        ):
            problems.add(
                line,
                "kind",
                f"{source} is a {one.id}, which allows {', '.join(sorted(allowed))}, not '{kind}'.",
            )
        for rule in one.kinds:
            if rule.maximum and rule.kind in known.kinds:
                _check_maximum(staged, one.id, rule.kind, known.kinds[rule.kind][0], rule.maximum, problems)


def _check_maximum(
    staged: Staging, type_: str, kind: str, key: int, maximum: int, problems: Problems
) -> None:
    for line, source, count in staged.ask(
        "SELECT MAX(e.line), s.id, COUNT(*) + (SELECT COUNT(*) FROM edge_have h WHERE h.source = s.key"
        " AND h.kind = ?1 AND NOT EXISTS (SELECT 1 FROM edge x WHERE x.source = h.source"
        " AND x.target = h.target AND x.kind = h.kind)) AS together FROM known s JOIN edge e ON"
        " e.source = s.key"
        " WHERE s.type = ?2 AND e.kind = ?1 GROUP BY s.key HAVING together > ?3 ORDER BY 1",
        key,
        type_,
        maximum,
    ):
        problems.add(line, "kind", f"{source} would have {count} of '{kind}'; a {type_} may have {maximum}.")


def _missing(staged: Staging) -> int:
    return int(
        staged.one(
            "SELECT COUNT(*) FROM edge_have h WHERE NOT EXISTS (SELECT 1 FROM edge e"
            " WHERE e.source = h.source AND e.target = h.target AND e.kind = h.kind)"
        )
    )


def _dangling(staged: Staging) -> Iterator[Dangling]:
    for line, source, target, kind, missing in staged.ask(
        f"SELECT line, source, target, kind, missing FROM dangling_row ORDER BY line LIMIT {KEPT_DANGLING}"
    ):
        yield Dangling(line=line, source=source, target=target, kind=kind, missing=missing)
