"""Charts of reports, as SVG that stands inside a page: the same bytes for the same figures."""

import io
from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams.update({"svg.hashsalt": "cmdb", "svg.fonttype": "none", "font.size": 9})
_KEPT, _BROKEN, _LIMIT = "#4477aa", "#aa3377", "#444444"
_HATCH = "///"  # a bar beyond its limit is told by its pattern too, not by colour alone


def svg(bars: Sequence[tuple[str, float]], unit: str, limits: Sequence[float], least: bool = False) -> str:
    """Draw a bar for each (label, value), and a line across it at its limit where there are limits.

    A bar above its limit is marked; with `least`, one below it.
    """
    figure = Figure(figsize=(max(4.0, min(12.0, 1.2 + 0.55 * len(bars))), 2.6), layout="constrained")
    axes = figure.subplots()
    for place, (_, value) in enumerate(bars):
        beyond = bool(limits) and (value < limits[place] if least else value > limits[place])
        axes.bar(
            place, value, width=0.6, color=_BROKEN if beyond else _KEPT, hatch=_HATCH if beyond else None
        )
        if limits:
            axes.hlines(limits[place], place - 0.4, place + 0.4, colors=_LIMIT, linewidth=1.5)
    axes.set_xticks(range(len(bars)), [label for label, _ in bars], rotation=45, ha="right")
    axes.set_ylabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    return text[text.index("<svg") :]
