"""What one outage takes from one commitment, and why the rest of it does not count.

Each outage by itself: where two overlap, both took the same seconds. Whole seconds, exact; what an
outage takes is counted as `cmdb.availability` counts a period, part by part where the agreement changes
version. Pure. Source: rules.md 4, Counted time; IT Service CMM 5.3, Activity 13.
"""

from typing import NamedTuple

from cmdb.agreement_versions import parts
from cmdb.availability import Facts, ServiceTime, accepted, counts, cut, planned_spans
from cmdb.commitments import ServiceCommitment
from cmdb.intervals import NEVER, Spans, intersect, length, seconds, subtract
from cmdb.periods import zone_of
from cmdb.promises import Outage, ServiceAgreement

DEGRADED = "degraded does not count"
OUTSIDE = "outside the service hours"
CLAIMED = "exempt by a claim"
PLANNED = "planned"


class Counted(NamedTuple):
    """What an outage took from a commitment, and the rest of it by the reason it does not count. Seconds."""

    commitment: str
    taken: int
    free: tuple[tuple[str, int], ...]


def counted(
    agreement: ServiceAgreement, commitment: ServiceCommitment, one: Outage, facts: Facts, hours: ServiceTime
) -> Counted:
    """Tell what an outage of the service takes, up to now."""
    until = seconds(facts.now) if one.ended is None else min(seconds(facts.now), seconds(one.ended))
    whole = seconds(one.started), until
    taken, free = 0, dict.fromkeys((DEGRADED, OUTSIDE, CLAIMED, PLANNED), 0)
    claims = accepted(agreement.id, commitment.service, facts.claims)
    for version, each in parts(agreement, commitment):
        for part in cut(version, whole):
            left: Spans = (part,)
            reasons = (
                (DEGRADED, NEVER if counts(one.effect, each) else left),
                (OUTSIDE, subtract(left, hours(each.hours, zone_of(version.zone), part))),
                (CLAIMED, claims),
                (PLANNED, planned_spans(version, each, [one], facts.now, hours)),
            )
            for why, spans in reasons:
                lost = intersect(left, spans)
                free[why] += length(lost)
                left = subtract(left, lost)
            taken += length(left)
    return Counted(commitment.id, taken, tuple((why, each) for why, each in free.items() if each))
