"""What the two databases spell differently when the read path talks to them. Text only."""

import json
from collections.abc import Collection
from typing import Any, NamedTuple

CHANNEL = "cmdb_journal"  # where PostgreSQL tells that somebody wrote


class Dialect(NamedTuple):
    """One database's spelling.

    `keys` and `texts` stand between FROM and the table to join: they turn the one parameter that
    `array` makes into rows `wanted(value)`, in the order given. `begin` opens one snapshot.
    """

    name: str
    placeholder: str
    keys: str
    texts: str
    begin: str

    def array(self, values: Collection[Any]) -> Any:
        """Give whole numbers or ids as the one parameter behind `keys` or `texts`."""
        return list(values) if self.name == "postgresql" else json.dumps(list(values))

    def spoken(self, sql: str) -> str:
        """Write a statement with `?` placeholders the way the driver wants it."""
        if self.placeholder == "?":
            return sql
        return sql.replace("%", "%%").replace("?", self.placeholder)


SQLITE = Dialect(
    name="sqlite",
    placeholder="?",
    # CROSS JOIN: SQLite takes the tables in this order, so the rows of one key stand together.
    keys="json_each(?) AS wanted CROSS JOIN",
    texts="json_each(?) AS wanted CROSS JOIN",
    begin="BEGIN DEFERRED",
)
POSTGRESQL = Dialect(
    name="postgresql",
    placeholder="%s",
    keys="unnest(CAST(? AS bigint[])) AS wanted(value) JOIN",
    texts="unnest(CAST(? AS text[])) AS wanted(value) JOIN",
    begin="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
)
BY_NAME = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
