"""Version 3: series of meetings, meetings, and their signed minutes."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out what meetings leave behind; there were none before."""
    op.create_table(
        "meeting_series",
        *(text(name) for name in ("id", "board", "name", "rule", "zone")),
        whole("notice"),
        text("ended_at", null=True),
        sa.ForeignKeyConstraint(["board"], ["board.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "meeting",
        text("id"),
        whole("number"),
        *(text(name) for name in ("board", "series", "state", "planned_at")),
        whole("planned_for"),
        text("closes_at", null=True),
        text("called_by"),
        text("opened_at", null=True),
        text("opened_by"),
        text("closed_at", null=True),
        text("closed_by"),
        whole("current"),
        text("turned_at", null=True),
        *(text(name) for name in ("attendance", "agenda", "notes")),
        sa.ForeignKeyConstraint(["board"], ["board.id"]),
        sa.ForeignKeyConstraint(["called_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_meeting_board", "meeting", ["board"])
    op.create_table(
        "minutes",
        text("meeting"),
        whole("version", counted=False),
        *(text(name) for name in ("digest", "previous", "by", "at", "text", "key", "signature", "record")),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"]),
        sa.ForeignKeyConstraint(["by"], ["person.id"]),
        sa.PrimaryKeyConstraint("meeting", "version"),
        sa.UniqueConstraint("digest"),
    )
