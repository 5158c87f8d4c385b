"""Signing and checking what people do on a board: the bytes, the namespace, the key.

One person does one act at one moment: a vote or an override, and the decision it completes. Nothing
here reads a clock or a database. Source: rules.md 6, What a vote signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ccb import statements
from ccb.ballot import Decision, Override, Vote
from ccb.model import Evidence
from cmdb import canonical, signatures
from cmdb.errors import Refused
from cmdb.model import Value

Part = Vote | Override | Decision

# What is told of a part beside the key that signed it and the commit that keeps it.
_SAID = {
    kind.__name__: tuple(one.name for one in fields(kind) if one.name not in ("key", "record"))
    for kind in (Vote, Override, Decision)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Value):
    """What one person does at one moment: a vote or an override, and the decision it completes."""

    request: str
    kind: str
    site: str
    actor: str
    at: datetime
    close: bool = False
    evidence: tuple[Evidence, ...] = ()
    vote: Vote | None = None
    override: Override | None = None
    decision: Decision | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is signed, in the order in which it is signed."""
        return tuple(one for one in (self.vote, self.override, self.decision) if one is not None)


def sign(act: Act, *, key: Path) -> Act:
    """Sign everything in the act with one key file. Needs no transaction.

    Raises Refused when the key cannot sign.
    """
    public = signatures.read_public_key(key).text
    signed = {
        name: part.but(
            key=public,
            signature=signatures.sign(statement(part, act), namespace=namespace_of(part), key=key),
        )
        for name, part in (("vote", act.vote), ("override", act.override), ("decision", act.decision))
        if part is not None
    }
    return act.but(**signed)


def statement(part: Part, act: Act) -> bytes:
    """The bytes that a part of an act signs."""
    return _bytes(part, act.site, act.kind)


def signer_of(part: Part) -> str:
    """The person who signs a part."""
    return part.voter if isinstance(part, Vote) else part.by


def namespace_of(part: Part) -> str:
    """The ssh namespace in which a part is signed."""
    if isinstance(part, Vote):
        return statements.VOTE_NAMESPACE
    return statements.OVERRIDE_NAMESPACE if isinstance(part, Override) else statements.DECISION_NAMESPACE


def fingerprint(part: Part, *, kind: str, key: str) -> bytes:
    """A digest of all that is said of a part, with its signature and the key that made it.

    The same for a row and for what the library keeps only if nothing of it differs.
    """
    said = [getattr(part, name) for name in _SAID[type(part).__name__]]
    return sha256(repr([type(part).__name__, kind, key, said]).encode()).digest()


def verify_part(
    part: Part, *, site: str, kind: str, keys: Sequence[str], verify: signatures.Check = signatures.verify
) -> str:
    """Give the key among `keys` that signed this part; `verify` checks it. Raises Refused when none did."""
    data = _bytes(part, site, kind)
    form = _form(part)
    if canonical.digest(form, data) != part.digest:
        raise Refused("It is not what its digest says.", "Run 'cmdb verify'.")
    return verify(data, part.signature, namespace=namespace_of(part), keys=keys)


def _form(part: Part) -> str:
    if isinstance(part, Vote):
        return statements.VOTE
    return statements.OVERRIDE if isinstance(part, Override) else statements.DECISION


def _bytes(part: Part, site: str, kind: str) -> bytes:
    if isinstance(part, Vote):
        told = statements.vote_statement(part, site=site, kind=kind)
    elif isinstance(part, Override):
        told = statements.override_statement(part, site=site)
    else:
        told = statements.decision_statement(part, site=site, kind=kind)
    return canonical.encode(_form(part), told)


def digest_of(part: Part, site: str, kind: str) -> str:
    """The digest of the statement a part signs."""
    return canonical.digest(_form(part), _bytes(part, site, kind))
