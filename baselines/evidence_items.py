"""Evidence of items: what is said of each of those under control, counted in one pass whatever is asked.

Source: rules.md 10, Conformance; IT Service CMM 5.5, Activities 3.2, 4 and 8.
"""

from collections.abc import Mapping

from baselines.performed import Answer, Ask, Query, weighed

_COUNTS = {
    "all": "1",
    "criterion": "CASE WHEN i.criterion <> '' THEN 1 ELSE 0 END",
    "described": "CASE WHEN i.characteristics <> '{}' OR i.service THEN 1 ELSE 0 END",
    "points": "CASE WHEN i.points <> '[]' THEN 1 ELSE 0 END",
    "owned": "CASE WHEN i.owner_active THEN 1 ELSE 0 END",
}
_LACK = {
    "criterion": "i.criterion = ''",
    "described": "i.characteristics = '{}' AND NOT i.service",
    "points": "i.points = '[]'",
    "owned": "NOT i.owner_active",
}


def _items(ask: Ask) -> dict[str, int]:
    """How many items are under control, and of how many each thing is said; one pass for all of them."""

    def counted() -> dict[str, int]:
        sums = ", ".join(f"SUM({one})" for one in _COUNTS.values())
        [row] = ask.rows(
            f"SELECT {sums} FROM item i WHERE i.level <> 'draft' AND i.status <> 'retired'{_below(ask)}"
        )
        return {name: int(number or 0) for name, number in zip(_COUNTS, row, strict=True)}

    found: dict[str, int] = ask.once("items", counted)
    return found


def _below(ask: Ask) -> str:
    """The condition that an item is among what the service asked about needs."""
    if not ask.service:
        return ""

    def reached() -> str:
        rows = ask.rows(
            "WITH RECURSIVE reached(key) AS (SELECT key FROM item WHERE id = ? UNION SELECT d.target"
            " FROM dependency d JOIN reached r ON d.source = r.key) SELECT key FROM reached",
            ask.service,
        )
        return f" AND i.key IN ({', '.join(str(int(row[0])) for row in rows) or '-1'})"

    found: str = ask.once("below", reached)
    return found


def _of_items(what: str, missing: str, mend: str) -> Query:
    """A query of one thing that every item under control has to say."""

    def query(ask: Ask) -> Answer:
        counts = _items(ask)
        base = f"FROM item i WHERE i.level <> 'draft' AND i.status <> 'retired'{_below(ask)}"
        lacking = []
        if counts[what] < counts["all"]:
            lacking = ask.ids(f"SELECT i.id {base} AND {_LACK[what]} ORDER BY i.id LIMIT 5")
        found = ask.ids(f"SELECT i.id {base} AND NOT ({_LACK[what]}) ORDER BY i.id LIMIT {ask.most}")
        said = missing if counts["all"] else "No item is under control"
        return weighed(
            [f"item:{one}" for one in found],
            lacking,
            missing=said,
            mend=mend,
            now=True,
            total=counts[what],
            absent=counts["all"] - counts[what],
        )

    return query


def stored(ask: Ask) -> Answer:
    """Items are under control in the baseline in force, from which they are read."""
    force = ask.ids(
        "SELECT id FROM baseline WHERE kind = 'site' AND established_at <= ?"
        " AND (archived_at IS NULL OR archived_at > ?)",
        ask.moment,
        ask.moment,
    )
    count = _items(ask)["all"]
    return weighed(
        force if count else (),
        missing="No item is under control",
        mend="cmdb change new",
        now=True,
    )


def identified(ask: Ask) -> Answer:
    """Every item has an id of its own, which is never given again; ids that were are none of them."""
    count = _items(ask)["all"]
    again = ask.ids("SELECT i.id FROM item i JOIN spent_id s ON s.id = i.id ORDER BY i.id LIMIT 6")
    named = f"SELECT id FROM item WHERE level <> 'draft' AND status <> 'retired' ORDER BY id LIMIT {ask.most}"
    found = ask.ids(named) if count else []
    return weighed(
        [f"item:{one}" for one in found],
        again,
        missing="Ids were given again" if again else "No item is under control",
        mend="cmdb doctor" if again else "cmdb item register",
        now=True,
        total=count,
    )


def in_baselines(ask: Ask) -> Answer:
    """It is known to which baselines each item belongs: those of the site, and those of scopes."""
    found = ask.ids(
        "SELECT id FROM baseline WHERE request <> '' AND established_at <= ? ORDER BY id DESC", ask.moment
    )
    if ask.keeps("scoped_baseline"):
        found += ask.ids(
            "SELECT id FROM scoped_baseline WHERE established_at <= ? ORDER BY id DESC", ask.moment
        )
    return weighed(
        found if _items(ask)["all"] else (),
        missing="No item belongs to a baseline",
        mend="cmdb change new",
    )


def item_status(ask: Ask) -> Answer:
    """Entries about items under control tell their changes and other actions."""
    told = (
        "FROM item i WHERE i.level <> 'draft' AND EXISTS (SELECT 1 FROM"
        " journal_subject s JOIN journal j ON j.sequence = s.sequence WHERE s.subject = i.id AND j.at <= ?)"
    )
    found, total = ask.some("i.id", told, "i.id", ask.moment)
    return weighed(
        [f"item:{one}" for one in found],
        missing="No entry of the journal is about an item under control",
        mend="cmdb item confirm",
        total=total,
    )


QUERIES: Mapping[str, Query] = {
    "stored": stored,
    "identified": identified,
    "in baselines": in_baselines,
    "criterion": _of_items("criterion", "Items name no selection criterion", "cmdb change new"),
    "described": _of_items("described", "Items have no characteristics", "cmdb change new"),
    "points": _of_items(
        "points",
        "Items do not say between which points of their life they are under control",
        "cmdb change new",
    ),
    "owned": _of_items("owned", "Items have no active owner", "cmdb item hand-over"),
    "item status": item_status,
}
