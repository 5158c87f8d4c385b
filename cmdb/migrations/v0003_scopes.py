"""Version 3: minimum levels of scopes, baselines of scopes, and policies that ask for a named reviewer."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text, whole


def upgrade() -> None:
    """Lay out what scopes state and agree on; the policies there are ask for no reviewer."""
    op.add_column("policy", flag("reviewer", default=sa.false()))
    op.create_table(
        "minimum_level",
        *(text(name) for name in ("id", "minimum", "reason", "level")),
        sa.PrimaryKeyConstraint("id"),
    )
    names = ("id", "scope", "title", "baseline", "commit_id", "record", "request", "digest")
    op.create_table(
        "scoped_baseline",
        *(text(name) for name in names),
        whole("count"),
        text("left_out"),
        text("established_at"),
        text("established_by"),
        text("replaced_by"),
        text("archived_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("record"),
        sa.ForeignKeyConstraint(["baseline"], ["baseline.id"]),
        sa.ForeignKeyConstraint(["established_by"], ["person.id"]),
    )
    op.create_index("ix_scoped_baseline_scope", "scoped_baseline", ["scope"])
    op.create_index("ix_scoped_baseline_request", "scoped_baseline", ["request"])
    op.create_table(
        "scoped_member",
        *(text(name) for name in ("baseline", "kind", "id")),
        sa.PrimaryKeyConstraint("baseline", "kind", "id"),
        sa.ForeignKeyConstraint(["baseline"], ["scoped_baseline.id"]),
    )
    op.create_index("scoped_member_record", "scoped_member", ["kind", "id"])
