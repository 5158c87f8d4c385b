"""Numbers given out once per series: `CR`, `out`, `claim`, `AI`, the prefixes of minted item ids."""

from cmdb.store import UnitOfWork


def next_number(uow: UnitOfWork, series: str) -> int:
    """Give out the next number of a series, from 1; rolled back with the unit of work."""
    found = uow.rows("SELECT last FROM number WHERE series = ?", series)
    number = int(found[0][0]) + 1 if found else 1
    uow.rows("DELETE FROM number WHERE series = ?", series)
    uow.rows("INSERT INTO number (series, last) VALUES (?, ?)", series, number)
    return number


def note_number(uow: UnitOfWork, series: str, number: int) -> None:
    """Never give out this number of a series, or one below it, again."""
    found = uow.rows("SELECT last FROM number WHERE series = ?", series)
    if not found or int(found[0][0]) < number:
        uow.rows("DELETE FROM number WHERE series = ?", series)
        uow.rows("INSERT INTO number (series, last) VALUES (?, ?)", series, number)
