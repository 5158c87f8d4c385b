"""What each kind of audit looks at, and what it finds: values for `audits.run`, nothing is written.

Integrity asks verify, the library system asks the doctor and restores a backup, completeness asks for
scores, physical holds an export against the records, functional asks for the evidence of what was
claimed, events for their records, process for conformance; every kind asks its checklist besides.
Source: rules.md 10; IT Service CMM 5.5, Activity 10; 5.6, Activity 7.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from baselines import backup, conformance, exclusions, health, independence, tables, verification
from baselines.audit_life import MENTIONED, Audit
from baselines.audits import Looked
from baselines.library import Library
from baselines.performed import NOT_APPLICABLE, PARTLY, PERFORMED
from ccb.physical_audit import TO_ANSWER, Explained, sentence
from cmdb import agreements, completeness, doctor, observations, roles
from cmdb.canonical import rfc3339
from cmdb.completeness import STALE, Score
from cmdb.errors import CmdbError, Invalid
from cmdb.model import RoleGrant, shown
from cmdb.promises import ServiceAgreement
from cmdb.reading_observations import first_and_last
from cmdb.service_levels import BROKEN
from cmdb.site import Site
from cmdb.store import UnitOfWork

YES, NO, NOT_HERE = "yes", "no", "n/a"
BACKUP_AGE = timedelta(days=31)  # a backup restored in an audit is not to be older

Raised = tuple[str, str, tuple[str, ...], int]


def base(library: Library) -> str:
    """The baseline in force, which an audit says it looked at."""
    with library.store.read() as uow:
        found = tables.baseline_in_force(uow)
    return found.id if found else ""


def integrity(library: Library, *, root: str = "") -> Looked:
    """Prove everything from the founding commit on, again."""
    report = verification.verify(library, root=root)
    facts = (
        ("proved", f"{report.baselines} baselines, {report.changes} changes, {report.votes} votes"),
        ("decided by one person", str(report.alone)),
        ("root", f"{report.root} ({'the one given' if report.root_confirmed else 'not confirmed'})"),
        ("gaps of the journal", str(len(report.gaps))),
    )
    failure = report.failure
    raised = () if failure is None else (("verify", failure.why, (f"{failure.kind} {failure.id}",), 1),)
    return Looked(baseline=base(library), facts=facts, findings=raised)


def library_system(
    site: Site, library: Library, *, environ: Mapping[str, str], known: str, saved: Path | None, at: datetime
) -> Looked:
    """Structure, tools, space and access of the library, and a backup restored into an empty place."""
    found = [*doctor.examine(site, environ=environ), *health.of_library(site, known)]
    raised: list[Raised] = [
        (one.kind, one.text, (one.subject,), 1) for one in found if one.kind != "terminal"
    ]
    with library.store.read() as uow:
        grants = [one for one in uow.all(RoleGrant) if roles.holds(one, at)]
        raised += _access(uow, grants)
        [(commits,)] = uow.rows("SELECT COUNT(*) FROM library_commit")
    facts, wrong = _restored(saved, at)
    return Looked(
        baseline=base(library),
        facts=(("commits", str(commits)), ("grants in force", str(len(grants))), *facts),
        findings=(*raised, *wrong),
    )


def _access(uow: UnitOfWork, grants: Sequence[RoleGrant]) -> Iterator[Raised]:
    """Rights that nobody active holds, and rights to sign without a key."""
    people = {id: (active, keys) for id, active, keys in uow.rows("SELECT id, active, keys FROM person")}
    gone = tuple(sorted({f"{one.person} {one.role}" for one in grants if not people[one.person][0]}))
    if gone:
        yield "access", "Roles are held by people who are not active any more.", gone[:MENTIONED], len(gone)
    may = roles.allowed(uow, "establish baselines")
    keyless = sorted({one.person for one in grants if one.role in may and people[one.person][1] == "[]"})
    if keyless:
        what = "Somebody may establish baselines and has no key to sign them with."
        yield "access", what, tuple(keyless[:MENTIONED]), len(keyless)


def _restored(saved: Path | None, at: datetime) -> tuple[tuple[tuple[str, str], ...], tuple[Raised, ...]]:
    if saved is None:
        what = "No backup was restored in this audit: nobody knows whether one would be of use."
        return (("backup", "none restored"),), (("backup", what, (), 1),)
    try:
        with TemporaryDirectory(prefix="cmdb-audit-") as place:
            manifest, report = backup.restore(saved, Path(place) / "site")
    except CmdbError as broken:
        what = f"The backup {saved.name} cannot be restored: {broken.reason}"
        return (("backup", f"{saved.name} cannot be restored"),), (("backup", what, (saved.name,), 1),)
    said = f"{saved.name} of {rfc3339(manifest.made_at)} restored up to {manifest.newest} and proved"
    wrong: list[Raised] = []
    if report is not None and not report.ok:
        wrong.append(("backup", f"The restored {saved.name} does not prove itself.", (saved.name,), 1))
    if at - manifest.made_at > BACKUP_AGE:
        what = f"The backup {saved.name} is of {rfc3339(manifest.made_at)}: what came since would be lost."
        wrong.append(("backup", what, (saved.name,), 1))
    return (("backup", said),), tuple(wrong)


def complete(library: Library, audit: Audit, *, at: datetime, stale: timedelta = STALE) -> Looked:
    """Every score of what is in scope; those that count and are not full are findings."""
    word, _, name = audit.scope.partition(":")
    type, service = name if word == "type" else "", name if word in ("service", "item") else ""
    with library.store.read() as uow:
        excluded = exclusions.excluded_items(uow, at=at)
        found = tuple(
            completeness.scores(uow, at=at, stale=stale, type=type, service=service, excluded=excluded)
        )
    return Looked(
        baseline=base(library),
        facts=(("scores", str(len(found))), ("confirmed within", f"{stale.days} days")),
        scores=found,
        findings=tuple(_of_score(one) for one in found if one.counts and one.failing),
    )


def _of_score(one: Score) -> Raised:
    of = f" of the type {one.type}" if one.type else ""
    field = f" {one.field}" if one.field else ""
    what = f"{one.failing:,} of {one.total:,} records{of} are {one.text}. {one.remedy}"
    return f"{one.name}{field}", what, one.about[:MENTIONED], one.failing


def physical(library: Library, found: Iterable[Explained], *, file: str, digest: str) -> Looked:
    """What an export shows otherwise than recorded: one finding for each owner who has to answer."""
    counts: dict[str, int] = {}
    owners: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for one in found:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
        if one.verdict not in TO_ANSWER:
            continue
        whose = one.owner or "nobody"
        totals[whose] = totals.get(whose, 0) + 1
        if totals[whose] <= MENTIONED:
            owners.setdefault(whose, []).append(sentence(one))
    raised = tuple(
        (
            "as recorded",
            # One alone is said itself: the sentence becomes an action item of somebody.
            f"{sentences[0]}; owned by {who}, and no change says why."
            if len(sentences) == 1 == totals[who]
            else f"{totals[who]:,} things owned by {who} are not as recorded, and no change says why.",
            tuple(one[:200] for one in sentences),
            totals[who],
        )
        for who, sentences in sorted(owners.items())
    )
    facts = (("export", file), ("sha256", digest), *((word, f"{n:,}") for word, n in sorted(counts.items())))
    return Looked(baseline=base(library), facts=facts, findings=raised)


def functional(library: Library, audit: Audit, *, at: datetime) -> Looked:
    """What is promised and was tested, with its evidence: met, broken, expired or missing."""
    claims: list[tuple[str, str, str]] = []
    with library.store.read() as uow:
        for one in agreements.listed(uow):
            if _covers(audit.scope, one):
                claims += _promised(uow, one, at)
        claims += _tested(uow, audit.scope)
    raised: list[Raised] = []
    for state in ("not met", "expired", "missing"):
        about = [f"{claim}: {words}" for claim, found, words in claims if found == state]
        if about:
            what = f"The evidence of {len(about):,} claims is {state}."
            raised.append(
                (f"evidence {state}", what, tuple(one[:200] for one in about[:MENTIONED]), len(about))
            )
    met = sum(1 for _claim, state, _words in claims if state == "met")
    facts = (("claims", str(len(claims))), ("met", str(met)))
    return Looked(baseline=base(library), facts=facts, findings=tuple(raised))


def _covers(scope: str, one: ServiceAgreement) -> bool:
    word, _, name = scope.partition(":")
    return word == "all" or (word in ("service", "item") and name in one.services)


def _promised(uow: UnitOfWork, one: ServiceAgreement, at: datetime) -> Iterator[tuple[str, str, str]]:
    for standing in agreements.standings_of(uow, one.id, at=at, now=at):
        claim = f"{one.id} {standing.commitment}"
        left = f"{standing.left_s} s of {standing.allowance_s} s left"
        yield claim, "met" if standing.met else "not met", left
    for level in observations.levels_of(uow, one.id, at=at, now=at):
        claim = f"{one.id} {level.commitment}"
        if level.state == BROKEN:
            yield claim, "not met", "broken in this period"
        elif level.counted:
            yield claim, "met", f"{level.counted:,} observed"
        else:
            seen = first_and_last(uow.rows, level.service, level.attribute)
            words = f"last observed {seen[1]}" if seen else "never observed"
            yield claim, "expired" if seen else "missing", words


def _tested(uow: UnitOfWork, scope: str) -> Iterator[tuple[str, str, str]]:
    """Changes that said how they would be tested: what came of it."""
    asked = "SELECT id, title, test_result FROM change_request r WHERE state IN ('checked in', 'closed')"
    parameters: list[str] = []
    word, _, name = scope.partition(":")
    if word == "item":
        asked += " AND EXISTS (SELECT 1 FROM proposed_record p WHERE p.request = r.id AND p.id = ?)"
        parameters.append(name)
    elif word != "all":
        return
    for id, title, result in uow.rows(f"{asked} AND test <> '' ORDER BY number", *parameters):
        yield f"{id} {title}", "met" if result else "missing", result or "no test result"


def in_scope(uow: UnitOfWork, scope: str) -> Callable[[str], bool]:
    """Whether an item is among what an audit covers; one that nobody registered always is."""
    word, _, name = scope.partition(":")
    if word == "all":
        return lambda _id: True
    known = {row[0] for row in uow.rows("SELECT id FROM item")}
    if word == "type":
        inside = {row[0] for row in uow.rows("SELECT id FROM item WHERE type = ?", name)}
    elif word == "item":
        inside = {name}
    else:
        inside = {
            row[0]
            for row in uow.rows(
                f"{independence.REACHED} SELECT i.id FROM item i JOIN reached r ON r.key = i.key", name
            )
        }
    return lambda id: id in inside or id not in known


# What a record of an event has to hold: the rule, the condition on which it fails, and the words.
_EVENT_RULES: tuple[tuple[str, str, str], ...] = (
    (
        "described",
        "e.description = '' OR e.circumstances = ''",
        "do not say what happened, and how it was then",
    ),
    (
        "reporter",
        "e.reporter = '' OR e.contact = ''",
        "do not say who reported them, and how to reach that person",
    ),
    (
        "items",
        "NOT EXISTS (SELECT 1 FROM event_item i WHERE i.event = e.id)",
        "name no item they concern",
    ),
    (
        "impact",
        "e.state <> 'recorded' AND e.confirmed_by = ''",
        "have an impact on promises nobody confirmed",
    ),
    (
        "resolution",
        (
            "e.state IN ('resolved', 'closed') AND e.fixed_by = '' AND NOT EXISTS"
            " (SELECT 1 FROM action_item a WHERE a.origin = 'event:' || e.id)"
        ),
        "were resolved with neither an action item nor a change behind it",
    ),
    (
        "in time",
        "e.resolve_by < COALESCE(e.resolved_at, '{now}')",
        "were not resolved by the time that was agreed",
    ),
    (
        "left open",
        "e.state NOT IN ('resolved', 'closed') AND e.reported < '{old}'",
        "are open for more than a quarter of a year",
    ),
)


def event_repository(library: Library, *, at: datetime) -> Looked:
    """Whether the records of events are whole, in time, and led to something done."""
    raised: list[Raised] = []
    with library.store.read() as uow:
        [(total,)] = uow.rows("SELECT COUNT(*) FROM event WHERE state <> 'withdrawn'")
        for rule, fails, words in _EVENT_RULES:
            said = fails.replace("{now}", rfc3339(at)).replace("{old}", rfc3339(at - timedelta(days=92)))
            asked = f"SELECT e.id FROM event e WHERE e.state <> 'withdrawn' AND ({said}) ORDER BY e.id"
            found = [str(row[0]) for row in uow.rows(asked)]
            if found:
                what = f"{len(found):,} of {total:,} events {words}."
                raised.append((rule, what, tuple(found[:MENTIONED]), len(found)))
    facts = (("events", f"{total:,}"), ("rules", str(len(_EVENT_RULES))))
    return Looked(baseline=base(library), facts=facts, findings=tuple(raised))


def process(library: Library, audit: Audit, *, at: datetime) -> Looked:
    """How far the practices of a section are performed: each that is not is a finding."""
    with library.store.read() as uow:
        verdicts = conformance.assess(uow, (audit.scope,), at=at)
    counts = conformance.counted(verdicts)
    raised: list[Raised] = [
        (
            one.practice.id,
            f"{one.practice.id}, {one.state}: {one.practice.text} {one.missing}".strip(),
            tuple(one.records[:MENTIONED]),
            1,
        )
        for one in verdicts
        if one.practice.top and not one.practice.sums and one.state not in (PERFORMED, NOT_APPLICABLE)
    ]
    facts = tuple((state, str(number)) for state, number in counts.items())
    assert PARTLY in counts or not verdicts, "every state is counted"
    return Looked(baseline=base(library), facts=facts, findings=tuple(raised))


def answered(audit: Audit, given: Sequence[str]) -> tuple[tuple[tuple[str, str, str], ...], list[Raised]]:
    """Read the answers to a checklist, `1=yes: what was seen`; what was answered no is a finding.

    Raises Invalid for a number that has no question, an answer twice, and words that are none.
    """
    answers: dict[int, tuple[str, str, str]] = {}
    problems: list[str] = []
    for one in given:
        number, _, rest = one.partition("=")
        word, _, words = rest.partition(":")
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
        word = word.strip().lower()
        if not 1 <= place <= len(audit.checklist):
            problems.append(
                f"'{shown(number)}' is no number of a question; there are {len(audit.checklist)}."
            )
        elif place in answers:
            problems.append(f"Question {place} is answered twice.")
        elif word not in (YES, NO, NOT_HERE) or not words.strip():
            problems.append(f"Question {place}: say yes, no or n/a, a colon, and what you saw.")
        else:
            answers[place] = (audit.checklist[place - 1], word, words.strip())
    if problems:
        raise Invalid(
            "The answers cannot be read.",
            "Write each like --answer '2=no: nobody signed the minutes'.",
            problems,
        )
    found = tuple(answers[place] for place in sorted(answers))
    raised: list[Raised] = [
        ("checklist", f"{question} No: {words}", (), 1) for question, word, words in found if word == NO
    ]
    return found, raised
