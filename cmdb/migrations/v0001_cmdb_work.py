"""Version 1: the tables of `cmdb.tables_work`, frozen."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out these tables."""
    _part_1()
    _part_2()


def _part_1() -> None:
    op.create_table(
        "action_item",
        text("id"),
        text("origin"),
        text("what"),
        text("owner"),
        text("items"),
        text("plan"),
        text("due", null=True),
        text("risk"),
        text("reviewer"),
        text("told"),
        text("blocks"),
        text("state"),
        text("initiated_at"),
        text("initiated_by"),
        text("closed_at", null=True),
        text("evidence"),
        text("evaluation"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_action_item_origin", "action_item", ["origin"])
    op.create_index("ix_action_item_owner", "action_item", ["owner"])
    op.create_index("ix_action_item_state", "action_item", ["state"])
    op.create_table(
        "notice",
        whole("sequence", counted=False),
        text("person"),
        text("about"),
        text("text"),
        text("at"),
        text("read_at", null=True),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("notice_of_person", "notice", ["person", "read_at", "sequence"])


def _part_2() -> None:
    op.create_table(
        "hold",
        text("item"),
        text("person"),
        text("reason"),
        text("placed_at"),
        text("until"),
        sa.ForeignKeyConstraint(["item"], ["item.id"]),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("item"),
    )
