"""The records a commit of a library holds, one kind at a time, in id order.

Of a baseline of a scope only those of the scope, its `keys`. The records of one kind are never in
memory at once: only their ids are. Source: rules.md 7, Baseline (`as of` reads the whole graph).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from baselines.scoped_records import key_of
from baselines.vault import Vault
from ccb.proposal import Key
from cmdb import canonical
from cmdb.places import FOLDERS


def records(
    vault: Vault, commit: str, kind: str, keys: Collection[Key] | None = None
) -> Iterator[Mapping[str, Any]]:
    """The fields of every record of a kind, such as `item` or `person`. Raises Corrupt."""
    found: dict[str, str] = {}
    for path, oid in vault.paths(commit, FOLDERS[kind]):
        key = key_of(path)
        if keys is None or key in keys:
            found[key[1]] = oid
    for data in vault.contents([found[id] for id in sorted(found)]):
        yield canonical.decode(data)[1]
