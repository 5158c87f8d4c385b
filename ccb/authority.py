"""Who authorised what was done: those whose approval counted when it was decided, and who decided.

A vote that was replaced or taken back later, or that was about something else than was decided,
authorised nothing. Source: rules.md 6, Votes; Decisions.
"""

from ccb import counting, tables, voting
from ccb.ballot import Decision
from ccb.model import ChangeRequest
from cmdb.store import UnitOfWork

CARRIED = ("carried", "confirmed")


def decision(uow: UnitOfWork, request: str) -> Decision | None:
    """The last decision that carried or confirmed a request; None where there is none."""
    found = [one for one in tables.decisions_of(uow, request) if one.result in CARRIED]
    return found[-1] if found else None


def approvers(uow: UnitOfWork, request: str) -> tuple[str, ...]:
    """Whose approvals counted when the request was decided, sorted by id."""
    carried = [one for one in tables.decisions_of(uow, request) if one.result == "carried"]
    if not carried:
        return ()
    last = carried[-1]  # what the chair confirmed later was about other evidence than the votes
    votes = [one for one in tables.votes_of(uow, request) if one.digest in last.votes]
    current = voting.current(votes).values()
    return tuple(
        sorted(one.voter for one in current if one.value.startswith("approve") and counting.about(one, last))
    )


def authorised_by(uow: UnitOfWork, request: str) -> str:
    """The same in words, with who decided or which template did; empty for what no request did."""
    last, voters = decision(uow, request), ", ".join(approvers(uow, request))
    if last is not None:
        return "; ".join(filter(None, (voters, f"decided by {last.by}")))
    found = uow.find(ChangeRequest, request) if request else None
    return f"template {found.template}" if found is not None and found.template else ""
