"""Counting an old decision again from the library alone, and holding it against what was decided.

    recount(library, request, number=0, verify=...) -> Recount      the last decision, or the nth

Nothing of the database is asked for but where the library is; what it says of the decision is then
compared. Reads; changes nothing. Source: rules.md 6, Outcome; 7, Verify.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from baselines import tables
from baselines.decided import Decided, Verify
from baselines.library import Library
from baselines.state import State
from ccb import requests
from ccb import tables as board_tables
from ccb.ballot import Decision, Outcome, Vote
from ccb.voting import current
from cmdb import signatures
from cmdb.errors import CmdbError, NotFound, Refused
from cmdb.model import Value
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount(Value):
    """A decision counted again: `outcome` is what the votes come to now.

    `differences` say what does not hold, in sentences; none means that the decision is what it was.
    `confirms` tells that it is the chair's word on an earlier decision, which counts no votes.
    """

    request: str
    number: int
    taken: int
    commit: str
    decision: Decision
    votes: tuple[Vote, ...]
    outcome: Outcome
    differences: tuple[str, ...]

    @property
    def confirms(self) -> bool:
        """Whether nothing was voted on."""
        return self.decision.result == "confirmed"

    @property
    def same(self) -> bool:
        """Whether counting again gives what was decided."""
        return not self.differences


class _Differs(Exception):
    """Ends the check of a decision at the first thing that does not hold."""


def recount(library: Library, id: str, *, number: int = 0, verify: Verify = signatures.verify) -> Recount:
    """Count a decision on a request again, from its files at the newest commit of the library.

    `number` is its place among the decisions on the request, from 1; 0 is the last. Raises Refused
    where nothing was decided, NotFound for a number there is none of.
    """
    with library.store.read() as uow:
        request = requests.find(uow, id)
        newest = tables.newest(uow)
        root = board_tables.site_root(uow)
        state = State(library.vault, newest.commit if newest else "")
        paths = state.decisions(request.id)
        if not paths and request.kind == "standard" and request.decided_at is not None:
            raise Refused(
                f"Nobody voted on {request.id}: the template {request.template} approved it.",
                f"Who decided on the template: 'cmdb template show {request.template}'.",
            )
        if not paths:
            raise Refused(
                f"Nothing was decided on {request.id} yet: it is {request.state}.",
                f"See what its ballot needs: 'cmdb board policy test {request.id}'.",
            )
        if number < 0 or number > len(paths):
            raise NotFound(
                f"There is no decision {number} on {request.id}.",
                f"They are numbered 1 to {len(paths)}; leave it out for the last.",
            )
        path = paths[(number or len(paths)) - 1]
        decided = Decided.read(state, path)
        commit = library.vault.history(path, state.commit)[-1]
        before = State(library.vault, library.vault.commit(commit).parents[0])
        outcome = decided.counted(before)
        return Recount(
            request=request.id,
            number=number or len(paths),
            taken=len(paths),
            commit=commit,
            decision=decided.decision,
            votes=tuple(current(vote for vote, _signed in decided.votes).values()),
            outcome=outcome,
            differences=(*_unproved(decided, before, root, verify), *_stored(uow, decided.decision)),
        )


def _unproved(decided: Decided, before: State, root: str, verify: Verify) -> Sequence[str]:
    """What does not hold of the files themselves: digests, signatures, rules, the count."""

    def fail(why: str, detail: str) -> NoReturn:
        raise _Differs(f"{why} ({detail})")

    try:
        decided.check(before, root=root, verify=verify, fail=fail)
    except _Differs as found:
        return (str(found),)
    except CmdbError as broken:
        return (broken.reason,)
    return ()


def _stored(uow: UnitOfWork, decision: Decision) -> list[str]:
    """What the database says otherwise of the decision."""
    row = uow.find(Decision, decision.digest)
    if row is None:
        return ["The database does not know this decision."]
    expected = decision.but(key=row.key, signature=row.signature, record=row.record)
    return [
        f"The database says of its {name.replace('_', ' ')} something else."
        for name in Decision.__dataclass_fields__
        if getattr(row, name) != getattr(expected, name)
    ]
