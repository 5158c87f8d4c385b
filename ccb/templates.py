"""Templates of standard changes: what may be done again and again without a vote, and how.

A template says on which items, which fields are set to what, which are free and which open, the plan
texts, and for how long the work and its outage may last. Pure: whoever asks brings the records.
Source: rules.md 5, kind standard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ccb.changefile import seconds
from ccb.model import ChangeDraft, ChangeRequest, DownSet, ProposedChange, Window
from cmdb.errors import Invalid
from cmdb.model import LEVELS, Value, check, choice_problems, id_problems, name_problems, shown, text_problems

TEMPLATE = "template/1"
IN_FORCE = "in force"
STATUSES = (IN_FORCE, "retired")
_CONTROLLED = tuple(one for one in LEVELS if one != "draft")
_LISTS = ("types", "items", "free", "open", "evidence")
_DURATIONS = ("window", "expected", "worst")
_TEXTS = ("reason", "backout", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Value):
    """What a standard change may be.

    It is for the `items` named and for items of the `types`, up to the control level `covers`. Fields
    of `exact` are set to what stands there; those of `free` to what the request says; those of `open`
    are known only afterwards. `window` is the longest window in seconds; with `down` the items go down,
    for `expected` and at worst `worst` seconds, else nothing does. `status` retired ends it.
    """

    id: str
    name: str
    types: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    exact: Mapping[str, Any] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    reason: str = ""
    backout: str = ""
    test: str = ""
    evidence: tuple[str, ...] = ()
    window: int = 0
    down: bool = False
    expected: int = 0
    worst: int = 0
    covers: str = "baselined"
    status: str = IN_FORCE
    level: str = "draft"

    def __post_init__(self) -> None:
        fields = [*self.exact, *self.free, *self.open]
        problems = [
            *id_problems("Template", self.id),
            *name_problems("The name", self.name),
            *choice_problems("The status", self.status, STATUSES),
            *choice_problems("The control level it covers", self.covers, _CONTROLLED),
            *choice_problems("The control level", self.level, LEVELS),
            *(p for one in self.types for p in id_problems("Type", one)),
            *(p for one in self.items for p in id_problems("Item", one)),
            *(p for name in _TEXTS for p in text_problems(f"The {name}", getattr(self, name))),
        ]
        if not (self.types or self.items):
            problems.append("A template names the items it is for, or their types.")
        if not fields:
            problems.append("A template names the fields it sets: exact, free or open.")
        problems += [
            f"The field '{shown(one)}' stands twice." for one in sorted(set(fields)) if fields.count(one) > 1
        ]
        problems += [
            f"The exact field '{shown(name)}' is empty."
            for name, content in self.exact.items()
            if not content
        ]
        if "owner" in fields or "level" in fields or "type" in fields:
            problems.append("Owner, type and control level are changed by a vote, by no template.")
        problems += [f"The {name} plan is empty." for name in ("backout", "test") if not getattr(self, name)]
        if not self.reason.strip():
            problems.append("The reason is empty.")
        if self.window <= 0:
            problems.append("A template says how long its window may last: window: 2h.")
        if not 0 <= self.expected <= self.worst or (self.worst and not self.down):
            problems.append(
                "Expected and worst outage go with 'down', and the worst is at least the expected."
            )
        check(f"Template '{shown(self.id)}'", problems)


def template_record(template: Template) -> dict[str, Any]:
    """A template as a `template/1` record."""
    return {
        **{name: getattr(template, name) for name in ("id", "name", *_TEXTS, *_DURATIONS)},
        **{name: sorted(getattr(template, name)) for name in _LISTS},
        "exact": dict(template.exact),
        "down": template.down,
        "covers": template.covers,
        "status": template.status,
        "level": template.level,
    }


def template_from(fields: Mapping[str, Any]) -> Template:
    """Read a `template/1` record, or one as a person writes it. Raises Invalid with what is wrong."""
    own = dict(fields)
    unknown = sorted(own.keys() - Template.__dataclass_fields__.keys())
    wrong = [f"It has no field '{shown(one)}'." for one in unknown]
    wrong += [f"Its {name} is missing." for name in ("id", "name") if name not in own]
    lists = {name: own[name] for name in _LISTS if name in own}
    wrong += [f"Its {name} is no list." for name, one in lists.items() if not isinstance(one, list | tuple)]
    if not isinstance(own.get("exact", {}), Mapping):
        wrong.append("Its exact fields are no mapping.")
    if not isinstance(own.get("down", False), bool):
        own["down"] = str(own["down"]).lower() == "true"
    for name in _DURATIONS:
        if isinstance(own.get(name, 0), str):
            try:
                own[name] = seconds(str(own[name]))
            except Invalid as no_duration:
                wrong.append(f"Its {name}: {no_duration.reason} {no_duration.remedy}")
    check("A template", wrong)
    own |= {name: tuple(content) for name, content in lists.items()}
    return Template(**own)


def drafted(
    template: Template,
    items: tuple[str, ...],
    window: Window | None,
    given: Mapping[str, Any],
    title: str = "",
) -> ChangeDraft:
    """The change that a template makes of these items: `given` are the contents of its free fields."""
    changes = tuple(
        ProposedChange(
            record="item", id=id, operation="set", exact={**template.exact, **given}, open=template.open
        )
        for id in items
    )
    down = DownSet(items=items, expected=template.expected, worst=template.worst) if template.down else None
    return ChangeDraft(
        kind="standard",
        template=template.id,
        title=title or f"{template.name}: {', '.join(items)}",
        reason=template.reason,
        changes=changes,
        window=window,
        down=down if items else None,
        backout=template.backout,
        test=template.test,
        evidence=template.evidence,
    )


def departures(
    template: Template, request: ChangeDraft | ChangeRequest, held: Mapping[str, Mapping[str, Any] | None]
) -> list[str]:
    """Say, in sentences, where a request leaves its template. `held` are the items it names, by id."""
    found = []
    if template.status != IN_FORCE or template.level == "draft":
        why = "has ended" if template.status != IN_FORCE else "is not under control"
        found.append(f"The template {template.id} {why}.")
    for change in request.changes:
        wrong = _of_change(template, change, held.get(change.id) or {})
        found += [f"{shown(change.subject)}: {one}" for one in wrong]
    for name, label in (("backout", "back-out plan"), ("test", "test plan")):
        if getattr(request, name).strip() != getattr(template, name).strip():
            found.append(f"The {label} is not the template's.")
    if sorted(request.evidence) != sorted(template.evidence):
        found.append("The evidence required is not the template's.")
    if request.window is not None and request.window.seconds > template.window:
        found.append(f"The window lasts {request.window.seconds} s, the template allows {template.window} s.")
    return found + _of_outage(template, request)


def unforecast(template: Template, request: ChangeDraft | ChangeRequest) -> list[str]:
    """Say which outage the template foresees and a request leaves out or gives no time for.

    No departure: what was accepted before this was asked stays proved.
    """
    if not template.down:
        return []
    if request.down is None:
        return ["By the template its items go down, and the request leaves 'down' out: nothing is forecast."]
    lasts = int((request.window.end - request.window.start).total_seconds()) if request.window else 0
    if lasts and request.down.worst > lasts:
        return [f"The window lasts {lasts} s, its outage at worst {request.down.worst} s: it has to fit."]
    return [
        f"{shown(one.id)} goes down by the template, and 'down' leaves it out."
        for one in request.changes
        if one.record == "item" and one.id not in request.down.items
    ]


def unusable(template: Template) -> list[str]:
    """Say why no request could keep to a template that is about to come into force."""
    if template.status != IN_FORCE or template.worst <= template.window:
        return []
    return [f"Its window lasts {template.window} s, its outage at worst {template.worst} s: it has to fit."]


def misfits(template: Template, id: str, held: Mapping[str, Any]) -> list[str]:
    """Say, in sentences, why an item is none the template is for; `held` is the item as it is."""
    found = []
    if id not in template.items and held.get("type") not in template.types:
        found.append("it is none of the items the template is for.")
    level = str(held.get("level", ""))
    if level and LEVELS.index(level) > LEVELS.index(template.covers):
        found.append(f"it is {level}, the template is for what is {template.covers} at most.")
    return found


def _of_change(template: Template, change: ProposedChange, held: Mapping[str, Any]) -> list[str]:
    if (change.record, change.operation) != ("item", "set"):
        return ["a template only sets fields of items."]
    found = misfits(template, change.id, held)
    for name, content in template.exact.items():
        if name not in change.exact or change.exact[name] != content:
            found.append(f"the template sets '{name}' to {shown(str(content))}.")
    known = {*template.exact, *template.free}
    found += [f"'{shown(name)}' is no field the template sets." for name in change.exact if name not in known]
    if set(change.open) != set(template.open):
        found.append(f"open are {', '.join(sorted(template.open)) or 'no fields'} by the template.")
    return found


def _of_outage(template: Template, request: ChangeDraft | ChangeRequest) -> list[str]:
    down = request.down
    if down is None:
        return []
    if not template.down:
        return ["By the template nothing goes down."]
    found = [
        f"{shown(one)} goes down, which the change does not touch."
        for one in down.items
        if one not in {change.id for change in request.changes}
    ]
    if down.expected > template.expected or down.worst > template.worst:
        found.append(
            f"It is down for {down.expected} s, {down.worst} s at worst; the template allows"
            f" {template.expected} s and {template.worst} s."
        )
    return found
