"""Version 3: events, documents, meetings, releases, audits, and what a process leaves behind."""

from collections.abc import Callable, Sequence

from cmdb.migrations import (
    v0003_audits,
    v0003_confirmation,
    v0003_documents,
    v0003_duties,
    v0003_events,
    v0003_meetings,
    v0003_outbox,
    v0003_releases,
    v0003_scopes,
)

# One module for each part that changed, `v0003_<part>`, run in this order.
PARTS: Sequence[Callable[[], None]] = (
    v0003_audits.upgrade,
    v0003_confirmation.upgrade,
    v0003_documents.upgrade,
    v0003_outbox.upgrade,
    v0003_duties.upgrade,
    v0003_events.upgrade,
    v0003_meetings.upgrade,
    v0003_scopes.upgrade,
    v0003_releases.upgrade,
)


def upgrade() -> None:
    """Take a database of version 2 to version 3."""
    for part in PARTS:
        part()
