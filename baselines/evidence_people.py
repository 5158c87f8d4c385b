"""Evidence that people leave: roles, training, reviews, work noted, action items.

Each query is small, reads in SQL and counts records. Source: rules.md 10, Conformance.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from baselines.concerned import areas, named, trained_in
from baselines.establish import CM_GROUP
from baselines.performed import Answer, Ask, Query, unkept, weighed
from cmdb.canonical import rfc3339
from cmdb.duties import REVIEW_KINDS
from cmdb.origins import SECTIONS

YEAR = timedelta(days=366)


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


def granted(ask: Ask) -> Answer:
    """Who has a role was decided here and noted: `granted:event manager`."""
    found, total = ask.some(
        "id", "FROM role_grant WHERE role = ? AND start <= ?", "start DESC, id", ask.argument, ask.moment
    )
    return weighed(
        [f"role:{one}" for one in found],
        missing=f"Nobody was ever given the role {ask.argument}",
        mend=f'cmdb role grant PERSON "{ask.argument}"',
        total=total,
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
    return _done_by(ask, ("configuration manager", "CM group"), ask.argument, "The CM group never did this")


def by_role(ask: Ask) -> Answer:
    """Somebody with a role did one of these: `by role:SQA/vote|change comment` (journal actions)."""
    role_, _, actions = ask.argument.partition("/")
    return _done_by(ask, (role_,), actions, f"Nobody with the role {role_} did this")


def _done_by(ask: Ask, roles: tuple[str, ...], actions: str, missing: str) -> Answer:
    named = actions.split("|")
    told = (
        f"FROM journal WHERE action IN ({', '.join('?' for _ in named)}) AND at <= ? AND actor IN"
        f" (SELECT person FROM role_grant WHERE role IN ({', '.join('?' for _ in roles)}))"
    )
    found, total = ask.some("sequence", told, "sequence DESC", *named, ask.moment, *roles)
    return weighed(
        [f"journal:{one}" for one in found],
        missing=f"{missing}: {', '.join(named)}",
        mend="cmdb role list",
        total=total,
    )


def trained(ask: Ask) -> Answer:
    """Everybody who holds one of these roles was trained in an area: `trained:5.5/CM group|SQA`.

    In an area is a training whose subject names it (`baselines.concerned`).
    """
    if not ask.keeps("training"):
        return unkept("training")
    section, _, roles = ask.argument.partition("/")
    return _trained(ask, roles, lambda subject, _kind: trained_in(subject, section), named(section))


def oriented(ask: Ask) -> Answer:
    """Everybody who holds one of these roles was shown the technical side: `oriented:subcontract manager`.

    That is any orientation, and any training in something else than an area.
    """
    if not ask.keeps("training"):
        return unkept("training")

    def technical(subject: str, kind: str) -> bool:
        return kind == "orientation" or not any(trained_in(subject, one) for one in SECTIONS)

    return _trained(ask, ask.argument, technical, "the technical side", "--kind orientation")


def _trained(
    ask: Ask, roles: str, counts: Callable[[str, str], bool], subject: str, option: str = ""
) -> Answer:
    names = roles.split("|")
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
    held: dict[str, str] = {}
    for id, person, said, kind in ask.rows(
        "SELECT id, person, subject, kind FROM training WHERE withdrawn = '' AND day <= ?"
        " AND (until = '' OR until >= ?) ORDER BY day, id",
        today,
        today,
    ):
        if counts(said, kind):
            held[person] = str(id)
    lacking = [one for one in people if one not in held]
    words = f'cmdb training record "{subject}" {" ".join(lacking)} --evidence TEXT {option}'
    return weighed(
        [f"training:{held[one]}" for one in people if one in held],
        lacking,
        missing=f"Not everybody who needs it was trained in {subject}"
        if people
        else f"Nobody holds the role {' or '.join(names)}",
        mend=words.rstrip() if people else f'cmdb role grant PERSON "{names[0]}"',
    )


def reviewed(ask: Ask) -> Answer:
    """Reviews with somebody are held within a year, none missed: `reviewed:5.5/senior management`.

    One counts that is about the area, or about nothing in particular. With `/both` at the end they have
    to be held regularly and when something made it necessary.
    """
    section, kind, *both = ask.argument.split("/")
    if not ask.keeps("review") or kind not in REVIEW_KINDS:
        return unkept(f"reviews: {kind}")
    of = areas(ask)
    rows = _held(ask, section, kind, "every, occasion")
    lacking = [
        str(id)
        for id, about in ask.rows(
            "SELECT id, about FROM review WHERE kind = ? AND planned < ?"
            " AND (state = 'planned' OR held_at > ?) ORDER BY id",
            kind,
            ask.moment[:10],
            ask.moment,
        )
        if section in of(about)
    ]
    missed = f"cmdb review hold {lacking[0]}" if lacking else _plan_review(kind, section)
    if both and rows:
        lacking += [] if any(row[2] for row in rows) else ["none that comes back"]
        lacking += [] if any(row[3] for row in rows) else ["none that something triggered"]
    return weighed(
        [f"review:{row[0]}" for row in rows],
        lacking,
        missing=f"Reviews are lacking: {kind}"
        if rows or lacking
        else f"No review of it was held in a year: {kind}",
        mend=missed,
    )


def _held(ask: Ask, section: str, kind: str, columns: str) -> list[tuple[Any, ...]]:
    """The reviews of a kind held about an area within a year: id, what it is about, then these columns."""
    of = areas(ask)
    rows = ask.rows(
        f"SELECT id, about, {columns} FROM review WHERE kind = ? AND state = 'held'"
        " AND held_at >= ? AND held_at <= ? ORDER BY held_at DESC",
        kind,
        rfc3339(ask.at - YEAR),
        ask.moment,
    )
    return [row for row in rows if section in of(row[1])]


# What a review tells: the condition, whether each has to (else one is enough), what is missing, the option.
_TELLS: Mapping[str, tuple[str, bool, str, str]] = {
    "groups": ("\"groups\" <> '[]'", True, "groups took part in some reviews", "--group GROUP"),
    "material": ("approved_at <> ''", True, "approved material lay before some reviews",
                 "--material TEXT --approver PERSON"),
    "issues": ("issues <> '[]' OR decisions <> '[]'", False, "issue or decision was noted", ""),
    "risks": ("risks <> '[]'", False, "risk was noted", ""),
    "recipients": ("recipients <> '[]'", True, "summary of some reviews went to anybody", ""),
}  # fmt: skip


def review_tells(ask: Ask) -> Answer:
    """What reviews came to was noted: `review tells:5.1/senior management/risks`."""
    section, kind, what = ask.argument.split("/")
    if not ask.keeps("review"):
        return unkept(f"reviews: {kind}")
    condition, each, words, option = _TELLS[what]
    rows = _held(ask, section, kind, f"CASE WHEN {condition} THEN 1 ELSE 0 END")
    found = [str(row[0]) for row in rows if row[2]]
    lacking = [str(row[0]) for row in rows if not row[2]] if each or not found else []
    return weighed(
        [f"review:{one}" for one in found],
        lacking,
        missing=f"No {words}" if rows else f"No review of it was held in a year: {kind}",
        mend=f"{_plan_review(kind, section)} {option}".rstrip(),
    )


def review_actions(ask: Ask) -> Answer:
    """Action items came from reviews, and none is past its date: `review actions:5.1/senior management`."""
    section, kind = ask.argument.split("/")
    if not ask.keeps("review"):
        return unkept(f"reviews: {kind}")
    held = {f"review:{row[0]}" for row in _held(ask, section, kind, "kind")}
    rows = [
        row
        for row in ask.rows(
            "SELECT id, origin, due, closed_at FROM action_item WHERE origin LIKE 'review:%'"
            " AND initiated_at <= ? ORDER BY id",
            ask.moment,
        )
        if row[1] in held
    ]
    late = [
        str(id)
        for id, _of, due, over in rows
        if due and due < ask.moment and not (over and over <= ask.moment)
    ]
    return weighed(
        [f"action:{row[0]}" for row in rows if str(row[0]) not in late],
        late,
        missing="Action items are past their date" if late else f"No action item came from a review: {kind}",
        mend="cmdb action list --overdue" if late else "cmdb action add WHAT --owner me --origin review:ID",
    )


def _plan_review(kind: str, section: str) -> str:
    said = f'"{kind}"' if " " in kind else kind
    return f"cmdb review plan {said} TITLE --about section:{section}"


def worked(ask: Ask) -> Answer:
    """Work, effort or funds were noted within a year, of an area: `worked:5.6`."""
    if not ask.keeps("work_entry"):
        return unkept("effort and funds spent")
    found = noted(ask, ask.argument)
    return weighed(
        [f"work:{one}" for one in found],
        missing="No effort or funds were noted for this",
        mend=f"cmdb work log section:{ask.argument} TIME",
    )


def noted(ask: Ask, section: str) -> list[str]:
    """Entries of work of an area within a year, the newest first."""
    of = areas(ask)
    return [
        str(id)
        for id, record in ask.rows(
            "SELECT id, record FROM work_entry WHERE withdrawn = '' AND day >= ? AND day <= ?"
            " ORDER BY day DESC, id",
            rfc3339(ask.at - YEAR)[:10],
            ask.moment[:10],
        )
        if section in of(record)
    ]


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
    found, total = ask.some(
        "sequence",
        f"FROM notice WHERE ({clauses}) AND at <= ?",
        "sequence DESC",
        *(f"{one}:%" for one in ask.argument.split("|")),
        ask.moment,
    )
    return weighed(
        [f"notice:{one}" for one in found],
        missing=f"Nobody was told of any {ask.argument.replace('|', ', ')}",
        mend="cmdb inbox",
        total=total,
    )


QUERIES: Mapping[str, Query] = {
    "role": role,
    "granted": granted,
    "cm group": cm_group,
    "by cm": by_cm,
    "by role": by_role,
    "trained": trained,
    "oriented": oriented,
    "reviewed": reviewed,
    "review tells": review_tells,
    "review actions": review_actions,
    "worked": worked,
    "actions tracked": actions_tracked,
    "told": told,
}
