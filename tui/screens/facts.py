"""Draw cards as lines of a given width: the item, the impact answer, the change. No widget in here."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from rich.cells import cell_len

from tui.clockface import by_the_wall
from tui.present import (
    EFFECTS,
    Line,
    Piece,
    age,
    age_role,
    chain,
    counted,
    gauge,
    listed,
    minutes,
    minutes_left,
    moment,
    nearly_used,
    promise,
    tally,
)
from tui.views import Deed, Fact, FieldChange, Hit, ImpactCard, ItemCard, PromiseLine
from tui.widgets.paint import wrap

TWO_COLUMNS = 64  # cells from which short facts stand two a line
_LAST = ("custody", "criterion", "controlled")  # said once, and read last


class Clock(Protocol):
    """Who knows the site's time and zone."""

    zone: tzinfo

    def now(self) -> datetime:
        """The site's clock."""
        ...


def labelled(label: str, pieces: Iterable[Piece], *, width: int = 11) -> Line:
    """A line that begins with a label in its column."""
    return (Piece(label.ljust(width), "dim"), *pieces)


def paragraph(label: str, text: str, width: int, role: str = "", *, column: int = 11) -> list[Line]:
    """A labelled text, broken at the width, continued under itself."""
    lines = wrap(text, max(10, width - column), role)
    return [labelled(label if not index else "", line, width=column) for index, line in enumerate(lines)]


def title(text: str, note: str = "") -> Line:
    """A heading inside a card."""
    return (Piece(text, "strong"), Piece(f"  {note}" if note else "", "dim"))


def card_lines(card: ItemCard, clock: Clock, width: int) -> list[Line]:
    """The facts of an item, each with its age where somebody confirmed it separately."""
    now = clock.now()
    confirmed = (
        Piece(age(card.confirmed_at, now), age_role(card.confirmed_at, now)),
        Piece(f" by {card.confirmed_by}" if card.confirmed_by else "", "dim"),
    )
    column = min(22, max([10, *(cell_len(fact.label) for fact in card.facts)]) + 2)
    lines: list[Line] = [(Piece(card.line.id, "strong"), Piece(f"  {card.line.name}"))]
    hangs = f"{counted(card.needs, 'item')}, needed by {counted(card.needed_by, 'item')}"
    first = [one for one in card.facts if one.label not in _LAST]
    lines += _side_by_side(first, now, width, column)
    if column + sum(cell_len(piece.text) for piece in confirmed) <= width:
        lines.append(labelled("confirmed", confirmed, width=column))
    else:
        lines.append(labelled("confirmed", confirmed[:1], width=column))
        lines += paragraph("", f"by {card.confirmed_by}", width, "dim", column=column)
    lines += paragraph("needs", hangs, width, column=column)
    for index, one in enumerate(card.promises):
        lines += paragraph("promises" if not index else "", one, width, column=column)
    for fact in card.facts:
        if fact.label in _LAST:
            lines += _fact(fact.label, fact.text, fact.role, fact.confirmed_at, now, width, column)
    return lines


def _side_by_side(facts: Sequence[Fact], now: datetime, width: int, column: int) -> list[Line]:
    """Short facts two a line where the width is there, so that a small terminal shows all of them."""
    half = width // 2
    lines: list[Line] = []
    waiting: Line | None = None
    for fact in facts:
        found = _fact(fact.label, fact.text, fact.role, fact.confirmed_at, now, width, column)
        size = sum(cell_len(piece.text) for piece in found[0])
        short = len(found) == 1 and size < half and width >= TWO_COLUMNS
        if short and waiting is not None:
            lines[-1] = (
                *waiting,
                Piece(" " * (half - sum(cell_len(one.text) for one in waiting))),
                *found[0],
            )
            waiting = None
        else:
            lines += found
            waiting = found[0] if short else None
    return lines


def _fact(
    label: str, text: str, role: str, seen: datetime | None, now: datetime, width: int, column: int
) -> list[Line]:
    lines = paragraph(label, text, width, role, column=column)
    if seen is not None:
        lines[-1] = (*lines[-1], Piece(f"  {age(seen, now)}", age_role(seen, now)))
    return lines


def history_lines(deeds: Sequence[Deed], clock: Clock, width: int = 0) -> list[Line]:
    """What happened, newest first; with a width, what is too long for its line goes on below it."""
    now = clock.now()
    lines: list[Line] = []
    for one in deeds:
        head = (
            Piece(moment(one.at, clock.zone, now).rjust(17), "dim"),
            Piece(f"  {one.actor:<12} "),
            Piece(one.action, "strong"),
        )
        request = Piece(f"  {one.request}" if one.request else "", "accent")
        said = by_the_wall(one.text, clock.zone)
        text = Piece(f"  {said}" if said else "")
        whole = (*head, text, request)
        if not width or sum(cell_len(piece.text) for piece in whole) <= width:
            lines.append(whole)
        else:
            lines.append((*head, request))
            lines += [(Piece(" " * 19), *line) for line in wrap(said, max(10, width - 19))]
    return lines or [(Piece("Nothing has happened to it yet.", "dim"),)]


# Impact ---------------------------------------------------------------------------------------


def impact_lines(card: ImpactCard, width: int, *, limit: int = 200) -> list[Line]:
    """The whole answer: what is hit and why, promises, what was saved, whom to tell."""
    return [*hit_lines(card, width, limit=limit), (), *outcome_lines(card, width, limit=limit)]


def hit_lines(card: ImpactCard, width: int, *, limit: int = 200) -> list[Line]:
    """The first half of the answer: what is hit, and why."""
    down = listed(card.down, 6)
    lines: list[Line] = [
        labelled("down", (Piece(down, "strong"), Piece(f"  {card.window}", "accent"))),
        labelled("effect", _summary(card)),
        *(_verdict(card.promises, width) if _forecast(card) else ()),
    ]
    lines += _services(card, limit, width)
    lines += _beside(card.beside, width)
    lines += _hits(card.items, card.hit(), limit, width)
    return [line for part in lines for line in _fold(part, width)]


def _forecast(card: ImpactCard) -> bool:
    """Whether the answer is about work in a window, which takes something of the promises."""
    return bool(card.window) or any(one.worst for one in card.promises)


def outcome_lines(card: ImpactCard, width: int, *, limit: int = 200) -> list[Line]:
    """The second half: what it costs the promises, what was saved, whom to tell, what must not fail next."""
    lines = _promises(card.promises, width, forecast=_forecast(card))
    if card.saved:
        lines += [(), title("Saved", counted(card.held(), "item") + " kept alive by redundancy")]
        lines += [
            (
                Piece("○ ", "good"),
                Piece(one.id),
                Piece(f"  {one.group}: needs {one.need}, had {one.before}, has {one.after}", "dim"),
            )
            for one in card.saved[:limit]
        ]
        lines += _more(card.held() - limit)
    if card.broken_before:
        lines += [(), title("Broken before")]
        lines += [(Piece("▲ ", "warn"), Piece(one)) for one in card.broken_before]
    lines += _tell(card, limit)
    if card.next_total or card.next_single:
        known = len(card.next_single)
        total = f"at least {known}" if card.next_total is None else f"{card.next_total:,}"
        lines += [(), title("Next single failures", f"{total} would put a service in outage")]
        lines += [(Piece("■ ", "info"), Piece(one)) for one in card.next_single]
    if card.weakest:
        lines += [(), labelled("weakest", (Piece(card.weakest, "dim"),))]
    if card.exposed:
        words = "exposed: hangs on what is hit, further up, and loses nothing"
        lines += [*([] if card.weakest else [()]), (Piece(words, "dim"),)]
    lines = lines[1:]  # every part begins with a blank line
    return [line for part in lines for line in _fold(part, width)]


def _fold(line: Line, width: int) -> list[Line]:
    if sum(cell_len(piece.text) for piece in line) <= width or len(line) != 1:
        return [line]
    return wrap(line[0].text, width, line[0].role, indent="  ")


def _summary(card: ImpactCard) -> Line:
    exposed = "not counted" if card.exposed is None else f"{card.exposed:,}"
    return (
        *tally(card.effects()),
        Piece(f"   saved {card.held():,}", "good" if card.saved else "dim"),
        Piece(f"   exposed {exposed}", "dim"),
    )


def _beside(rows: Sequence[str], width: int) -> list[Line]:
    """What else is scheduled, or asked for, in the window."""
    lines: list[Line] = [(), title("In the same window")] if rows else []
    for one in rows:
        first, *rest = wrap(one, width - 2)
        lines += [(Piece("─ ", "dim"), *first), *((Piece("  "), *line) for line in rest)]
    return lines


def _verdict(rows: Sequence[PromiseLine], width: int) -> list[Line]:
    """What becomes of the promises in the window that is asked about, in a word and their names."""
    asked = [one for one in rows if one.worst]
    if not asked and rows and all(one.left_before >= 0 for one in rows):
        less = any(one.left_after < one.left_before for one in rows)
        words = "○ kept: nothing counts" + ("; exempt time only lessens what is allowed" if less else "")
        return paragraph("promises", words, width, "good")
    broken = [one for one in asked if one.breach_expected]
    maybe = [one for one in asked if one.breach_worst and not one.breach_expected]
    found = [("× BREACH", "bad", broken), ("▲ BREACH if worst", "warn", maybe)]
    if not broken and not maybe:
        found = [("○ kept", "good", asked)]
    lines: list[Line] = []
    for word, role, those in found:
        if those:
            names = listed(list(dict.fromkeys(f"{one.customer} {one.service}" for one in those)), 3)
            lines += paragraph("" if lines else "promises", f"{word}: {names}", width, role)
    return lines


def _links(head: Line, because: Sequence[str], width: int, indent: int) -> list[Line]:
    """A chain behind a head; what has no room goes on below, an item is never broken."""
    lines: list[Line] = []
    current = list(head)
    for place, piece in enumerate(chain(because)):
        taken = sum(cell_len(one.text) for one in current)
        if place and piece.text != " → " and taken + cell_len(piece.text) > width:
            lines.append(tuple(current))
            current = [Piece(" " * indent)]
        current.append(piece)
    return [*lines, tuple(current)]


def _services(card: ImpactCard, limit: int, width: int) -> list[Line]:
    if not card.services:
        return [(), title("Services"), (Piece("○ no service is hit", "good"),)]
    lines: list[Line] = [(), title("Services")]
    for one in card.services[:limit]:
        lines.append(
            (
                *_sign(one.effect),
                Piece(one.id, "strong"),
                Piece(f"  {one.name}" if one.name != one.id else ""),
                Piece("  inherited" if one.inherited else "", "dim"),
            )
        )
        if one.when:
            lines.append((Piece("    "), Piece(one.when, "warn")))
        if len(one.because) > 1:
            lines += _links((Piece("    "),), one.because, width, 6)
    lines += _more(len(card.services) - limit)
    if not card.complete:
        lines.append((Piece("more services may inherit a loss of margin; not all were visited", "dim"),))
    return lines


def _sign(word: str) -> Line:
    glyph, role = EFFECTS.get(word, ("○", ""))
    short = "reduced" if word == "reduced redundancy" else word
    return (Piece(f"{glyph} {short:<9} ", role),)


def _hits(hits: Sequence[Hit], total: int, limit: int, width: int) -> list[Line]:
    lines: list[Line] = [(), title("Items hit", counted(total, "item"))]
    if not hits:
        return [*lines, (Piece("○ nothing else depends on it", "good"),)]
    for one in hits[:limit]:
        others = f" with {listed(one.others)}" if one.others else ""
        head = (*_sign(one.effect), Piece(f"{one.id:<20} "), Piece(f"{one.owner:<12} ", "dim"))
        if one.distance:
            *before, last = _links(head, one.because[1:], width, 14)
            lines += [*before, (*last, Piece(others, "dim"))]
        else:
            lines.append((*head, Piece("is down", "dim"), Piece(others, "dim")))
        if one.when:
            lines.append((Piece("    "), Piece(one.when, "warn")))
    return [*lines, *_more(total - limit)]


def _more(left: int) -> list[Line]:
    """How many more there are than are listed."""
    return [(Piece(f"{left:,} more: cmdb impact lists them all", "dim"),)] if left > 0 else []


def promise_lines(one: PromiseLine, width: int, *, forecast: bool = True) -> list[Line]:
    """One commitment, in two lines where one is too narrow; a `forecast` of work in a window.

    `ACME mail: expected 38, worst 90 of 41 min left: BREACH if worst`
    """
    head = Piece(f"{one.customer} {one.service}: ", "strong")
    rest = promise(
        one.left_before,
        one.expected,
        one.worst,
        one.breach_expected,
        one.breach_worst,
        forecast=forecast,
        low=nearly_used(one.used, one.allowance),
    )
    if cell_len(head.text) + sum(cell_len(piece.text) for piece in rest) <= width:
        return [(head, *rest)]
    return [(head, rest[-1]), (Piece("  "), Piece(rest[0].text.removesuffix(": "), "dim"))]


def _promises(rows: Sequence[PromiseLine], width: int, *, forecast: bool) -> list[Line]:
    if not rows:
        return []
    what = "what the window takes of each, in minutes" if forecast else "minutes of the running period"
    lines: list[Line] = [(), title("Promises", what)]
    for one in rows:
        lines += promise_lines(one, width, forecast=forecast)
        share = (one.used + one.committed) / one.allowance if one.allowance > 0 else 1.0
        taken = f"{minutes(one.used)} used, {minutes(one.committed)} committed"
        words = f" {taken} of {minutes_left(one.allowance)}"
        lines.append((Piece("  "), Piece(gauge(share), "info"), Piece(f"{words}  {one.period}", "dim")))
    return lines


def _tell(card: ImpactCard, limit: int) -> list[Line]:
    if not card.tell:
        return []
    lines: list[Line] = [(), title("Tell", counted(len(card.tell), "addressee"))]
    names = min(30, max(len(one.name) for one in card.tell))
    mails = min(40, max(len(one.email) for one in card.tell))
    lines += [
        (Piece(f"{one.name:<{names}}  "), Piece(f"{one.email:<{mails}}  ", "info"), Piece(one.because, "dim"))
        for one in card.tell[:limit]
    ]
    return [*lines, *_more(len(card.tell) - limit)]


# Changes --------------------------------------------------------------------------------------


def difference_lines(rows: Sequence[FieldChange], width: int) -> list[Line]:
    """What a change alters, record by record."""
    lines: list[Line] = []
    record = ""
    for one in rows:
        if one.record != record:
            record = one.record
            lines += [()] if lines else []
            lines.append((Piece(record, "strong"), Piece(f"  {one.operation}", "dim")))
        if one.field:
            lines += _altered(one, width)
    return lines or [(Piece("Nothing is altered.", "dim"),)]


def _altered(one: FieldChange, width: int) -> list[Line]:
    # What came or went is told from what is there by a word, not by its colour alone.
    before = (Piece(one.old or "(none)", "bad" if one.old else "dim"), Piece(" → ", "dim"))
    whole: Line = (
        Piece(f"  {one.field:<14} ", "dim"),
        *(before if one.old or one.operation != "add" else ()),
        Piece(one.new or "(none)", "good" if one.new else "dim"),
    )
    lines = [whole]
    if sum(cell_len(piece.text) for piece in whole) > width:
        lines = [(Piece(f"  {one.field}", "dim"),)]
        lines += [(Piece("  - ", "bad"), *line) for line in wrap(one.old, width - 4)] if one.old else []
        lines += [(Piece("  + ", "good"), *line) for line in wrap(one.new, width - 4)] if one.new else []
    if one.moved:
        lines.append((Piece(f"    ▲ moved since: now {one.moved}", "warn"),))
    return lines
