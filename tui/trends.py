"""Bars of what was counted per week or month, as lines of text. Pure.

A bar is drawn against the largest of its chart; what is zero has none. The number stands beside every bar,
so that nothing is told by length alone.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tui.present import Line, Piece, sparkline

PER = ("week", "month")
LABEL = 9
SERIES = 6  # bars from which a line of small ones says something


class Bar(NamedTuple):
    """One bar: what it is of, its value, the number in words, and a word beside it."""

    label: str
    value: float
    says: str
    beside: str = ""


class Trend(NamedTuple):
    """One chart: its bars in order, what is said of all of them, and the report that has the rest.

    `role` is the colour of its bars; `empty` is said where every bar is zero.
    """

    name: str
    title: str
    bars: tuple[Bar, ...]
    said: str = ""
    report: str = ""
    role: str = "info"
    empty: str = "nothing in this period"


def lines(trend: Trend, width: int) -> list[Line]:
    """A chart as lines of a width: its title with a line of small bars, then a bar a line."""
    values = [bar.value for bar in trend.bars]
    top = max(values, default=0.0)
    head: Line = (Piece(trend.title, "strong"),)
    if top <= 0:
        return [head, (Piece(f"  {trend.empty}", "dim"),)]
    label = max(LABEL, *(len(bar.label) for bar in trend.bars)) + 1
    says = max(len(bar.says) for bar in trend.bars)
    beside = max(len(bar.beside) for bar in trend.bars)
    room = max(4, min(60, width - label - says - beside - 5))
    small = f"  {sparkline(values)}" if len(values) >= SERIES else ""
    found: list[Line] = [(*head, Piece(small, trend.role))]
    found += [(Piece(f"  {trend.said}", "dim"),)] if trend.said else []
    for bar in trend.bars:
        full = max(1, round(bar.value / top * room)) if bar.value > 0 else 0
        found.append(
            (
                Piece(f"{bar.label:<{label}}", "dim"),
                Piece("▇" * full, trend.role),
                Piece(" " * (room - full)),
                Piece(f" {bar.says:>{says}}", "" if bar.value > 0 else "dim"),
                Piece(f"  {bar.beside}" if bar.beside else "", "dim"),
            )
        )
    return found


def units(first: date, last: date, per: str) -> list[tuple[str, str]]:
    """Every week or month from one day to another: as it is counted (`2026-W47`) and as it is read.

    A week is read by its Monday.
    """
    found: list[tuple[str, str]] = []
    day = first - timedelta(days=first.weekday()) if per == "week" else first.replace(day=1)
    while day <= last:
        if per == "week":
            found.append((f"{day:%G-W%V}", f"{day.day} {day:%b}"))
            day += timedelta(days=7)
        else:
            found.append((f"{day:%Y-%m}", f"{day:%b %Y}"))
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return found


def median(values: Sequence[int]) -> int:
    """The upper median of some seconds; 0 of none."""
    return sorted(values)[len(values) // 2] if values else 0
