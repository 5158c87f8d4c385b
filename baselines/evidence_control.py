"""Evidence of control: the board, changes, baselines, the library, products, records, reports.

Source: rules.md 10, Conformance.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from baselines.concerned import areas
from baselines.evidence_people import noted
from baselines.performed import PERFORMED, Answer, Ask, Query, weighed
from cmdb.canonical import rfc3339

QUARTER = timedelta(days=92)
_DONE = "('checked in', 'closed', 'backed out')"


def board(ask: Ask) -> Answer:
    """A board with members decides by a policy in force."""
    rows = ask.rows("SELECT id, members FROM board WHERE level <> 'draft' ORDER BY id")
    ruled = set(ask.ids("SELECT DISTINCT board FROM policy WHERE level <> 'draft'"))
    found = [f"board:{id}" for id, members in rows if id in ruled and json.loads(members)]
    return weighed(
        found, missing="No board with members and a policy is under control", mend="cmdb board list", now=True
    )


def represented(ask: Ask) -> Answer:
    """Every group that answers for items under control, and the service manager, has a seat."""
    seated = {one["group"] for (held,) in ask.rows("SELECT members FROM board") for one in json.loads(held)}
    people = {one["person"] for (held,) in ask.rows("SELECT members FROM board") for one in json.loads(held)}
    groups = ask.ids("SELECT DISTINCT grp FROM item WHERE level <> 'draft' AND grp IS NOT NULL ORDER BY grp")
    managers = ask.ids(
        "SELECT DISTINCT g.person FROM role_grant g JOIN person p ON p.id = g.person WHERE p.active"
        ' AND g.role = \'service manager\' AND g.start <= ? AND (g."end" IS NULL OR g."end" > ?)',
        ask.moment,
        ask.moment,
    )
    lacking = [f"group {one}" for one in groups if one not in seated]
    if not people & set(managers):
        lacking.append("the service manager")
    found = [f"group:{one}" for one in groups if one in seated]
    return weighed(
        found,
        lacking,
        missing="Not everybody affected has a seat on a board",
        mend="cmdb board list",
        now=True,
    )


def _decided(ask: Ask, kinds: tuple[str, ...], missing: str) -> Answer:
    """Requests of these kinds that were done had a decision to approve, or a template."""
    marks = ", ".join("?" for _ in kinds)
    rows = ask.rows(
        "SELECT r.id, r.template, (SELECT COUNT(*) FROM decision d WHERE d.request = r.id"
        " AND d.at <= b.established_at AND d.result IN ('carried', 'confirmed')"
        " AND (d.votes <> '[]' OR d.overrides <> '[]'))"
        " FROM change_request r JOIN baseline b ON b.request = r.id"
        f" WHERE r.kind IN ({marks}) AND b.established_at <= ? ORDER BY r.number",
        *kinds,
        ask.moment,
    )
    return weighed(
        [f"change:{id}" for id, template, count in rows if count or template],
        [str(id) for id, template, count in rows if not (count or template)],
        missing="Something was done that nobody decided" if rows else missing,
        mend="cmdb verify" if rows else "cmdb change new",
    )


def baselines_authorised(ask: Ask) -> Answer:
    """What was brought under control, and so identified as an item, was decided by a board."""
    return _decided(ask, ("baseline", "promotion"), "Nothing was brought under control by a request")


def changes_authorised(ask: Ask) -> Answer:
    """Changes that were checked in were decided by a board, or done by a template it approved."""
    return _decided(ask, ("normal", "emergency", "standard"), "No change has been checked in")


def products_authorised(ask: Ask) -> Answer:
    """Releases were decided by a board."""
    rows = _releases(ask)
    decided = set(ask.ids("SELECT request FROM decision WHERE result IN ('carried', 'confirmed')"))
    return weighed(
        [f"release:{id}" for id, request, _baseline in rows if request in decided],
        [id for id, request, _baseline in rows if request not in decided],
        missing="A release was not decided by a board" if rows else "No release was built yet",
        mend="cmdb release list" if rows else "cmdb release new",
    )


def products_from_library(ask: Ask) -> Answer:
    """Releases were built from one baseline each, of the site or of a scope."""
    rows = _releases(ask)
    known = set(ask.ids("SELECT id FROM baseline"))
    if ask.keeps("scoped_baseline"):
        known |= set(ask.ids("SELECT id FROM scoped_baseline"))
    return weighed(
        [f"release:{id}" for id, _request, baseline in rows if baseline in known],
        [id for id, _request, baseline in rows if baseline not in known],
        missing="A release names no baseline of this site" if rows else "No release was built yet",
        mend="cmdb release list" if rows else "cmdb release new",
    )


def _releases(ask: Ask) -> list[tuple[str, str, str]]:
    """Releases as product, version; the request and the baseline of each."""
    rows = ask.rows(
        "SELECT product, version, request, baseline FROM product_release WHERE at <= ? ORDER BY at, product",
        ask.moment,
    )
    return [(f"{product} {version}", str(request), str(base)) for product, version, request, base in rows]


def site_baselines(ask: Ask) -> Answer:
    """Baselines were established since the founding."""
    found = ask.ids(
        "SELECT id FROM baseline WHERE request <> '' AND established_at <= ? ORDER BY id DESC", ask.moment
    )
    return weighed(found, missing="No baseline was established", mend="cmdb change new")


def library(ask: Ask) -> Answer:
    """The library holds commits; the newest are named."""
    found, total = ask.some("name", "FROM library_commit WHERE at <= ?", "sequence DESC", ask.moment)
    return weighed(found, missing="There is no library", mend="cmdb init DIR", total=total)


def levels(ask: Ask) -> Answer:
    """Policies are in force for more than one control level, and records stand at more than one."""
    ruled = ask.ids("SELECT DISTINCT control_level FROM policy WHERE level <> 'draft' ORDER BY control_level")
    scoped = ask.ids("SELECT id FROM minimum_level ORDER BY id") if ask.keeps("minimum_level") else []
    held = ask.ids("SELECT DISTINCT level FROM item ORDER BY level")
    found = [f"level:{one}" for one in ruled if one] + [f"minimum:{one}" for one in scoped]
    lacking = [] if len(held) > 1 or len(set(ruled)) > 1 or scoped else ["one level for everything"]
    return weighed(
        found or [f"level:{one}" for one in held if one != "draft"],
        lacking,
        missing="Every record and every policy has the same control level",
        mend="cmdb board policy show",
        now=True,
    )


def transferred(ask: Ask) -> Answer:
    """Items moved from one control level to another by a request."""
    found = ask.ids(
        "SELECT DISTINCT r.id FROM change_request r JOIN baseline b ON b.request = r.id"
        " WHERE (r.kind IN ('baseline', 'promotion') OR r.changes LIKE '%change level%')"
        " AND b.established_at <= ? ORDER BY r.id",
        ask.moment,
    )
    return weighed(
        [f"change:{one}" for one in found],
        missing="Nothing was brought from one control level to another",
        mend="cmdb change new",
    )


def standards(ask: Ask) -> Answer:
    """Types in use say what items of them have to hold."""
    rows = ask.rows(
        "SELECT id, json_schema, recommended FROM item_type WHERE id IN (SELECT DISTINCT type FROM item)"
        " AND level <> 'draft' ORDER BY id"
    )
    found = [f"type:{id}" for id, schema, wanted in rows if json.loads(schema) or json.loads(wanted)]
    return weighed(found, missing="No type in use says what its items hold", mend="cmdb type list", now=True)


def archived(ask: Ask) -> Answer:
    """Replaced baselines are kept, and can be restored."""
    rows = ask.rows(
        "SELECT id, commit_id FROM baseline WHERE replaced_by <> '' AND archived_at <= ? ORDER BY id DESC",
        ask.moment,
    )
    return weighed(
        [str(id) for id, commit in rows if commit],
        missing="No baseline was replaced, and none archived",
        mend="cmdb baseline list",
    )


def recorded(ask: Ask) -> Answer:
    """Records of CM were added to the library: decisions, minutes, audits, reviews."""
    found, total = ask.some(
        "name", "FROM library_commit WHERE name LIKE 'REC-%' AND at <= ?", "sequence DESC", ask.moment
    )
    return weighed(found, missing="No record was added to the library", mend="cmdb change new", total=total)


def maintained(ask: Ask) -> Answer:
    """The library was looked after: tidied, or its structure audited, within a year."""
    since = rfc3339(ask.at - 4 * QUARTER)
    found = ask.ids(
        "SELECT id FROM audit WHERE kind = 'library system' AND run_at >= ? AND run_at <= ? ORDER BY id",
        since,
        ask.moment,
    )
    mended = ask.ids(
        "SELECT sequence FROM journal WHERE action IN ('site mend', 'library tidy', 'tidy')"
        " AND at >= ? AND at <= ?",
        since,
        ask.moment,
    )
    return weighed(
        [*(f"audit:{one}" for one in found), *(f"journal:{one}" for one in mended)],
        missing="Structure and contents of the library were not looked at within a year",
        mend='cmdb audit plan "library system"',
    )


def examined(ask: Ask) -> Answer:
    """Changes that were done had an assessment before, and a test looked at by somebody else after."""
    rows = ask.rows(
        "SELECT id, assessment, test_result, test_reviewer, template FROM change_request"
        f" WHERE state IN {_DONE} AND kind IN ('normal', 'emergency', 'standard')"
        " AND changed_at <= ? ORDER BY number",
        ask.moment,
    )
    lacking = [str(id) for id, seen, result, _by, template in rows if not result or not (seen or template)]
    return weighed(
        [f"change:{row[0]}" for row in rows if str(row[0]) not in lacking],
        lacking,
        missing="Changes were done without a test result" if rows else "No change was done",
        mend="cmdb change close ID --test TEXT --test-reviewer PERSON" if rows else "cmdb change new",
    )


def only_approved(ask: Ask) -> Answer:
    """Every baseline names a request, and the commit that keeps its decision stands before it."""
    rows = ask.rows(
        "SELECT b.id, r.template, (SELECT MIN(c.sequence) FROM decision d JOIN library_commit c"
        " ON c.commit_id = d.record WHERE d.request = b.request AND d.result IN ('carried', 'confirmed')),"
        " (SELECT c.sequence FROM library_commit c WHERE c.commit_id = b.commit_id)"
        " FROM baseline b LEFT JOIN change_request r ON r.id = b.request"
        " WHERE b.request <> '' AND b.kind = 'site' AND b.established_at <= ? ORDER BY b.id DESC",
        ask.moment,
    )
    wrong = [
        str(id)
        for id, template, decided, place in rows
        if place is None or (not template and (decided is None or decided > place))
    ]
    return weighed(
        [str(row[0]) for row in rows if str(row[0]) not in wrong],
        wrong,
        missing="A baseline has no decision before it" if rows else "Nothing was entered into the library",
        mend="cmdb verify" if rows else "cmdb change new",
    )


def checked_in_and_out(ask: Ask) -> Answer:
    """Changes were checked out and in again; none is out longer than its lease."""
    rows = ask.rows(
        "SELECT id, request, state, expires_at FROM checkout WHERE out_at <= ? ORDER BY out_at", ask.moment
    )
    late = [str(request) for _id, request, state, ends in rows if state == "out" and ends < ask.moment]
    return weighed(
        [f"change:{row[1]}" for row in rows if str(row[1]) not in late],
        late,
        missing="Check-outs are longer out than their lease" if rows else "Nothing was checked out and in",
        mend="cmdb check-out",
    )


def history(ask: Ask) -> Answer:
    """Journal entries tell what was done with items, and baselines hold what they were."""
    found, total = ask.some("sequence", "FROM journal WHERE at <= ?", "sequence DESC", ask.moment)
    return weighed(
        [f"journal:{one}" for one in found], missing="The journal is empty", mend="cmdb doctor", total=total
    )


# What each standard report is made of: a name, the table, and the condition.
_REPORTS: tuple[tuple[str, str, str, str], ...] = (
    ("minutes of the board", "minutes", "at", "meeting"),
    ("change requests", "change_request", "created_at", "id"),
    ("trouble reports", "event", "reported", "id"),
    ("changes to the baseline", "baseline", "established_at", "id"),
    ("history of items", "journal", "at", "sequence"),
    ("results of audits", "audit", "run_at", "id"),
)


_CALLED = {"change_request": "change:", "baseline": ""}  # as every other practice calls them


def reports(ask: Ask) -> Answer:
    """There are records behind each of the standard reports."""
    found: list[str] = []
    lacking: list[str] = []
    for name, table, at, id in _REPORTS:
        rows = (
            ask.ids(
                f"SELECT {id} FROM {table} WHERE {at} <= ? ORDER BY {at} DESC, {id} DESC LIMIT 1", ask.moment
            )
            if ask.keeps(table)
            else []
        )
        said = _CALLED.get(table, f"{table}:")
        (found if rows else lacking).append(f"{said}{rows[0]}" if rows else name)
    return weighed(
        found, lacking, missing="There is nothing to report yet of some", mend="cmdb report changes"
    )


def reports_told(ask: Ask) -> Answer:
    """There are records behind each standard report, and those affected were told of what they say."""
    made = reports(ask)
    told = ask.ids(
        "SELECT sequence FROM notice WHERE at <= ? AND (about LIKE 'report:%' OR about LIKE 'baseline:%'"
        " OR about LIKE 'meeting:%' OR about LIKE 'minutes:%' OR about LIKE 'audit:%')"
        " ORDER BY sequence DESC LIMIT 1",
        ask.moment,
    )
    if made.state != PERFORMED or told:
        return made._replace(records=(*made.records, *(f"notice:{one}" for one in told)))
    return weighed(
        made.records,
        ["nobody was told"],
        missing="Reports reach nobody",
        mend="cmdb report changes --to FILE",
    )


def processed(ask: Ask) -> Answer:
    """Change requests were decided or closed in the last quarter, which is counted per unit of time."""
    found = ask.ids(
        "SELECT id FROM change_request WHERE (decided_at BETWEEN ? AND ?) OR (closed_at BETWEEN ? AND ?)"
        " ORDER BY number DESC",
        *(rfc3339(ask.at - QUARTER), ask.moment) * 2,
    )
    return weighed(
        [f"change:{one}" for one in found],
        missing="No change request was decided within a quarter",
        mend="cmdb report changes",
    )


def measured_cm(ask: Ask) -> Answer:
    """Requests per unit of time are counted, milestones held against their plan, work and funds noted."""
    counted = processed(ask)
    spent = noted(ask, "5.5")
    of = areas(ask)
    stones = ask.ids("SELECT id FROM milestone WHERE dropped = '' ORDER BY id")
    stones = [one for one in stones if "5.5" in of(f"milestone:{one}")]
    lacking = [] if counted.records else ["no request was decided within a quarter"]
    lacking += [] if stones else ["no CM plan has milestones"]
    lacking += [] if spent else ["no effort or funds were noted"]
    return weighed(
        [*counted.records, *(f"milestone:{one}" for one in stones), *(f"work:{one}" for one in spent)],
        lacking,
        missing="Not everything that shows how CM stands is measured",
        mend="cmdb milestone add" if not stones else "cmdb work log section:5.5 TIME",
    )


QUERIES: Mapping[str, Query] = {
    "board": board,
    "represented": represented,
    "baselines authorised": baselines_authorised,
    "changes authorised": changes_authorised,
    "products authorised": products_authorised,
    "products from library": products_from_library,
    "site baselines": site_baselines,
    "library": library,
    "levels": levels,
    "transferred": transferred,
    "standards": standards,
    "archived": archived,
    "recorded": recorded,
    "maintained": maintained,
    "examined": examined,
    "only approved": only_approved,
    "checked in and out": checked_in_and_out,
    "history": history,
    "reports": reports,
    "reports told": reports_told,
    "measured cm": measured_cm,
}
