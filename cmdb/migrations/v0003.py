"""Version 3: events, documents, meetings, releases, audits, and what a process leaves behind."""

from collections.abc import Callable, Sequence

# One module for each part that changed, `v0003_<part>`, run in this order.
PARTS: Sequence[Callable[[], None]] = ()


def upgrade() -> None:
    """Take a database of version 2 to version 3."""
    for part in PARTS:
        part()
