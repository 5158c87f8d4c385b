"""A form of a change request written into the site, and a request shown as the form it would be.

The form is read as a change file is. What the form has no line for stays as it is. Raises Invalid
with every problem, each named by the line of the form. Source: `tui.drafting`.
"""

import json
from datetime import datetime, tzinfo

from ccb import changefile, requests, statements
from ccb.model import ChangeDraft, ChangeRequest
from cmdb.errors import Invalid
from cmdb.store import Store
from tui.drafting import document, filled, fits, visible
from tui.drafts import Draft, Form


def write(store: Store, draft: Draft, zone: tzinfo, *, actor: str, at: datetime) -> ChangeRequest:
    """Write a new request from a form."""
    try:
        return requests.new(store, _parsed(draft, zone, at), actor=actor, at=at)
    except Invalid as wrong:
        raise _in_the_form(wrong, draft) from wrong


def form_of(store: Store, id: str, zone: tzinfo, *, at: datetime) -> Form:
    """The form of a request as it stands, with what the form only shows."""
    with store.read() as uow:
        request = requests.find(uow, id)
    kept = tuple(f"{one.operation} {one.subject}" for one in request.changes if not fits(one))
    return Form(request.id, filled(request, zone, at), kept, statements.seen_as(request))


def rewrite(
    store: Store, id: str, draft: Draft, zone: tzinfo, *, seen: str = "", actor: str, at: datetime
) -> ChangeRequest:
    """Replace the content of a request by a form; what the form has no line for is kept.

    `seen` is that of the form: Refused when the request has moved since.
    """
    with store.read() as uow:
        before = requests.find(uow, id)
    kept = tuple(one for one in before.changes if not fits(one))
    try:
        parsed = _parsed(draft, zone, at, alone=not kept)
        content = parsed.but(
            reviewer=before.reviewer,
            template=before.template,
            answers=before.answers,
            evidence=before.evidence,
            groups=before.groups,
            changes=(*parsed.changes, *kept),
        )
        return requests.edit(store, id, content, seen=seen, actor=actor, at=at)
    except Invalid as wrong:
        raise _in_the_form(wrong, draft) from wrong


def _parsed(draft: Draft, zone: tzinfo, at: datetime, *, alone: bool = True) -> ChangeDraft:
    """The form as a change file reads it; `alone`: what it says of the items is all there is."""
    content = document(draft, zone, at)
    if "changes" in content or alone:
        return changefile.parse(json.dumps(content, ensure_ascii=False), "The form")
    # A change file proposes something; here it is what the form has no line for.
    stand_in = {**content, "changes": [{"item": "kept", "retire": True}]}
    return changefile.parse(json.dumps(stand_in, ensure_ascii=False), "The form").but(changes=())


def _in_the_form(wrong: Invalid, draft: Draft) -> Invalid:
    return Invalid(wrong.reason, wrong.remedy, tuple(visible(one, draft) for one in wrong.problems))
