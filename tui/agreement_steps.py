"""A step in the life of an agreement, from the command line or the app: at once, or by a change request.

A candidate takes it at once, signed where both sides agree on something; for one under control a change
request is written, which the board decides. Nothing here prints.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ccb import agreement_requests, requests
from ccb.model import ChangeRequest
from cmdb import agreement_acts
from cmdb.promises import ServiceAgreement
from cmdb.store import Store

SIGNED = ("agree", "revise", "end", "sign")  # steps that say what both sides agreed on
TITLES = {
    "review": "Note who reviewed {id}",
    "agree": "Agree on {id}",
    "publish": "Publish {id}",
    "revise": "Revise {id}",
    "end": "End {id}",
}


class Taken(NamedTuple):
    """What became of a step: the agreement, or the request that is to bring it about."""

    agreement: ServiceAgreement
    request: ChangeRequest | None = None

    @property
    def sentence(self) -> str:
        """What happened, and what comes next."""
        one = self.agreement
        if self.request is None:
            version = f", version {one.terms['version']}" if "version" in one.terms else ""
            return f"{one.id} is {one.state}{version}."
        return (
            f"{self.request.id} is a draft: '{self.request.title}'. "
            f"{one.id} is {one.level}: a board decides. 'cmdb change submit {self.request.id}' hands it in."
        )


def take(
    store: Store,
    before: ServiceAgreement,
    after: ServiceAgreement,
    action: str,
    *,
    reason: str,
    key: Callable[[], Path],
    actor: str,
    at: datetime,
) -> Taken:
    """Take a step. `key` gives the key to sign with, asked only where something is signed."""
    if before.level == "draft":
        if action in SIGNED and "accepted" in after.terms:
            after = agreement_acts.sign(after, by=actor, key=key(), at=at)
        return Taken(agreement_acts.take(store, before, after, action, actor=actor, at=at))
    if "signed" in after.terms:  # of a candidate of before: the decision and the check-in are signed
        after = after.but(terms={name: one for name, one in after.terms.items() if name != "signed"})
    title = TITLES[action].format(id=before.id)
    draft = agreement_requests.draft_of(before, after, title=title, reason=reason, at=at)
    return Taken(after, requests.new(store, draft, actor=actor, at=at))
