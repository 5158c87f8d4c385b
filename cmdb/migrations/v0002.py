"""Version 2: promises about any quantity, whole agreements, the service catalogue, a calendar that recurs."""

from collections.abc import Callable, Sequence

from cmdb.migrations import (
    v0002_agreements,
    v0002_calendar,
    v0002_catalogue,
    v0002_observations,
    v0002_templates,
)

# One module for each part that changed, `v0002_<part>`, run in this order.
PARTS: Sequence[Callable[[], None]] = (
    v0002_agreements.upgrade,
    v0002_observations.upgrade,
    v0002_calendar.upgrade,
    v0002_catalogue.upgrade,
    v0002_templates.upgrade,
)


def upgrade() -> None:
    """Take a database of version 1 to version 2."""
    for part in PARTS:
        part()
