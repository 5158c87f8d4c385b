"""Evidence of documents: policies, plans, standards and procedures, what they cover and who looked at them.

Each query is small, reads in SQL and counts records. Source: rules.md 9, Document; 10, Conformance.
"""

import json
from collections.abc import Mapping

from baselines.performed import NOT_PERFORMED, Answer, Ask, Query, unkept, weighed


def documents(ask: Ask, kinds: tuple[str, ...]) -> list[tuple[str, dict[str, str], list[str]]]:
    """Documents under control and in force of these kinds: id, points covered, readers."""
    if not ask.keeps("document"):
        return []
    marks = ", ".join("?" for _ in kinds)
    rows = ask.rows(
        "SELECT id, covers, distribution, services FROM document"
        f" WHERE kind IN ({marks}) AND level <> 'draft' AND status = 'in force' ORDER BY id",
        *kinds,
    )
    return [
        (id, json.loads(covers), json.loads(readers))
        for id, covers, readers, services in rows
        if ask.of_service(services)
    ]


def _needed(ask: Ask, kinds: tuple[str, ...]) -> str:
    """The command that brings a document of these kinds under control: the draft there is, or a new one."""
    marks = ", ".join("?" for _ in kinds)
    drafts = ask.ids(
        f"SELECT id FROM document WHERE kind IN ({marks}) AND level = 'draft' AND status = 'in force'"
        " ORDER BY id",
        *kinds,
    )
    return _control(drafts[0]) if drafts else "cmdb document register FILE"


def _control(id: str) -> str:
    """The command that drafts the request by which a document comes under control."""
    request = f"title: Control {id}, kind: baseline, reason: it is agreed"
    return f"cmdb change new --file - <<< '{{{request}, changes: [{{control: \"document:{id}\"}}]}}'"


def _amended(id: str, said: str) -> str:
    """The command that drafts the request by which a document under control says something more."""
    change = f"{{document: {id}, set: {{{said}}}}}"
    return f"cmdb change new --file - <<< '{{title: Amend {id}, reason: it lacks this, changes: [{change}]}}'"


def document(ask: Ask) -> Answer:
    """A document of a kind is under control: `document:CM policy`, several kinds with `|`."""
    kinds = tuple(ask.argument.split("|"))
    found = [f"document:{id}" for id, _covers, _readers in documents(ask, kinds)]
    return weighed(
        found,
        missing=f"No {kinds[0]} is under control" + (f" for {ask.service}" if ask.service else ""),
        mend=_needed(ask, kinds),
        now=True,
    )


def point(ask: Ask) -> Answer:
    """A document of a kind says where it covers each of these points: `point:CM policy/audits|scope`."""
    kind, _, names = ask.argument.partition("/")
    held = documents(ask, (kind,))
    wanted = names.split("|")
    # Figures that a plan states of a point, such as 'workload of incidents', cover it.
    said = {id: {*covers, *(each.partition(" of ")[0] for each in covers)} for id, covers, _ in held}
    found = [f"document:{id}" for id, points in said.items() if points.intersection(wanted)]
    covered = set().union(*said.values())
    lacking = [one for one in wanted if one not in covered]
    return weighed(
        found,
        lacking if found else (),
        missing=f"No {kind} under control says where it covers this",
        mend=f"cmdb document check {held[0][0]}" if held else _needed(ask, (kind,)),
        now=True,
    )


def plan_of_each_service(ask: Ask) -> Answer:
    """Every service has a plan of a kind under control: `plan of each service:CM plan`."""
    if not ask.keeps("document"):
        return unkept("documents")
    rows = ask.rows(
        "SELECT id, services FROM document WHERE kind = ? AND level <> 'draft' AND status = 'in force'",
        ask.argument,
    )
    covered = {one for _id, services in rows for one in json.loads(services)}
    every = any(json.loads(services) == [] for _id, services in rows)
    lacking = [] if every else [one for one in ask.services() if one not in covered]
    found = [f"document:{id}" for id, services in rows if ask.of_service(services)]
    return weighed(
        found,
        lacking,
        missing=f"Services have no {ask.argument}",
        mend=_needed(ask, (ask.argument,)),
        now=True,
    )


def plan_controlled(ask: Ask) -> Answer:
    """No document of a kind in force stays a draft: `plan controlled:CM plan`."""
    if not ask.keeps("document"):
        return unkept("documents")
    rows = ask.rows(
        "SELECT id, level FROM document WHERE kind = ? AND status = 'in force' ORDER BY id", ask.argument
    )
    drafts = [str(id) for id, level in rows if level == "draft"]
    return weighed(
        [f"document:{id}" for id, level in rows if level != "draft"],
        drafts,
        missing=f"Not every {ask.argument} is under control" if rows else f"There is no {ask.argument}",
        mend=_needed(ask, (ask.argument,)),
        now=True,
    )


def plan_reviewed(ask: Ask) -> Answer:
    """Those affected voted on every plan of a kind, or reviewed it: `plan reviewed:CM plan`.

    A review counts that was held about it, with groups, on material that somebody approved. Affected are
    the groups the plan goes to: somebody of each has to have voted for it, or the group was at a review.
    """
    held = documents(ask, (ask.argument,))
    found: list[str] = []
    lacking: list[tuple[str, str]] = []
    for id, _covers, readers in held:
        voters = _voters(ask, id)
        reviews = _reviews(ask, id)
        signed = _groups_of(ask, voters).union(*reviews.values())
        found += [f"document:{id}"] if voters else []
        found += [f"review:{one}" for one in reviews]
        affected = [one.removeprefix("group:") for one in readers if one.startswith("group:")]
        absent = [one for one in affected if one not in signed]
        if not (voters or reviews) or absent:
            lacking.append((id, absent[0] if absent else "GROUP"))
    about = f" --about document:{lacking[0][0]} --group {lacking[0][1]}" if lacking else ""
    return weighed(
        found,
        [f"document:{id}" + ("" if group == "GROUP" else f" by group {group}") for id, group in lacking],
        missing=_unseen(ask.argument, bool(held), bool(found)),
        mend=f"cmdb review plan internal TITLE{about}" if held else _needed(ask, (ask.argument,)),
    )


def _unseen(kind: str, held: bool, seen: bool) -> str:
    if not held:
        return f"No {kind} is under control"
    if seen:
        return f"Not every group a {kind} goes to has voted for it or was at a review of it"
    return f"Nobody but its author voted on a {kind}, and no review of it was held with groups"


def _voters(ask: Ask, id: str) -> list[str]:
    """Who, but its author, voted for a request that brought a document in or altered it."""
    return ask.ids(
        "SELECT DISTINCT v.voter FROM vote v JOIN proposed_record p ON p.request = v.request"
        " JOIN change_request r ON r.id = v.request WHERE p.record = 'document' AND p.id = ?"
        " AND v.voter <> r.originator AND v.value IN ('approve', 'approve with conditions')"
        " AND v.at <= ?",
        id,
        ask.moment,
    )


def _reviews(ask: Ask, id: str) -> dict[str, list[str]]:
    """The reviews of a document held with groups on approved material, and those groups."""
    rows = ask.rows(
        "SELECT id, \"groups\" FROM review WHERE about = ? AND state = 'held' AND held_at <= ?"
        " AND \"groups\" <> '[]' AND approved_at <= ?",
        f"document:{id}",
        ask.moment,
        ask.moment,
    )
    return {str(one): json.loads(groups) for one, groups in rows}


def _groups_of(ask: Ask, people: list[str]) -> set[str]:
    """The groups any of these people leads or is in."""
    rows = ask.rows("SELECT id, lead, members FROM people_group")
    return {str(id) for id, lead, members in rows if {lead, *json.loads(members)}.intersection(people)}


def plan_early(ask: Ask) -> Answer:
    """A plan of a kind was under control before the agreements it serves began: `plan early:CM plan`."""
    held = {id for id, _covers, _readers in documents(ask, (ask.argument,))}
    if not held:
        return Answer(
            NOT_PERFORMED, missing=f"No {ask.argument} is under control.", mend=_needed(ask, (ask.argument,))
        )
    entered = ask.rows(
        "SELECT p.id, MIN(b.established_at) FROM proposed_record p JOIN baseline b ON b.request = p.request"
        " WHERE p.record = 'document' AND b.established_at <= ? GROUP BY p.id",
        ask.moment,
    )
    first = min((str(at) for id, at in entered if id in held), default="")
    late = [
        str(id)
        for id, starts, services in ask.rows("SELECT id, starts, services FROM agreement ORDER BY id")
        if ask.of_service(services) and (not first or starts < first)
    ]
    found = [f"document:{id}" for id, at in entered if id in held]
    return weighed(
        found,
        late,
        missing=f"Agreements began before there was a {ask.argument}",
        mend=f"cmdb document history {min(held)}",
    )


def distributed(ask: Ask) -> Answer:
    """Documents of these kinds name whom they go to: `distributed:CM plan|standard|procedure`."""
    kinds = tuple(ask.argument.split("|"))
    held = documents(ask, kinds)
    unread = [id for id, _covers, readers in held if not readers]
    return weighed(
        [f"document:{id}" for id, _covers, readers in held if readers],
        unread,
        missing=f"It is said of no {' or '.join(kinds)} whom it goes to"
        if held
        else f"No {' or '.join(kinds)} is under control",
        mend=_amended(unread[0], "distribution: [PERSON OR GROUP]") if unread else _needed(ask, kinds),
        now=True,
    )


QUERIES: Mapping[str, Query] = {
    "document": document,
    "point": point,
    "plan of each service": plan_of_each_service,
    "plan controlled": plan_controlled,
    "plan reviewed": plan_reviewed,
    "plan early": plan_early,
    "distributed": distributed,
}
