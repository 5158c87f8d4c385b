"""The search index over items: what the store lays out beside the tables, and how it is rebuilt.

Three letters and more are found anywhere in the id or the name, whatever their case (trigrams);
one or two letters only at the beginning (ordinary indexes). Triggers keep SQLite's index right;
PostgreSQL keeps its own. The partial indexes serve the questions of impact. SQL text only, and
the words of a query: nothing here opens a database. Source: speed.md, Algorithms and layouts.
"""

LIMIT = 500  # more matches than this nobody reads; ranking happens on what was fetched
CANDIDATES = 5_000
AFTER_ALL = "\U0010ffff"  # sorts after every letter
_FOUND = "SELECT i.key, i.id, i.name FROM"

_SQLITE_TRIGGERS = (
    (
        "CREATE TRIGGER item_search_added AFTER INSERT ON item BEGIN"
        " INSERT INTO item_search (rowid, id, name) VALUES (new.key, new.id, new.name); END"
    ),
    (
        "CREATE TRIGGER item_search_removed AFTER DELETE ON item BEGIN"
        " INSERT INTO item_search (item_search, rowid, id, name)"
        " VALUES ('delete', old.key, old.id, old.name); END"
    ),
    (
        "CREATE TRIGGER item_search_changed AFTER UPDATE OF key, id, name ON item BEGIN"
        " INSERT INTO item_search (item_search, rowid, id, name)"
        " VALUES ('delete', old.key, old.id, old.name);"
        " INSERT INTO item_search (rowid, id, name) VALUES (new.key, new.id, new.name); END"
    ),
)
_SQLITE_INDEXES = (
    "CREATE INDEX item_by_name ON item (name COLLATE NOCASE, id)",
    "CREATE INDEX item_service ON item (id) WHERE service",
    "CREATE INDEX item_idle ON item (key) WHERE NOT serves",
    "CREATE INDEX redundancy_group_without_slack ON redundancy_group (source) WHERE slack = 0",
)
_POSTGRESQL_INDEXES = (
    "CREATE INDEX item_search ON item USING gin (id gin_trgm_ops, name gin_trgm_ops)",
    "CREATE INDEX item_by_id_prefix ON item (id text_pattern_ops)",
    "CREATE INDEX item_by_name ON item (lower(name) text_pattern_ops, id)",
    "CREATE INDEX item_service ON item (id) WHERE service",
    "CREATE INDEX item_idle ON item (key) WHERE NOT serves",
    "CREATE INDEX redundancy_group_without_slack ON redundancy_group (source) WHERE slack = 0",
)

# What the store runs once, after the tables stand and are empty.
SCHEMA: dict[str, tuple[str, ...]] = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE item_search USING fts5 (id, name, content='item', content_rowid='key',"
            " tokenize='trigram', detail='none')"
        ),
        *_SQLITE_TRIGGERS,
        *_SQLITE_INDEXES,
    ),
    "postgresql": ("CREATE EXTENSION IF NOT EXISTS pg_trgm", *_POSTGRESQL_INDEXES),
}

# Before and after a bulk load, in the loading transaction: the index is built once, not row by row.
SUSPEND: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "DROP TRIGGER item_search_added",
        "DROP TRIGGER item_search_removed",
        "DROP TRIGGER item_search_changed",
        "DROP INDEX item_by_name",
        "DROP INDEX item_service",
        "DROP INDEX item_idle",
        "DROP INDEX redundancy_group_without_slack",
    ),
    "postgresql": (
        "DROP INDEX item_search",
        "DROP INDEX item_by_id_prefix",
        "DROP INDEX item_by_name",
        "DROP INDEX item_service",
        "DROP INDEX item_idle",
        "DROP INDEX redundancy_group_without_slack",
    ),
}
REBUILD: dict[str, tuple[str, ...]] = {
    "sqlite": (
        # Gathered in 32 MB of memory the index is written once; by its usual 1 MB, many times over.
        "INSERT INTO item_search (item_search, rank) VALUES ('hashsize', 33554432)",
        "INSERT INTO item_search (item_search) VALUES ('rebuild')",
        "INSERT INTO item_search (item_search, rank) VALUES ('hashsize', 1048576)",
        *_SQLITE_TRIGGERS,
        *_SQLITE_INDEXES,
    ),
    "postgresql": _POSTGRESQL_INDEXES,
}


def words(text: str) -> tuple[str, ...]:
    """The words of a query, in small letters. Every word has to be found."""
    return tuple(text.lower().split())


def questions(
    dialect: str, wanted: tuple[str, ...], clause: str, parameters: list[str]
) -> list[tuple[str, list[str]]]:
    """Statements that give (key, id, name) of items that may match, to be compared with `holds`.

    `clause` restricts item `i` further, with its parameters. Each statement looks at no more than
    5,000 candidates, so that a common word stays quick.
    """
    long = [word for word in wanted if len(word) >= 3]
    tail = f" AND {clause} LIMIT {CANDIDATES}"
    if dialect == "sqlite":
        if long:
            start = f"{_FOUND} item_search CROSS JOIN item i ON i.key = item_search.rowid"
            asked = [(f"{start} WHERE item_search MATCH ?", [" AND ".join(map(trigrams, long))])]
        else:
            ends = [wanted[0], wanted[0] + AFTER_ALL]
            asked = [
                (f"{_FOUND} item i WHERE i.id >= ? AND i.id < ?", ends),
                (f"{_FOUND} item i WHERE i.name >= ? COLLATE NOCASE AND i.name < ? COLLATE NOCASE", ends),
            ]
    elif long:
        inside = " AND ".join(["(i.id ILIKE ? OR i.name ILIKE ?)"] * len(long))
        patterns = [f"%{_literal(word)}%" for word in long for _column in ("id", "name")]
        asked = [(f"{_FOUND} item i WHERE {inside}", patterns)]
    else:
        pattern = [_literal(wanted[0]) + "%"]
        asked = [
            (f"{_FOUND} item i WHERE i.id LIKE ?", pattern),
            (f"{_FOUND} item i WHERE lower(i.name) LIKE ?", pattern),
        ]
    return [(sql + tail, [*own, *parameters]) for sql, own in asked]


def begins(dialect: str, column: str, prefix: str) -> tuple[str, list[str]]:
    """The condition that an id column begins so, answered by an index, with its parameters."""
    if dialect == "sqlite":
        return f"{column} >= ? AND {column} < ?", [prefix, prefix + AFTER_ALL]
    return f"{column} LIKE ?", [_literal(prefix) + "%"]


def trigrams(word: str) -> str:
    """The full-text question for items that hold every three letters of `word`, of three or more.

    They need not stand together: what this finds is compared with the whole word afterwards.
    """
    parts = dict.fromkeys(word[start : start + 3] for start in range(len(word) - 2))
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)


def holds(wanted: tuple[str, ...], item: str, name: str) -> bool:
    """Whether every word is there: long ones anywhere, short ones where the id or a word begins."""
    low = name.lower()
    starts = (item, *low.split())
    return all(
        word in item or word in low if len(word) >= 3 else any(start.startswith(word) for start in starts)
        for word in wanted
    )


def rank(wanted: tuple[str, ...], item: str, name: str) -> tuple[int, int, str]:
    """Order matches: the very id, ids that begin so, names that begin so, words inside; short first."""
    first, low = wanted[0], name.lower()
    if item == first:
        place = 0
    elif item.startswith(first):
        place = 1
    elif low.startswith(first):
        place = 2
    elif any(word.startswith(first) for word in low.split()):
        place = 3
    else:
        place = 4
    return place, len(item), item


def _literal(word: str) -> str:
    """The word as a pattern. Not every locale folds letters beyond ASCII: those stand for any letter."""
    plain = "".join(letter if letter.isascii() else "\0" for letter in word)
    return _escaped(plain).replace("\0", "_")


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
