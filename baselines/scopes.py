"""The digest of a closed set of candidates, computed from the library alone.

The same digest as `ccb.scope.summary` gives from the database: over the digest of each record, kind
by kind, in id order. Source: rules.md 5, Bring under control; 7, Verify.
"""

from collections.abc import Collection
from hashlib import sha256

from baselines.state import State
from ccb import controlled
from cmdb import canonical


def scope_digest(after: State, paths: Collection[str]) -> str:
    """Digest of the records at these paths of a commit."""
    order = {one.form: place for place, one in enumerate(controlled.KINDS.values())}
    wanted = set(paths)
    found = [(path, oid) for path, oid in after.vault.paths(after.commit) if path in wanted]
    digests = []
    for data in after.vault.contents(oid for _path, oid in found):
        form, fields = canonical.decode(data)
        digests.append((order.get(form, len(order)), fields["id"], canonical.digest(form, data)))
    whole = sha256(b"cmdb\0scope/1\0")
    for _place, _id, one in sorted(digests):
        whole.update(one.encode())
    return whole.hexdigest()
