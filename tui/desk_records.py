"""Reviews, milestones and trainings of a real site for the app, and forms; those of audits and documents too.

One transaction a call; judging changes nothing. Source: `tui.record_source.Records`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from cmdb import documents, milestones, reviews, training
from cmdb.duties import Milestone, Review, Training
from cmdb.errors import Invalid, Refused
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork
from cmdb.written import Document
from tui import clockface, item_sheets, line_trials, record_trials
from tui.drafting import as_typed
from tui.item_planning import Ground
from tui.item_source import Done, Heard, Sheet, Typed, Verdict
from tui.present import counted
from tui.record_forms import FORMS, SHOW, command
from tui.record_source import MILESTONES, REVIEWS, RecordLine
from tui.views import FieldChange


class RecordDesk:
    """One site, one person, one clock. `actor` raises Refused for somebody who may only read."""

    def __init__(
        self,
        site: Site,
        store: Store,
        actor: Callable[[], str],
        clock: Callable[[], datetime],
        offers: Callable[[str, str], Sequence[str]],
    ) -> None:
        self.store, self.actor, self.clock = store, actor, clock
        self._offers = offers
        self.zone = ZoneInfo(site.zone)

    # Lists ----------------------------------------------------------------------------------

    def listed(self, which: str) -> Sequence[RecordLine]:
        """Reviews, milestones or trainings: what is ahead or counts first, then what is over."""
        at = self.clock()
        today = f"{at.astimezone(self.zone):%Y-%m-%d}"
        with self.store.read() as uow:
            if which == REVIEWS:
                lines = [_review(one, at, self.zone) for one in reviews.listed(uow, only_planned=False)]
            elif which == MILESTONES:
                lines = [_milestone(one, today) for one in milestones.listed(uow)]
            else:
                lines = [_training(one, today) for one in training.listed(uow)]
        return [*(one for one in lines if not one.over), *(one for one in reversed(lines) if one.over)]

    # Forms ----------------------------------------------------------------------------------

    def sheet(self, verb: str, subjects: Sequence[str]) -> Sheet:
        """The form of a verb, on the record as it is now. Raises NotFound, or Refused for who may not."""
        ids = tuple(subjects)
        with self._ground() as ground:
            record_trials.permit(ground, verb, ids)
            form = record_trials.form_of(ground, verb, ids)
            start = self._start(ground, verb, ids)
        blanks = tuple(slot.blank(start.get(slot.name, "")) for slot in form.slots)
        title = form.title.format(id=" ".join(ids))
        fixed = ids if form.title.find("{id}") >= 0 else ()
        return Sheet(verb, fixed, title, blanks)

    @contextmanager
    def _ground(self) -> Iterator[Ground]:
        actor, at = self.actor(), self.clock()
        with self.store.read() as uow:
            yield Ground(uow, actor, at, str(self.zone))

    def _start(self, ground: Ground, verb: str, ids: tuple[str, ...]) -> Mapping[str, str]:
        """What stands in the lines when the form opens."""
        if verb == "review plan":
            return {"holder": ground.actor, "about": ids[0] if ids else ""}
        if verb == "milestone add":
            return {"document": ids[0] if ids else "", "owner": ground.actor}
        usual = {
            "training record": {"when": "today", "kind": "training"},
            "milestone reach": {"when": "today"},
            "audit plan": {"auditor": ground.actor},
            "audit run": {"then": SHOW},
            "document register": {"owner": ground.actor},
        }
        if verb in usual:
            return usual[verb]
        if verb in ("review amend", "review hold"):
            return self._of_review(ground, verb, ground.uow.get(Review, ids[0]))
        if verb == "milestone amend":
            return _of_milestone(ground.uow.get(Milestone, ids[0]))
        return _of_document(ground.uow, ids[0]) if verb == "document amend" else {}

    def _of_review(self, ground: Ground, verb: str, one: Review) -> Mapping[str, str]:
        people = " ".join(one.participants)
        if verb == "review hold":
            return {"held": "now", "participants": people}
        return {
            "title": one.title,
            "planned": as_typed(one.planned, self.zone, ground.at),
            "every": one.every,
            "occasion": one.occasion,
            "holder": one.holder,
            "participants": people,
            "groups": " ".join(one.groups),
            "material": one.material,
            "approver": one.approver,
        }

    def judge(self, sheet: Sheet, typed: Typed) -> Verdict:
        """Everything the rules say of what is typed."""
        filled = _filled(sheet, typed)
        lacking = item_sheets.missing(sheet.blanks, filled)
        with self._ground() as ground:
            form = record_trials.form_of(ground, sheet.verb, sheet.subjects)
            read, wrong = record_trials.read_all(ground, form, filled)
            wrong |= _emptied(sheet, filled)
            said = () if lacking or wrong else record_trials.against(ground, sheet.verb, sheet.subjects, read)
            more = record_trials.remarks(read)
        found, others = item_sheets.attributed(said, sheet.blanks)
        noun, _, act = sheet.verb.partition(" ")
        act = act if sheet.subjects else "add"
        record = f"{noun} {' '.join(sheet.subjects)}".rstrip() if sheet.subjects else f"new {noun}"
        diff = tuple(
            FieldChange(record, act, slot.label, self._was(form.amends, sheet, slot.name),
                        record_trials.as_read(read[slot.name], str(self.zone)) if slot.name in read else "")
            for slot in form.slots
            if filled[slot.name] != (sheet.start[slot.name].strip() if form.amends else "")
        )  # fmt: skip
        altered = any(filled[one.name] != one.value.strip() for one in sheet.blanks if one.name != "reason")
        diff = () if form.amends and not altered else diff
        remarks = (*more, *((form.remark,) if form.remark else ()))
        return Verdict({**found, **wrong, **lacking}, tuple(others), diff, remarks)

    def _was(self, amends: bool, sheet: Sheet, name: str) -> str:
        return sheet.start[name] if amends else ""

    def words(self, sheet: Sheet, typed: Typed) -> tuple[str, ...]:
        """The command that writes what is typed; none for a document, which a command reads from a file."""
        filled = _filled(sheet, typed)
        self._refuse_moved(sheet, filled)
        if sheet.verb.startswith("document "):
            return ()
        with self._ground() as ground:
            form = record_trials.form_of(ground, sheet.verb, sheet.subjects)
        return command(sheet.verb, sheet.subjects, sheet.start, filled, form)

    def heard(self, asked: Mapping[str, tuple[str, str]]) -> Mapping[str, Heard]:
        """How the lines of a small form were read."""
        with self._ground() as ground:
            return {name: line_trials.hear(ground, *one) for name, one in asked.items()}

    def offered(self, reads: str, text: str) -> str | None:
        """The whole line that is most likely meant."""
        return line_trials.offered(reads, text, self._offers)

    def _refuse_moved(self, sheet: Sheet, filled: Typed) -> None:
        """Raise Refused where somebody changed a line meanwhile that is about to be written."""
        if sheet.verb not in FORMS or not FORMS[sheet.verb].amends:
            return
        with self._ground() as ground:
            now = self._start(ground, sheet.verb, sheet.subjects)
        moved = [
            f"{one.label}: {one.value or '(none)'} -> {now.get(one.name, '') or '(none)'}"
            for one in sheet.blanks
            if now.get(one.name, "") != one.value and filled[one.name] != one.value.strip()
        ]
        if moved:
            raise Refused(
                f"{' '.join(sheet.subjects)} was changed by someone else meanwhile.",
                "ctrl+r reads it again and keeps what you typed.",
                moved,
            )

    def write(self, sheet: Sheet, typed: Typed) -> Done:
        """Register or amend a document. Raises Invalid with every problem."""
        filled = _filled(sheet, typed)
        with self._ground() as ground:
            actor, at = ground.actor, ground.at
            read, wrong = record_trials.read_all(ground, FORMS[sheet.verb], filled)
            if wrong:
                raise Invalid("Nothing is written.", "Correct what is listed.", tuple(wrong.values()))
            before = ground.uow.get(Document, sheet.subjects[0]) if sheet.subjects else None
            made = record_trials.document_of(sheet.subjects, read, before)
        attached = [record_trials.file_of(one) for one in read.get("files", ())]
        if len({one.name for one in attached}) < len(attached):
            raise Invalid(
                "Two of the files are called the same.", "Rename one: a document keeps each name once."
            )
        given = {one.name: one for one in attached}
        if before is None:
            made = documents.register(self.store, made, given, actor=actor, at=at)
            more = f", with {counted(len(made.attachments), 'attachment')}" if made.attachments else ""
            said = f"The document {made.id} is added as a draft{more}."
        else:
            made = documents.amend(self.store, made, {}, actor=actor, at=at)
            said = f"The document {made.id} is changed."
        return Done(said=said, item=made.id, command=f"cmdb {sheet.verb} FILE")


def _filled(sheet: Sheet, typed: Typed) -> dict[str, str]:
    return {one.name: typed.get(one.name, one.value).strip() for one in sheet.blanks}


def _emptied(sheet: Sheet, filled: Typed) -> dict[str, str]:
    """The lines of an amendment that held something its command cannot take away."""
    form = FORMS.get(sheet.verb)
    if form is None:
        return {}
    return {
        slot.name: f"{slot.label.capitalize()} cannot be emptied: leave it as it was, or say another."
        for slot in form.slots
        if form.amends
        and slot.option
        and not filled[slot.name]
        and sheet.start[slot.name]
        and (slot.reads in ("people", "groups", "length", "money", "day"))
    }


def _of_milestone(one: Milestone) -> Mapping[str, str]:
    effort = f"{one.effort}s" if one.effort % 3600 else f"{one.effort // 3600}h"
    return {
        "planned": one.planned,
        "name": one.name,
        "owner": one.owner,
        "effort": effort if one.effort else "",
        "funds": str(one.funds) if one.funds else "",
    }


def _of_document(uow: UnitOfWork, id: str) -> Mapping[str, str]:
    one = uow.get(Document, id)
    if one.level != "draft":
        raise Refused(
            f"{id} is under control ({one.level}).",
            "It changes by request: 'cmdb change new --file FILE' with 'document' in it.",
        )
    texts = {
        name: str(getattr(one, name)) for name in ("kind", "title", "owner", "scope", "version", "review")
    }
    lists = {name: " ".join(getattr(one, name)) for name in ("services", "distribution")}
    return {**texts, **lists, "covers": record_trials.document_text(one)}


# The lists ------------------------------------------------------------------------------------


def _review(one: Review, at: datetime, zone: ZoneInfo) -> RecordLine:
    missed = one.missed(at)
    over = f"{one.id} is {one.state}; nothing in it changes any more."
    against = {} if one.state == "planned" else dict.fromkeys(("step", "edit", "withdraw", "confirm"), over)
    if one.state == "planned" and not one.approver:
        against = {"confirm": f"Nobody is to approve the material of {one.id}."}
    elif one.state == "planned" and one.approved_at is not None:
        against = {"confirm": f"The material of {one.id} is approved."}
    how = {"planned": "info", "held": "good"}.get(one.state, "dim")
    return RecordLine(
        id=one.id,
        state="missed" if missed else one.state,
        role="bad" if missed else how,
        over=one.state != "planned",
        date=clockface.clock(one.held_at or one.planned, zone),
        who=one.holder,
        text=one.title,
        kind=one.kind,
        command=f"review show {one.id}",
        origin=f"review:{one.id}",
        against=against,
    )


def _milestone(one: Milestone, today: str) -> RecordLine:
    late = one.late(today)
    how = f"reached on {one.completed}" if one.completed else "dropped"
    over = dict.fromkeys(("step", "edit", "withdraw"), f"{one.id} was {how}; that is final.")
    state = "late" if late else "ahead" if one.open else "reached" if one.completed else "dropped"
    return RecordLine(
        id=one.id,
        state=state,
        role={"late": "bad", "ahead": "info", "reached": "good"}.get(state, "dim"),
        over=not one.open,
        date=one.completed or one.planned,
        who=one.owner,
        text=one.name,
        kind=one.document,
        command=f"milestone show {one.id}",
        origin=f"milestone:{one.id}",
        against={**({} if one.open else over), "confirm": f"{one.id} is a milestone: P says it is reached."},
    )


def _training(one: Training, today: str) -> RecordLine:
    state = "withdrawn" if one.withdrawn else "counts" if one.counts(today) else "over"
    state = "ahead" if state == "over" and one.day > today else state
    kept = f"{one.id} is a record of a training: w withdraws a wrong one."
    gone = {"withdraw": f"{one.id} is withdrawn already."} if one.withdrawn else {}
    return RecordLine(
        id=one.id,
        state=state,
        role={"counts": "good", "ahead": "info"}.get(state, "dim"),
        over=state not in ("counts", "ahead"),
        date=f"{one.day}{f' to {one.until}' if one.until else ''}",
        who=one.person,
        text=one.subject,
        kind=one.kind,
        command=f"training list --all --person {one.person}",
        against={**dict.fromkeys(("step", "edit", "confirm", "action_add"), kept), **gone},
    )
