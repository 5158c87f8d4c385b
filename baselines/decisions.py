"""Making a board's signed act count, with its record in the library when it decides.

    act = board.vote(store, "CR-142", voter=..., value="approve", key=key, at=at)
    request = decisions.enter(library, act, key=key, at=at)

A vote or override alone is a row. The act that completes a decision is entered inside the commit
point of a record commit: the decision, every vote and what they were about stand in the library in
the same moment as in the database, and the decision names that commit. Source: rules.md 6; 7.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from baselines.library import TRIES, Draft, Library, commit_point, settled, unheard
from baselines.model import LibraryCommit
from baselines.records import decision_files
from ccb import board, tables
from ccb.ballot import Decision
from ccb.model import ChangeRequest
from ccb.signing import Act
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.store import UnitOfWork


def enter(
    library: Library,
    act: Act,
    *,
    key: Path,
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> ChangeRequest:
    """Make a signed act count, and keep the decision it completes; give the request as it is then.

    `key` signs the record commit and is the actor's. Raises Refused when anything that was signed
    moved since, or a signature does not hold; then neither store has changed.
    """
    decision = act.decision
    if decision is None:
        with library.store.write() as uow:
            settled(library, uow)  # whoever wrote past the program stops the voting as well
            request = board.enter(uow, act, at=at)
            uow.commit()
        return request
    entered: list[ChangeRequest] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        if newest is None:
            raise Refused("This site has no library yet.", "Found it with 'cmdb init DIR'.")
        return Draft(
            files=files_of(uow, act, decision).items(),
            subject=f"{act.request}: {decision.result}",
            trailers={"Decision": decision.digest},
        )

    def record(uow: UnitOfWork, commit: LibraryCommit) -> None:
        entered[:] = [board.enter(uow, act, at=at)]
        uow.replace(uow.get(Decision, decision.digest).but(record=commit.commit))

    with library.store.read() as uow:
        author = uow.get(Person, act.actor)
    commit_point(
        library,
        kind="record",
        draft=draft,
        enter=record,
        author=author,
        key=key,
        at=at,
        request=act.request,
        steps=steps,
    )
    return entered[-1]


def cast(
    library: Library,
    id: str,
    *,
    voter: str,
    value: str,
    conditions: Sequence[str] = (),
    reason: str = "",
    key: Path,
    at: datetime,
) -> ChangeRequest:
    """Sign a vote and make it count, with the decision it completes; give the request as it is then.

    The order of votes is part of what each signs. Where others voted in the same moment, and nothing
    that is voted on moved, it is signed again. Raises what `board.vote` and `enter` raise.
    """
    left = TRIES
    while True:
        act = board.vote(
            library.store,
            id,
            voter=voter,
            value=value,
            conditions=conditions,
            reason=reason,
            key=key,
            at=at,
        )
        try:
            return enter(library, act, key=key, at=at)
        except board.Overtaken:
            left -= 1
            if not left:
                raise


def files_of(uow: UnitOfWork, act: Act, decision: Decision) -> dict[str, bytes]:
    """The files that keep a decision not yet stored, with the votes and overrides it lists."""
    votes = {one.digest: one for one in tables.votes_of(uow, act.request)}
    if act.vote is not None:
        votes[act.vote.digest] = act.vote
    overrides = {one.digest: one for one in tables.overrides_of(uow, act.request, decision.round)}
    missing = [one for one in (*decision.votes, *decision.overrides) if one not in votes | overrides]
    if missing:
        raise Refused(
            f"What was decided on {act.request} is not what stands now.",
            f"Look at it again and repeat: 'cmdb change show {act.request}'.",
        )
    return decision_files(
        decision,
        number=len(tables.decisions_of(uow, act.request)) + 1,
        site=act.site,
        kind=act.kind,
        votes=[votes[one] for one in decision.votes],
        overrides=[overrides[one] for one in decision.overrides],
        evidence=act.evidence,
    )
