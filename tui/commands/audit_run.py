"""Running an audit: what its kind looks at is computed, shown, and kept with its findings."""

from datetime import timedelta
from pathlib import Path

import click

from baselines import audits, examining
from baselines.audit_life import Audit
from baselines.audits import Looked
from baselines.library import Library
from ccb import physical_audit
from cmdb.errors import Invalid
from cmdb.exchange import differing, importing
from cmdb.exchange.staging import Staging
from tui import elsewhere, printing, typed
from tui.commands.verify import remembered_text
from tui.context import Invocation, command
from tui.elsewhere import Export
from tui.library_place import at_library
from tui.present import counted
from tui.progress import Progress
from tui.workplace import Workplace

ROWS = 500


@command
@click.argument("id_", metavar="ID")
@click.option("--answer", "answers", metavar="N=yes|no|n/a:TEXT", multiple=True, help="Answer a question.")
@click.option("--file", type=click.Path(path_type=Path), help="Physical: an export of what is there.")
@click.option("--library", metavar="WHERE", default="", help="Physical: a library instead, where it is.")
@click.option("--of", "baseline", metavar="BL", default="", help="Of --library: this baseline of its own.")
@click.option("--as-kind", type=click.Choice(("items", "dependencies")), default="items", show_default=True)
@click.option("--map", "mapping", metavar="TOML", type=click.Path(path_type=Path), help="A mapping file.")
@click.option("--backup", "saved", type=click.Path(path_type=Path), help="Library system: one to restore.")
@click.option("--root", metavar="ID", default="", help="Integrity: the founding commit you trust.")
@click.option("--older-than", metavar="D", default="365d", show_default=True, help="Completeness: how old"
              " a confirmation may be.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only show what it would find; nothing is kept.")
def run(
    invocation: Invocation,
    id_: str,
    answers: tuple[str, ...],
    file: Path | None,
    library: str,
    baseline: str,
    as_kind: str,
    mapping: Path | None,
    saved: Path | None,
    root: str,
    older_than: str,
    dry_run: bool,
) -> None:
    """Run the audit ID: look, keep the report and its findings, tell whom it concerns. Its auditor's.

    One that comes back plans its next date. Signed with your key.
    """
    with at_library(invocation) as (here, ours):
        with ours.store.read() as uow:
            audit = audits.ready(uow, id_, actor=here.actor, at=here.at)
        found, raised = examining.answered(audit, answers)
        if audit.kind == "physical":
            mapped = mapping is not None
            with elsewhere.compared(
                file, library, as_kind, baseline, url=here.site.url, mapped=mapped
            ) as export:
                looked = _physical(here, ours, audit, export, as_kind, mapping)
        elif audit.kind == "library system":
            looked = examining.library_system(
                here.site,
                ours,
                environ=invocation.environ,
                known=remembered_text(invocation.environ),
                saved=saved,
                at=here.at,
            )
        else:
            looked = _computed(here, ours, audit, root, older_than)
        looked = looked.but(answers=found, findings=(*looked.findings, *raised))
        held = None
        if not dry_run:
            held = audits.run(ours, id_, looked, actor=here.actor, key=here.key(), at=here.at)
    _tell(invocation, audit, looked, held)


def _computed(here: Workplace, library: Library, audit: Audit, root: str, older: str) -> Looked:
    if audit.kind == "integrity":
        return examining.integrity(library, root=root)
    if audit.kind == "completeness":
        return examining.complete(library, audit, at=here.at, stale=timedelta(seconds=typed.seconds(older)))
    if audit.kind == "functional":
        return examining.functional(library, audit, at=here.at)
    if audit.kind == "event repository":
        return examining.event_repository(library, at=here.at)
    return examining.process(library, audit, at=here.at)


def _physical(
    here: Workplace, library: Library, audit: Audit, export: Export, kind: str, mapping: Path | None
) -> Looked:
    """Hold an export against the records; only differences of what is in scope are kept."""
    progress = Progress()
    word, _, name = audit.scope.partition(":")
    with Staging(lambda count: progress("rows read", count)) as staged:
        prepared = export.told(
            importing.prepare(here.store, staged, kind=kind, path=export.path, map_path=mapping)
        )
        progress.end()
        if wrong := export.unreadable(staged, prepared):
            raise Invalid(
                f"{prepared.plan.file} cannot be compared: {counted(len(wrong), 'problem')}.",
                "Correct the export, or its mapping file.",
                wrong[:ROWS],
            )
        types = frozenset({name}) if word == "type" else differing.types_of(staged)
        observed = (
            differing.items(staged, types) if kind == "items" else differing.dependencies(staged, types)
        )
        with here.store.read() as uow:
            inside = examining.in_scope(uow, audit.scope)
            explained = physical_audit.explain(uow, (one for one in observed if inside(one.id)), now=here.at)
            return examining.physical(library, explained, file=export.name, digest=prepared.digest)


def _tell(invocation: Invocation, audit: Audit, looked: Looked, held: Audit | None) -> None:
    if invocation.wants_json:
        printing.as_json(
            {
                "audit": printing.plain(held or audit),
                "kept": held is not None,
                "baseline": looked.baseline,
                "facts": dict(looked.facts),
                "scores": [{**printing.plain(one), "share": one.share} for one in looked.scores],
                "answers": [printing.plain(one) for one in looked.answers],
                "found": [
                    {"rule": rule, "what": what, "about": list(about), "count": count}
                    for rule, what, about, count in looked.findings
                ],
            }
        )
        return
    printing.facts([("audit", f"{audit.id}, {audit.title}"), ("baseline", looked.baseline), *looked.facts])
    ids = held.findings if held else ("",) * len(looked.findings)
    printing.table(
        ("finding", "rule", "what", "such as"),
        (
            (id, rule, what, ", ".join(about[:3]))
            for id, (rule, what, about, _count) in zip(ids, looked.findings, strict=True)
        ),
        empty="Nothing is wrong.",
    )
    if held is None:
        printing.say("Nothing is kept yet; without --dry-run it is.")
        return
    told = ", ".join(held.told) if held.told else "nobody, because nobody holds the role it is for"
    printing.put(f"{held.id} is reported to {told}.")
    if held.findings:
        printing.say(f"Put each with somebody: 'cmdb finding assign {held.findings[0]} --to PERSON'.")
    if held.next:
        printing.say(f"The next one is planned: 'cmdb audit show {held.next}'.")
