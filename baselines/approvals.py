"""Who approved a record as it stands: the request whose baseline brought it in, read from the library.

Nobody types an approval; it is what the history of the record's file says, and the decision on that
request. Source: rules.md 9, Document; 7, Baseline.
"""

from dataclasses import dataclass
from datetime import datetime

from baselines import tables
from baselines.library import Library, versions
from ccb import authority, requests
from cmdb.model import Value
from cmdb.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Value):
    """The baseline that made a record what it is, with its request, its board and who decided.

    `voters` are those who approved; `since` is the instant of the first baseline that holds the record.
    """

    baseline: str
    at: datetime
    request: str
    title: str
    board: str = ""
    decided_by: str = ""
    voters: tuple[str, ...] = ()
    since: datetime


def approval(library: Library, uow: UnitOfWork, kind: str, id: str) -> Approval | None:
    """Give the approval of a controlled record as it stands; None for a candidate, which has none."""
    newest = tables.newest(uow)
    found = list(versions(library, kind, id, head=newest.commit)) if newest is not None else []
    if not found:
        return None
    last = found[0]
    request = requests.find(uow, last.request) if last.request else None
    decided = authority.decision(uow, last.request)
    return Approval(
        baseline=last.baseline,
        at=last.at,
        request=last.request,
        title=request.title if request else "",
        board=decided.board if decided else "",
        decided_by=decided.by if decided else "",
        voters=authority.approvers(uow, last.request),
        since=found[-1].at,
    )
