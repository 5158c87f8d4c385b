"""Version 2: the service catalogue, and what customers need."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text


def upgrade() -> None:
    """Lay out both tables; there was nothing of the kind before."""
    op.create_table(
        "standard_service",
        text("id"),
        text("name"),
        text("text"),
        text("staff"),
        text("owner"),
        text("levels"),
        flag("offered"),
        text("level"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "customer_need",
        text("id"),
        text("since"),
        text("until"),
        text("customer"),
        text("topic"),
        text("service"),
        text("standard"),
        text("what"),
        text("quantity"),
        text("comparator"),
        text("target", null=True),
        text("unit"),
        text("priority"),
        text("source"),
        text("commitments"),
        sa.PrimaryKeyConstraint("id", "since"),
    )
    op.create_index("ix_customer_need_customer", "customer_need", ["customer"])
