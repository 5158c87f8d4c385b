"""An event in lines: its facts, what it does to promises, what was done with it. Lines only."""

from datetime import datetime

from tui.event_source import EventCard, EventLine
from tui.present import EFFECTS, Line, Piece, age, counted, listed
from tui.screens.facts import Clock, history_lines, paragraph, title
from tui.widgets.paint import wrap
from tui.widgets.roll import Entry

STATES = {
    "recorded": ("○", "info"),
    "analysed": ("◆", "info"),
    "in progress": ("▶", "accent"),
    "resolved": ("●", "good"),
    "closed": ("●", "dim"),
    "withdrawn": ("×", "dim"),
}
PRIORITIES = {"critical": "bad", "high": "warn", "normal": "", "low": "dim"}
COLUMN = 12
SHOWN = 12  # services and promises shown of one event; the command lists all


def state_piece(one: EventLine) -> Piece:
    """The state as sign, word and colour."""
    glyph, role = STATES[one.state]
    return Piece(f"{glyph} {one.state}", role)


def due_piece(one: EventLine, now: datetime) -> Piece:
    """How far off the deadline is, or for how long it has passed."""
    if one.due is None:
        return Piece("")
    if one.due < now:
        words = "answer" if one.late == "unanswered" else "late"
        return Piece(f"× {words} {age(one.due, now).removesuffix(' ago').removesuffix('just now')}", "bad")
    soon = (one.due - now).total_seconds() < 4 * 3600
    return Piece(age(one.due, now), "warn" if soon else "dim")


def items_piece(one: EventLine) -> Piece:
    """The first of its items, what is down before the others; how many more."""
    first = next(iter((*one.down, *one.items)), "")
    more = f" +{len(one.items) - 1}" if len(one.items) > 1 else ""
    return Piece(f"× {first}{more}" if one.down else f"{first}{more}", "bad" if one.down else "strong")


def fact_lines(card: EventCard, width: int) -> list[Line]:
    """What is known, with how far it has come."""
    one = card.line
    head = f"  {one.late.upper()}" if one.late else ""
    lines: list[Line] = [
        (Piece(f"{one.id}  ", "strong"), Piece(f"{one.kind}  "), state_piece(one), Piece(head, "bad")),
        (),
    ]
    for fact in card.facts:
        lines += paragraph(fact.label, fact.text, width, fact.role, column=COLUMN)
    return lines


def link_entries(card: EventCard) -> list[Entry]:
    """What it has to do with; Enter opens the one under the cursor."""
    entries = [Entry(()), Entry(title("Has to do with", "Enter opens it"))] if card.links else []
    for one in card.links:
        pieces = (
            Piece(one.label.ljust(COLUMN), "dim"),
            Piece(one.subject, one.role or "strong"),
            Piece(f"  {one.text}" if one.text else "", one.role or "dim"),
        )
        entries.append(Entry(pieces, f"{one.place} {one.subject}" if one.place else ""))
    return entries


def impact_lines(card: EventCard, width: int) -> list[Line]:
    """What it does to services and promises, who said so, and whom to tell by hand."""
    if card.said is None:
        why_not = card.against.get("analyse", "")
        words = f"Not computed. {why_not}" if why_not else "Not computed yet: a assesses it."
        waits = card.line.state == "recorded" and not why_not
        return [title("Impact on promises"), *wrap(words, width, "warn" if waits else "dim")]
    lines: list[Line] = [title("Impact on promises"), *wrap(card.said.text, width, card.said.role)]
    for effect, service in card.impact[:SHOWN]:
        glyph, role = EFFECTS.get(effect, ("○", ""))
        lines.append((Piece(f"{glyph} {effect:<12} ", role), Piece(service)))
    for text in card.promises[:SHOWN]:
        lines += [(Piece("  "), *line) for line in wrap(text, width - 2, "warn", indent="  ")]
    more = max(0, len(card.impact) - SHOWN) + max(0, len(card.promises) - SHOWN)
    if more:
        lines.append((Piece(f"{more:,} more: 'cmdb event show {card.line.id}' lists all.", "dim"),))
    if not card.promises:
        lines.append((Piece("No promise is at stake.", "dim"),))
    if card.tell:
        lines += [(), title("Tell by hand", counted(len(card.tell), "contact"))]
        lines += [(Piece(one),) for one in card.tell[:SHOWN]]
    return lines


def what_is_next(card: EventCard, step: str, words: str) -> list[Line]:
    """The next step in a line, or that nothing follows."""
    if not step:
        return [(), (Piece(f"{card.line.state.capitalize()} is final.", "dim"),)]
    lines: list[Line] = [(), (Piece("next        ", "dim"), Piece("P ", "key"), Piece(words))]
    if step == "finish" and card.lacks:
        lines += [(Piece(" " * COLUMN), *line) for line in wrap(card.lacks, 60, "warn")]
    return lines


def past_lines(card: EventCard, clock: Clock, width: int) -> list[Line]:
    """What was done with it, newest first."""
    return [title("History"), *history_lines(card.history, clock, width)]


def preview(card: EventCard, clock: Clock, width: int) -> list[Line]:
    """The card beside the list."""
    links = [f"{one.label} {one.subject}" for one in card.links if one.label not in ("item", "agreement")]
    lines = [*fact_lines(card, width), (), *impact_lines(card, width)]
    if links:
        lines += [(), *paragraph("linked", listed(links, 6), width, column=COLUMN)]
    return [*lines, (), *past_lines(card, clock, width)]
