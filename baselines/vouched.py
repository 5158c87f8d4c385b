"""Rows that nothing signs and the journal vouches for: none is gone, and what was granted or closed is so.

    check(uow, founder, founded_at)      raises Failed at the first thing that differs

The journal is a chain whose head every commit cites, so what it tells was told before that commit was
signed. Changes nothing. Source: rules.md 1; 7, Verify; IT Service CMM 5.5, Activity 8.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from baselines import whole_layout  # noqa: F401 - registers the rows of every table that is asked here
from baselines.failures import Failed
from cmdb import (
    roles,
    tables_work,  # noqa: F401 - registers the rows that are read here
)
from cmdb.canonical import rfc3339
from cmdb.model import RoleGrant
from cmdb.origins import TABLES
from cmdb.store import UnitOfWork
from cmdb.work import STEPS, ActionItem

# What a journal entry may be about and no use case ever takes away again.
_KEPT: Mapping[str, str] = {
    **{kind: table for kind, table in TABLES.items() if kind != "item"},
    "observation": "observation",
    "series": "meeting_series",
    "training": "training",
}
_SAID = ("state", "evidence", "evaluation")  # what the entry of a step tells of an action item
_Grant = tuple[str, str, str, str, str]  # person, role, service, start, end


def check(uow: UnitOfWork, founder: str, founded_at: datetime) -> None:
    """Hold what was recorded, the roles and rights, and finished action items against the journal."""
    _there(uow)
    _grants(uow, founder, founded_at)
    _rights(uow)
    _finished(uow)


def _there(uow: UnitOfWork) -> None:
    """Whatever the journal tells of is there still: a record ends, it does not go away."""
    for kind, table in _KEPT.items():
        gone = uow.rows(
            f"SELECT MIN(s.subject) FROM journal_subject AS s WHERE s.subject LIKE '{kind}:%' AND NOT EXISTS"
            f' (SELECT 1 FROM "{table}" AS t WHERE t.id = substr(s.subject, {len(kind) + 2}))'
        )
        if gone[0][0]:
            id = str(gone[0][0]).partition(":")[2]
            raise Failed(
                kind,
                id,
                f"The {kind} {id} is missing from the database.",
                f"no row in {table}, the journal has it",
            )


def _grants(uow: UnitOfWork, founder: str, founded_at: datetime) -> None:
    """Who holds which role is what was granted and taken back; the founder's come with the founding."""
    told: dict[str, _Grant] = {
        f"founder {role}": (founder, role, "", rfc3339(founded_at), "") for role in roles.ROLES
    }
    loose: Counter[tuple[str, str]] = Counter()  # entries of programs that told less
    for action, person, changed in _entries(uow, "role grant", "role revoke"):
        id = str(changed.get("grant", ""))
        if not id:
            loose[person, str(changed["role"])] += 1
        elif action == "role grant":
            begins, ends = str(changed["start"]), str(changed.get("end", ""))
            told[id] = (person, str(changed["role"]), str(changed.get("service", "")), begins, ends)
        elif id in told:
            told[id] = (*told[id][:4], str(changed["end"]))
    for one in uow.all(RoleGrant):
        expected = told.pop(one.id, None)
        ends = rfc3339(one.end) if one.end else ""
        if expected is None and loose[one.person, one.role]:
            continue
        if (one.person, one.role, one.service, rfc3339(one.start), ends) != expected:
            raise Failed(
                "role grant",
                one.id,
                f"Nobody granted the role '{one.role}' to {one.person} as the database says.",
                f"role_grant {one.id} is {one.person}, {one.role}, {one.service or 'every service'},"
                f" {rfc3339(one.start)} to {ends or 'open'}; recorded was {expected or 'nothing'}",
            )
    for id, (person, role, *_rest) in told.items():
        if role in roles.ROLES and not (id.startswith("founder ") and loose[person, role]):
            raise Failed(
                "role grant",
                id,
                f"The role '{role}' that {person} was granted is missing from the database.",
                f"no row in role_grant for {id}",
            )


def _rights(uow: UnitOfWork) -> None:
    """Which roles may do what is what the site said last."""
    told: dict[str, list[str]] = {}
    for _action, _person, changed in _entries(uow, "role allow"):
        told |= {right: sorted(after) for right, (_before, after) in changed.items()}
    held = {
        right: sorted(json.loads(names)) for right, names in uow.rows("SELECT action, roles FROM role_action")
    }
    for right in sorted(told.keys() | held.keys()):
        if told.get(right) != held.get(right):
            raise Failed(
                "right",
                right,
                f"Who may {right} here is not what was said last.",
                f"role_action is {held.get(right, 'absent')}, recorded was {told.get(right, 'nothing')}",
            )


def _finished(uow: UnitOfWork) -> None:
    """An action item is as far as somebody took it, with what they said that shows it.

    What a finding carries along is told by the finding's signed steps, and what a request waits for is
    held in `baselines.dossiers`.
    """
    told: dict[str, dict[str, str]] = {}
    for _action, subject, changed in _entries(uow, "action initiate", *(f"action {one}" for one in STEPS)):
        known = told.setdefault(subject, {})
        known |= {name: str(changed[name]) for name in _SAID if changed.get(name)}
    for item in uow.where(ActionItem, "origin NOT LIKE 'finding:%'"):
        said = told.get(item.id, {})
        if item.blocks and said.get("state") != item.state:  # ended with the approval it was of
            continue
        for name, expected in said.items():
            if getattr(item, name) != expected:
                raise Failed(
                    "action item",
                    item.id,
                    f"{item.id} is not as the journal left it: '{name}' was changed.",
                    f"{name} is {getattr(item, name)!r}, recorded was {expected!r}",
                )


def _entries(uow: UnitOfWork, *actions: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The entries of some actions in order: the action, the id of its first subject, what changed."""
    among = ", ".join("?" * len(actions))
    for action, subjects, changed in uow.rows(
        f"SELECT action, subjects, changed FROM journal WHERE action IN ({among}) ORDER BY sequence", *actions
    ):
        named = json.loads(subjects) or [""]
        yield action, named[0].partition(":")[2], json.loads(changed)
