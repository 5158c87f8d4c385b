"""The forms of reviews, milestones, trainings, audits and documents, as one table: lines and command.

Pure. A line says how it is read, where it stands in the command, and which beginnings of the rules'
sentences are about it. Source: rules.md 9 and 10; IT Service CMM 5.5, Abilities 4, Activities 2 and 10.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from baselines.audit_life import KINDS
from cmdb.duties import EVERY, REVIEW_KINDS, TRAINING_KINDS
from tui.item_source import Blank, Typed

MANY = ("people", "groups", "ids", "lines", "files")  # lines that hold several words or parts


class Slot(NamedTuple):
    """One line of a form. `option` is where it stands in the command; without one it is an argument.

    `reads`: text, moment, past, day, length, money, person, people, groups, ids, lines, answer, plan,
    file, files.
    """

    name: str
    label: str
    hint: str = ""
    reads: str = "text"
    option: str = ""
    need: str = ""
    choices: tuple[str, ...] = ()
    completes: str = ""
    says: tuple[str, ...] = ()

    def blank(self, value: str) -> Blank:
        """The line as a form shows it."""
        hint = (
            f"{self.hint}{': ' if self.hint else ''}{', '.join(self.choices)}" if self.choices else self.hint
        )
        return Blank(self.name, self.label, value, hint, self.need, self.choices, self.completes, self.says)


class RecordForm(NamedTuple):
    """A form: its title, its lines, and a remark before it is written. `amends` what is there."""

    title: str
    slots: tuple[Slot, ...]
    remark: str = ""
    amends: bool = False


WHEN = "tomorrow 14:00, 1 Dec 14:00, +7d"
DAY = "2026-12-01, 1 Dec, tomorrow"
SIGNED = "It is signed with your key."
FINAL = "That is final."
REASON = Slot("reason", "why", "the reason, in a sentence", option="--reason", need="required")

_KIND = Slot("kind", "kind", need="required", choices=REVIEW_KINDS, says=("The kind of review",))
_ABOUT = Slot(
    "about", "about", "the record it reviews, such as agreement:acme-mail", option="--about",
    says=("What it is about",),
)  # fmt: skip
_TITLE = Slot("title", "title", "what it is called, in one line", need="required", says=("The title",))
_PLAN = (
    Slot("planned", "when", WHEN, "moment", "--on", "required"),
    Slot(
        "every", "every", "periodic; else say the occasion", option="--every", choices=EVERY,
        says=("How often", "A review is periodic"),
    ),
    Slot("occasion", "occasion", "what triggered it, where it is not periodic", option="--occasion",
         says=("The occasion",)),
    Slot("holder", "held by", "person id", "person", "--holder", "required", completes="person",
         says=("Holder",)),
    Slot("participants", "with", "person ids of those who take part", "people", "--with",
         completes="many person", says=("Participant",)),
    Slot("groups", "groups", "groups that take part", "groups", "--group", completes="many group",
         says=("Group",)),
    Slot("material", "material", "what is reviewed, and where it is", option="--material",
         says=("The material", "Somebody is to approve")),
    Slot("approver", "approved by", "who approves the material; may stay empty", "person", "--approver",
         completes="person", says=("Approver",)),
)  # fmt: skip
_OWNER = Slot("owner", "owner", "who answers for it", "person", "--owner", "required", completes="person",
              says=("Owner",))  # fmt: skip
_EFFORT = (
    Slot("effort", "effort", "planned: 40h, 5d", "length", "--effort", says=("The planned effort",)),
    Slot("funds", "funds", "planned: 1250 or 99.50", "money", "--funds", says=("The funds",)),
)
_NAME = Slot("name", "name", "what is reached then, in one line", need="required", says=("The name",))
_READERS = "group:delivery person:k.chen party:acme"
_DOCUMENT = (
    Slot("kind", "kind", "any word; of some, points are asked", need="required",
         completes="document kind", says=("The kind",)),
    Slot("title", "title", "what it is called", need="required", says=("The title",)),
    Slot("owner", "owner", "who answers for it", "person", need="required", completes="person",
         says=("Owner", "The owner")),
    Slot("services", "services", "those it is for; none: everything", "ids", completes="many item",
         says=("There is no service", "Service")),
    Slot("scope", "scope", "or what it is for, in words", says=("The scope",)),
    Slot("version", "version", "the author's, such as 1.2", says=("The version",)),
    Slot("review", "next review", DAY, "day", says=("The review",)),
    Slot("distribution", "told", _READERS, "ids",
         says=("There is no person", "There is no group", "There is no party", "Reader")),
    Slot("covers", "covers", "point: where it stands; point: where", "lines",
         says=("The point", "Where", "covers")),
    Slot("body", "text", "a Markdown file", "file", says=("The body",)),
)  # fmt: skip
_ID = Slot("id", "id", "small letters and digits, such as plan-cm", need="required",
           says=("Document", "There is a document"))  # fmt: skip
_FILES = Slot("files", "attachments", "paths of files; between several a semicolon", "files")

FORMS: Mapping[str, RecordForm] = {
    "review plan": RecordForm(
        "Plan a review", (_KIND, _TITLE, *_PLAN, _ABOUT), "Those it concerns are told."
    ),
    "review amend": RecordForm(
        "Plan {id} anew", (_TITLE._replace(option="--title"), *_PLAN), "Those it concerns are told.", True
    ),
    "review hold": RecordForm(
        "{id} was held",
        (
            Slot("summary", "summary", "what was said, in a few sentences", option="--summary",
                 need="required", says=("The summary",)),
            Slot("held", "when", "now, 14:00 or yesterday 14:00", "past", "--at", "required",
                 says=("It cannot have been",)),
            Slot("participants", "with", "everybody who took part", "people", "--with",
                 completes="many person", says=("Participant",)),
            Slot("decisions", "decisions", "one; another", "lines", "--decision", says=("A decision",)),
            Slot("issues", "issues", "one; another", "lines", "--issue", says=("An issue",)),
            Slot("risks", "risks", "one; another", "lines", "--risk", says=("A risk",)),
            Slot("recipients", "to", "who receives the summary", "people", "--to",
                 completes="many person", says=("Recipient",)),
        ),
        "A review that was held stays so; one that comes back plans the next. T notes what has to be done.",
    ),
    "review cancel": RecordForm("{id} is not to be held", (REASON,), FINAL),
    "milestone add": RecordForm(
        "Add a milestone",
        (
            Slot("document", "plan", "the document that is the plan", "plan", need="required",
                 completes="document", says=("Document",)),
            _NAME,
            Slot("planned", "day", DAY, "day", "--planned", "required", says=("The planned day",)),
            _OWNER,
            *_EFFORT,
        ),
    ),
    "milestone amend": RecordForm(
        "Plan {id} anew",
        (
            REASON,
            Slot("planned", "day", DAY, "day", "--planned", "required", says=("The planned day",)),
            _NAME._replace(option="--name"),
            _OWNER,
            *_EFFORT,
        ),
        "The day planned first is kept.",
        True,
    ),
    "milestone reach": RecordForm(
        "{id} is reached",
        (
            Slot("evidence", "evidence", "what shows it", option="--evidence", need="required",
                 says=("The evidence", "A milestone that was reached")),
            Slot("when", "on", "today, yesterday, 1 Dec", "day", "--on", "required",
                 says=("The day it was", "It lies ahead")),
        ),
        FINAL,
    ),
    "milestone drop": RecordForm("{id} is no longer to be reached", (REASON,), FINAL),
    "training record": RecordForm(
        "Record a training",
        (
            Slot("subject", "subject", "what was taught, such as CM library", need="required",
                 says=("The subject",)),
            Slot("people", "people", "person ids of all who were trained", "people", need="required",
                 completes="many person", says=("Person",)),
            Slot("when", "on", "today, yesterday, 12 Nov", "day", "--on", "required", says=("The day",)),
            Slot("until", "until", "the last day on which it counts; may stay empty", "day", "--until",
                 says=("The last day", "It counts until")),
            Slot("evidence", "evidence", "a certificate, a list of those present", option="--evidence",
                 need="required", says=("The evidence", "A training needs")),
            Slot("kind", "kind", option="--kind", choices=TRAINING_KINDS, says=("The kind",)),
        ),
    ),
    "training withdraw": RecordForm(
        "{id} counts no more", (REASON._replace(label="what is wrong"),), "The record is kept. " + FINAL
    ),
    "audit plan": RecordForm(
        "Plan an audit",
        (
            Slot("kind", "kind", need="required", choices=tuple(KINDS), says=("There is no kind",)),
            Slot("due", "held by", WHEN, "moment", "--due", "required"),
            Slot("auditor", "auditor", "who audits; owns none of what is audited", "person", "--auditor",
                 "required", completes="person"),
            Slot("scope", "scope", "all, type:ID, service:ID, item:ID; a section: 5.5",
                 option="--scope"),
            Slot("every", "every", "comes back: quarter, 6 months; may stay empty",
                 option="--every"),
            Slot("checks", "questions", "to be answered: one; another", "lines", "--check"),
            Slot("title", "title", "what it is called; else its kind", option="--title",
                 says=("The title",)),
        ),
        SIGNED,
    ),
    "audit cancel": RecordForm("{id} will not be held", (REASON,), f"{FINAL} {SIGNED}"),
    "document register": RecordForm("Register a document or plan", (_ID, *_DOCUMENT, _FILES)),
    "document amend": RecordForm(
        "Change {id}", _DOCUMENT, "Its text stays unless a file is named.", True
    ),
}  # fmt: skip


FILES: Mapping[str, Slot] = {  # what an audit of a kind is run with
    "physical": Slot("file", "file", "an export of what is there", "file", "--file", "required"),
    "library system": Slot("backup", "backup", "one to restore into an empty place", "file", "--backup"),
}
SHOW, KEEP = "show", "keep and sign"
_THEN = Slot("then", "then", "see it first, or keep it", need="required", choices=(SHOW, KEEP))


def running(kind: str, questions: Sequence[str]) -> RecordForm:
    """The form that runs an audit: its questions, the file its kind needs, and whether it is kept."""
    asked = tuple(
        Slot(
            f"answer-{place}",
            f"question {place}",
            f"{question} Say yes, no or n/a, a colon, and what you saw.",
            "answer",
            f"--answer={place}",
            "recommended",
        )
        for place, question in enumerate(questions, 1)
    )
    slots = (*asked, *((FILES[kind],) if kind in FILES else ()), _THEN)
    return RecordForm("Run {id}", slots, f"What it computes itself is added. {SIGNED}")


def parts(slot: Slot, text: str) -> tuple[str, ...]:
    """What stands in a line: one text, or each of several."""
    if slot.reads in ("lines", "files"):
        return tuple(one.strip() for one in text.split(";") if one.strip())
    if slot.reads in MANY:
        return tuple(text.replace(",", " ").split())
    whole = " ".join(text.split())
    return (whole,) if whole else ()


def command(
    verb: str, subjects: Sequence[str], start: Typed, typed: Typed, form: RecordForm | None = None
) -> tuple[str, ...]:
    """The words of the command that writes a form; of one that amends only what was altered."""
    form = form or FORMS[verb]
    options: list[str] = []
    arguments = list(subjects)
    for slot in form.slots:
        text = typed.get(slot.name, "")
        found = parts(slot, text)
        if slot.name == "then":
            options += ["--dry-run"] if text == SHOW else []
        elif not slot.option:
            arguments += found
        elif form.amends and text.strip() == start.get(slot.name, "").strip():
            continue
        elif found:
            options += [f"{slot.option}={one}" for one in found]
        elif form.amends:
            options.append(f"{slot.option}=")
    stop = ("--",) if any(one.startswith("-") for one in arguments) else ()
    return (*verb.split(), *options, *stop, *arguments)
