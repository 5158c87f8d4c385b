"""Version 3: documents, and attached files that wait for their check-in."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out documents and kept files; there were none before."""
    texts = ("id", "kind", "title", "owner", "services", "scope", "version", "review", "distribution")
    more = ("covers", "body", "attachments", "status", "level")
    op.create_table("document", *(text(name) for name in (*texts, *more)), sa.PrimaryKeyConstraint("id"))
    op.create_table(
        "kept_file",
        text("sha256"),
        whole("size"),
        text("kept_at"),
        text("kept_by"),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "kept_piece",
        text("sha256"),
        whole("place", counted=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "place"),
    )
