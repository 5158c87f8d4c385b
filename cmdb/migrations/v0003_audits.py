"""Version 3: audits, their findings, statements about practices, and the signed acts behind them."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out the tables; there was nothing of the kind before."""
    op.create_table(
        "audit_step",
        text("subject"),
        whole("number", counted=False),
        *(text(name) for name in ("act", "actor", "at", "said")),
        sa.PrimaryKeyConstraint("subject", "number"),
    )
    op.create_index("audit_step_by_act", "audit_step", ["act", "at"])
    op.create_table(
        "audit",
        *(text(name) for name in ("id", "kind", "title", "scope", "checklist", "auditor", "due", "every")),
        *(text(name) for name in ("first", "state", "planned_at", "planned_by")),
        text("run_at", null=True),
        *(text(name) for name in ("baseline", "findings", "told", "next")),
        text("ended_at", null=True),
        whole("steps"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "finding",
        *(text(name) for name in ("id", "audit", "what", "rule", "about")),
        whole("count"),
        *(text(name) for name in ("state", "holder")),
        text("due", null=True),
        *(text(name) for name in ("correction", "corrected_by", "reason")),
        whole("reviews"),
        text("review", null=True),
        *(text(name) for name in ("raised_at", "raised_by")),
        *(text(name, null=True) for name in ("escalated_at", "verified_at", "closed_at")),
        whole("steps"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "practice_statement",
        *(text(name) for name in ("id", "about", "reason", "by", "at")),
        text("until", null=True),
        text("state"),
        text("ended_at", null=True),
        whole("steps"),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, column in (
        ("audit", "auditor"),
        ("audit", "state"),
        ("finding", "audit"),
        ("finding", "holder"),
        ("finding", "state"),
        ("practice_statement", "about"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
