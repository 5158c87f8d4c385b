"""Answers about impact as plain text for people, and as exit codes for scripts.

Nothing here asks a database. Source: rules.md 3; terminal.md, Command line.
"""

from collections.abc import Callable, Sequence

from cmdb.impact import Impact
from tui import clockface, printing
from tui.present import EFFECTS, counted, listed

SHOWN = 50
CODES = {"none": 0, "reduced redundancy": 10, "degraded": 11, "outage": 12}
BREACH = 13


def exit_code(effect: str, *, breached: bool = False) -> int:
    """An effect as an exit code: 0 / 10 reduced / 11 degraded / 12 outage / 13 allowance breached."""
    return BREACH if breached else CODES[effect]


def impact(
    answer: Impact,
    *,
    window: str = "",
    effect: str = "",
    hits: Callable[[], None] | None = None,
    promises: Callable[[], None] | None = None,
    most: int = SHOWN,
) -> None:
    """Write an impact answer: services first, then items, agreements, what was saved, whom to tell.

    `window` says the window asked about. `effect` stands in for the effect of all of it, `hits` and
    `promises` write what is hit and the agreements: `answers_windowed` gives them for a window, so
    that a question without one does not load what they take.
    """
    when = f", {window}" if window else ""
    verb = "is" if len(answer.down) == 1 else "are"
    printing.put(f"If {listed(answer.down)} {verb} down{when}: {sign(effect or answer.effect)}")
    if hits is not None:
        hits()
    else:
        _hits(answer, most)
    if promises is not None:
        promises()
    _saved(answer, most)
    _around(answer, most)


def _hits(answer: Impact, most: int) -> None:
    if answer.services:
        printing.put(f"\n{counted(len(answer.services), 'service')} hit")
        printing.table(
            ("effect", "service", "name", "because"),
            ((sign(one.effect), one.id, one.name, chain(one.because)) for one in answer.services[:most]),
            empty="",
        )
        more(len(answer.services), most)
    printing.put(f"\n{counted(len(answer.items), 'item')} hit")
    printing.table(
        ("effect", "item", "name", "owner", "because"),
        ((sign(one.effect), one.id, one.name, one.owner, chain(one.because)) for one in answer.items[:most]),
        empty="",
    )
    more(len(answer.items), most)


def _around(answer: Impact, most: int) -> None:
    """Whom to tell, what else hangs on it, and how well the answer is known."""
    if answer.tell:
        printing.put("\ntell")
        printing.table(
            ("who", "name", "email", "because of"),
            ((f"{one.kind} {one.id}", one.name, one.email, one.because) for one in answer.tell[:most]),
            empty="",
        )
        more(len(answer.tell), most)
    reach = (
        "not counted; --exposed counts them" if answer.exposed is None else counted(answer.exposed, "item")
    )
    printing.put(f"\nexposed: {reach} (what hangs on what is hit, further up, and loses nothing)")
    if answer.weakest_fact:
        fact = answer.weakest_fact
        seen = clockface.by_the_wall(fact[2]) if fact[2] else "never"
        printing.put(f"weakest fact: {fact[0]} -> {fact[1]}, confirmed {seen}")


def chain(because: Sequence[str]) -> str:
    """A chain as people read it, from the item back to what is down; long ones keep both ends."""
    parts = list(because)
    if len(parts) > 6:
        parts = [*parts[:3], f"({len(parts) - 5} more)", *parts[-2:]]
    return " <- ".join(parts)


def _saved(answer: Impact, most: int) -> None:
    if answer.saved:
        printing.put(f"\n{counted(len(answer.saved), 'group')} held")
        printing.table(
            ("item", "group", "need", "before", "now"),
            ((one.id, one.group, one.need, one.before, one.after) for one in answer.saved[:most]),
            empty="",
            right=("before", "now"),
        )
        more(len(answer.saved), most)
    for one in answer.broken_before[:most]:
        printing.put(
            f"broken before: {one.id}, {one.group or 'a dependency'} needs {one.need}, had {one.had}"
        )
    following = answer.next_failures
    if following.first:
        total = len(following.first) if following.total is None else following.total
        printing.put(f"\nnext single failures: {total:,}")
        for item, service in following.first[:10]:
            printing.put(f"  {item} would take {service} down")


def sign(effect: str) -> str:
    """An effect as its glyph and its word."""
    return f"{EFFECTS[effect][0]} {effect}"


def more(count: int, most: int) -> None:
    """Say how many lines were left out, where any were."""
    if count > most:
        printing.put(f"... and {count - most:,} more; --json lists all")
