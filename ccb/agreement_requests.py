"""The change request by which an agreement under control takes a step of its life. Pure.

What a step makes of it is for `cmdb.agreement_life` to say; here that becomes the fields a request sets.
Source: rules.md 4, A controlled record; 5, A proposed change.
"""

from datetime import datetime, timedelta

from ccb.model import ChangeDraft, ProposedChange, Window
from cmdb.agreement_records import record_of
from cmdb.promises import ServiceAgreement

DAYS = 14  # in which it is to be decided and checked in


def draft_of(
    before: ServiceAgreement, after: ServiceAgreement, *, title: str, reason: str, at: datetime
) -> ChangeDraft:
    """The request that makes of an agreement what a step makes of it: each field that differs."""
    old, new = record_of(before), record_of(after)
    exact = {name: new.get(name, "") for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
    return ChangeDraft(
        title=title,
        reason=reason,
        window=Window(start=at, end=at + timedelta(days=DAYS)),
        backout="Set the fields back by request; an earlier version stays in the record.",
        test=f"Both sides read 'cmdb agreement show {after.id}' and find what they agreed on.",
        changes=(ProposedChange(record="agreement", id=after.id, operation="set", exact=exact),),
    )
