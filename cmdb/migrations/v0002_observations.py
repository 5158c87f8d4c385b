"""Version 2: what was observed of a quantity of a service."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text


def upgrade() -> None:
    """Lay out the observations; there were none before."""
    op.create_table(
        "observation",
        text("id"),
        text("service"),
        text("quantity"),
        text("at"),
        text("started", null=True),
        text("value"),
        text("unit"),
        text("reference"),
        text("source"),
        text("note"),
        flag("withdrawn"),
        text("replaces"),
        text("recorded_by"),
        text("recorded_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("observation_of", "observation", ["service", "quantity", "at"])
    op.create_index("observation_replaces", "observation", ["replaces"])
