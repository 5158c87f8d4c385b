"""Plan an import of people, groups and parties: what each file makes of what exists.

These are few, so they are compared as values, in memory. A person's groups that do not exist are
made; membership and keys are only ever added. Source: terminal.md, Native import files; rules.md 1 and 2.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from cmdb.errors import Invalid
from cmdb.exchange.plan import Plan
from cmdb.exchange.sheet import Problems, Sheet, header_problems, unescaped
from cmdb.model import PARTY_KINDS, Contact, Group, Party, Person, PublicKey, Value, id_problems, shown

PEOPLE_COLUMNS = ("id", "name", "email", "login", "groups", "key")
GROUP_COLUMNS = ("id", "name", "lead", "members", "email")
PARTY_COLUMNS = ("id", "name", "kind", "contacts")

V = TypeVar("V", Person, Group, Party)
_CONTACT = re.compile(r"(?P<name>[^<>]+?)\s*(?:<(?P<email>[^<>]*)>)?\s*(?P<phone>\+?[0-9][0-9 ()./-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Value):
    """What applying a plan of people, groups or parties stores, in the order to store it."""

    plan: Plan
    add: tuple[Person | Group | Party, ...] = ()
    replace: tuple[Person | Group | Party, ...] = ()
    request: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)


def plan_people(
    sheet: Sheet, current: Mapping[str, Person], groups: Mapping[str, Group], problems: Problems
) -> Written:
    """Plan people with their keys, and the groups they are in."""
    if not header_problems(sheet.header, required=("id", "name"), known=PEOPLE_COLUMNS, problems=problems):
        return _nothing("people", sheet, problems)
    reader = _Reader[Person]("people", sheet, current, problems)
    joining: dict[str, dict[str, None]] = {}
    logins = {one.login: one.id for one in current.values() if one.login}
    owners = {key.text: one.id for one in current.values() for key in one.keys}
    for line, text in reader.rows():
        for group in _listed(text.get("groups", "")):
            for reason in id_problems("group", group):
                problems.add(line, "groups", reason)
            joining.setdefault(group, {})[text["id"]] = None
        person = reader.take(line, text, partial(_person, line=line, problems=problems))
        if person is None:
            continue
        _note_clash(line, "login", person.login, person.id, logins, problems)
        for key in person.keys:
            _note_clash(line, "key", key.text, person.id, owners, problems)
    return reader.written(*_joined(joining, groups))


def plan_groups(
    sheet: Sheet, current: Mapping[str, Group], people: Mapping[str, bool], problems: Problems
) -> Written:
    """Plan groups; their lead and members are people who exist (`people` says who is active)."""
    if not header_problems(sheet.header, required=("id", "name"), known=GROUP_COLUMNS, problems=problems):
        return _nothing("groups", sheet, problems)
    reader = _Reader[Group]("groups", sheet, current, problems)
    for line, text in reader.rows():
        for column in ("lead", "members"):
            for one in _listed(text.get(column, "")):
                if one not in people:
                    problems.add(line, column, f"'{shown(one)}' is not registered; import the people first.")
        if (lead := text.get("lead", "")) in people and not people[lead]:
            problems.add(line, "lead", f"'{lead}' is not active.")
        reader.take(line, text, _group)
    return reader.written((), ())


def plan_parties(sheet: Sheet, current: Mapping[str, Party], problems: Problems) -> Written:
    """Plan customers, end users, suppliers and internal groups with their contacts."""
    if not header_problems(sheet.header, required=("id", "name"), known=PARTY_COLUMNS, problems=problems):
        return _nothing("parties", sheet, problems)
    reader = _Reader[Party]("parties", sheet, current, problems)
    for line, text in reader.rows():
        reader.take(line, text, partial(_party, line=line, problems=problems))
    return reader.written((), ())


class _Reader(Generic[V]):
    """Goes through the rows of a sheet and sorts what they make into new, changed and unchanged."""

    def __init__(self, kind: str, sheet: Sheet, current: Mapping[str, V], problems: Problems) -> None:
        self.kind, self.sheet, self.problems = kind, sheet, problems
        self.current: Mapping[str, V] = current
        self.lines: dict[str, int] = {}
        self.add: list[V] = []
        self.replace: list[V] = []
        self.changes: dict[str, dict[str, tuple[Any, Any]]] = {}
        self.request: dict[str, dict[str, tuple[Any, Any]]] = {}

    def rows(self) -> list[tuple[int, dict[str, str]]]:
        """Every row as column -> text; rows whose id came before are noted and left out."""
        kept = []
        for line, cells in self.sheet.rows:
            text = {
                name: unescaped(cell.strip()) for name, cell in zip(self.sheet.header, cells, strict=True)
            }
            first = self.lines.setdefault(text["id"], line)
            if first != line:
                self.problems.add(
                    line, "id", f"'{shown(text['id'])}' is in the file twice; the first is in line {first:,}."
                )
            else:
                kept.append((line, text))
        return kept

    def take(
        self, line: int, text: dict[str, str], make: Callable[[dict[str, str], V | None], V]
    ) -> V | None:
        """Make the value of a row and note what it changes; None after noting what is wrong."""
        before = self.current.get(text["id"])
        try:
            after = make(text, before)
        except Invalid as wrong:
            for problem in wrong.problems or (wrong.reason,):
                self.problems.add(line, "", problem)
            return None
        if before is None:
            self.add.append(after)
        elif fields := _differences(before, after):
            if before.level == "draft":
                self.replace.append(after)
                self.changes[after.id] = fields
            else:
                self.request[after.id] = fields
        return after

    def written(self, more_new: tuple[Group, ...], more_changed: tuple[Group, ...]) -> Written:
        """The whole plan; `more` are groups that people of the file join."""
        listed = len(self.lines)
        plan = Plan(
            kind=self.kind,
            file=self.sheet.file,
            create=len(self.add),
            update=len(self.replace),
            unchanged=max(0, listed - len(self.add) - len(self.replace) - len(self.request)),
            request=len(self.request),
            missing=sum(1 for id_ in self.current if id_ not in self.lines),
            errors=tuple(self.problems.kept),
            error_total=self.problems.total,
            created=tuple(one.id for one in self.add),
            changes=self.changes,
            absent=tuple(id_ for id_ in self.current if id_ not in self.lines),
            groups_created=tuple(one.id for one in more_new),
        )
        return Written(
            plan=plan,
            add=(*self.add, *more_new),
            replace=(*self.replace, *more_changed),
            request=self.request,
        )


def _person(text: dict[str, str], before: Person | None, line: int, problems: Problems) -> Person:
    given: dict[str, Any] = {name: text[name] for name in ("name", "email", "login") if name in text}
    if "key" in text:
        keys: list[PublicKey] = []
        for one in _listed(text["key"]):
            try:
                kind, body, *comment = one.split(maxsplit=2)
                keys.append(PublicKey(text=f"{kind} {body}", comment=" ".join(comment)))
            except (ValueError, Invalid):
                problems.add(line, "key", f"'{shown(one)}' is no OpenSSH public key.")
        # An import adds keys; what a person can sign with is taken away by a request only.
        known = before.keys if before else ()
        given["keys"] = (*known, *(one for one in keys if one.text not in {key.text for key in known}))
    return (before or Person(id=text["id"], name=text["name"])).but(**given)


def _group(text: dict[str, str], before: Group | None) -> Group:
    start = before or Group(id=text["id"], name=text["name"])
    given: dict[str, Any] = {name: text[name] for name in ("name", "lead", "email") if name in text}
    if "members" in text:
        given["members"] = tuple(dict.fromkeys(_listed(text["members"])))
    return start.but(**given)


def _party(text: dict[str, str], before: Party | None, line: int, problems: Problems) -> Party:
    start = before or Party(id=text["id"], name=text["name"])
    given: dict[str, Any] = {"name": text["name"]}
    if text.get("kind"):
        given["kind"] = text["kind"]
        if text["kind"] not in PARTY_KINDS:
            problems.add(line, "kind", f"'{shown(text['kind'])}' is not one of: {'; '.join(PARTY_KINDS)}.")
            given.pop("kind")
    if "contacts" in text:
        contacts = []
        for one in _listed(text["contacts"]):
            match = _CONTACT.fullmatch(one)
            if match is None:
                problems.add(line, "contacts", f"'{shown(one)}' is not 'Name <email> telephone'.")
            else:
                contacts.append(
                    Contact(name=match["name"], email=match["email"] or "", phone=match["phone"] or "")
                )
        given["contacts"] = tuple(contacts)
    return start.but(**given)


def _joined(
    joining: Mapping[str, Mapping[str, None]], groups: Mapping[str, Group]
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Groups to make and groups that get members; a group under control is left to a request."""
    new, changed = [], []
    for id_, people in joining.items():
        before = groups.get(id_)
        try:
            if before is None:
                new.append(Group(id=id_, name=id_, members=tuple(people)))
            elif before.level == "draft" and set(people) - {*before.members, before.lead}:
                changed.append(before.but(members=tuple(dict.fromkeys([*before.members, *people]))))
        except Invalid:
            continue  # the name of the group is no id: noted with the row that names it
    return tuple(new), tuple(changed)


def _note_clash(
    line: int, column: str, content: str, id_: str, taken: dict[str, str], problems: Problems
) -> None:
    if content and taken.setdefault(content, id_) != id_:
        problems.add(line, column, f"'{shown(content)}' belongs to {taken[content]}.")


def _differences(before: V, after: V) -> dict[str, tuple[Any, Any]]:
    return {
        name: (getattr(before, name), getattr(after, name))
        for name in type(before).__dataclass_fields__
        if getattr(before, name) != getattr(after, name)
    }


def _listed(cell: str) -> list[str]:
    return [one.strip() for one in cell.split(";") if one.strip()]


def _nothing(kind: str, sheet: Sheet, problems: Problems) -> Written:
    for _ in sheet.rows:
        pass
    return Written(
        plan=Plan(kind=kind, file=sheet.file, errors=tuple(problems.kept), error_total=problems.total)
    )
