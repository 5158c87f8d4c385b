"""Version 2: an agreement holds every element it consists of, and its life."""

from alembic import op

from cmdb.migrations.columns import long_text


def upgrade() -> None:
    """Add the elements, and what a claim names of them; what there is from before has none."""
    op.add_column("agreement", long_text("terms", default="{}"))
    op.add_column("claim", long_text("named", default=""))
