"""Version 2: templates of standard changes."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text, whole


def upgrade() -> None:
    """Lay out the templates; there were none before."""
    texts = ("id", "name", "types", "items", "exact", "free", "open", "reason", "backout", "test", "evidence")
    op.create_table(
        "template",
        *(text(name) for name in texts),
        whole("window"),
        flag("down"),
        whole("expected"),
        whole("worst"),
        *(text(name) for name in ("covers", "status", "level")),
        sa.PrimaryKeyConstraint("id"),
    )
