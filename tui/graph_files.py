"""The estate as GraphML, for programs that draw and measure graphs.

A node for each item with every field as text, an edge for each dependency from what needs to what is
needed. Written by networkx. Source: graphml.graphdrawing.org.
"""

import json
import re
from io import BytesIO
from typing import Any

import networkx

from tui.exported import Exported, Fields

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_APART = ("characteristics", "dependencies", "groups")


def graphml(from_: Exported) -> str:
    """Give GraphML. Characteristics are attributes `characteristics.NAME`; groups stand on their edges."""
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=_text(f"{from_.name} {from_.version}"))
    for item in from_.items():
        graph.add_node(item["id"], **_attributes(item, service=from_.sorts[item["type"]].service))
        needs = {group["name"]: group["need"] for group in item.get("groups", ())}
        for link in item.get("dependencies", ()):
            told = {name: _text(link[name]) for name in ("kind", "strength", "group") if link.get(name)}
            if link.get("group"):
                told["need"] = _text(needs[link["group"]])
            graph.add_edge(item["id"], link["target"], **told)
    written = BytesIO()
    networkx.write_graphml_xml(graph, written)
    return written.getvalue().decode("utf-8")


def _attributes(item: Fields, *, service: bool) -> dict[str, Any]:
    told = {name: _text(content) for name, content in item.items() if name not in (*_APART, "id")}
    facts = item.get("characteristics", {})
    told |= {_text(f"characteristics.{name}"): _text(content) for name, content in facts.items()}
    return {**told, "service": service}


def _text(content: Any) -> str:
    """As text, without the letters XML cannot hold."""
    plain = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", plain)
