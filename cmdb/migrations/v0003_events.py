"""Version 3: events, and the items each concerns."""

import sqlalchemy as sa
from alembic import op

from cmdb.migrations.columns import flag, text

_TEXTS = (
    *("kind", "agreement", "description", "occurred", "reported", "reporter", "contact", "person", "party"),
    *("items", "circumstances", "down", "effect", "outages", "impact_note", "confirmed_by", "priority"),
    *("responsible", "respond_from", "resolve_from", "state", "resolution", "caused_by", "fixed_by"),
    *("claims", "source", "reference", "on_time", "recorded_by", "recorded_at"),
)
_MAYBE = (
    *("ended", "impact", "confirmed_at", "respond_by", "resolve_by"),
    *("analysed_at", "started_at", "resolved_at", "closed_at"),
)


def upgrade() -> None:
    """Lay out the events; there were none before."""
    op.create_table(
        "event",
        text("id"),
        *(text(name) for name in _TEXTS),
        flag("potential"),
        *(text(name, null=True) for name in _MAYBE),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_of_state", "event", ["state", "reported"])
    op.create_index("event_of_source", "event", ["source", "reference"])
    for name in ("reported", "responsible", "caused_by", "fixed_by"):
        op.create_index(f"ix_event_{name}", "event", [name])
    op.create_table(
        "event_item",
        text("item"),
        text("event"),
        sa.ForeignKeyConstraint(["event"], ["event.id"]),
        sa.PrimaryKeyConstraint("item", "event"),
    )
    op.create_index("ix_event_item_event", "event_item", ["event"])
