"""Plan an import of dependencies: resolve both ends, hold the groups together, compare.

A dependency with an end that does not exist is dangling. Rows of one redundancy group agree on
strength and need; a row that leaves them empty agrees with the others, or with what is known.
Source: rules.md 2 and 11.
"""

from collections.abc import Iterable, Iterator
from typing import Any

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
from cmdb.exchange.rows import DependencyLine, References
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import Staging
from cmdb.model import needed

USUAL_KIND = "uses"


def plan(
    staged: Staging,
    lines: Iterator[DependencyLine],
    item_keys: Iterable[tuple[Any, ...]],
    current: Iterable[tuple[Any, ...]],
    known: References,
    problems: Problems,
) -> Plan:
    """Compare the rows of a file with the dependencies that exist.

    `item_keys` gives (id, key, type, level, serves) of every item; `current` gives (source key,
    target key, kind, strength, group, need) of every dependency; both in any order.
    """
    staged.load("known", 5, item_keys)
    staged.load("edge_row", 7, lines)
    staged.load("kind", 3, ((id_, key, impact) for id_, (key, impact) in known.kinds.items()))
    have = staged.load("edge_have", 6, current)
    _resolve(staged, known, problems)
    _settle_groups(staged, problems, have=bool(have))
    if have:
        _compare(staged)
    _check_rules(staged, known, problems)
    counts = verdict_counts(staged, "edge")
    dangling_total = staged.one("SELECT COUNT(*) FROM dangling")
    return Plan(
        kind="dependencies",
        file=problems.file,
        create=counts.get(CREATE, 0),
        update=counts.get(UPDATE, 0),
        unchanged=counts.get(UNCHANGED, 0),
        request=counts.get(REQUEST, 0),
        missing=_missing(staged) if have else 0,
        dangling=tuple(_dangling(staged)),
        dangling_total=dangling_total,
        errors=tuple(problems.kept),
        error_total=problems.total,
    )


def labels_with(staged: Staging, verdict: str) -> Iterator[str]:
    """`source -> target (kind)` of the rows with a verdict."""
    return (
        f"{source} -> {target} ({kind})"
        for source, target, kind in staged.ask(
            "SELECT s.id, t.id, e.kind FROM edge e JOIN item_key s ON s.key = e.source JOIN item_key t"
            " ON t.key = e.target WHERE e.verdict = ? ORDER BY s.id, t.id, e.kind",
            verdict,
        )
    )


def missing_labels(staged: Staging) -> Iterator[str]:
    """`source -> target (kind)` of what exists but is not in the file."""
    return (
        f"{source} -> {target} ({kind})"
        for source, target, kind in staged.ask(
            "SELECT s.id, t.id, h.kind FROM edge_have h JOIN item_key s ON s.key = h.source JOIN item_key t"
            " ON t.key = h.target WHERE NOT EXISTS (SELECT 1 FROM edge e WHERE e.source = h.source"
            " AND e.target = h.target AND e.kind = h.kind) ORDER BY s.id, t.id, h.kind"
        )
    )


def proposed(staged: Staging) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Rows whose source is under control: source, target, kind, strength, group, need as they would be."""
    return staged.ask(
        "SELECT s.id, t.id, e.kind, COALESCE(g.strength, e.strength), COALESCE(e.grp, ''),"
        " COALESCE(g.need, '') FROM edge e JOIN item_key s ON s.key = e.source"
        " JOIN item_key t ON t.key = e.target LEFT JOIN grouped g ON g.source = e.source AND g.name ="
        " e.grp WHERE e.verdict = ? ORDER BY s.id, t.id, e.kind",
        REQUEST,
    )


def existing_requested(staged: Staging) -> Iterator[tuple[str, str, str]]:
    """(source, target, kind) of the rows of `proposed` that exist already, differently."""
    return staged.ask(
        "SELECT s.id, t.id, e.kind FROM edge e JOIN item_key s ON s.key = e.source"
        " JOIN item_key t ON t.key = e.target WHERE e.verdict = ? AND EXISTS (SELECT 1 FROM edge_have h"
        " WHERE h.source = e.source AND h.target = e.target AND h.kind = e.kind)",
        REQUEST,
    )


def final_groups(staged: Staging) -> Iterator[tuple[int, str, str, bool, int, int]]:
    """Redundancy groups of rows to be written, in source order: source key, name, need, hard, members
    and slack; the last two are right where no dependency existed before, else to be derived."""
    return staged.ask(
        "SELECT g.source, g.name, g.need, g.strength = 'hard', g.members, g.slack FROM grouped g"
        " WHERE EXISTS (SELECT 1 FROM edge e WHERE e.source = g.source AND e.grp = g.name"
        " AND e.verdict IN ('create', 'update')) ORDER BY g.source, g.name"
    )


def note_group_keys(staged: Staging, keys: Iterable[tuple[int, int, str]]) -> None:
    """Remember the store's key of each group, given as (key, source key, name)."""
    staged.run("CREATE TABLE group_key (key INTEGER, source INTEGER, name TEXT, PRIMARY KEY (source, name))")
    staged.load("group_key", 3, keys)


def final_rows(staged: Staging, verdict: str) -> Iterator[tuple[Any, ...]]:
    """Rows as the store keeps them, in the order of its own key: source key, target key, kind key,
    hard, group key or None, slack of the group, and what the row passes on (0 nothing, 1 soft, 2 hard)."""
    return staged.ask(
        "SELECT e.source, e.target, d.key, COALESCE(g.strength, e.strength) = 'hard', k.key, g.slack,"
        " CASE WHEN NOT d.impact OR NOT s.serves OR (k.key IS NOT NULL AND NOT t.serves) THEN 0"
        " WHEN COALESCE(g.strength, e.strength) = 'hard' THEN 2 ELSE 1 END"
        " FROM edge e JOIN kind d ON d.id = e.kind JOIN item_key s ON s.key = e.source"
        " JOIN item_key t ON t.key = e.target LEFT JOIN grouped g ON g.source = e.source AND g.name = e.grp"
        " LEFT JOIN group_key k ON k.source = e.source AND k.name = e.grp"
        " WHERE e.verdict = ? ORDER BY e.source, e.target, e.kind",
        verdict,
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


def listed_keys(staged: Staging) -> Iterator[tuple[int, int, int]]:
    """(source key, target key, kind key) of every row the file lists: an import confirms them."""
    return staged.ask(
        "SELECT e.source, e.target, d.key FROM edge e JOIN kind d ON d.id = e.kind"
        " ORDER BY e.source, e.target, e.kind"
    )


def kept_dangling(staged: Staging) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Dangling rows as findings: source, target, kind, strength, group, need."""
    return staged.ask(
        "SELECT source, target, COALESCE(NULLIF(kind, ''), 'uses'), COALESCE(NULLIF(strength, ''), 'hard'),"
        " COALESCE(grp, ''), COALESCE(need, '') FROM dangling ORDER BY line"
    )


def _resolve(staged: Staging, known: References, problems: Problems) -> None:
    """Find both ends of every row; what has none is dangling."""
    staged.run(
        "CREATE TABLE item_key (key INTEGER PRIMARY KEY, id TEXT, type TEXT, level TEXT, serves INTEGER)"
    )
    staged.run("INSERT INTO item_key SELECT key, id, type, level, serves FROM known ORDER BY key")
    staged.run(
        "CREATE TABLE edge (line INTEGER, source INTEGER, target INTEGER, kind TEXT, strength TEXT, grp TEXT,"
        " need TEXT, verdict TEXT DEFAULT 'create')"
    )
    staged.run(
        "INSERT INTO edge (line, source, target, kind, strength, grp, need)"
        " SELECT r.line, s.key, t.key, COALESCE(NULLIF(r.kind, ''), ?), r.strength, r.grp, r.need"
        " FROM edge_row r LEFT JOIN known s ON s.id = r.source LEFT JOIN known t ON t.id = r.target"
        " ORDER BY s.key, t.key",
        USUAL_KIND,
    )
    staged.run(
        "CREATE TABLE dangling AS SELECT r.*, CASE WHEN e.source IS NULL AND e.target IS NULL THEN"
        " r.source || ', ' || r.target WHEN e.source IS NULL THEN r.source ELSE r.target END AS missing"
        " FROM edge e JOIN edge_row r ON r.line = e.line WHERE e.source IS NULL OR e.target IS NULL"
        if staged.one("SELECT EXISTS (SELECT 1 FROM edge WHERE source IS NULL OR target IS NULL)")
        else "CREATE TABLE dangling AS SELECT *, '' AS missing FROM edge_row WHERE 0"
    )
    staged.run("DELETE FROM edge WHERE source IS NULL OR target IS NULL")
    staged.run("CREATE INDEX edge_key ON edge (source, target, kind)")
    _duplicates(staged, problems)
    for kind in known.both_ways:
        # "a connects to b" also says that b connects to a, unless the file says so itself
        staged.run(
            "INSERT INTO edge (line, source, target, kind, strength, grp, need)"
            " SELECT e.line, e.target, e.source, e.kind, e.strength, NULL, NULL FROM edge e WHERE e.kind = ?"
            " AND NOT EXISTS (SELECT 1 FROM edge b WHERE b.source = e.target AND b.target = e.source"
            " AND b.kind = e.kind)",
            kind,
        )


def _duplicates(staged: Staging, problems: Problems) -> None:
    for line, source, target, kind, first in staged.ask(
        "SELECT e.line, s.id, t.id, e.kind, f.first"
        " FROM (SELECT source, target, kind, MIN(line) AS first FROM edge GROUP BY source, target, kind"
        " HAVING COUNT(*) > 1) f JOIN edge e ON e.source = f.source"
        " AND e.target = f.target AND e.kind = f.kind JOIN item_key s ON s.key = e.source"
        " JOIN item_key t ON t.key = e.target WHERE e.line > f.first ORDER BY e.line"
    ):
        problems.add(
            line, "", f"'{source} -> {target} ({kind})' is in the file twice; the first is in line {first:,}."
        )


def _settle_groups(staged: Staging, problems: Problems, *, have: bool) -> None:
    """Let the rows of each group agree, and fill in what they leave out."""
    if have:  # a file without these columns leaves them as they are
        staged.run(
            "UPDATE edge SET grp = COALESCE(grp, (SELECT h.grp FROM edge_have h WHERE h.source = edge.source"
            " AND h.target = edge.target AND h.kind = edge.kind)), strength = COALESCE(NULLIF(strength, ''),"
            " (SELECT h.strength FROM edge_have h WHERE h.source = edge.source AND h.target = edge.target"
            " AND h.kind = edge.kind))"
        )
    staged.run(
        "CREATE TABLE grouped (source INTEGER, name TEXT, need TEXT, strength TEXT, members INTEGER,"
        " slack INTEGER, PRIMARY KEY (source, name))"
    )
    for column in ("need", "strength"):
        _disagreements(staged, column, problems)
    known = "(SELECT h.{0} FROM edge_have h WHERE h.source = e.source AND h.grp = e.grp)" if have else "NULL"
    staged.run(
        "INSERT INTO grouped SELECT e.source, e.grp, COALESCE(MAX(NULLIF(e.need, '')), "
        + known.format("need")
        + ", '1'), COALESCE(MAX(NULLIF(e.strength, '')), "
        + known.format("strength")
        + ", 'hard'), 0, 0 FROM edge e WHERE COALESCE(e.grp, '') <> '' GROUP BY e.source, e.grp"
    )
    staged.run("UPDATE edge SET strength = 'hard' WHERE COALESCE(strength, '') = ''")
    _count_members(staged)
    staged.run("UPDATE edge SET grp = NULL WHERE grp = ''")


def _count_members(staged: Staging) -> None:
    """Count the distinct serving members of each group among the rows of the file, and the slack."""
    staged.db.create_function("slack", 2, lambda need, members: max(0, members - needed(need, members)))
    staged.run(
        "UPDATE grouped SET members = (SELECT COUNT(DISTINCT e.target) FROM edge e JOIN item_key t"
        " ON t.key = e.target WHERE e.source = grouped.source AND e.grp = grouped.name AND t.serves"
        " AND e.kind NOT IN (SELECT id FROM kind WHERE NOT impact))"
    )
    staged.run("UPDATE grouped SET slack = slack(need, members)")


def _disagreements(staged: Staging, column: str, problems: Problems) -> None:
    for source, group in list(
        staged.ask(
            f"SELECT source, grp FROM edge WHERE COALESCE(grp, '') <> '' AND COALESCE({column}, '') <> ''"
            f" GROUP BY source, grp HAVING COUNT(DISTINCT {column}) > 1"
        )
    ):
        rows = list(
            staged.ask(
                f"SELECT e.line, k.id, e.{column}, s.id FROM edge e JOIN item_key k ON k.key = e.target"
                f" JOIN item_key s ON s.key = e.source WHERE e.source = ? AND e.grp = ? AND"
                f" COALESCE(e.{column}, '') <> ''"
                " ORDER BY e.line",
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
        "UPDATE edge SET verdict = (SELECT CASE WHEN COALESCE(h.grp, '') = COALESCE(edge.grp, '')"
        " AND h.strength = COALESCE((SELECT g.strength FROM grouped g WHERE g.source = edge.source"
        " AND g.name = edge.grp), edge.strength)"
        " AND COALESCE(h.need, '') = COALESCE((SELECT g.need FROM grouped g WHERE g.source = edge.source"
        " AND g.name = edge.grp), '') THEN 'unchanged' ELSE 'update' END FROM edge_have h"
        " WHERE h.source = edge.source AND h.target = edge.target AND h.kind = edge.kind)"
        " WHERE EXISTS (SELECT 1 FROM edge_have h WHERE h.source = edge.source AND h.target = edge.target"
        " AND h.kind = edge.kind)"
    )


def _check_rules(staged: Staging, known: References, problems: Problems) -> None:
    """Mark rows of controlled sources; note kinds a type does not allow, or not so often."""
    if staged.one("SELECT EXISTS (SELECT 1 FROM item_key WHERE level <> 'draft')"):
        staged.run(
            "UPDATE edge SET verdict = 'request' WHERE verdict IN ('create', 'update') AND source IN"
            " (SELECT key FROM item_key WHERE level <> 'draft')"
        )
    for one in known.types.values():
        if not one.kinds:
            continue
        allowed = {rule.kind for rule in one.kinds}
        marks = ",".join("?" * len(allowed))
        for line, source, kind in staged.ask(
            "SELECT e.line, s.id, e.kind FROM item_key s JOIN edge e ON e.source = s.key WHERE s.type = ?"
            f" AND e.kind NOT IN ({marks}) ORDER BY e.line",
            one.id,
            *sorted(allowed),
        ):
            problems.add(
                line,
                "kind",
                f"{source} is a {one.id}, which allows {', '.join(sorted(allowed))}, not '{kind}'.",
            )
        for rule in one.kinds:
            if rule.maximum:
                _check_maximum(staged, one.id, rule.kind, rule.maximum, problems)


def _check_maximum(staged: Staging, type_: str, kind: str, maximum: int, problems: Problems) -> None:
    for line, source, count in staged.ask(
        "SELECT MAX(e.line), s.id, COUNT(*) + (SELECT COUNT(*) FROM edge_have h WHERE h.source = s.key"
        " AND h.kind = ? AND NOT EXISTS (SELECT 1 FROM edge x WHERE x.source = h.source"
        " AND x.target = h.target AND x.kind = h.kind)) AS together FROM item_key s JOIN edge e ON"
        " e.source = s.key"
        " WHERE s.type = ? AND e.kind = ? GROUP BY s.id HAVING together > ? ORDER BY 1",
        kind,
        type_,
        kind,
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
        "SELECT line, source, target, COALESCE(NULLIF(kind, ''), 'uses'), missing FROM dangling ORDER BY line"
        f" LIMIT {KEPT_DANGLING}"
    ):
        yield Dangling(line=line, source=source, target=target, kind=kind, missing=missing)
