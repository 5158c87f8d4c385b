"""Who hears that a baseline was established: whoever its request concerns.

Source: rules.md 9, Notices; IT Service CMM 5.5, Goal 4 (affected groups are informed of the status and
content of baselines).
"""

import ccb.tables  # noqa: F401 - registers the rows of the requests that are looked up here
from baselines.model import Baseline
from ccb.model import ChangeRequest
from cmdb import notice_rules, notices
from cmdb.store import UnitOfWork

AT_ONCE = 500  # items whose owners are asked for by one statement


def announce(uow: UnitOfWork, baseline: Baseline) -> None:
    """Tell of a new baseline, in its transaction: all but who established it."""
    request = uow.find(ChangeRequest, baseline.request)
    if request is None:  # nobody asked for it, which verify names; there is nobody to tell
        return
    people = [request.originator, request.effective_implementer]
    for id in request.groups:
        people += notice_rules.of_group(uow, id)
    ids = list(dict.fromkeys(one.id for one in request.changes if one.holder[0] == "item"))
    for first in range(0, len(ids), AT_ONCE):
        asked = ids[first : first + AT_ONCE]
        marks = ", ".join("?" * len(asked))
        owners = uow.rows(f"SELECT DISTINCT owner FROM item WHERE id IN ({marks}) ORDER BY owner", *asked)
        people += [str(row[0]) for row in owners]
    notices.tell(
        uow,
        [one for one in dict.fromkeys(people) if one and one != baseline.established_by],
        about=f"baseline:{baseline.id}",
        text=f"{baseline.id} is established by {request.id}: {baseline.title}",
        at=baseline.established_at,
        kind="baseline established",
    )
