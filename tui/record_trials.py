"""What the rules say of a form about a review, a milestone, a training, an audit or a document.

Each line is read as its command reads it, then the record it would become is made: what the rules have
against it is said in their own words. Inside the transaction of the ground; nothing is written.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from baselines import audits, independence
from baselines.audit_life import every_of
from baselines.audits import PLANS, WHOLE
from baselines.examining import NO, NOT_HERE, YES
from cmdb import documents, duty_records, files, milestones, origins, roles
from cmdb.duties import Milestone, Review, Training
from cmdb.errors import CmdbError, Invalid
from cmdb.model import shown
from cmdb.written import Document
from tui import typed
from tui.item_planning import Ground
from tui.item_source import Typed
from tui.record_forms import FORMS, RecordForm, Slot, parts, running

ANSWERS = (YES, NO, NOT_HERE)
LONGEST = 2_000_000  # bytes of a document's text
Read = Mapping[str, Any]


def read_line(ground: Ground, slot: Slot, text: str) -> Any:
    """What a line says, as its command reads it. Raises Invalid."""
    found = parts(slot, text)
    if slot.reads in ("moment", "past"):
        return typed.moment(text, zone=ground.zone, now=ground.at, past=slot.reads == "past")
    if slot.reads == "day":
        return day(text, ground)
    if slot.reads == "length":
        return typed.seconds(text)
    if slot.reads == "money":
        return _money(text)
    if slot.reads in ("person", "people"):
        _refuse(duty_records.unknown(ground.uow, found))
    if slot.reads == "groups":
        _refuse(duty_records.unknown(ground.uow, (), found))
    if slot.reads == "plan":
        _refuse(milestones.plan_problems(ground.uow, found[0]))
    if slot.reads in ("file", "files"):
        _refuse(_unreadable(found))
    if slot.reads == "answer":
        said, _, seen = text.partition(":")
        good = said.strip().lower() in ANSWERS and seen.strip()
        _refuse([] if good else ["Say yes, no or n/a, a colon, and what you saw."])
    if slot.choices and text not in slot.choices:
        _refuse([f"'{shown(text)}' is none of: {', '.join(slot.choices)}."])
    return found if slot.reads in ("people", "groups", "ids", "lines", "files") else found[0]


def day(text: str, ground: Ground) -> str:
    """A day as it is written in a record. Raises Invalid."""
    here = ZoneInfo(ground.zone)
    at = ground.at if text in ("today", "now") else typed.moment(text, zone=ground.zone, now=ground.at)
    return f"{at.astimezone(here):%Y-%m-%d}"


def as_read(content: Any, zone: str) -> str:
    """What a line was understood as, in words."""
    if isinstance(content, datetime):
        return f"{content.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"
    if isinstance(content, tuple):
        return ", ".join(content)
    return str(content)


def _money(text: str) -> Decimal:
    try:
        return Decimal(text.replace("_", "").replace(" ", ""))
    except InvalidOperation:
        raise Invalid(f"'{shown(text)}' is no amount of money.", "Write it like 1250 or 99.50.") from None


def _unreadable(paths: Iterable[str]) -> list[str]:
    found = []
    for one in paths:
        if not file_of(one).is_file():
            found.append(f"There is no file {shown(one)}.")
    return found


def file_of(text: str) -> Path:
    """The file a line names; `~` is a home directory, where there is one of that name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # nobody is called so
        return Path(text)


def _refuse(problems: Iterable[str]) -> None:
    told = tuple(problems)
    if told:
        raise Invalid(told[0], "", told)


# What the record would be ---------------------------------------------------------------------


def against(ground: Ground, verb: str, subjects: tuple[str, ...], read: Read) -> tuple[str, ...]:
    """Every sentence the rules have against what was read; `read` holds only lines that say something."""
    try:
        TRIALS[verb](ground, subjects, read)
    except CmdbError as refusal:
        if isinstance(refusal, Invalid) and refusal.problems:
            return refusal.problems
        about = f" {', '.join(refusal.problems)}." if refusal.problems else ""
        return (f"{refusal.reason}{about} {refusal.remedy}",)
    return ()


def permit(ground: Ground, verb: str, subjects: tuple[str, ...]) -> None:
    """Raise Refused for somebody who may not do that, before anything is typed."""
    if verb == "audit run":
        audits.ready(ground.uow, subjects[0], actor=ground.actor, at=ground.at)
        return
    noun = verb.partition(" ")[0]
    own = {"review hold": (Review, "holder"), "milestone reach": (Milestone, "owner"),
           "milestone drop": (Milestone, "owner"), "document amend": (Document, "owner")}  # fmt: skip
    if verb in own:
        kind, who = own[verb]
        if getattr(ground.uow.get(kind, subjects[0]), who) == ground.actor:
            roles.registered(ground.uow, ground.actor)
            return
    right = {"audit": PLANS, "document": "keep documents"}.get(noun, duty_records.RIGHT)
    right = "amend any draft" if verb == "document amend" else right
    roles.require(ground.uow, ground.actor, right, at=ground.at)


def _review(ground: Ground, _subjects: tuple[str, ...], read: Read) -> None:
    about = origins.known(ground.uow, read["about"]) if read.get("about") else ""
    Review(**{"id": "RV-1", "kind": "internal", **read, "about": about})


def _held(ground: Ground, subjects: tuple[str, ...], read: Read) -> None:
    before = ground.uow.get(Review, subjects[0])
    if read["held"] > ground.at:
        _refuse(["It cannot have been held in the future."])
    fields = {name: one for name, one in read.items() if name != "held"}
    before.but(state="held", held_at=read["held"], **fields)


def _nothing(_ground: Ground, _subjects: tuple[str, ...], _read: Read) -> None:
    """Who may is asked when the form opens; there is nothing else to say."""


def _milestone(ground: Ground, subjects: tuple[str, ...], read: Read) -> None:
    fields = {name: one for name, one in read.items() if name != "reason"}
    if subjects:
        ground.uow.get(Milestone, subjects[0]).but(**fields)
    else:
        Milestone(id="MS-1", first_planned=read["planned"], **fields)


def _reached(ground: Ground, subjects: tuple[str, ...], read: Read) -> None:
    before = ground.uow.get(Milestone, subjects[0])
    if read["when"] > day("today", ground):
        _refuse([f"It lies ahead: {read['when']}."])
    before.but(completed=read["when"], evidence=read["evidence"])


def remarks(read: Read) -> tuple[str, ...]:
    """What is worth knowing before it is written, though no rule is against it."""
    no = [name for name, text in read.items() if name.startswith("answer-") and text.lower().startswith(NO)]
    return tuple(f"Question {one.removeprefix('answer-')} becomes a finding." for one in no)


def _training(_ground: Ground, _subjects: tuple[str, ...], read: Read) -> None:
    fields = {name: one for name, one in read.items() if name not in ("people", "when")}
    for one in read["people"]:
        Training(id="TR-1", person=one, day=read["when"], **fields)


def _audit(ground: Ground, _subjects: tuple[str, ...], read: Read) -> None:
    kind = read["kind"]
    scope = read.get("scope", "") or WHOLE.get(kind, "all")
    if read.get("every"):
        every_of(read["every"])
    independence.refuse_scope(ground.uow, kind, scope)
    independence.refuse_owner(ground.uow, read["auditor"], kind, scope, at=ground.at)


def _document(ground: Ground, subjects: tuple[str, ...], read: Read) -> None:
    made = document_of(subjects, read, ground.uow.find(Document, subjects[0]) if subjects else None)
    taken = not subjects and ground.uow.find(Document, made.id) is not None
    _refuse(
        [
            *([f"There is a document '{made.id}' already."] if taken else []),
            *documents.problems(ground.uow, made),
        ]
    )


def document_of(subjects: tuple[str, ...], read: Read, before: Document | None) -> Document:
    """The document a form describes; the text of the one before stays where no file is named."""
    fields = {name: one for name, one in read.items() if name not in ("files", "covers", "body")}
    covers: dict[str, str] = {}
    for one in read.get("covers", ()):
        point, colon, where = one.partition(":")
        if not colon or not where.strip():
            _refuse([f"covers: '{shown(one)}' is not 'point: where it stands'."])
        covers[point.strip()] = where.strip()
    body = before.body if before else ""
    if read.get("body"):
        path = file_of(read["body"])
        body = files.text(files.read(path, limit=LONGEST), path.name)
    return Document(**{"id": subjects[0] if subjects else "x", **fields}, covers=covers, body=body)


def document_text(found: Document) -> str:
    """The points a document covers, as they stand in a form."""
    return "; ".join(f"{point}: {where}" for point, where in found.covers.items())


TRIALS: Mapping[str, Callable[[Ground, tuple[str, ...], Read], None]] = {
    "review plan": _review,
    "review amend": _review,
    "review hold": _held,
    "review cancel": _nothing,
    "milestone add": _milestone,
    "milestone amend": _milestone,
    "milestone reach": _reached,
    "milestone drop": _nothing,
    "training record": _training,
    "training withdraw": _nothing,
    "audit plan": _audit,
    "audit cancel": _nothing,
    "audit run": _nothing,
    "document register": _document,
    "document amend": _document,
}


def form_of(ground: Ground, verb: str, subjects: tuple[str, ...]) -> RecordForm:
    """The form of a verb; that of a run has the questions of its audit."""
    if verb != "audit run":
        return FORMS[verb]
    found = audits.audit_of(ground.uow, subjects[0])
    return running(found.kind, found.checklist)


def read_all(ground: Ground, form: RecordForm, filled: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """What every line says, and a sentence for each that cannot be read; empty lines say nothing."""
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for slot in form.slots:
        if filled[slot.name]:
            try:
                read[slot.name] = read_line(ground, slot, filled[slot.name])
            except Invalid as error:
                wrong[slot.name] = " ".join(error.problems) or f"{error.reason} {error.remedy}"
    return read, wrong
