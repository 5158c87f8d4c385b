"""The digest of a closed set of candidates, computed from the library alone.

The same digest as `ccb.scope.summary` gives from the database. Source: rules.md 5, Bring under
control; 7, Verify.
"""

from collections.abc import Collection

from baselines.state import State
from ccb.scope import digest_of
from cmdb import canonical


def scope_digest(after: State, paths: Collection[str]) -> str:
    """Digest of the records at these paths of a commit."""
    wanted = set(paths)
    found = [oid for path, oid in after.vault.paths(after.commit) if path in wanted]
    return digest_of(
        canonical.digest(canonical.decode(data)[0], data) for data in after.vault.contents(found)
    )
