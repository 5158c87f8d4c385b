"""Which services somebody was promised something about: asked before anything about promises loads.

One small statement and no values, so that an impact which touches no agreement pays nothing for
them. Standard library only.
"""

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple


class Tables(NamedTuple):
    """Where outages, observations and claims are read: as they are, or what stands for them as they stood."""

    outage: str = "outage"
    observation: str = "observation"
    claim: str = "claim"


NOW = Tables()
BINDING_STATES = ("agreed", "published", "under revision")


def bound_services(rows: Callable[..., Iterable[tuple[Any, ...]]], services: Collection[str]) -> set[str]:
    """Those of the services that any agreement in force by its state names, whatever its period.

    `rows` runs a statement with `?` placeholders: a reader's, or a unit of work's.
    """
    marks = ", ".join("?" * len(BINDING_STATES))
    named = rows(f"SELECT services FROM agreement WHERE state IN ({marks})", *BINDING_STATES)
    return {one for row in named for one in json.loads(row[0])} & set(services)
