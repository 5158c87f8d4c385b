"""The ballot card: what a change alters, what it costs the customers, who said what. Lines only."""

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from tui.ballot_views import ChangeCard, RequirementLine, VoteLine
from tui.ballot_words import turning
from tui.present import (
    OUTCOMES,
    REQUIREMENTS,
    Line,
    Piece,
    listed,
    moment,
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
from tui.views import ChangeLine
from tui.widgets.paint import wrap

TABS = ("facts", "impact", "diff", "comments")


def page(card: ChangeCard, tab: str, clock: Clock, width: int) -> list[Line]:
    """One page of the card."""
    if tab == "impact":
        if card.impact is None:
            return [(Piece("Not assessed yet: a assesses it.", "dim"),)]
        return impact_lines(card.impact, width)
    if tab == "diff":
        return [*_since(card, width), *difference_lines(card.diff, width)]
    if tab == "comments":
        return _comments(card, clock, width)
    return facts(card, clock, width)


def _since(card: ChangeCard, width: int) -> list[Line]:
    """What moved since my vote, or since the decision, above what the change alters."""
    found = card.moved or card.since_decided
    if not found:
        return []
    lines: list[Line] = [title("Since your vote" if card.moved else "Since the decision")]
    lines += [line for one in found for line in wrap(f"▲ {one}", width, "warn", indent="  ")]
    return [*lines, (), title("What it alters")]


def facts(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    """The first page: everything a member needs to decide, in a dozen lines; then the rest."""
    lines: list[Line] = []
    if card.overruled:
        lines += paragraph("rules", f"▲ {card.overruled} r opens the ballot anew.", width, "warn")
    for label, moved in (("since vote", card.moved), ("moved", card.since_decided)):
        for index, one in enumerate(moved):
            lines += paragraph(label if not index else "", f"▲ {one}", width, "warn")
    people = f"  by {card.line.originator}"
    if card.line.implementer:
        people += f", done by {card.line.implementer}"
    lines += _pair("changes", (Piece(card.summary or "nothing yet"),), (Piece(people, "dim"),), width)
    lines += costs(card, width)
    for index, clash in enumerate(card.clashes):
        lines += paragraph("clash" if not index else "", clash, width, "warn")
    if not card.clashes and card.impact is not None:
        lines.append(labelled("clash", (Piece("none", "dim"),)))
    lines += paragraph("back-out", card.back_out or "no plan", width, "" if card.back_out else "warn")
    lines += votes(card, width)
    if card.evidence:
        lines += paragraph("evidence", card.evidence, width, "dim")
    return lines + _rest(card, clock, width)


def _rest(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    """What a member knows from the list already, or looks up."""
    lines = [labelled("when", (Piece(when(card.line, clock).replace("+", " for ") or "no window yet"),))]
    lines += [labelled("" if place else "done", (Piece(one),)) for place, one in enumerate(card.done)]
    if card.reason:
        lines += paragraph("reason", card.reason, width)
    if card.test_plan:
        lines += paragraph("test", card.test_plan, width)
    if card.left_open:
        lines += paragraph("open", "; ".join(card.left_open), width, "warn")
    for one in card.unsettled:
        words = f"{one.record}, {one.field}: was {one.original}, is {one.current}, wanted {one.proposed}"
        lines += paragraph("conflict", words, width, "warn")
    if card.baseline:
        lines.append(labelled("baseline", (Piece(card.baseline, "good"),)))
    return lines


def _pair(label: str, first: Line, second: Line, width: int) -> list[Line]:
    """Two parts of a labelled line; the second below the first where both are too wide."""
    if sum(cell_len(piece.text) for piece in (*first, *second)) <= width - 11:
        return [labelled(label, (*first, *second))]
    below = (second[0]._replace(text=second[0].text.lstrip()), *second[1:])
    return [labelled(label, first), labelled("", below)]


def costs(card: ChangeCard, width: int) -> list[Line]:
    """What a change costs: effects, services, promises."""
    if card.impact is None:
        over = card.line.state not in ("draft", "submitted")
        words = "computed only while there is something to decide by it" if over else "not assessed yet"
        return [labelled("impact", (Piece(words, "dim"),))]
    impact = card.impact
    exposed = "not counted" if impact.exposed is None else f"{impact.exposed:,}"
    margin = (
        Piece(f"   saved {impact.held():,}", "good" if impact.saved else "dim"),
        Piece(f"   exposed {exposed}", "dim"),
    )
    lines = _pair("impact", tally(impact.effects()), margin, width)
    worst = [one for one in impact.services if one.effect != "none"]
    if worst:
        lines += paragraph("services", listed([f"{one.name} {one.effect}" for one in worst], 3), width)
    promises = [line for one in impact.promises for line in promise_lines(one, width - 11)]
    lines += [labelled("promise" if not index else "", line) for index, line in enumerate(promises)]
    for one in impact.beside:
        lines += paragraph("" if promises else "promise", one, width, "dim")
    return lines


def votes(card: ChangeCard, width: int) -> list[Line]:
    """Who voted what, the outcome, and every requirement that is not met yet."""
    lines: list[Line] = []
    by_value: dict[str, list[VoteLine]] = {}
    for one in card.votes:
        by_value.setdefault("stale " + one.value if one.stale else one.value, []).append(one)
    groups: list[tuple[Piece, str]] = []
    for value, cast in by_value.items():
        names = ", ".join(map(_who, cast))
        signs = vote(value) if not value.startswith("stale ") else (Piece(f"▲ {value}", "warn"),)
        groups.append((Piece("".join(piece.text for piece in signs), signs[0].role), names))
    pieces: list[Piece] = []
    for mark, names in groups:
        pieces += [*([Piece("   ")] if pieces else []), mark, Piece(f" {names}")]
    if card.outcome or card.votes:
        outcome = sign(OUTCOMES, card.outcome) if card.outcome else ()
        tail = (Piece(f"   {card.tally}  ", "dim"), *outcome) if card.outcome else ()
        whole = (*(pieces or [Piece("none yet", "dim")]), *tail)
        if sum(cell_len(piece.text) for piece in whole) <= width - 11:
            lines.append(labelled("votes", whole))
        else:
            lines += _groups(groups, width)
            lines += [labelled("", (Piece(card.tally + "  ", "dim"), *outcome))] if tail else []
    for one in card.votes:
        if one.value == "reject":
            lines += paragraph(
                "rejected", f"{one.member}: {one.reason}", width, "dim" if one.stale else "bad"
            )
        for condition in () if one.stale else one.conditions:
            lines += paragraph("condition", f"{one.member}: {condition}", width, "warn")
    if card.turners:
        lines += paragraph("waits", f"{turning(card)} (D)", width)
    for status, label in (("unsatisfied", "missing"), ("overridden", "overridden")):
        mark = sign(REQUIREMENTS, status)[0]
        for words in _needs([one for one in card.requirements if one.status == status]):
            lines += paragraph(label, f"{mark.text.split()[0]} {words}", width, mark.role)
            label = ""
    return lines


def _who(one: VoteLine) -> str:
    """Who voted, and for whom or in which other capacity than that of a member."""
    if one.capacity == "alternate" and one.counts:
        return f"{one.member} (for {one.seat})"
    return one.member + ("" if one.counts or one.stale else " (consent)")


def _groups(groups: Sequence[tuple[Piece, str]], width: int) -> list[Line]:
    """One kind of vote a line, with everybody who cast it: nobody is cut off."""
    lines: list[Line] = []
    for mark, names in groups:
        for index, line in enumerate(wrap(names, max(10, width - 12 - cell_len(mark.text)))):
            head = mark if not index else Piece(" " * cell_len(mark.text))
            lines.append(labelled("votes" if not lines else "", (head, Piece(" "), *line)))
    return lines


def _needs(needs: Sequence[RequirementLine]) -> list[str]:
    """Requirements, a sentence each, the consents in one, such as `quorum: 1 of 2 votes`."""
    people = [one.name.removeprefix("consent ") for one in needs if one.name.startswith("consent ")]
    words = [
        f"{one.name}: {one.detail.rstrip('.')}" if one.detail else one.name
        for one in needs
        if not one.name.startswith("consent ")
    ]
    return [*words, *([f"consent of {', '.join(people)}"] if people else [])]


def requirement_lines(card: ChangeCard, width: int) -> list[Line]:
    """Every requirement of the policy under its status, broken at the width."""
    lines: list[Line] = []
    for status in dict.fromkeys(one.status for one in card.requirements):
        same = [one for one in card.requirements if one.status == status]
        glyph, *said = sign(REQUIREMENTS, status)
        lines.append((glyph, *said, Piece(f"  {len(same)}", "dim")))
        for one in same:
            words = f"{one.name}: {one.detail}" if one.detail else one.name
            first, *others = wrap(words, max(10, width - 4))
            lines.append((Piece("  "), Piece("- ", "dim"), *first))
            lines += [(Piece("    "), *line) for line in others]
    return lines or [(Piece("Nothing is asked yet: no ballot is open.", "dim"),)]


def beside(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    """The third pane: what it alters field by field, and what was said."""
    said = _said(card, clock, width)
    return [
        title("What it alters"),
        *difference_lines(card.diff, width),
        *([(), title("Comments"), *said] if said else []),
    ]


def _said(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    """Comments, then the reasons of votes."""
    now = clock.now()
    lines: list[Line] = []
    for one in card.comments:
        lines.append((Piece(one.person, "strong"), Piece(f"  {moment(one.at, clock.zone, now)}", "dim")))
        lines += [(Piece("  "), *line) for line in wrap(one.text, max(10, width - 2))]
    for cast in card.votes:
        if cast.reason or cast.conditions:
            head = (Piece(cast.member, "strong"), Piece(f"  {cast.value}: ", "dim"))
            room = max(10, width - len(cast.member) - len(cast.value) - 4)
            broken = wrap(cast.reason, room) or [()]
            lines += [(*(head if not index else (Piece("  "),)), *line) for index, line in enumerate(broken)]
        for condition in cast.conditions:
            lines += wrap(f"on condition: {condition}", max(10, width - 2), indent="  ")
    return lines


def _comments(card: ChangeCard, clock: Clock, width: int) -> list[Line]:
    lines = _said(card, clock, width)
    if card.requirements:
        lines += [(), title("Requirements"), *requirement_lines(card, width)]
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
