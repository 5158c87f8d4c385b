"""An impact answer as the screens show it: the first of very many items, and how many there are.

A card stays as long as its screen; a hundred thousand items put into words would stay with it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from cmdb.impact import Broken, Hits, Impact
from cmdb.impact import Hit as ItemHit
from tui import clockface
from tui.present import counted
from tui.views import Hit, ImpactCard, Saved, ServiceHit, Told

LISTED = 200  # as many as a screen lists of items hit, and of items saved


def impact_card(found: Impact, zone: tzinfo | None = None) -> ImpactCard:
    """An impact answer as the screens show it, its times in a zone."""
    weakest = found.weakest_fact
    seen = clockface.by_the_wall(weakest.confirmed_at or "never", zone) if weakest else ""
    return ImpactCard(
        down=found.down,
        effect=found.effect,
        items=hit_lines(found.items),
        numbers=numbers(found.items),
        services=tuple(ServiceHit(**one._asdict()) for one in found.services),
        saved=tuple(Saved(**one._asdict()) for one in found.saved[:LISTED]),
        saved_count=len(found.saved),
        broken_before=tuple(_broken(one) for one in found.broken_before),
        tell=tuple(Told(**one._asdict()) for one in found.tell),
        exposed=found.exposed,
        complete=found.inherited_complete,
        next_total=found.next_failures.total,
        next_single=tuple(f"{one} puts {service} in outage" for one, service in found.next_failures.first),
        weakest=f"{weakest.source} needs {weakest.target}, confirmed {seen}" if weakest else "",
    )


def hit_lines(items: Sequence[ItemHit]) -> tuple[Hit, ...]:
    """The items hit, worst and nearest first, up to as many as a screen lists."""
    return tuple(Hit(**_renamed(one._asdict())) for one in items[:LISTED])


def numbers(items: Sequence[ItemHit]) -> tuple[tuple[str, int], ...]:
    """How many items have each effect; puts none of them into words."""
    found: Counter[str] = Counter()
    if isinstance(items, Hits):
        for effect, _distance, count in items.levels:
            found[effect] += count
    else:
        found.update(one.effect for one in items)
    return tuple(found.items())


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    fields["others"] = fields.pop("along")
    return fields


def _broken(one: Broken) -> str:
    if one.target:
        return f"{one.id} needs {one.target}, which does not serve"
    return f"{one.id} {one.group}: needs {one.need}, had {counted(one.had, 'member')}"
