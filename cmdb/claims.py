"""Claims: that a calamity or an unmet service condition exempts us for a while, and who accepted it.

A claim is raised by one person and decided for the customer: what somebody raised, the same person
cannot accept without saying who accepted it on the customer's side. Only accepted claims exempt.
Source: rules.md 4, Claims; IT Service CMM, the service agreement's conditions and calamities.
"""

from dataclasses import dataclass
from datetime import datetime

from cmdb import (
    agreement_terms,
    agreement_versions,
    journal,
    tables_promises,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.canonical import rfc3339
from cmdb.checks import name_problems
from cmdb.errors import Refused
from cmdb.model import Value, check, shown
from cmdb.numbers import next_number
from cmdb.promises import Claim, ServiceAgreement
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

SERIES = "claim"
ACTION = "keep agreements"
LISTED = {"calamity": "calamities", "unmet condition": "conditions"}  # where an agreement lists them


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Value):
    """A decision on a claim: what it says now, and what it said before."""

    claim: Claim
    before: Claim


def raise_claim(
    store: Store,
    *,
    agreement: str,
    kind: str,
    start: datetime,
    end: datetime,
    evidence: str,
    service: str = "",
    named: str = "",
    actor: str,
    at: datetime,
) -> Claim:
    """Claim that a stretch of time is exempt; it counts for nothing until it is accepted.

    `named` is the calamity or condition as the agreement listed it then; where it lists any of the
    kind, a claim is about one of them.
    Raises NotFound for an unknown agreement, Invalid with everything that is wrong with the claim.
    """
    with store.write() as uow:
        require(uow, actor, ACTION, at=at)
        about = uow.get(ServiceAgreement, agreement)
        wrong = _problems(about, start, end, evidence, service, at)
        check("The claim", [*wrong, *_unagreed(agreement_versions.in_force(about, start), kind, named)])
        claim = Claim(
            id=f"{SERIES}-{next_number(uow, SERIES):04d}",
            agreement=agreement,
            kind=kind,
            service=service,
            named=named,
            start=start,
            end=end,
            evidence=evidence,
        )
        uow.add(claim)
        said: dict[str, object] = {"kind": kind, "evidence": evidence, **({"named": named} if named else {})}
        _journal(uow, claim, "claim raise", actor, at, said)
        uow.commit()
    return claim


def decide(
    store: Store, id: str, state: str, *, by: str = "", reason: str = "", actor: str, at: datetime
) -> Decided:
    """Accept or refuse a claim; `by` says who did for the customer, else it is who acts.

    Deciding again the other way needs a reason; the journal keeps every decision. Raises NotFound,
    Invalid for a missing reason, Refused when nothing would change or four eyes are missing.
    """
    with store.write() as uow:
        require(uow, actor, ACTION, at=at)
        before = uow.get(Claim, id)
        if before.state == state:
            raise Refused(
                f"{id} was {state} by {before.decided_by} already.",
                f"See it with 'cmdb claim list {before.agreement}'.",
            )
        needs_reason = before.state != "raised" or state == "refused"
        by = by.strip()
        missing = ["It needs a reason."] if needs_reason and not reason.strip() else []
        check("The decision", [*missing, *name_problems("Who decided,", by, required=False)])
        # Naming oneself is no second pair of eyes.
        if state == "accepted" and _raised_by(uow, id) == actor == (by or actor):
            raise Refused(
                f"{actor} raised {id}, and cannot accept it alone.",
                f"Say who accepted it for the customer: 'cmdb claim accept {id} --by NAME'.",
            )
        claim = before.but(state=state, decided_by=by or actor)
        uow.replace(claim)
        _journal(
            uow,
            claim,
            f"claim {'accept' if state == 'accepted' else 'refuse'}",
            actor,
            at,
            {"state": [before.state, state], "decided_by": claim.decided_by, "reason": reason},
        )
        uow.commit()
    return Decided(claim=claim, before=before)


def listed(uow: UnitOfWork, agreement: str = "") -> tuple[Claim, ...]:
    """Claims, the newest stretch of time first; of one agreement when it is named. Raises NotFound."""
    if agreement:
        uow.get(ServiceAgreement, agreement)
        found = uow.all(Claim, agreement=agreement)
    else:
        found = uow.all(Claim)
    return tuple(sorted(found, key=lambda one: (one.start, one.id), reverse=True))


def _problems(
    agreement: ServiceAgreement, start: datetime, end: datetime, evidence: str, service: str, at: datetime
) -> list[str]:
    found = []
    if service and service not in agreement.services:
        found.append(
            f"{shown(service)} is not among the services of {agreement.id}: {', '.join(agreement.services)}."
        )
    if not evidence.strip():
        found.append("The evidence is missing: say what shows it, or where that lies.")
    if end > at:
        found.append(f"It ends at {rfc3339(end)}, which lies ahead: only what has happened can be claimed.")
    if end <= agreement.start or (agreement.end and start >= agreement.end):
        found.append(f"{agreement.id} was not in force then.")
    return found


def _unagreed(agreement: ServiceAgreement, kind: str, named: str) -> list[str]:
    """A claim is about what was agreed: one of those listed, or anything where none of the kind is."""
    listed = agreement_terms.ids_of(agreement, LISTED[kind]) if kind in LISTED else ()
    if named in listed or (not named and not listed):
        return []
    if not listed:
        return [f"{agreement.id} lists no {kind}: {shown(named)} cannot be named."]
    said = f"{shown(named)} is no {kind} {agreement.id} lists" if named else f"It names no {kind}"
    return [f"{said}: name one of {', '.join(listed)}."]


def _raised_by(uow: UnitOfWork, id: str) -> str:
    found = uow.rows(
        "SELECT j.actor FROM journal_subject s JOIN journal j ON j.sequence = s.sequence "
        "WHERE s.subject = ? AND j.action = 'claim raise' ORDER BY j.sequence LIMIT 1",
        f"claim:{id}",
    )
    return str(found[0][0]) if found else ""


def _journal(
    uow: UnitOfWork, claim: Claim, action: str, actor: str, at: datetime, changed: dict[str, object]
) -> None:
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(f"claim:{claim.id}", f"agreement:{claim.agreement}", *filter(None, [claim.service])),
        changed={"from": rfc3339(claim.start), "until": rfc3339(claim.end), **changed},
    )
