"""What databases say of locks, disks, connections and damage, as what a person can act on.

Words in, refusals out: nothing here opens a database.
"""

from cmdb.errors import CmdbError, Corrupt, Invalid, Refused


def unkeepable() -> Invalid:
    """Text that has no place in any database."""
    return Invalid(
        "The text holds characters no database can keep (half a surrogate pair, or NUL).",
        "Write the text again in UTF-8.",
    )


_UNREACHABLE = (
    "connection failed",
    "connection refused",
    "could not connect",
    "failed to resolve",
    "server closed the connection",
    "terminating connection",
    "connection is lost",
    "connection is bad",
    "connection is closed",
    "consuming input failed",
    "the database system is",
    "too many clients",
)


def unreachable(said: str) -> Refused:
    """A database server that does not answer, or not this account; `said` is what the driver said."""
    words, low = " ".join(said.split()), said.lower()
    remedy = "Check 'database' in site.toml, and that the server runs."
    if "password" in low:
        remedy = "Put the password into ~/.pgpass (chmod 600), or correct 'database' in site.toml."
    elif 'database "' in low and "does not exist" in low:
        remedy = "Create it with 'createdb' and restore it, or correct 'database' in site.toml."
    elif "too many" in low or "the database system is" in low:
        remedy = "Try again in a moment."
    return Refused(f"The database cannot be reached: {words.rstrip('.')}.".replace("?.", "?"), remedy)


def no_url() -> Invalid:
    """Text that is no URL of a database."""
    return Invalid(
        "The 'database' in site.toml is no URL.",
        "Write it like postgresql://USER@HOST:5432/DATABASE, or give the path of a file.",
    )


def known(said: str, *, waited: int) -> CmdbError | None:
    """What a person can do about what a database said, or None for a fault of the program.

    `waited` is for how many seconds a lock was waited for.
    """
    low = said.lower()
    if "locked" in low or "lock timeout" in low:
        return Refused(
            f"Another process has been writing for more than {waited} seconds.",
            "Try again in a moment; nothing was changed.",
        )
    if "disk is full" in low or "no space left" in low:
        return Refused("The disk is full; nothing was changed.", "Make room and try again.")
    if "nul (0x00)" in low:
        return unkeepable()
    if "readonly" in low or "read-only" in low:
        return Refused(
            "The database cannot be written here; nothing was changed.",
            "Check the permissions of the site directory, or work on the site's own machine.",
        )
    if "unable to open database file" in low:
        return Refused(
            "The database file cannot be opened.",
            "Check that the path is right and that you may write in its directory:"
            " SQLite keeps its log beside the file, for readers too.",
        )
    if any(words in low for words in _UNREACHABLE):
        return unreachable(said)
    if "disk i/o" in low:
        return Refused(
            f"The disk does not answer the database: {said.strip()}.",
            "Make room if it is full, else look after the disk: 'cmdb doctor' says what it finds.",
        )
    if any(words in low for words in ("malformed", "not a database", "no such table", "no such column")):
        return Corrupt(
            f"The database is damaged: {said.strip()}.",
            "Keep this copy untouched; restore a backup, or run 'cmdb rebuild' from the library.",
        )
    return None
