"""Standard changes: a template under control authorises them, where they keep to it.

    problems(uow, request)      where a request leaves its template; nothing for other kinds
    approval(uow, template)     the request that brought the template as it is under control
    offered(uow, items)         the templates that are for all of these items

Inside a transaction; commits nothing. Source: rules.md 5, kind standard.
"""

from collections.abc import Collection

from ccb import controlled, tables, templates
from ccb.model import Assessment, ChangeDraft, ChangeRequest
from ccb.templates import Template
from cmdb.model import shown
from cmdb.store import UnitOfWork


def problems(uow: UnitOfWork, request: ChangeDraft | ChangeRequest) -> list[str]:
    """Say where a standard change leaves its template, or that it has none."""
    if request.kind != "standard":
        return ["Only a standard change names a template."] if request.template else []
    template = uow.find(Template, request.template) if request.template else None
    if template is None:
        named = shown(request.template)
        return [f"There is no template '{named}' under control; 'cmdb template list' lists them."]
    held = {one.id: controlled.held(uow, "item", one.id) for one in request.changes if one.record == "item"}
    return [*templates.departures(template, request, held), *templates.unforecast(template, request)]


def way_out(request: ChangeRequest) -> str:
    """What lifts a departure: the commands that make a standard change a normal one."""
    if request.state == "checked out":
        back = f"'cmdb check-out {request.id} --give-back'"
        return (
            f"Give it back ({back}; the work is kept) and make it normal: 'cmdb change normal {request.id}'."
        )
    return f"Keep to the template, or make it a normal change: 'cmdb change normal {request.id}'."


def clashes(found: Assessment) -> list[str]:
    """What an assessment shows that no template foresees, in sentences: conflicts and breached promises."""
    counting = {one["kind"] for one in found.material["conflicts"]}
    told = [one["sentence"] for one in found.context["conflicts"] if one["kind"] in counting]
    told += [
        f"{row['commitment']} of {row['agreement']} would be breached."
        for row in found.material["planned"]
        if row.get("breach_worst")
    ]
    return told


def approval(uow: UnitOfWork, template: str) -> str:
    """The request that brought a template, as it is now, under control; empty when there is none."""
    done = [
        id
        for id in tables.requests_naming(uow, "template", template)
        if uow.get(ChangeRequest, id).state in ("checked in", "closed")
    ]
    return done[-1] if done else ""


def offered(uow: UnitOfWork, items: Collection[str]) -> tuple[Template, ...]:
    """The templates in force that every one of these items may be changed by, by id."""
    held = {one: controlled.held(uow, "item", one) or {} for one in items}
    return tuple(
        one
        for one in uow.all(Template)
        if one.status == templates.IN_FORCE
        and one.level != "draft"
        and not any(templates.misfits(one, id, record) for id, record in held.items())
    )
