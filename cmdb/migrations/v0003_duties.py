"""Version 3: reviews, trainings, the work log and milestones."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out these tables; there was nothing of the kind before."""
    _reviews()
    _work()


def _reviews() -> None:
    op.create_table(
        "review",
        *(text(name) for name in ("id", "kind", "title", "planned", "holder", "every", "occasion", "about")),
        *(text(name) for name in ("participants", "groups", "material", "approver")),
        text("approved_at", null=True),
        text("state"),
        text("held_at", null=True),
        *(text(name) for name in ("issues", "risks", "decisions", "summary", "recipients", "follows")),
        sa.ForeignKeyConstraint(["holder"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_about", "review", ["about"])
    op.create_index("ix_review_state", "review", ["state"])
    op.create_table(
        "training",
        *(
            text(name)
            for name in ("id", "person", "subject", "day", "evidence", "kind", "until", "withdrawn")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_training_person", "training", ["person"])
    op.create_index("ix_training_subject", "training", ["subject"])


def _work() -> None:
    op.create_table(
        "work_entry",
        *(text(name) for name in ("id", "person", "record", "day")),
        whole("spent"),
        *(text(name) for name in ("cost", "note", "withdrawn")),
        sa.ForeignKeyConstraint(["person"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_work_entry_day", "work_entry", ["day"])
    op.create_index("ix_work_entry_record", "work_entry", ["record"])
    op.create_table(
        "milestone",
        *(text(name) for name in ("id", "document", "name", "owner", "planned", "first_planned")),
        whole("effort"),
        *(text(name) for name in ("funds", "completed", "evidence", "dropped")),
        sa.ForeignKeyConstraint(["owner"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_milestone_document", "milestone", ["document"])
