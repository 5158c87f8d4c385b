"""Version 1: the first layout, frozen. A later layout is another version."""

from alembic import op

from cmdb.migrations import v0001_baselines, v0001_ccb, v0001_cmdb, v0001_cmdb_promises, v0001_cmdb_work


def upgrade() -> None:
    """Lay out an empty database: tables, then the search index and what else is no table."""
    v0001_cmdb.upgrade()
    v0001_cmdb_work.upgrade()
    v0001_cmdb_promises.upgrade()
    v0001_ccb.upgrade()
    v0001_baselines.upgrade()
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


SEARCH: dict[str, tuple[str, ...]] = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE item_search USING fts5 (id, name, content='item', "
            "content_rowid='key', tokenize='trigram', detail='none')"
        ),
        (
            "CREATE TRIGGER item_search_added AFTER INSERT ON item BEGIN INSERT INTO item_search "
            "(rowid, id, name) VALUES (new.key, new.id, new.name); END"
        ),
        (
            "CREATE TRIGGER item_search_removed AFTER DELETE ON item BEGIN INSERT INTO item_search "
            "(item_search, rowid, id, name) VALUES ('delete', old.key, old.id, old.name); END"
        ),
        (
            "CREATE TRIGGER item_search_changed AFTER UPDATE OF key, id, name ON item BEGIN INSERT "
            "INTO item_search (item_search, rowid, id, name) VALUES ('delete', old.key, old.id, "
            "old.name); INSERT INTO item_search (rowid, id, name) VALUES (new.key, new.id, new.name);"
            " END"
        ),
        ("CREATE INDEX item_by_name ON item (name COLLATE NOCASE, id)"),
        ("CREATE INDEX item_service ON item (id) WHERE service"),
        ("CREATE INDEX item_idle ON item (key) WHERE NOT serves"),
        ("CREATE INDEX redundancy_group_without_slack ON redundancy_group (source) WHERE slack = 0"),
    ),
    "postgresql": (
        ("CREATE EXTENSION IF NOT EXISTS pg_trgm"),
        ("CREATE INDEX item_search ON item USING gin (id gin_trgm_ops, name gin_trgm_ops)"),
        ("CREATE INDEX item_by_id_prefix ON item (id text_pattern_ops)"),
        ("CREATE INDEX item_by_name ON item (lower(name) text_pattern_ops, id)"),
        ("CREATE INDEX item_service ON item (id) WHERE service"),
        ("CREATE INDEX item_idle ON item (key) WHERE NOT serves"),
        ("CREATE INDEX redundancy_group_without_slack ON redundancy_group (source) WHERE slack = 0"),
    ),
}
