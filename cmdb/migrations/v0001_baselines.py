"""Version 1: the tables of `baselines.tables`, frozen."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out these tables."""
    _part_1()
    _part_2()
    _part_3()


def _part_1() -> None:
    op.create_table(
        "baseline",
        text("id"),
        text("kind"),
        text("scope"),
        text("title"),
        text("commit_id"),
        text("tag"),
        text("parent"),
        text("request"),
        text("established_at"),
        text("established_by"),
        text("journal"),
        text("replaced_by"),
        text("archived_at", null=True),
        sa.ForeignKeyConstraint(["established_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("baseline_in_force", "baseline", ["kind", "scope", "replaced_by"])
    op.create_index("ix_baseline_commit_id", "baseline", ["commit_id"])
    op.create_index("ix_baseline_request", "baseline", ["request"])


def _part_2() -> None:
    op.create_table(
        "checkout",
        text("id"),
        text("request"),
        text("person"),
        text("records"),
        text("base"),
        text("folder"),
        text("out_at"),
        text("expires_at"),
        text("state"),
        text("ended_at", null=True),
        text("reason"),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_checkout_person", "checkout", ["person"])
    op.create_index("ix_checkout_request", "checkout", ["request"])
    op.create_index("ix_checkout_state", "checkout", ["state"])
    op.create_table(
        "library_commit",
        whole("sequence", counted=False),
        text("name"),
        text("commit_id"),
        text("parent"),
        text("tag"),
        text("at"),
        text("actor"),
        text("request"),
        sa.ForeignKeyConstraint(["actor"], ["person.id"]),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("commit_id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index("ix_library_commit_request", "library_commit", ["request"])


def _part_3() -> None:
    op.create_table(
        "lease",
        text("path"),
        text("checkout"),
        sa.ForeignKeyConstraint(["checkout"], ["checkout.id"]),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index("ix_lease_checkout", "lease", ["checkout"])
