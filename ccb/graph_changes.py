"""What proposed changes do to the graph: items, dependencies and redundancy groups that come out differently.

Pure, and loads nothing a person would have to wait for. Source: rules.md 3, Windowed; 5.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from ccb.proposal import Fields, Proposal
from cmdb.graph import GraphDelta, PlannedItem
from cmdb.model import Dependency, RedundancyGroup
from cmdb.records import item_from

Links = dict[tuple[str, str], Dependency]


class Serving(Protocol):
    """What of an item type decides about impact: the statuses that serve, and whether it is a service."""

    @property
    def serves(self) -> Collection[str]:
        """The statuses that serve."""

    @property
    def service(self) -> bool:
        """Whether items of the type are services."""


def delta_of(proposal: Proposal, type_of: Callable[[str], Serving]) -> GraphDelta:
    """The difference the proposal makes to items, dependencies and groups.

    `type_of` gives the effective type of an item, which says when it serves.
    """
    items: list[PlannedItem] = []
    connected: list[Dependency] = []
    disconnected: list[tuple[str, str, str]] = []
    groups: list[RedundancyGroup] = []
    for (kind, _id), after in proposal.after.items():
        if kind != "item":
            continue
        item, _needs, now_groups = item_from(after)
        before = proposal.before.get((kind, item.id))
        was = item_from(before)[0] if before is not None else None
        if was is None or (was.status, was.type) != (item.status, item.type):
            of = type_of(item.type)
            items.append(PlannedItem(item=item, serves=item.status in of.serves, service=of.service))
        old, new = _links(before), _links(after)
        connected += [link for key, link in new.items() if old.get(key) != link]
        disconnected += [(item.id, *key) for key in old.keys() - new.keys()]
        known = set(item_from(before)[2]) if before else set()
        groups += [group for group in now_groups if group not in known]
    return GraphDelta(
        items=tuple(items),
        connected=tuple(connected),
        disconnected=tuple(sorted(disconnected)),
        groups=tuple(groups),
    )


def _links(fields: Fields | None) -> Links:
    return {(one.target, one.kind): one for one in item_from(fields)[1]} if fields else {}
