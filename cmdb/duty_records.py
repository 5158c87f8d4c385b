"""What records of duties share: who may keep them, which people they name, how a change is journalled."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cmdb import (
    journal,
    tables_duties,  # noqa: F401 - registers the rows of what is kept here
)
from cmdb.canonical import rfc3339
from cmdb.model import Group, Person, shown
from cmdb.numbers import next_number
from cmdb.roles import require
from cmdb.store import UnitOfWork

RIGHT = "keep reviews and plans"


def allow(uow: UnitOfWork, actor: str, at: datetime) -> None:
    """Raise Refused unless the actor may plan reviews, keep milestones and record trainings."""
    require(uow, actor, RIGHT, at=at)


def mint(uow: UnitOfWork, series: str) -> str:
    """The next id of a series, such as `RV-3`."""
    return f"{series}-{next_number(uow, series)}"


def unknown(uow: UnitOfWork, people: Iterable[str], groups: Iterable[str] = ()) -> list[str]:
    """Say which of these people and groups do not exist."""
    named = dict.fromkeys(one for one in people if one)
    problems = [f"There is no person '{shown(one)}'." for one in named if uow.find(Person, one) is None]
    return problems + [
        f"There is no group '{shown(one)}'." for one in dict.fromkeys(groups) if uow.find(Group, one) is None
    ]


def members(uow: UnitOfWork, groups: Iterable[str]) -> tuple[str, ...]:
    """The active people of groups, their leads included, each once, in order of id."""
    found: set[str] = set()
    for id in groups:
        group = uow.find(Group, id)
        found |= {one for one in (group.lead, *group.members) if one} if group else set()
    return tuple(sorted(one for one in found if (person := uow.find(Person, one)) and person.active))


def note(
    uow: UnitOfWork, action: str, kind: str, id: str, changed: Mapping[str, Any], *, actor: str, at: datetime
) -> None:
    """Journal one change of a record."""
    plain = {name: _plain(one) for name, one in changed.items() if one not in (None, "", ())}
    journal.record(uow, at=at, actor=actor, action=action, subjects=(f"{kind}:{id}",), changed=plain)


def _plain(content: Any) -> Any:
    return rfc3339(content) if isinstance(content, datetime) else content
