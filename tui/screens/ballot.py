"""The ballot card: what a change alters, what it costs the customers, who said what. Lines only."""

from datetime import tzinfo

from rich.cells import cell_len

from tui.present import (
    OUTCOMES,
    REQUIREMENTS,
    Line,
    Piece,
    listed,
    moment,
    padded,
    sign,
    tally,
    vote,
    window,
)
from tui.screens.facts import (
    Clock,
    difference_lines,
    history_lines,
    impact_lines,
    labelled,
    paragraph,
    promise_lines,
    title,
)
from tui.views import ChangeCard, ChangeLine, VoteLine
from tui.widgets.paint import wrap

TABS = ("facts", "impact", "diff", "comments")


def page(card: ChangeCard, tab: str, clock: Clock, width: int) -> list[Line]:
    """One page of the card."""
    if tab == "impact":
        if card.impact is None:
            return [(Piece("Not assessed yet: a assesses it.", "dim"),)]
        return impact_lines(card.impact, width)
    if tab == "diff":
        return difference_lines(card.diff, width)
    if tab == "comments":
        return _comments(card, clock, width)
    return facts(card, clock, width)


def facts(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    """The first page: everything a member needs to decide, in a dozen lines."""
    lines: list[Line] = []
    if card.moved:
        lines.append(labelled("moved", (Piece(f"▲ {card.moved[0]}", "warn"),)))
        lines += [labelled("", (Piece(f"  {one}", "warn"),)) for one in card.moved[1:]]
    people = f"  by {card.line.originator}"
    if card.line.implementer:
        people += f", done by {card.line.implementer}"
    lines.append(labelled("changes", (Piece(card.summary or "nothing yet"), Piece(people, "dim"))))
    lines.append(labelled("when", (Piece(when(card.line, clock) or "no window yet"),)))
    lines += _impact(card, width)
    for index, clash in enumerate(card.clashes):
        lines += paragraph("clash" if not index else "", clash, width, "warn")
    if not card.clashes and card.impact is not None:
        lines.append(labelled("clash", (Piece("none", "dim"),)))
    lines += paragraph("back-out", card.back_out or "no plan", width, "" if card.back_out else "warn")
    if card.reason:
        lines += paragraph("reason", card.reason, width)
    if card.test_plan:
        lines += paragraph("test", card.test_plan, width)
    lines += votes(card, width)
    if card.evidence:
        lines += paragraph("evidence", card.evidence, width, "dim")
    if card.baseline:
        lines.append(labelled("baseline", (Piece(card.baseline, "good"),)))
    return lines


def _impact(card: ChangeCard, width: int) -> list[Line]:
    if card.impact is None:
        return [labelled("impact", (Piece("not assessed yet", "dim"),))]
    impact = card.impact
    exposed = "not counted" if impact.exposed is None else f"{impact.exposed:,}"
    summary = (
        *tally(impact.effects()),
        Piece(f"   saved {len(impact.saved):,}", "good" if impact.saved else "dim"),
        Piece(f"   exposed {exposed}", "dim"),
    )
    lines = [labelled("impact", summary)]
    worst = [one for one in impact.services if one.effect != "none"]
    if worst:
        lines += paragraph("services", listed([f"{one.name} {one.effect}" for one in worst], 3), width)
    promises = [line for one in impact.promises for line in promise_lines(one, width - 11)]
    lines += [labelled("promise" if not index else "", line) for index, line in enumerate(promises)]
    return lines


def votes(card: ChangeCard, width: int) -> list[Line]:
    """Who voted what, the outcome, and every requirement that is not met yet."""
    lines: list[Line] = []
    by_value: dict[str, list[VoteLine]] = {}
    for one in card.votes:
        by_value.setdefault("stale " + one.value if one.stale else one.value, []).append(one)
    pieces: list[Piece] = []
    for value, cast in by_value.items():
        names = ", ".join(one.member + ("" if one.counts else " (consent)") for one in cast)
        sign_of = vote(value) if not value.startswith("stale ") else (Piece(f"▲ {value}", "warn"),)
        pieces += [Piece("   ")] if pieces else []
        pieces += [*sign_of, Piece(f" {names}")]
    if card.outcome or card.votes:
        outcome = sign(OUTCOMES, card.outcome) if card.outcome else ()
        tail = (Piece(f"   {card.tally}  ", "dim"), *outcome) if card.outcome else ()
        whole = (*(pieces or [Piece("none yet", "dim")]), *tail)
        if sum(cell_len(piece.text) for piece in whole) <= width - 11 or not tail:
            lines.append(labelled("votes", whole))
        else:
            lines += [
                labelled("votes", tuple(pieces)),
                labelled("", (Piece(card.tally + "  ", "dim"), *outcome)),
            ]
    said = ""
    for need in card.requirements:
        if need.status in ("unsatisfied", "overridden"):
            mark = sign(REQUIREMENTS, need.status)[0]
            text = f"{mark.text.split()[0]} {need.name}: {need.detail}" if need.detail else need.name
            label = "missing" if need.status == "unsatisfied" else "overridden"
            lines += paragraph(label if label != said else "", text, width, mark.role)
            said = label
    return lines


def requirement_lines(card: ChangeCard) -> list[Line]:
    """Every requirement of the policy with its status."""
    return [
        (*padded(sign(REQUIREMENTS, one.status), 17), Piece(one.name), Piece(f"  {one.detail}", "dim"))
        for one in card.requirements
    ]


def _comments(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    now = clock.now()
    lines: list[Line] = []
    for one in card.comments:
        lines.append((Piece(one.person, "strong"), Piece(f"  {moment(one.at, clock.zone, now)}", "dim")))
        lines += [(Piece("  "), *line) for line in wrap(one.text, max(10, width - 2))]
    reasons = [one for one in card.votes if one.reason]
    for vote_line in reasons:
        lines.append(
            (
                Piece(vote_line.member, "strong"),
                Piece(f"  {vote_line.value}: ", "dim"),
                Piece(vote_line.reason),
            )
        )
    if card.requirements:
        lines += [(), title("Requirements"), *requirement_lines(card)]
    if card.history:
        lines += [(), title("History"), *history_lines(card.history, clock)]
    return lines or [(Piece("Nobody has said anything yet: c comments.", "dim"),)]


def when(line: ChangeLine, clock: Clock) -> str:
    """The window of a request as its list shows it; empty when it has none."""
    if line.start is None:
        return ""
    zone: tzinfo = clock.zone
    if line.end is None:
        return moment(line.start, zone, clock.now())
    return window(line.start, line.end, zone, clock.now())


def risk_piece(risk: str) -> Piece:
    """A risk class in its colour."""
    return Piece(
        risk,
        {"high": "bad", "very high": "bad", "medium": "warn", "med": "warn", "low": "good"}.get(risk, "dim"),
    )
