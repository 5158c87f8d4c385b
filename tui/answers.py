"""Answers about impact as plain text for people, and as exit codes for scripts.

Nothing here asks a database. Source: rules.md 3; terminal.md, Command line.
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from cmdb.impact import Impact
from cmdb.windowed import Windowed
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
    found: Windowed | None = None,
    promises: Callable[[], None] | None = None,
    most: int = SHOWN,
) -> None:
    """Write an impact answer: services first, then items, agreements, what was saved, whom to tell.

    `window` says the window asked about; `found` is the answer for one, with what is only so in a
    part of it or together with other work. `promises` writes the agreements: a question without a
    window does not load what it takes.
    """
    when = f", {window}" if window else ""
    verb = "is" if len(answer.down) == 1 else "are"
    effect = found.own if found else answer.effect
    printing.put(f"If {listed(answer.down)} {verb} down{when}: {sign(effect)}")
    if found is not None and _apart(found):
        _windowed(found, most)
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
        _more(len(answer.services), most)
    printing.put(f"\n{counted(len(answer.items), 'item')} hit")
    printing.table(
        ("effect", "item", "name", "owner", "because"),
        ((sign(one.effect), one.id, one.name, one.owner, chain(one.because)) for one in answer.items[:most]),
        empty="",
    )
    _more(len(answer.items), most)


def _around(answer: Impact, most: int) -> None:
    """Whom to tell, what else hangs on it, and how well the answer is known."""
    if answer.tell:
        printing.put("\ntell")
        printing.table(
            ("who", "name", "email", "because of"),
            ((f"{one.kind} {one.id}", one.name, one.email, one.because) for one in answer.tell[:most]),
            empty="",
        )
        _more(len(answer.tell), most)
    reach = (
        "not counted; --exposed counts them" if answer.exposed is None else counted(answer.exposed, "item")
    )
    printing.put(f"\nexposed: {reach} (what hangs on what is hit, further up, and loses nothing)")
    if answer.weakest_fact:
        fact = answer.weakest_fact
        seen = clockface.by_the_wall(fact[2]) if fact[2] else "never"
        printing.put(f"weakest fact: {fact[0]} -> {fact[1]}, confirmed {seen}")


# Windows --------------------------------------------------------------------------------------


def _apart(found: Windowed) -> bool:
    """Whether anything is to be said that an answer without a window would not say."""
    if found.tentative or found.applied or found.not_computed:
        return True
    return any(len(one) > 1 or one[0].because_of for one in found.when.values())


def _windowed(found: Windowed, most: int) -> None:
    """Write what is hit with when; then what other scheduled work does, decided or not."""
    answer = found.answer
    if found.applied:
        printing.put(f"with what {listed(found.applied)} will have changed by then")
    mine = [one for one in answer.items if any(part.shared for part in found.when[one.id])]
    services = [one for one in answer.services if one.inherited or _shared(found, one.id)]
    if services:
        printing.put(f"\n{counted(len(services), 'service')} hit")
        printing.table(
            ("effect", "service", "name", "when", "because"),
            (
                (sign(one.effect), one.id, one.name, stretches(found, one.id), chain(one.because))
                for one in services[:most]
            ),
            empty="",
        )
        _more(len(services), most)
    printing.put(f"\n{counted(len(mine), 'item')} hit")
    printing.table(
        ("effect", "item", "owner", "when", "because"),
        (
            (sign(one.effect), one.id, one.owner, stretches(found, one.id), chain(one.because))
            for one in mine[:most]
        ),
        empty="",
    )
    _more(len(mine), most)
    _beside(found, [one.id for one in answer.items if not _shared(found, one.id)], most)


def _beside(found: Windowed, others: Sequence[str], most: int) -> None:
    """What scheduled work does by itself meanwhile, and what undecided work would add."""
    by_work: dict[str, list[str]] = {}
    for id in others:
        by_work.setdefault(", ".join(found.when[id][0].because_of), []).append(id)
    if by_work:
        printing.put("\nscheduled meanwhile, with effects of its own")
        for work, ids in list(by_work.items())[:most]:
            printing.put(f"  with {work}: {listed(ids)}")
    if found.tentative:
        printing.put("\nnot decided yet, in the same window")
        for one in found.tentative[:most]:
            worse = listed([f"{id} {effect}" for id, effect in one.items]) or "nothing more"
            printing.put(f"  {one.reference}, {clockface.stretch(one.start, one.end)}: would add {worse}")
    for reference, why in found.not_computed:
        printing.put(f"not computed: what {reference} changes. {why}")


def _shared(found: Windowed, id: str) -> bool:
    return any(one.shared for one in found.when.get(id, ()))


def stretches(found: Windowed, id: str, there: tzinfo | None = None) -> str:
    """When an item is hit: nothing where it is all the window long; each part with what it comes with.

    `23:30 to 00:00 degraded, 00:00 to 01:00 with CR-7`
    """
    parts = found.when.get(id, ())
    whole = len(parts) == 1 and (parts[0].start, parts[0].end) == (found.start, found.end)
    worst = max((one.effect for one in parts), key=list(CODES).index, default="")
    said = []
    for one in parts:
        first, last = (at.astimezone(there or clockface.zone()) for at in (one.start, one.end))
        words = [] if whole else [f"{first:%H:%M} to {last:%H:%M}"]
        words += [one.effect] if one.effect != worst else []
        words += [f"with {listed(one.because_of)}"] if one.because_of else []
        said.append(" ".join(words))
    return ", ".join(said)


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
        _more(len(answer.saved), most)
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


def _more(count: int, most: int) -> None:
    if count > most:
        printing.put(f"... and {count - most:,} more; --json lists all")
