"""Which layout of the database this program needs, and what to say of any other.

Beside the read path, which cannot load the store, so that whoever only looks is told the same.
"""

from cmdb.errors import Refused

SCHEMA_VERSION = 3


def refusal(found: int, *, needed: int = SCHEMA_VERSION) -> Refused | None:
    """Why a database of layout `found` cannot be worked on; None when it is the one needed."""
    if found < needed:
        return Refused(
            f"The database has layout {found}; this program needs {needed}.",
            "Run 'cmdb migrate': it makes a backup first.",
        )
    if found > needed:
        return Refused(
            f"The database has layout {found}, newer than the {needed} of this program.",
            "Install a newer cmdb on this machine.",
        )
    return None


def says_no_site(said: str) -> bool:
    """Tell whether a database said that it has no table of sites."""
    return "no such table: site" in said or 'relation "site" does not exist' in said


def no_site() -> Refused:
    """A database without a site in it."""
    return Refused(
        "This database holds no site.",
        "Make one with 'cmdb init DIR', or point --site at the right directory.",
    )
