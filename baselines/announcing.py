"""Who hears that a baseline was established: whoever its request concerns.

Source: rules.md 9, Notices; IT Service CMM 5.5, Goal 4 (affected groups are informed of the status and
content of baselines).
"""

from baselines.model import Baseline
from ccb import requests
from cmdb import notices
from cmdb.model import Group
from cmdb.store import UnitOfWork


def announce(uow: UnitOfWork, baseline: Baseline) -> None:
    """Tell of a new baseline, in its transaction: all but who established it."""
    request = requests.find(uow, baseline.request)
    people = [request.originator, request.effective_implementer]
    for id in request.groups:
        group = uow.find(Group, id)
        people += [group.lead, *group.members] if group else []
    for id in dict.fromkeys(one.id for one in request.changes if one.holder[0] == "item"):
        people += [str(row[0]) for row in uow.rows("SELECT owner FROM item WHERE id = ?", id)]
    notices.tell(
        uow,
        [one for one in dict.fromkeys(people) if one and one != baseline.established_by],
        about=f"baseline:{baseline.id}",
        text=f"{baseline.id} is established by {request.id}: {baseline.title}",
        at=baseline.established_at,
        kind="baseline established",
    )
