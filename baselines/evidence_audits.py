"""Evidence of audits: held in time, prepared, told, and their findings led to closure.

Each query is small, reads in SQL and counts records. Source: rules.md 10.
"""

from collections.abc import Mapping
from datetime import timedelta

from baselines.evidence_people import YEAR
from baselines.performed import NOT_PERFORMED, Answer, Ask, Query, weighed
from cmdb.canonical import rfc3339

_BASELINE_AUDITS = ("integrity", "library system", "completeness", "physical", "functional")


def _of_kinds(ask: Ask) -> tuple[str, list[str]]:
    """The condition that an audit `a` is of these kinds, and its parameters; of baselines where none is said.

    `process of 5.5` is a process audit of that section alone.
    """
    named = ask.argument.split("|") if ask.argument else list(_BASELINE_AUDITS)
    clauses, parameters = [], []
    for one in named:
        kind, _, scope = one.partition(" of ")
        clauses.append("a.kind = ? AND a.scope = ?" if scope else "a.kind = ?")
        parameters += [kind, scope] if scope else [kind]
    return f"({' OR '.join(clauses)})", parameters


def _plan(kind: str) -> str:
    """The command that plans an audit of a kind."""
    kind, _, scope = kind.partition(" of ")
    said = f'"{kind}"' if " " in kind else kind
    return f"cmdb audit plan {said}" + (f" --scope {scope}" if scope else "")


def audited(ask: Ask) -> Answer:
    """Audits of these kinds were held within a year and none is overdue: `audited:integrity|physical`."""
    kinds = ask.argument.split("|")
    of_kinds, named = _of_kinds(ask)
    found = ask.ids(
        f"SELECT id FROM audit a WHERE {of_kinds} AND run_at >= ? AND run_at <= ? ORDER BY run_at DESC",
        *named,
        rfc3339(ask.at - YEAR),
        ask.moment,
    )
    overdue = ask.ids(
        f"SELECT id FROM audit a WHERE {of_kinds} AND due < ? AND planned_at <= ?"
        " AND (run_at IS NULL OR run_at > ?) AND (ended_at IS NULL OR ended_at > ?) ORDER BY id",
        *named,
        ask.moment,
        ask.moment,
        ask.moment,
        ask.moment,
    )
    said = " or ".join(kinds)
    missing = "Audits are overdue" if overdue else f"No {said} audit was held within a year"
    return weighed(
        [f"audit:{one}" for one in found],
        overdue,
        missing=missing,
        mend=f"cmdb audit run {overdue[0]}" if overdue else _plan(kinds[0]),
    )


def baseline_audits(ask: Ask) -> Answer:
    """Audits of baselines come back: one was held in the year, another is planned."""
    held = audited(_about(ask, "|".join(_BASELINE_AUDITS)))
    marks = ", ".join("?" for _ in _BASELINE_AUDITS)
    ahead = ask.ids(
        f"SELECT id FROM audit WHERE kind IN ({marks}) AND planned_at <= ? AND (run_at IS NULL OR run_at > ?)"
        " AND state <> 'cancelled'",
        *_BASELINE_AUDITS,
        ask.moment,
        ask.moment,
    )
    if held.state == NOT_PERFORMED or ahead:
        return held
    return weighed(
        held.records, ["no next one"], missing="No further audit is planned", mend="cmdb audit plan integrity"
    )


def audit_prepared(ask: Ask) -> Answer:
    """Audits held had a checklist, and were planned before they were run: `audit prepared:kinds`."""
    rows = _held(ask)
    return weighed(
        [f"audit:{id}" for id, checklist, _told in rows if checklist != "[]"],
        [id for id, checklist, _told in rows if checklist == "[]"],
        missing="Audits were held without a checklist" if rows else "No audit was held within a year",
        mend=f'{_plan(ask.argument.split("|")[0])} --check "QUESTION"',
    )


def audit_told(ask: Ask) -> Answer:
    """What audits found was told to those it has to be: `audit told:kinds`."""
    rows = _held(ask)
    return weighed(
        [f"audit:{id}" for id, _checklist, told in rows if told != "[]"],
        [id for id, _checklist, told in rows if told == "[]"],
        missing="What an audit found was told to nobody" if rows else "No audit was held within a year",
        mend='cmdb role grant PERSON "service manager"' if rows else _plan(ask.argument.split("|")[0]),
    )


def _held(ask: Ask) -> list[tuple[str, str, str]]:
    of_kinds, named = _of_kinds(ask)
    return [
        (str(id), str(checklist), str(told))
        for id, checklist, told in ask.rows(
            f"SELECT id, checklist, told FROM audit a WHERE {of_kinds} AND run_at >= ? AND run_at <= ?"
            " ORDER BY id",
            *named,
            rfc3339(ask.at - YEAR),
            ask.moment,
        )
    ]


def findings_tracked(ask: Ask) -> Answer:
    """Findings lead to closure, none is past its date or with nobody: `findings tracked:kinds`."""
    of_kinds, named = _of_kinds(ask)
    rows = ask.rows(
        "SELECT f.id, f.state, f.due, f.closed_at, f.holder FROM finding f JOIN audit a ON a.id = f.audit"
        f" WHERE {of_kinds} AND f.raised_at <= ? ORDER BY f.raised_at, f.id",
        *named,
        ask.moment,
    )
    late = [
        str(id)
        for id, state, due, closed, holder in rows
        if (closed is None or closed > ask.moment)
        and ((not holder and state == "raised") or (due and due < ask.moment and state not in ("verified",)))
    ]
    held = ask.ids(f"SELECT id FROM audit a WHERE {of_kinds} AND run_at <= ? ORDER BY id", *named, ask.moment)
    good = [f"finding:{row[0]}" for row in rows if str(row[0]) not in late]
    found = good or ([f"audit:{one}" for one in held] if not rows else [])
    return weighed(
        found,
        late,
        missing="Findings are with nobody, or past their date" if rows else "No audit was held",
        mend=f"cmdb finding show {late[0]}" if late else "cmdb audit list",
    )


def corrections_verified(ask: Ask) -> Answer:
    """Corrections were verified by the auditor; none waits longer than a month."""
    done = ask.ids(
        "SELECT subject FROM audit_step WHERE act = 'verify' AND at <= ? ORDER BY subject", ask.moment
    )
    waiting = ask.ids(
        "SELECT s.subject FROM audit_step s JOIN finding f ON f.id = s.subject WHERE s.act = 'correct'"
        " AND f.state = 'corrected' AND s.number = f.steps AND s.at < ? ORDER BY s.subject",
        rfc3339(ask.at - timedelta(days=31)),
    )
    return weighed(
        [f"finding:{one}" for one in done],
        waiting,
        missing="Corrections wait to be verified" if waiting else "No correction was verified yet",
        mend="cmdb finding list",
    )


def escalated(ask: Ask) -> Answer:
    """What could not be resolved was put to a senior manager."""
    found = ask.ids(
        "SELECT DISTINCT subject FROM audit_step WHERE act IN ('escalate', 'review') AND at <= ?", ask.moment
    )
    overdue = ask.ids(
        "SELECT id FROM finding WHERE state IN ('raised', 'with', 'corrected') AND due < ? ORDER BY id",
        ask.moment,
    )
    held = [] if found else _any_finding(ask)
    return weighed(
        [*(f"finding:{one}" for one in found), *held],
        overdue,
        missing="Findings past their date were not put to a senior manager" if overdue else "No finding yet",
        mend=f"cmdb finding escalate {overdue[0]}" if overdue else "cmdb audit list",
    )


def kept_in_view(ask: Ask) -> Answer:
    """Every escalated finding has its dated reviews by a senior manager, none overdue."""
    rows = ask.rows(
        "SELECT id, reviews, review FROM finding WHERE state = 'escalated' AND escalated_at <= ? ORDER BY id",
        ask.moment,
    )
    done = ask.ids(
        "SELECT DISTINCT subject FROM audit_step WHERE act = 'review' AND at <= ? ORDER BY subject",
        ask.moment,
    )
    late = [str(id) for id, reviews, again in rows if not reviews or (again and again < ask.moment)]
    good = [f"finding:{one}" for one in done if one not in late] or ([] if rows else _any_finding(ask))
    return weighed(
        good,
        late,
        missing="Escalated findings are not reviewed" if late else "No finding yet",
        mend=f"cmdb finding review {late[0]}" if late else "cmdb finding list",
    )


def _any_finding(ask: Ask) -> list[str]:
    """Findings that never had to be escalated show that none had to."""
    found = ask.ids("SELECT id FROM finding WHERE raised_at <= ? ORDER BY id", ask.moment)
    return [f"finding:{one}" for one in found]


def _about(ask: Ask, argument: str) -> Ask:
    return Ask(uow=ask.uow, at=ask.at, service=ask.service, argument=argument, known=ask.known)


def audit_of_section(ask: Ask) -> Answer:
    """SQA held a process audit of a section within a year, and told it: `audit of:5.1`."""
    rows = ask.rows(
        "SELECT id, told FROM audit WHERE kind = 'process' AND scope = ? AND run_at >= ? AND run_at <= ?"
        " ORDER BY run_at DESC",
        ask.argument,
        rfc3339(ask.at - YEAR),
        ask.moment,
    )
    return weighed(
        [f"audit:{id}" for id, told in rows if told != "[]"],
        [str(id) for id, told in rows if told == "[]"],
        missing="What an audit found was told to nobody"
        if rows
        else f"No process audit of {ask.argument} was held within a year",
        mend=f"cmdb audit plan process --scope {ask.argument}",
    )


def findings_kept(ask: Ask) -> Answer:
    """Findings stand in the library with every act on them."""
    found = ask.ids(
        "SELECT DISTINCT subject FROM audit_step WHERE act = 'raise' AND at <= ? ORDER BY subject", ask.moment
    )
    return weighed(
        [f"finding:{one}" for one in found], missing="No finding is recorded", mend="cmdb audit list"
    )


QUERIES: Mapping[str, Query] = {
    "audit of": audit_of_section,
    "findings kept": findings_kept,
    "audited": audited,
    "baseline audits": baseline_audits,
    "audit prepared": audit_prepared,
    "audit told": audit_told,
    "findings tracked": findings_tracked,
    "corrections verified": corrections_verified,
    "escalated": escalated,
    "kept in view": kept_in_view,
}
