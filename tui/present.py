"""Turn values into text segments: glyph, word and colour role, the same for app and command line.

Pure: nothing here knows a terminal, a clock or a database. A line is a tuple of pieces; a piece is
text with the role its colour follows. State is always glyph + word + role, so that it survives
without colour and without the glyphs.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DIGEST = re.compile("[0-9a-f]{40,64}")
_FACT = 120  # letters of a fact that a line of history says

_ASCII = str.maketrans(
    {
        "●": "*",
        "○": "o",
        "▲": "^",
        "▼": "v",
        "■": "#",
        "◆": "+",
        "×": "x",
        "│": "|",
        "─": "-",
        "├": "|",
        "┌": ",",
        "└": "`",
        "▶": ">",
        "…": "~",
        "·": ".",
        "→": ">",
        "←": "<",
        "↑": "Up",
        "↓": "Down",
        "▁": "_",
        "▂": "_",
        "▃": ".",
        "▄": "-",
        "▅": "-",
        "▆": "=",
        "▇": "=",
        "█": "#",
    }
)


class Piece(NamedTuple):
    """A run of text and the role its colour follows; an empty role is plain text."""

    text: str
    role: str = ""


Line = tuple[Piece, ...]

ROLES = ("", "strong", "dim", "accent", "key", "good", "info", "warn", "bad", "rule", "alarm")

# word -> (glyph, role). Worst effects last, as rules.md 3 orders them.
EFFECTS = {
    "none": ("○", "good"),
    "reduced redundancy": ("■", "info"),
    "degraded": ("▲", "warn"),
    "outage": ("×", "bad"),
}
OPERATING = {"up": ("●", "good"), "maintenance": ("◆", "warn"), "down": ("×", "bad")}
STATUSES = {"planned": ("○", "info"), "in service": ("●", "good"), "retired": ("×", "dim")}
LEVELS = {"draft": ("○", "dim"), "controlled": ("◆", "info"), "baselined": ("●", "good")}
REQUEST_STATES = {
    "draft": ("○", "dim"),
    "submitted": ("○", "info"),
    "assessed": ("◆", "info"),
    "under review": ("◆", "accent"),
    "approved": ("●", "good"),
    "rejected": ("×", "bad"),
    "deferred": ("■", "warn"),
    "checked out": ("▶", "accent"),
    "checked in": ("●", "good"),
    "closed": ("●", "dim"),
    "backed out": ("▲", "warn"),
    "withdrawn": ("×", "dim"),
}
VOTES = {
    "approve": ("●", "good"),
    "approve with conditions": ("◆", "warn"),
    "conditions": ("◆", "warn"),
    "reject": ("×", "bad"),
    "abstain": ("○", "dim"),
}
REQUIREMENTS = {
    "satisfied": ("●", "good"),
    "unsatisfied": ("○", "warn"),
    "not applicable": ("─", "dim"),
    "overridden": ("▲", "warn"),
}
OUTCOMES = {"carried": ("●", "good"), "lost": ("×", "bad"), "open": ("○", "accent")}


def clean(text: str) -> str:
    """Give text that cannot move the cursor or turn the line around.

    Control, format (bidirectional, zero width), surrogate, private and unassigned characters each
    become one visible replacement character; every kind of space becomes a plain one.
    """
    if text.isprintable():
        return text
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else REPLACEMENT


def plain(line: Iterable[Piece], *, ascii_only: bool = False) -> str:
    """Write a line without colour; `ascii_only` replaces our glyphs, never the data's letters."""
    text = "".join(clean(piece.text) for piece in line)
    return to_ascii(text) if ascii_only else text


def to_ascii(text: str) -> str:
    """Replace the glyphs we draw by the ASCII signs that stand for them."""
    return text.translate(_ASCII)


def sign(table: dict[str, tuple[str, str]], word: str) -> Line:
    """Show a state as glyph and word in its role; an unknown word stands alone."""
    glyph, role = table.get(word, ("", ""))
    return (Piece(f"{glyph} {word}" if glyph else word, role),)


def padded(line: Line, width: int) -> Line:
    """Give a line with spaces behind it up to a width, counted in letters of our own words."""
    return (*line, Piece(" " * max(0, width - sum(len(piece.text) for piece in line))))


def effect(word: str) -> Line:
    """Show an effect of an impact answer."""
    return sign(EFFECTS, word)


def request_state(word: str) -> Line:
    """Show the state of a change request."""
    return sign(REQUEST_STATES, word)


def vote(word: str) -> Line:
    """Show the value of a vote."""
    return sign(VOTES, word)


def tally(counts: Sequence[tuple[str, int]]) -> Line:
    """Show how many items have each effect: `× OUTAGE 1   ▲ DEGRADED 1`; only those that occur."""
    pieces: list[Piece] = []
    for word, count in counts:
        if count:
            glyph, role = EFFECTS.get(word, ("○", ""))
            short = "REDUCED" if word == "reduced redundancy" else word.upper()
            pieces += [Piece("   ")] if pieces else []
            pieces.append(Piece(f"{glyph} {short} {count:,}", role))
    return tuple(pieces) if pieces else (Piece("○ no effect", "good"),)


def duration(seconds: int) -> str:
    """Write seconds the way people type them: `90s`, `38m`, `1h30m`, `2d4h`."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if seconds < 120 and seconds % 60:
        return f"{seconds}s"
    minutes = -(-seconds // 60) if seconds < 3600 else seconds // 60
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [f"{days}d" if days else "", f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    return "".join(parts) or "0m"


def minutes(seconds: int) -> str:
    """Whole minutes of time that was used or will be: rounded up, so that it never looks like less."""
    return f"{-(-seconds // 60):,}"


def minutes_left(seconds: int) -> str:
    """Whole minutes of time that is allowed or left: rounded down, so that it never looks like more."""
    return f"{seconds // 60:,}"


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Write an instant in the site's zone: `22 Nov 23:30`, with the year when it is another one."""
    local = at.astimezone(zone)
    text = f"{local.day} {local:%b}"
    if local.year != now.astimezone(zone).year:
        text += f" {local.year}"
    return f"{text} {local:%H:%M}"


def window(start: datetime, end: datetime, zone: tzinfo, now: datetime) -> str:
    """Write a window as its start and length: `22 Nov 23:30+2h`."""
    return f"{moment(start, zone, now)}+{duration(int((end - start).total_seconds()))}"


def period(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Name a calendar period as people do: `Nov 2026`, `Q4 2026`, `2026`; else its first and last day."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    months = (last.year - first.year) * 12 + last.month - first.month
    whole = first.day == last.day == 1 and first.hour == last.hour == 0
    if whole and months == 1:
        return f"{first:%b %Y}"
    if whole and months == 3 and first.month % 3 == 1:
        return f"Q{first.month // 3 + 1} {first.year}"
    if whole and months == 12 and first.month == 1:
        return str(first.year)
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def age(at: datetime | None, now: datetime) -> str:
    """How long ago something was seen to be true; `never` when nobody ever looked."""
    if at is None:
        return "never"
    seconds = int((now - at).total_seconds())
    if seconds < 0:
        return "in " + _rough(-seconds)
    return "just now" if seconds < 60 else f"{_rough(seconds)} ago"


def _rough(seconds: int) -> str:
    for size, unit in ((86_400 * 365, "y"), (86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def age_role(at: datetime | None, now: datetime, *, fresh_days: int = 90) -> str:
    """The role of a fact's age: plain while fresh, a warning when nobody confirmed it for long."""
    if at is None:
        return "warn"
    return "dim" if (now - at).days < fresh_days else "warn"


def counted(number: int, one: str, many: str = "") -> str:
    """Write a count with its noun: `1 item`, `3 items`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str], limit: int = 4) -> str:
    """Write a list for a line: the first few and how many more."""
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown} and {len(words) - limit:,} more"


def chain(because: Sequence[str]) -> Line:
    """Show why something is hit, back to what is down: `shop ← lb ← sw-11` read from the cause."""
    pieces: list[Piece] = []
    for index, one in enumerate(reversed(because)):
        pieces += [Piece(" → ", "dim")] if index else []
        pieces.append(Piece(one, "strong" if index == len(because) - 1 else ""))
    return tuple(pieces)


def nearly_used(used: int, allowance: int) -> bool:
    """Whether so little of an allowance is left that whoever plans work has to know."""
    return bool(allowance) and used > 0.75 * allowance


def promise(
    left: int,
    expected: int,
    worst: int,
    breach_expected: bool,
    breach_worst: bool,
    *,
    forecast: bool = False,
    low: bool = False,
) -> Line:
    """Show what a change takes of a promise: `expected 38, worst 90 of 41 min left: BREACH if worst`.

    Where nothing is taken, a `forecast` says so; otherwise nothing was asked, and what is left is said,
    with a sign where that is `low`.
    """
    if not worst and (left < 0 or not forecast):
        sign, role = ("× ", "bad") if left < 0 else ("▲ ", "warn") if low else ("", "good")
        return (Piece(f"{sign}{minutes_left(left)} min left", role),)
    if not worst:
        return (Piece(f"takes nothing of {minutes_left(left)} min left: "), Piece("○ kept", "good"))
    head = f"expected {minutes(expected)}, worst {minutes(worst)} of {minutes_left(left)} min left"
    if breach_expected:
        return (Piece(head + ": "), Piece("× BREACH", "bad"))
    if breach_worst:
        return (Piece(head + ": "), Piece("▲ BREACH if worst", "warn"))
    return (Piece(head + ": "), Piece("○ kept", "good"))


def gauge(used: float, width: int = 10) -> str:
    """Draw a share between 0 and 1 as a bar of `width` cells; over 1 it is full."""
    full = round(min(max(used, 0.0), 1.0) * width)
    return "█" * full + "─" * (width - full)


def sparkline(values: Sequence[float]) -> str:
    """Draw a row of amounts as one line of bars, the largest full; all zero is a flat line."""
    top = max(values, default=0.0)
    bars = "▁▂▃▄▅▆▇█"
    if top <= 0:
        return bars[0] * len(values)
    return "".join(bars[min(7, int(max(value, 0.0) / top * 7.999))] for value in values)


def bars(shares: Sequence[float]) -> str:
    """Draw shares of an allowance as one line of bars: full at 1 and above."""
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(max(share, 0.0) * 7.999))] for share in shares)


def problems(reason: str, remedy: str, details: Sequence[str]) -> tuple[Line, ...]:
    """Show a refusal: the reason, every single problem, and what to do."""
    lines: list[Line] = [(Piece("× ", "bad"), Piece(reason, "strong"))]
    lines += [(Piece("  ─ ", "dim"), Piece(one)) for one in details]
    return (*lines, (Piece("  " + remedy, "accent"),))


def altered(changed: Mapping[str, Any], arrow: str = "→") -> list[str]:
    """What a journal entry says was changed, a phrase each; digests short, what says nothing left out."""
    found = []
    for name, fact in changed.items():
        if isinstance(fact, dict) and fact.keys() == {"old", "new"}:
            fact = [fact["old"], fact["new"]]
        if isinstance(fact, list) and len(fact) == 2:
            found.append(f"{name} {_fact(fact[0])} {arrow} {_fact(fact[1])}")
        elif fact not in ("", None, False, 0, [], {}):
            found.append(f"{name} {_fact(fact)}")
    return found


def _fact(fact: Any) -> str:
    """A fact in a few words: the text of a whole document is read elsewhere."""
    if fact in ("", None):
        return "(none)"
    if isinstance(fact, str) and _DIGEST.fullmatch(fact):
        return fact[:12]
    said = fact.strip() if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)
    first = said.partition("\n")[0]
    return first if first == said and len(said) <= _FACT else f"{first[: _FACT - 1].rstrip()}…"
