"""Accepting a standard change by its template, and making it a normal one.

A template was voted on once; what keeps to it is approved at once, unless it clashes with something
or breaks a promise, which nobody looked at. Source: rules.md 5, kind standard.
"""

from datetime import datetime

from ccb import assessment, examination, requests, standard, statements, tables, templates
from ccb.model import ChangeRequest
from ccb.templates import Template
from cmdb import canonical, notices
from cmdb.errors import Refused
from cmdb.store import Store, UnitOfWork


def accept(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Approve a submitted standard change by its template, without votes.

    Raises Refused where it leaves the template, clashes with anything or would break a promise, with
    the command that makes it a normal change.
    """
    with store.write() as uow:
        request = accepted(uow, requests.find(uow, id), actor=actor, at=at)
        uow.commit()
    return request


def submit(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Hand in a draft; one of a standard change is accepted by its template at once.

    Where the template does not accept it, it stays handed in, and Refused says why.
    """
    request = requests.submit(store, id, actor=actor, at=at)
    return accept(store, request.id, actor=actor, at=at) if request.kind == "standard" else request


def accepted(uow: UnitOfWork, request: ChangeRequest, *, actor: str, at: datetime) -> ChangeRequest:
    """Accept a request inside a transaction; see `accept`."""
    wrong = [*standard.problems(uow, request), *examination.moved(uow, request.changes)]
    found = None if wrong or request.kind != "standard" else assessment.assess(uow, request, at=at)
    wrong += standard.clashes(found) if found is not None else []
    moved = requests.move(
        uow,
        request,
        "accept template",
        actor=actor,
        at=at,
        problems=tuple(wrong),
        lift=standard.way_out(request),
    )
    if found is None:
        raise Refused(f"{request.id} is no standard change.", standard.way_out(request))
    template = uow.get(Template, request.template)
    tables.keep_evidence(uow, requests.evidence(statements.ASSESSMENT, found.material))
    moved = requests.put(
        uow,
        moved.but(decided_at=at, assessment=found.digest),
        action="change accept template",
        actor=actor,
        at=at,
        changed={
            "template": template.id,
            "version": canonical.digest_of(templates.TEMPLATE, templates.template_record(template)),
            "approved by": standard.approval(uow, template.id),
            "content": statements.content_digest(request),
            "assessment": found.digest,
        },
    )
    notices.tell(
        uow,
        {one for one in (moved.effective_implementer, moved.originator) if one != actor},
        about=f"change:{moved.id}",
        text=f"{moved.id} is approved by the template {template.id}: {moved.title}",
        at=at,
        kind="decision taken",
    )
    return moved


def make_normal(store: Store, id: str, *, actor: str, at: datetime) -> ChangeRequest:
    """Make a standard change a normal one: a draft again, for its board to decide."""
    with store.write() as uow:
        before = requests.find(uow, id)
        if before.kind != "standard":
            raise Refused(
                f"{before.id} is a {before.kind} change already.", f"See it: 'cmdb change show {before.id}'."
            )
        request = requests.move(uow, before, "edit", actor=actor, at=at)
        request = requests.put(
            uow,
            request.but(kind="normal", template=""),
            action="change normal",
            actor=actor,
            at=at,
            changed={"template": [before.template, ""]},
        )
        uow.commit()
    return request
