"""Which key each item has, for the ends of very many dependencies.

Ids met lately are remembered in two generations, so that memory stays bounded and neighbours, which
files keep together, are looked up once. Source: speed.md, bulk import.
"""

import json
from collections.abc import Sequence

from cmdb.exchange.staging import Staging

REMEMBERED = 100_000  # ids of a generation

End = int | str

_KEYS = "SELECT k.id, k.key FROM json_each(?) wanted CROSS JOIN known k ON k.id = wanted.value"


class ItemKeys:
    """Looks ids up among the items that `known` holds in a scratch database."""

    def __init__(self, staged: Staging) -> None:
        self._staged = staged
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def of(self, ids: Sequence[str]) -> list[End]:
        """The key of each item, or the id again where there is no such item."""
        if len(self._young) > REMEMBERED:
            self._young, self._old = {}, self._young
        keys: list[End] = list(map(self._young.get, ids, ids))
        missing = {one for one in keys if isinstance(one, str)}
        if missing:
            self._remember(missing)
            keys = list(map(self._young.get, ids, ids))
        return keys

    def _remember(self, missing: set[str]) -> None:
        again = {one: self._old[one] for one in missing if one in self._old}
        self._young.update(again)
        fresh = sorted(one for one in missing if one not in again)  # neighbours lie on one page
        if fresh:
            self._young.update(self._staged.ask(_KEYS, json.dumps(fresh)))
