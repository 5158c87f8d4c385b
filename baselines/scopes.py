"""The digest of a closed set of candidates, and what it consists of, computed from the library alone.

The same as `ccb.scope.summary` gives from the database. Source: rules.md 5, Bring under
control; 7, Verify.
"""

from collections import Counter
from collections.abc import Collection, Iterator

from baselines.state import State
from ccb import controlled
from ccb.scope import digest_of
from cmdb import canonical

_KINDS = {kind.form: name for name, kind in controlled.KINDS.items()}


def scope_digest(after: State, paths: Collection[str]) -> str:
    """Digest of the records at these paths of a commit."""
    return digest_of(canonical.digest(canonical.decode(data)[0], data) for data in _contents(after, paths))


def scope_types(after: State, paths: Collection[str]) -> Counter[str]:
    """How many records of each type stand at these paths of a commit; what is no item by its kind."""
    found: Counter[str] = Counter()
    for data in _contents(after, paths):
        form, fields = canonical.decode(data)
        kind = _KINDS.get(form, form)
        found[str(fields["type"]) if kind == "item" else kind] += 1
    return found


def _contents(after: State, paths: Collection[str]) -> Iterator[bytes]:
    wanted = set(paths)
    return after.vault.contents([oid for path, oid in after.vault.paths(after.commit) if path in wanted])
