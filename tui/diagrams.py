"""Pictures of items for graphviz: clusters by type or owner, effects in shape as well as colour.

Text of ids and names is escaped: a picture shows it, graphviz never reads it as DOT. The program
that draws is `dot`, else `graphviz-pure`, which comes as a wheel.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import graphviz

from cmdb.errors import Invalid, Refused
from tui.present import clean, counted
from tui.surroundings import Around, Spot, Tie

CLUSTERS = ("type", "owner", "none")
SECONDS = 60  # a layout that takes longer is not waited for
_NAME = 32

# effect -> shape, outline, fill: each can be told without its colour
_EFFECTS = {
    "outage": ("octagon", "#8a1f11", "#f6d5d0"),
    "degraded": ("hexagon", "#8a5a00", "#faebc8"),
    "reduced redundancy": ("component", "#1f4e79", "#d9e8f6"),
}
_PLAIN = ("box", "#555555", "#ffffff")


def picture(
    around: Around, effects: Mapping[str, str] | None = None, *, by: str = "type"
) -> graphviz.Digraph:
    """Draw items as boxes, services as ellipses, what they need as arrows; soft ones dashed.

    With `effects`, those hit have a shape, a colour and a word for it; a legend says which.
    """
    hit = effects or {}
    drawing = graphviz.Digraph(
        "estate",
        graph_attr={
            "rankdir": "LR", "fontname": "Helvetica", "nodesep": "0.15", "ranksep": "0.6",
            "labeljust": "l", "compound": "true",
        },
        node_attr={"shape": "box", "fontname": "Helvetica", "fontsize": "11", "height": "0.3"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9", "color": "#777777", "arrowsize": "0.6"},
    )  # fmt: skip
    # In DOT a colon names a port of a node; ids may hold one.
    names = {one.id: one.id.replace(":", "\N{RATIO}") for one in around.spots}
    for title, spots in _clusters(around.spots, by):
        with drawing.subgraph(name=f"cluster_{title}" if title else None) as part:
            if title:
                part.attr(label=_label(title), style="rounded", color="#bbbbbb", fontcolor="#555555")
            for one in spots:
                _spot(part, names[one.id], one, hit.get(one.id, ""), centre=one.id == around.centre)
    for tie in around.ties:
        _tie(drawing, names, tie)
    if hit:
        _legend(drawing, {hit[one.id] for one in around.spots if one.id in hit})
    if around.cut:
        drawing.attr(
            label=_label(f"The nearest {counted(len(around.spots), 'item')}; more lie beyond."), labelloc="b"
        )
    return drawing


def _clusters(spots: Iterable[Spot], by: str) -> list[tuple[str, list[Spot]]]:
    parts: dict[str, list[Spot]] = {}
    for one in spots:
        parts.setdefault("" if by == "none" else one.owner if by == "owner" else one.type, []).append(one)
    return sorted(parts.items())


def _spot(part: graphviz.Digraph, name: str, one: Spot, effect: str, *, centre: bool) -> None:
    shape, line, fill = _EFFECTS.get(effect, _PLAIN)
    if one.service and not effect:
        shape = "ellipse"
    words = [one.id, one.name if one.name != one.id else "", "" if one.operating == "up" else one.operating]
    words.append(effect.upper() if effect else "")
    style = ["filled", *(["dotted"] if not one.serves else [])]
    part.node(
        name,
        label=_label("\n".join(_short(word) for word in words if word)),
        shape=shape,
        style=",".join(style),
        color=line,
        fillcolor=fill,
        penwidth="3" if centre else "1",
        peripheries="2" if one.service and effect else "1",
        tooltip=_label(f"{one.id}: {one.type} of {one.owner}"),
    )


def _tie(drawing: graphviz.Digraph, names: Mapping[str, str], tie: Tie) -> None:
    label = f"{tie.group}: needs {tie.need}" if tie.group else ""
    kind = "" if tie.kind == "uses" else tie.kind
    words = "\n".join(_short(one) for one in (kind, label) if one)
    style = "solid" if tie.hard else "dashed"
    drawing.edge(names[tie.source], names[tie.target], label=_label(words), style=style)


def _legend(drawing: graphviz.Digraph, shown: Iterable[str]) -> None:
    with drawing.subgraph(name="cluster_ legend") as part:
        part.attr(label="while it is down", style="dashed", color="#bbbbbb", fontcolor="#555555")
        for effect in sorted(shown):
            shape, line, fill = _EFFECTS.get(effect, _PLAIN)
            part.node(
                f"legend {effect}", label=effect, shape=shape, color=line, fillcolor=fill, style="filled"
            )


def _label(text: str) -> str:
    # A label between < and > would be read as HTML; `escape` keeps both it and backslashes as they are.
    return str(graphviz.escape("\n".join(clean(line) for line in text.split("\n"))))


def _short(text: str) -> str:
    return text if len(text) <= _NAME else text[: _NAME - 1] + "…"


def program(environ: Mapping[str, str]) -> str:
    """The program that draws. Raises Refused with the way to get one."""
    beside = Path(sys.executable).parent / "graphviz-pure"
    path = environ.get("PATH", os.defpath)
    found = shutil.which("dot", path=path) or shutil.which("graphviz-pure", path=path)
    if found is None and beside.exists():
        found = str(beside)
    if found is None:
        raise Refused(
            "There is no graphviz on this machine.",
            "Install graphviz, or the wheel graphviz-pure; 'cmdb export --format dot' needs none.",
        )
    return found


def svg(drawing: graphviz.Digraph, environ: Mapping[str, str]) -> bytes:
    """Lay a drawing out as SVG. Raises Refused without graphviz, Invalid when it cannot be laid out."""
    command = [program(environ), "-Tsvg"]
    try:
        found: subprocess.CompletedProcess[bytes] = subprocess.run(
            command, input=drawing.source.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as slow:
        raise Invalid("The picture takes too long to lay out.", "Draw fewer items.") from slow
    except OSError as wrong:
        raise Refused(f"{command[0]} cannot be run.", "Install graphviz again.") from wrong
    if found.returncode or not found.stdout:
        said = found.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise Invalid(f"graphviz does not draw it: {clean(said)[:200]}.", "Draw fewer items.")
    return found.stdout
