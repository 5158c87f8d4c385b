"""Evidence that people leave: documents, roles, training, reviews, work noted, action items.

Each query is small, reads in SQL and counts records. Source: rules.md 10, Conformance.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from baselines.establish import CM_GROUP
from baselines.performed import NOT_PERFORMED, Answer, Ask, Query, unkept, weighed
from cmdb.canonical import rfc3339
from cmdb.duties import REVIEW_KINDS

YEAR = timedelta(days=366)


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


def document(ask: Ask) -> Answer:
    """A document of a kind is under control: `document:CM policy`, several kinds with `|`."""
    kinds = tuple(ask.argument.split("|"))
    found = [f"document:{id}" for id, _covers, _readers in documents(ask, kinds)]
    return weighed(
        found,
        missing=f"No {kinds[0]} is under control" + (f" for {ask.service}" if ask.service else ""),
        mend="cmdb document register",
        now=True,
    )


def point(ask: Ask) -> Answer:
    """A document of a kind says where it covers each of these points: `point:CM policy/audits|scope`."""
    kind, _, names = ask.argument.partition("/")
    held = documents(ask, (kind,))
    wanted = names.split("|")
    found = [f"document:{id}" for id, covers, _ in held if any(one in covers for one in wanted)]
    covered = {one for _id, covers, _ in held for one in covers}
    lacking = [one for one in wanted if one not in covered]
    return weighed(
        found,
        lacking if found else (),
        missing=f"No {kind} under control says where it covers this",
        mend="cmdb document register",
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
        mend="cmdb document register",
        now=True,
    )


def plan_controlled(ask: Ask) -> Answer:
    """No document of a kind in force stays a draft: `plan controlled:CM plan`."""
    if not ask.keeps("document"):
        return unkept("documents")
    rows = ask.rows(
        "SELECT id, level FROM document WHERE kind = ? AND status = 'in force' ORDER BY id", ask.argument
    )
    return weighed(
        [f"document:{id}" for id, level in rows if level != "draft"],
        [str(id) for id, level in rows if level == "draft"],
        missing=f"Not every {ask.argument} is under control",
        mend="cmdb document list",
        now=True,
    )


def plan_reviewed(ask: Ask) -> Answer:
    """Those affected voted on every plan of a kind, or reviewed it: `plan reviewed:CM plan`.

    A review counts that was held about it, with groups, on material that somebody approved.
    """
    held = documents(ask, (ask.argument,))
    found: list[str] = []
    lacking: list[str] = []
    for id, _covers, _readers in held:
        voters = ask.ids(
            "SELECT DISTINCT v.voter FROM vote v JOIN proposed_record p ON p.request = v.request"
            " JOIN change_request r ON r.id = v.request WHERE p.record = 'document' AND p.id = ?"
            " AND v.voter <> r.originator AND v.value IN ('approve', 'approve with conditions')"
            " AND v.at <= ?",
            id,
            ask.moment,
        )
        held_with = ask.ids(
            "SELECT id FROM review WHERE about = ? AND state = 'held' AND held_at <= ? AND \"groups\" <> '[]'"
            " AND approved_at <= ?",
            f"document:{id}",
            ask.moment,
            ask.moment,
        )
        found += [f"document:{id}"] if voters else []
        found += [f"review:{one}" for one in held_with]
        lacking += [] if voters or held_with else [f"document:{id}"]
    about = f" --about {lacking[0]} --group GROUP" if lacking else ""
    return weighed(
        found,
        lacking,
        missing=f"Nobody but its author voted on a {ask.argument}, and no review of it was held with groups"
        if held
        else f"No {ask.argument} is under control",
        mend=f"cmdb review plan internal TITLE{about}" if held else "cmdb document register",
    )


def plan_early(ask: Ask) -> Answer:
    """A plan of a kind was under control before the agreements it serves began: `plan early:CM plan`."""
    held = {id for id, _covers, _readers in documents(ask, (ask.argument,))}
    if not held:
        return Answer(
            NOT_PERFORMED, missing=f"No {ask.argument} is under control.", mend="cmdb document register"
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
        mend="cmdb document list",
    )


def distributed(ask: Ask) -> Answer:
    """Documents of these kinds name whom they go to: `distributed:CM plan|standard|procedure`."""
    held = documents(ask, tuple(ask.argument.split("|")))
    return weighed(
        [f"document:{id}" for id, _covers, readers in held if readers],
        [id for id, _covers, readers in held if not readers],
        missing="Plans, standards or procedures are not under control, or go to nobody",
        mend="cmdb document list",
        now=True,
    )


def role(ask: Ask) -> Answer:
    """Somebody active holds a role: `role:configuration manager`."""
    found = ask.ids(
        "SELECT DISTINCT g.person FROM role_grant g JOIN person p ON p.id = g.person WHERE p.active"
        ' AND g.role = ? AND g.start <= ? AND (g."end" IS NULL OR g."end" > ?)'
        " AND (g.service = '' OR ? = '' OR g.service = ?) ORDER BY g.person",
        ask.argument,
        ask.moment,
        ask.moment,
        ask.service,
        ask.service,
    )
    return weighed(
        [f"person:{one}" for one in found],
        missing=f"Nobody active holds the role {ask.argument}",
        mend=f'cmdb role grant PERSON "{ask.argument}"',
    )


def cm_group(ask: Ask) -> Answer:
    """A CM group with active people in it exists."""
    rows = ask.rows("SELECT id, lead, members FROM people_group WHERE id = ?", CM_GROUP)
    people = {one for _id, lead, members in rows for one in (lead, *json.loads(members)) if one}
    active = {one for one in people if ask.rows("SELECT 1 FROM person WHERE id = ? AND active", one)}
    return weighed(
        [f"group:{CM_GROUP}"] if active else [],
        missing="No CM group with somebody active in it exists",
        mend="cmdb group list",
        now=True,
    )


def by_cm(ask: Ask) -> Answer:
    """Somebody with a duty of CM did one of these: `by cm:role grant|role revoke` (journal actions)."""
    marks = ", ".join("?" for _ in ask.argument.split("|"))
    found = ask.rows(
        f"SELECT sequence FROM journal WHERE action IN ({marks}) AND at <= ?"
        " AND actor IN (SELECT person FROM role_grant WHERE role IN ('configuration manager', 'CM group'))"
        " ORDER BY sequence DESC LIMIT 21",
        *ask.argument.split("|"),
        ask.moment,
    )
    return weighed(
        [f"journal:{row[0]}" for row in found],
        missing=f"The CM group never did this: {ask.argument.replace('|', ', ')}",
        mend="cmdb role list",
    )


def by_role(ask: Ask) -> Answer:
    """Somebody with a role did one of these: `by role:SQA/vote|change comment` (journal actions)."""
    role_, _, actions = ask.argument.partition("/")
    marks = ", ".join("?" for _ in actions.split("|"))
    found = ask.ids(
        f"SELECT sequence FROM journal WHERE action IN ({marks}) AND at <= ?"
        " AND actor IN (SELECT person FROM role_grant WHERE role = ?) ORDER BY sequence DESC LIMIT 21",
        *actions.split("|"),
        ask.moment,
        role_,
    )
    return weighed(
        [f"journal:{one}" for one in found],
        missing=f"Nobody with the role {role_} took part",
        mend="cmdb role list",
    )


def trained(ask: Ask) -> Answer:
    """Everybody who holds one of these roles was trained: `trained:configuration manager|CM group`."""
    if not ask.keeps("training"):
        return unkept("training")
    names = ask.argument.split("|")
    marks = ", ".join("?" for _ in names)
    people = ask.ids(
        f"SELECT DISTINCT g.person FROM role_grant g JOIN person p ON p.id = g.person"
        f" WHERE g.role IN ({marks})"
        ' AND p.active AND g.start <= ? AND (g."end" IS NULL OR g."end" > ?) ORDER BY g.person',
        *names,
        ask.moment,
        ask.moment,
    )
    today = ask.moment[:10]
    trained_ = set(
        ask.ids(
            "SELECT DISTINCT person FROM training WHERE withdrawn = '' AND day <= ?"
            " AND (until = '' OR until >= ?)",
            today,
            today,
        )
    )
    found = [f"person:{one}" for one in people if one in trained_]
    lacking = [one for one in people if one not in trained_]
    return weighed(
        found,
        lacking,
        missing="Those who need it were not all trained" if people else "Nobody holds the role",
        mend="cmdb training record",
    )


def reviewed(ask: Ask) -> Answer:
    """Reviews with somebody are held within a year, none missed: `reviewed:senior management`.

    With `/both`, they have to be held regularly and when something made it necessary.
    """
    kind, _, both = ask.argument.partition("/")
    if not ask.keeps("review") or kind not in REVIEW_KINDS:
        return unkept(f"reviews: {kind}")
    rows = ask.rows(
        "SELECT id, every, occasion FROM review WHERE kind = ? AND state = 'held' AND held_at >= ?"
        " AND held_at <= ? ORDER BY held_at DESC",
        kind,
        rfc3339(ask.at - YEAR),
        ask.moment,
    )
    lacking = ask.ids(
        "SELECT id FROM review WHERE kind = ? AND planned < ? AND (state = 'planned' OR held_at > ?)"
        " ORDER BY id",
        kind,
        ask.moment[:10],
        ask.moment,
    )
    missed = f"cmdb review hold {lacking[0]}" if lacking else "cmdb review plan"
    if both and rows:
        lacking += [] if any(every for _id, every, _ in rows) else ["none that comes back"]
        lacking += [] if any(occasion for _id, _, occasion in rows) else ["none that something triggered"]
    return weighed(
        [f"review:{row[0]}" for row in rows],
        lacking,
        missing=f"Reviews are lacking: {kind}"
        if rows or lacking
        else f"No review was held in a year: {kind}",
        mend=missed,
    )


def worked(ask: Ask) -> Answer:
    """Work, effort or funds were noted within a year."""
    if not ask.keeps("work_entry"):
        return unkept("effort and funds spent")
    found = noted(ask)
    return weighed(
        [f"work:{one}" for one in found], missing="No effort or funds were noted", mend="cmdb work log"
    )


def noted(ask: Ask) -> list[str]:
    """The newest entries of work within a year."""
    return ask.ids(
        "SELECT id FROM work_entry WHERE withdrawn = '' AND day >= ? AND day <= ?"
        " ORDER BY day DESC, id LIMIT 21",
        rfc3339(ask.at - YEAR)[:10],
        ask.moment[:10],
    )


def actions_tracked(ask: Ask) -> Answer:
    """Action items are recorded and followed up, none past its date: `actions tracked:event` by origin."""
    like = f"{ask.argument}:%" if ask.argument else "%"
    rows = ask.rows(
        "SELECT id, due, closed_at FROM action_item WHERE initiated_at <= ? AND origin LIKE ? ORDER BY id",
        ask.moment,
        like,
    )
    late = [
        str(id)
        for id, due, closed in rows
        if due and due < ask.moment and (closed is None or closed > ask.moment)
    ]
    return weighed(
        [f"action:{row[0]}" for row in rows if str(row[0]) not in late],
        late,
        missing="Action items are past their date" if late else "No action item is recorded",
        mend="cmdb action list --overdue" if late else "cmdb action add",
    )


def told(ask: Ask) -> Answer:
    """People were told of such records: `told:baseline|audit` by what notices are about."""
    clauses = " OR ".join("about LIKE ?" for _ in ask.argument.split("|"))
    rows = ask.rows(
        f"SELECT sequence FROM notice WHERE ({clauses}) AND at <= ? ORDER BY sequence DESC LIMIT 21",
        *(f"{one}:%" for one in ask.argument.split("|")),
        ask.moment,
    )
    return weighed(
        [f"notice:{row[0]}" for row in rows],
        missing=f"Nobody was told of any {ask.argument.replace('|', ', ')}",
        mend="cmdb inbox",
    )


QUERIES: Mapping[str, Query] = {
    "document": document,
    "point": point,
    "plan of each service": plan_of_each_service,
    "plan controlled": plan_controlled,
    "plan reviewed": plan_reviewed,
    "plan early": plan_early,
    "distributed": distributed,
    "role": role,
    "cm group": cm_group,
    "by cm": by_cm,
    "by role": by_role,
    "trained": trained,
    "reviewed": reviewed,
    "worked": worked,
    "actions tracked": actions_tracked,
    "told": told,
}
