"""Version 3: releases, and the versions of items in them."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import text, whole


def upgrade() -> None:
    """Lay out the tables; nothing was released before."""
    names = ("product", "version", "request", "scope", "baseline", "commit_id", "digest", "decision")
    op.create_table(
        "product_release",
        *(text(name) for name in (*names, "manifest", "signature", "archive")),
        whole("size"),
        whole("files"),
        *(text(name) for name in ("at", "by", "key", "statement", "record")),
        sa.PrimaryKeyConstraint("product", "version"),
        sa.UniqueConstraint("request"),
        sa.UniqueConstraint("record"),
        sa.ForeignKeyConstraint(["baseline"], ["baseline.id"]),
        sa.ForeignKeyConstraint(["by"], ["person.id"]),
    )
    op.create_table(
        "released_item",
        *(text(name) for name in ("product", "version", "item", "sha256")),
        sa.PrimaryKeyConstraint("product", "version", "item"),
    )
    op.create_index("released_item_of_item", "released_item", ["item"])
