"""Version 2: promises about any quantity, whole agreements, the service catalogue."""

from collections.abc import Callable, Sequence

# One module for each part that changed, `v0002_<part>`, run in this order.
PARTS: Sequence[Callable[[], None]] = ()


def upgrade() -> None:
    """Take a database of version 1 to version 2."""
    for part in PARTS:
        part()
