"""What makes the two stores show or do something else than their records say, without touching one.

    in_database(uow) -> sentences      triggers, views and rules that this program did not make
    in_library(path) -> sentences      grafts, borrowed objects, refs that are hidden from clones

Records can all be right while a trigger alters the next row that is written, or a clone is shown a
shorter history. Reads only. Source: rules.md 7, Verify; 8.
"""

import re
from pathlib import Path
from typing import NamedTuple

from cmdb import codec, search
from cmdb.model import shown
from cmdb.store import UnitOfWork

_HIDING = re.compile(r"^\s*(hiderefs|hidden|namespace)\s*=", re.IGNORECASE | re.MULTILINE)
_ELSEWHERE = re.compile(r"^\s*\[\s*include", re.IGNORECASE | re.MULTILINE)
CONFIG_LIMIT = 1 << 20  # bytes; the configuration of a vault has some hundred


class Disguise(NamedTuple):
    """One of them: what it is, the sentence for a manager and the line for an engineer."""

    kind: str
    id: str
    why: str
    detail: str


def in_database(uow: UnitOfWork) -> list[Disguise]:
    """What a database has beside tables and indexes that alters or hides rows; none in a site of ours."""
    if uow.dialect == "sqlite":
        found = [
            (str(kind), str(name), " ".join(str(sql).replace('"', "").split()))
            for kind, name, sql in uow.rows(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
            )
        ]
        own = {" ".join(sql.split()) for sql in search.SCHEMA["sqlite"]}
        found = [one for one in found if one[2] not in own]
    else:
        found = [(str(kind), str(name), str(on)) for kind, name, on in uow.rows(_POSTGRESQL)]
    tables = {table.name for table in codec.registered()}
    return [
        Disguise(
            kind,
            shown(name),
            f"The database has a {kind} '{shown(name)}' that this program did not make:"
            " it can alter or hide what is written.",
            f"{shown(sql, 200)}; find out who made it, then 'DROP {kind.upper()}' takes it away",
        )
        for kind, name, sql in found
        if uow.dialect == "sqlite" or kind != "view" or name in tables
    ]


# A team may have views of its own for its reports; one under the name of a table of ours hides it.
_POSTGRESQL = """
SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND n.nspname = current_schema()
UNION ALL SELECT 'rule', rulename, tablename FROM pg_rules WHERE schemaname = current_schema()
UNION ALL SELECT 'policy', policyname, tablename FROM pg_policies WHERE schemaname = current_schema()
UNION ALL SELECT 'view', viewname, viewname FROM pg_views WHERE schemaname = current_schema()
ORDER BY 2
"""


def in_library(path: Path) -> list[Disguise]:
    """What of a vault shows git, or whoever clones it, something else than its own objects and refs."""
    found = []
    for name, why in (
        ("info/grafts", "makes git show its history shorter or otherwise than it was signed"),
        ("objects/info/alternates", "borrows objects from elsewhere: where those go, its history goes"),
        ("objects/info/http-alternates", "borrows objects from elsewhere: where those go, its history goes"),
    ):
        file = path / name
        if file.is_file() and file.stat().st_size:
            found.append(
                Disguise("file", name, f"The library {why}.", f"{name} in library.git: take it away")
            )
    with (path / "config").open("rb") as config:
        said = config.read(CONFIG_LIMIT).decode("utf-8", "replace")
    for pattern, why in (
        (_HIDING, "hides a part of its history from whoever clones it"),
        (_ELSEWHERE, "takes settings from another file, which nobody looks at"),
    ):
        line = pattern.search(said)
        if line is not None:
            text = shown(line[0].strip())
            found.append(
                Disguise(
                    "config",
                    "config",
                    f"The configuration of the library {why}.",
                    f"'{text}' in library.git/config: find out who wrote it, then take it away",
                )
            )
    return found
