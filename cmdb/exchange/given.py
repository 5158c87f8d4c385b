"""The file an import was given: its rows, its SHA-256, and when what it was planned to do may be done.

Every import plans first and writes later, so the plan names the file by its digest and the state of
the site by its newest journal entry. Source: rules.md 11.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cmdb import journal
from cmdb.errors import Invalid, Refused
from cmdb.exchange import csv_native, mapping
from cmdb.exchange.sheet import Problem, Problems, Sheet
from cmdb.store import UnitOfWork


def sheet(path: Path, map_path: Path | None, problems: Problems) -> Sheet:
    """Give the rows of a file, native or by its mapping file.

    Raises Invalid or NotFound when either cannot be read at all; what is wrong with rows is noted.
    """
    if map_path is None:
        return csv_native.read(path, problems)
    return mapping.sheet(path, mapping.read(map_path, path.parent), problems)


def digest(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_moved(uow: UnitOfWork, head: int) -> None:
    """Raise Refused when the site was written to since a plan was made at journal entry `head`."""
    if journal.head(uow)[0] != head:
        raise Refused(
            "Something was changed here since the import was planned; nothing was written.",
            "Run the same command again: it plans anew.",
        )


def refuse_faulty(file: str, errors: Sequence[Problem], total: int) -> None:
    """Raise Invalid with everything that is wrong with a file, as far as it was kept word for word."""
    if not total:
        return
    said = [one.sentence() for one in errors]
    if total > len(said):
        said.append(f"... and {total - len(said):,} more problems")
    raise Invalid(
        f"{file} has {total:,} {'problem' if total == 1 else 'problems'}.",
        "Correct the file and run the command again; nothing was written.",
        said,
    )
