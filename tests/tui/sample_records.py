"""Reviews, milestones and trainings of the small estate in memory, and the form of a review."""

from collections.abc import Mapping, Sequence

from tui.item_source import Done, Heard, Sheet, Typed, Verdict
from tui.record_forms import FORMS, command
from tui.record_source import RecordLine
from tui.views import FieldChange

LINES: dict[str, tuple[RecordLine, ...]] = {
    "reviews": (
        RecordLine("RV-2", "missed", "2026-11-20 14:00 CET", "m.jansen", "Mail with ACME", "customer", "bad"),
        RecordLine("RV-3", "planned", "2026-12-01 10:00 CET", "a.vries", "The [b]year[/b]", "risk", "info"),
        RecordLine("RV-1", "held", "2026-08-20 14:00 CET", "m.jansen", "Mail with ACME", "customer", "good",
                   over=True, against={"step": "RV-1 is held; nothing in it changes any more."}),
    ),
    "milestones": (RecordLine("MS-1", "ahead", "2026-12-18", "k.chen", "First audit", "plan-cm", "info"),),
    "trainings": (),
}  # fmt: skip


class SampleRecords:
    """Answers what the app asks about them; the rules have nothing against what is typed."""

    def __init__(self) -> None:
        self.lines: dict[str, tuple[RecordLine, ...]] = dict(LINES)

    def listed(self, which: str) -> Sequence[RecordLine]:
        return self.lines[which]

    def sheet(self, verb: str, subjects: Sequence[str]) -> Sheet:
        form = FORMS[verb]
        blanks = tuple(one.blank("a.vries" if one.name == "holder" else "") for one in form.slots)
        return Sheet(verb, tuple(subjects), form.title.format(id=" ".join(subjects)), blanks)

    def judge(self, sheet: Sheet, typed: Typed) -> Verdict:
        rows = tuple(FieldChange("new review", "add", name, "", text) for name, text in typed.items() if text)
        return Verdict({}, (), rows, ("Those it concerns are told.",))

    def words(self, sheet: Sheet, typed: Typed) -> tuple[str, ...]:
        return command(sheet.verb, sheet.subjects, sheet.start, typed)

    def heard(self, asked: Mapping[str, tuple[str, str]]) -> Mapping[str, Heard]:
        unknown = Heard("There is no item 'fw-9'.")
        return {name: unknown if "fw-9" in text else Heard() for name, (_reads, text) in asked.items()}

    def offered(self, reads: str, text: str) -> str | None:
        return None

    def write(self, sheet: Sheet, typed: Typed) -> Done:
        raise AssertionError("nothing is written in memory")
