"""The parts of a service report about what was observed: table, charts, and rows for a spreadsheet.

Source: rules.md 4; IT Service CMM, Service Tracking and Oversight, Activities 4 and 13.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cmdb.amounts import in_unit, plain, said
from cmdb.commitments import COMPARED
from cmdb.instants import rfc3339
from cmdb.intervals import moment
from cmdb.periods import zone_of
from cmdb.service_levels import BROKEN, MET, NOTHING, Level, Miss
from cmdb.service_reports import ServiceReport
from tui import clockface, level_lines
from tui.present import period
from tui.reports import Chart, Table

VERDICTS = {MET: "○ kept", BROKEN: "× broken", NOTHING: "─ nothing was observed"}


class Observed(NamedTuple):
    """One observed commitment in one period; `trend` against the one before: better, worse, same."""

    level: Level
    period: str
    trend: str


def rows_of(found: ServiceReport) -> list[Observed]:
    """Every observed commitment of a report, period by period."""
    zone = zone_of(found.agreement.zone)
    trends = ["", *(_trend(before, now) for before, now in pairwise(found.levels))]
    return [
        Observed(one, period(one.start, one.end, zone) + ("" if one.over else " so far"), trend)
        for one, trend in zip(found.levels, trends, strict=False)
    ]


def table(rows: Sequence[Observed]) -> Table:
    """What was promised about it and what was observed."""
    return Table(
        heading="Promised and observed",
        header=("commitment", "service", "period", "promised", "delivered", "observed", "left", "trend", ""),
        rows=tuple(
            (
                one.level.commitment,
                one.level.service,
                one.period,
                f"{one.level.attribute}, {one.level.promised}",
                "─" if one.level.figure is None else one.level.delivered,
                level_lines.observed(one.level),
                "" if one.level.figure is None else one.level.left_said,
                one.trend,
                _verdict(one.level),
            )
            for one in rows
        ),
        right=("delivered",),
        empty="Nothing of it has begun.",
    )


def misses(found: ServiceReport) -> list[Table]:
    """Each observation that by itself was not as promised, the furthest first."""
    if not found.levels:
        return []
    heading = "Single observations beyond what was promised"
    if found.misses_in_all > len(found.misses):
        heading += f" (the {len(found.misses)} furthest of {found.misses_in_all:,})"
    return [
        Table(
            heading=heading,
            header=("commitment", "service", "seen", "value", "promised", "beyond"),
            rows=tuple(
                (one.commitment, one.service, clockface.clock(moment(one.seen.at)), *_figures(one))
                for one in found.misses
            ),
            right=("value", "promised", "beyond"),
            empty="None.",
        )
    ]


def _figures(one: Miss) -> tuple[str, ...]:
    """What counts of an observation, what was promised, and how far it is from it, in the promised unit."""
    amounts = (one.value, one.limit, one.beyond)
    return tuple(said(in_unit(each, one.unit), one.unit, up=True) for each in amounts)


def misses_record(found: ServiceReport) -> list[dict[str, str]]:
    """The same for programs: numbers in the promised unit."""
    return [
        {
            "commitment": one.commitment,
            "service": one.service,
            "at": rfc3339(moment(one.seen.at)),
            "value": plain(in_unit(one.value, one.unit), up=True, places=level_lines.PLACES, grouped=False),
            "limit": plain(in_unit(one.limit, one.unit), up=True, places=level_lines.PLACES, grouped=False),
            "unit": one.unit,
        }
        for one in found.misses
    ]


def charts(found: ServiceReport, most: int) -> list[Chart]:
    """The figure of each period against its target, for every commitment with more than one period."""
    drawn = []
    zone = zone_of(found.agreement.zone)
    for id in dict.fromkeys(one.commitment for one in found.levels):
        levels = [one for one in found.levels if one.commitment == id][-most:]
        last = levels[-1]
        if len(levels) > 1:
            drawn.append(
                Chart(
                    heading=f"{id}: {last.attribute}, {last.statistic} {COMPARED[last.comparator]} the line",
                    unit=last.unit or last.attribute,
                    bars=tuple((period(one.start, one.end, zone), float(one.figure or 0)) for one in levels),
                    limits=tuple(float(one.target) for one in levels),
                    least=last.comparator in (">=", ">"),
                )
            )
    return drawn


def counted(delivered: Table, rows: Sequence[Observed]) -> Table:
    """Everything the report counts in one table for a spreadsheet; what was observed below the rest."""
    below = tuple(
        (
            one.level.commitment,
            one.level.service,
            one.period,
            one.level.promised,
            "" if one.level.figure is None else one.level.delivered,
            str(one.level.allowed) if one.level.kind == "share" else "",
            str(one.level.missed) if one.level.kind == "share" else "",
            "" if one.level.figure is None else one.level.left_said,
            _verdict(one.level),
            one.level.attribute,
            str(one.level.counted),
            one.trend,
        )
        for one in rows
    )
    if not rows:
        return delivered
    names = [name.removesuffix(" %").removesuffix(" min") for name in delivered.header]
    return delivered._replace(
        header=(*names, "quantity", "observed", "trend"),
        rows=(*((*row, "availability, in % and minutes", "", "") for row in delivered.rows), *below),
    )


def _verdict(one: Level) -> str:
    return VERDICTS.get(one.state, f"… {one.state}")


def _trend(before: Level, now: Level) -> str:
    """How a figure moved from one period to the next, seen from who was promised it."""
    if before.commitment != now.commitment or before.figure is None or now.figure is None:
        return ""
    if now.kind in ("count", "sum") and not now.over:
        return ""  # it still adds up
    if before.figure == now.figure:
        return "same"
    lower = now.figure < before.figure
    return "better" if lower == (now.comparator in ("<=", "<")) else "worse"
