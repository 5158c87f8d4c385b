"""Version 1: the tables of `cmdb.tables_promises`, frozen."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text, whole


def upgrade() -> None:
    """Lay out these tables."""
    _part_1()
    _part_2()
    _part_3()


def _part_1() -> None:
    op.create_table(
        "agreement",
        text("id"),
        text("title"),
        text("kind"),
        text("structure"),
        text("customer"),
        text("provider"),
        text("starts"),
        text("ends", null=True),
        text("zone"),
        text("services"),
        text("purpose"),
        text("scope"),
        whole("notice"),
        text("windows"),
        text("commitments"),
        text("manager"),
        text("contacts"),
        text("state"),
        text("review"),
        text("level"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agreement_manager", "agreement", ["manager"])
    op.create_table(
        "claim",
        text("id"),
        text("agreement"),
        text("kind"),
        text("service"),
        text("starts"),
        text("ends"),
        text("evidence"),
        text("state"),
        text("decided_by"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_claim_agreement", "claim", ["agreement"])
    op.create_table(
        "derivation",
        text("together"),
        text("at"),
        text("baseline"),
        sa.PrimaryKeyConstraint("together"),
    )


def _part_2() -> None:
    op.create_table(
        "freeze",
        text("id"),
        text("title"),
        text("starts"),
        text("ends"),
        text("services"),
        text("reason"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_freeze_ends", "freeze", ["ends"])
    op.create_table(
        "outage",
        text("id"),
        text("subject"),
        text("started"),
        text("ended", null=True),
        text("effect"),
        text("change"),
        text("planned_start", null=True),
        text("planned_end", null=True),
        text("source"),
        text("note"),
        text("replaces"),
        text("recorded_by"),
        text("recorded_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outage_of", "outage", ["subject", "started"])
    op.create_index("outage_replaces", "outage", ["replaces"])


def _part_3() -> None:
    op.create_table(
        "planned_work",
        text("reference"),
        text("window_start"),
        text("window_end"),
        text("down"),
        whole("expected"),
        whole("worst"),
        text("down_from", null=True),
        flag("tentative"),
        flag("unplanned"),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_planned_work_window_end", "planned_work", ["window_end"])
    op.create_table(
        "derived_outage",
        text("service"),
        text("together"),
        text("effect"),
        text("because"),
        sa.ForeignKeyConstraint(["together"], ["derivation.together"]),
        sa.PrimaryKeyConstraint("service", "together"),
    )
