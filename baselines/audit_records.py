"""The signed acts of audits, findings and statements in the library, and the rows that repeat them.

    records/audits/AUD-3/002-run.json      the second act on AUD-3
    records/findings/FND-7/001-raise.json
    records/statements/SAY-1/001-state.json

Each file is one act as it was signed, by the commit that adds it. What stands follows from the acts
alone: `replay` writes the rows of a commit, `check` holds all rows against the library, `prove` holds
the acts of a commit against what stood in its parent: who acted, in order, by the tables.
Source: rules.md 7, Record commits; 10.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

from baselines import audit_life, tables_audits
from baselines.audit_life import (
    AUDIT_STEPS,
    FAMILIES,
    FINDING_STEPS,
    Audit,
    Finding,
    Kept,
    Statement,
    Step,
    move_of,
)
from baselines.model import Commit, RecordChange
from baselines.vault import Vault
from cmdb import canonical
from cmdb.errors import CmdbError, Corrupt
from cmdb.store import UnitOfWork

FORM = "audit act/1"
_FOLDERS = tuple(f"records/{family}/" for family in FAMILIES.values())

Fail = Callable[[str, str], NoReturn]


def path_of(step: Step) -> str:
    """Where the library keeps an act."""
    return f"records/{step.family}/{step.subject}/{step.number:03d}-{step.act}.json"


def bytes_of(step: Step) -> bytes:
    """An act as it is signed and stored."""
    return canonical.encode(
        FORM,
        {
            "subject": step.subject,
            "number": step.number,
            "act": step.act,
            "actor": step.actor,
            "at": canonical.rfc3339(step.at),
            "said": step.said,
        },
    )


def step_from(data: bytes) -> Step:
    """Read an act. Raises Corrupt when it is none."""
    form, fields = canonical.decode(data)
    try:
        if form != FORM:
            raise ValueError(f"it is '{form}'")
        return Step(
            subject=str(fields["subject"]),
            number=int(fields["number"]),
            act=str(fields["act"]),
            actor=str(fields["actor"]),
            at=canonical.instant(fields["at"]),
            said=fields.get("said", {}),
        )
    except (KeyError, TypeError, ValueError) as broken:
        raise Corrupt(
            f"An act of an audit cannot be read: {broken}.", "Run 'cmdb verify' and keep this copy."
        ) from broken


def kept_in(paths: Iterable[str]) -> list[str]:
    """Those of these paths that are acts, audits before their findings."""
    return sorted(path for path in paths if path.startswith(_FOLDERS))


def replay(uow: UnitOfWork, vault: Vault, commit: Commit) -> None:
    """Write the rows of the acts that a commit of the library added."""
    parent = commit.parents[0]
    added = [change.path for folder in _FOLDERS for change in vault.changes(parent, commit.id, folder)]
    for path in kept_in(added):
        step = step_from(vault.read(commit.id, path))
        tables_audits.keep(uow, step, audit_life.after(tables_audits.kept(uow, step.subject), step))


def check(uow: UnitOfWork, vault: Vault, head: str, fail: Callable[[str, str, str], NoReturn]) -> None:
    """Hold every row against the acts the library has; calls `fail` (id, why, detail) at the first."""
    rows = {path_of(one): one for one in uow.all(Step)}
    standing: dict[str, Kept] = {}
    for folder in _FOLDERS:
        listed = list(vault.paths(head, folder))
        for (path, _oid), data in zip(listed, vault.contents(oid for _path, oid in listed), strict=True):
            step = step_from(data)
            if rows.pop(path, None) != step:
                fail(
                    step.subject,
                    f"What the database says of {step.subject}, act {step.number}, is not what was signed.",
                    f"the row differs from {path} at {head}",
                )
            standing[step.subject] = audit_life.after(standing.get(step.subject), step)
    for path, step in rows.items():
        fail(step.subject, f"The database has an act on {step.subject} that nobody signed.", path)
    found: list[Kept] = [*uow.all(Audit), *uow.all(Finding), *uow.all(Statement)]
    for one in found:
        if standing.pop(one.id, None) != one:
            fail(
                one.id,
                f"What the database says of {one.id} does not follow from what was signed.",
                f"the row of {one.id} differs from its acts at {head}",
            )
    for id in standing:
        fail(id, f"{id} is missing from the database.", f"acts on {id} at {head}")


def prove(vault: Vault, commit: Commit, changes: Iterable[RecordChange], fail: Fail) -> None:
    """Hold the acts a commit adds against its parent; calls `fail` (why, detail) at the first.

    Needs no database: that the auditor acted on findings, and who they are with corrected them.
    """
    added = kept_in(change.path for change in changes)
    standing: dict[str, Kept | None] = {}
    for path in added:
        try:
            step = step_from(vault.read(commit.id, path))
        except CmdbError as broken:
            fail(f"an act of an audit cannot be read: {broken.reason}", path)
        if path_of(step) != path or step.actor != commit.trailer("Actor") or step.at != commit.at:
            fail(f"an act on {step.subject} is not that of whoever signed it", path)
        try:
            before = _standing(vault, commit, step.subject, standing)
            standing[step.subject] = audit_life.after(before, step)
        except CmdbError as broken:
            fail(f"{step.act} on {step.subject} was not possible then: {broken.reason}", path)
        expected = _expected(vault, commit, before, step, standing)
        if expected and step.actor not in expected:
            fail(f"{step.act} on {step.subject} was for {' or '.join(sorted(expected))} to do", path)


def _standing(vault: Vault, commit: Commit, subject: str, known: Mapping[str, Kept | None]) -> Kept | None:
    """What stood under an id in the parent of a commit, or already after earlier acts of it."""
    if subject in known:
        return known[subject]
    found: Kept | None = None
    folder = f"records/{FAMILIES[subject.partition('-')[0]]}/{subject}/"
    for path, _oid in vault.paths(commit.parents[0], folder):
        found = audit_life.after(found, step_from(vault.read(commit.parents[0], path)))
    return found


def _expected(
    vault: Vault, commit: Commit, before: Kept | None, step: Step, known: Mapping[str, Kept | None]
) -> set[str]:
    """Whose act it is, as far as the library knows; empty for what roles decide."""
    if step.family == "audits":
        if (
            isinstance(before, Audit)
            and move_of(AUDIT_STEPS, before.id, before.state, step.act).by == "auditor"
        ):
            return {before.auditor}
        return set()
    if step.family != "findings":
        return set()
    state, audit_id = (
        (before.state, before.audit) if isinstance(before, Finding) else ("", str(step.said.get("audit", "")))
    )
    by = move_of(FINDING_STEPS, step.subject, state, step.act).by
    holder = before.holder if isinstance(before, Finding) else ""
    audit = _standing(vault, commit, audit_id, known)
    auditor = audit.auditor if isinstance(audit, Audit) else ""
    whose = {"auditor": {auditor}, "holder": {holder}, "either": {auditor, holder}}.get(by, set())
    return whose - {""}
