"""Take a database from the layout it has to the newest, inside one transaction.

Every version is frozen in its own module and asks nothing of the program's tables as they are now.
The version a site has stands in `site.schema_version`, not in a table of Alembic's.
"""

from collections.abc import Callable, Sequence

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from cmdb.errors import Corrupt
from cmdb.migrations import v0001, v0002, v0003
from cmdb.store import UnitOfWork

# The n-th takes layout n-1 to layout n; layout 0 is an empty database.
VERSIONS: Sequence[Callable[[], None]] = (v0001.upgrade, v0002.upgrade, v0003.upgrade)


def upgrade(uow: UnitOfWork, *, before: int) -> None:
    """Run every version after `before` and note the newest; commits nothing."""
    connection = uow.session.connection()
    with Operations.context(MigrationContext.configure(connection)):
        for version in VERSIONS[before:]:
            version()
    if uow.dialect == "sqlite" and (broken := uow.rows("PRAGMA foreign_key_check")):
        raise Corrupt(
            f"The rows of {broken[0][0]} would refer to what is not there; nothing was changed.",
            "Keep this copy untouched and report it: a migration must not lose anything.",
        )
    uow.rows("UPDATE site SET schema_version = ?", len(VERSIONS))
