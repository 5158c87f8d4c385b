"""Whether library and database are at the same commit: a look at two small things, without git.

For acts that write to the database alone. Whoever opens the library settles it, and knows more.
Source: rules.md 8, Main ahead of the newest row.
"""

from pathlib import Path

from cmdb.errors import Refused
from cmdb.store import UnitOfWork

MAIN = "refs/heads/main"


def refuse_apart(uow: UnitOfWork, library: Path) -> None:
    """Raise Refused when main is neither at the newest commit of the rows nor one unsettled step before.

    Then an older copy of one of them was put back, and what is written now would be lost or wrong.
    """
    main = main_of(library)  # first: a commit that lands in between leaves it at the newest row's parent
    rows = uow.rows("SELECT commit_id, parent FROM library_commit ORDER BY sequence DESC LIMIT 1")
    if rows and main not in rows[0]:
        raise Refused(
            "The library and the database are not at the same commit: one is an older copy, or a copy beside"
            " the one that others write to.",
            "Write nothing; 'cmdb doctor' says which one it is and what to do.",
        )


def main_of(library: Path) -> str:
    """The commit main is at, as git keeps it in a bare repository; empty when there is none."""
    loose, packed = library / MAIN, library / "packed-refs"
    if loose.is_file():
        return loose.read_text("ascii").strip()
    if packed.is_file():
        for line in packed.read_text("utf-8").splitlines():
            oid, _, name = line.partition(" ")
            if name == MAIN:
                return oid
    return ""
