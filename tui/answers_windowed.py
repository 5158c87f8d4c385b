"""The answer about impact in a window, as plain text: what is hit with when, and what else is planned.

Apart from `tui.answers`, so that a question without a window does not load what a window takes.
Source: rules.md 3, Windowed; terminal.md, Command line.
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from cmdb.windowed import Windowed
from tui import answers, clockface, printing
from tui.present import counted, listed


def impact(found: Windowed, *, promises: Callable[[], None], most: int = answers.SHOWN) -> None:
    """Write the answer for a window, with what is only so in a part of it or together with other work.

    `promises` writes the agreements.
    """
    answers.impact(
        found.answer,
        window=clockface.stretch(found.start, found.end),
        effect=found.own,
        hits=(lambda: _windowed(found, most)) if _apart(found) else None,
        promises=promises,
        most=most,
    )


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
                (
                    answers.sign(one.effect),
                    one.id,
                    one.name,
                    stretches(found, one.id),
                    answers.chain(one.because),
                )
                for one in services[:most]
            ),
            empty="",
        )
        answers.more(len(services), most)
    printing.put(f"\n{counted(len(mine), 'item')} hit")
    printing.table(
        ("effect", "item", "owner", "when", "because"),
        (
            (
                answers.sign(one.effect),
                one.id,
                one.owner,
                stretches(found, one.id),
                answers.chain(one.because),
            )
            for one in mine[:most]
        ),
        empty="",
    )
    answers.more(len(mine), most)
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
    worst = max((one.effect for one in parts), key=list(answers.CODES).index, default="")
    said = []
    for one in parts:
        first, last = (at.astimezone(there or clockface.zone()) for at in (one.start, one.end))
        words = [] if whole else [f"{first:%H:%M} to {last:%H:%M}"]
        words += [one.effect] if one.effect != worst else []
        words += [f"with {listed(one.because_of)}"] if one.because_of else []
        said.append(" ".join(words))
    return ", ".join(said)
