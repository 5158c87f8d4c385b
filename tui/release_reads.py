"""The releases an item is in, and whether in the version it has now, for whoever waits for an item.

A release holds a version: the SHA-256 of the item's record then is compared with that of its record now.
"Released" is no level. Source: rules.md 7, Control levels.
"""

from hashlib import sha256
from typing import NamedTuple

from cmdb import item_records
from cmdb.canonical import encode
from cmdb.reading import Reader

ITEM_FORM = "item/1"  # as cmdb.records has it, without the values that loads; a test compares them
LISTED = 5  # releases named in a line


class Containing(NamedTuple):
    """A release that holds an item; `current` when it holds the version of now."""

    product: str
    version: str
    at: str
    current: bool


def containing(reader: Reader, item: str) -> tuple[Containing, ...]:
    """The releases that hold an item, newest first."""
    rows = list(
        reader.rows(
            "SELECT r.product, r.version, r.at, i.sha256 FROM released_item i JOIN product_release r"
            " ON r.product = i.product AND r.version = i.version WHERE i.item = ?"
            " ORDER BY r.at DESC, r.product, r.version DESC",
            item,
        )
    )
    if not rows:
        return ()
    now = _sha256(reader, item)
    return tuple(Containing(product, version, at, sha == now) for product, version, at, sha in rows)


def said(found: tuple[Containing, ...]) -> str:
    """The releases in a line: `mail 2.0; earlier versions of it in mail 1.0`; empty when there is none."""
    now, earlier = (_named([one for one in found if one.current is wanted]) for wanted in (True, False))
    if not earlier:
        return now
    told = f"an earlier version of it in {earlier}"
    return f"{now}; {told}" if now else told


def _named(found: list[Containing]) -> str:
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return ", ".join(f"{one.product} {one.version}" for one in found[:LISTED]) + more


def _sha256(reader: Reader, item: str) -> str:
    """The SHA-256 of the item's record as it would be written now."""
    with reader.question() as estate:
        found = [fields for _id, fields in item_records.of_ids(estate.rows, estate.dialect.name, [item])]
    return sha256(encode(ITEM_FORM, found[0])).hexdigest() if found else ""
