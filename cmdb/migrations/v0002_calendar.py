"""Version 2: freezes and agreed windows that recur, by the clock of a zone, about items and types as well."""

from alembic import op

from cmdb.migrations.columns import long_text, text


def upgrade() -> None:
    """Add what a recurring entry needs; every freeze there is happens once, and is kept as it is."""
    op.add_column("freeze", long_text("kind", default="freeze"))
    op.add_column("freeze", long_text("rules", default="[]"))
    op.add_column("freeze", long_text("zone", default="UTC"))
    op.add_column("freeze", long_text("items", default="[]"))
    op.add_column("freeze", long_text("types", default="[]"))
    op.add_column("freeze", long_text("below", default="[]"))
    op.add_column("freeze", long_text("owner", default=""))
    # What recurs may have no end, and `ends` had to have one.
    op.add_column("freeze", text("until", null=True))
    op.execute('UPDATE "freeze" SET until = ends')
    op.drop_index("ix_freeze_ends", "freeze")
    op.drop_column("freeze", "ends")
    op.create_index("ix_freeze_until", "freeze", ["until"])
