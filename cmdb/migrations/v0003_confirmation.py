"""Version 3: the oldest fact first, for the weakest fact of a large answer."""

from alembic import op


def upgrade() -> None:
    """Lay out the index on confirmation over the dependencies that are there."""
    op.create_index("dependency_by_confirmation", "dependency", ["confirmed_at", "source", "target"])
