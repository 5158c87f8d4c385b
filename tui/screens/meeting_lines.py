"""A meeting in lines: how long it takes, who is there, how each item stands. Lines only."""

from datetime import datetime

from tui.ballot_views import BallotLine
from tui.meeting_source import AgendaLine, MeetingCard
from tui.present import OUTCOMES, Line, Piece, duration, listed
from tui.widgets.paint import wrap

STATES = {
    "waiting": ("○", "dim"),
    "decided": ("●", "good"),
    "deferred": ("▷", "warn"),
    "dealt with": ("●", "dim"),
    "carried over": ("▷", "dim"),
}


def clock_lines(card: MeetingCard, now: datetime, planned: str, width: int) -> list[Line]:
    """How long it takes against the plan, how long the item in hand, and who is there."""
    lines: list[Line] = []
    if card.opened_at is not None:
        took = max(0, int(((card.closed_at or now) - card.opened_at).total_seconds()))
        over = took > card.planned_for
        lines.append(
            (
                Piece(hours(took), "bad" if over else "strong"),
                Piece(f" of {hours(card.planned_for)}", "dim"),
                *(
                    (
                        Piece(f"   item {card.current}: ", "dim"),
                        Piece(hours(seconds_of(card.agenda[card.current - 1], card, now)), "strong"),
                    )
                    if card.current
                    else ()
                ),
            )
        )
    elif card.state == "planned":
        lines.append((Piece(f"Planned for {planned}, {duration(card.planned_for)}. P opens it.", "dim"),))
    if card.state == "open":
        who = f"{card.present} of {card.seats} seats: {listed(card.there, 12)}"
        lines += wrap(who, max(20, width), "", indent="  ")[:2]
    elif card.state == "closed":
        signed = f"version {card.signed}" if card.signed else "not signed yet"
        lines.append((Piece(f"Minutes: {signed}.", "good" if card.signed else "warn"),))
    return [*lines, *[()] * (3 - len(lines))]


def hours(seconds: int) -> str:
    """A running time, such as 0:25:13."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def seconds_of(one: AgendaLine, card: MeetingCard, now: datetime) -> int:
    """Seconds an item has been in hand."""
    if card.state != "open" or one.number != card.current or card.turned_at is None:
        return one.seconds
    return one.seconds + max(0, int((now - card.turned_at).total_seconds()))


def state_of(one: AgendaLine) -> Line:
    """How an item stands: its result, or how the votes on it do."""
    if one.result:
        glyph, role = OUTCOMES.get(one.result, STATES.get(one.state, ("●", "good")))
        return (Piece(f"{glyph} {one.result}", role),)
    if one.ballot is not None and one.state == "waiting":
        return standing(one.ballot)
    glyph, role = STATES[one.state]
    return (Piece(f"{glyph} {one.state}"[:12], role),)


def standing(one: BallotLine) -> Line:
    """How a ballot stands in thirteen columns: what it still needs while it is open, else what it came to."""
    glyph, role = OUTCOMES.get(one.outcome, ("○", "dim"))
    needs = one.stands.words if one.outcome == "open" else ""
    if "agree" in needs:
        return (Piece(f"{glyph} ", role), Piece(needs))
    return (*((Piece(f"{needs} "),) if needs else ()), Piece(f"{glyph} {one.outcome}", role))


def row_id(one: AgendaLine) -> str:
    """What a row is called: its request, or its number."""
    return one.request or f"#{one.number}"
