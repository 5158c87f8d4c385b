"""What surrounds an item among records that are exported, such as those of a baseline.

The same as `tui.surroundings` finds in the database, found in memory. Nothing here draws.
"""

from collections.abc import Iterable

from cmdb.checks import shown
from cmdb.errors import NotFound
from tui.exported import Exported, Fields, Sort
from tui.surroundings import Around, Spot, Tie, walked


def of(from_: Exported, id: str, *, limit: int) -> Around:
    """Give at most `limit` items around one, or with no id of all there are. Raises NotFound."""
    items = {str(one["id"]): one for one in from_.items()}
    if id and id not in items:
        raise NotFound(
            f"{from_.version} holds no item '{shown(id)}'.",
            f"See when it came: 'cmdb item history {shown(id)}'.",
        )
    ways: dict[str, dict[str, list[str]]] = {"source": {}, "target": {}}
    for source, one in items.items():
        for target in sorted({link["target"] for link in one.get("dependencies", ())} & items.keys()):
            ways["source"].setdefault(source, []).append(target)
            ways["target"].setdefault(target, []).append(source)
    if id:
        kept, cut = walked(
            id, limit, lambda ids, here, _there: [far for one in ids for far in ways[here].get(one, ())]
        )
    else:
        kept, cut = sorted(items)[:limit], len(items) > limit
    inside = frozenset(kept)
    spots = tuple(_spot(items[one], from_.sorts[items[one]["type"]]) for one in kept)
    ties = tuple(tie for one in sorted(inside) for tie in _tied(items[one]) if tie.target in inside)
    return Around(centre=id, spots=spots, ties=ties, cut=cut)


def _spot(item: Fields, sort: Sort) -> Spot:
    serves = item["status"] in sort.serves
    return Spot(item["id"], item["name"], item["type"], item["owner"], sort.service, serves, "up")


def _tied(item: Fields) -> Iterable[Tie]:
    needs = {group["name"]: group["need"] for group in item.get("groups", ())}
    for link in item.get("dependencies", ()):
        group = link.get("group", "")
        hard = link["strength"] == "hard"
        yield Tie(item["id"], link["target"], link["kind"], hard, group, needs.get(group, ""))
