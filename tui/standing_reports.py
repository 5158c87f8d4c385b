"""Standing reports: made when a period is over, put in a folder, and told to whoever they are for.

Each is made once for a period, by its own command in a process of its own; a file appears whole or not
at all, and two ticks at once leave one. Source: rules.md 1, `cmdb tick`.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cmdb import journal, notice_rules, notices, report_settings
from cmdb.canonical import rfc3339
from cmdb.errors import Refused
from cmdb.report_settings import ABOUT, Over, StandingReport
from tui import apart
from tui.capture import Capture
from tui.workplace import Workplace

# What a report calls the start and the end of its period. The top risks are those of today.
PERIOD = ("--since", "--until")
OTHERWISE: Mapping[str, tuple[str, ...]] = {"report risks": (), "conformance": ("--since", "--at")}


class Made(NamedTuple):
    """A standing report that was made now, and who was told."""

    file: Path
    told: tuple[str, ...]


def make(here: Workplace, wanted: Sequence[StandingReport]) -> tuple[list[Made], list[str]]:
    """Make what is due and tell of it; give what was made, and a sentence for each that could not be."""
    made, failed = [], []
    for one in wanted:
        period = report_settings.over(one.every, here.at, here.site.zone)
        file = one.file(period.label)
        try:
            fresh = not file.exists() and _written(here, one, period, file)
            told = _told(here, one, file)
        except Refused as wrong:
            failed.append(f"{one.name} of {period.label}: {wrong.reason}")
            continue
        if fresh or told:
            made.append(Made(file, told))
    return made, failed


def _written(here: Workplace, one: StandingReport, period: Over, file: Path) -> bool:
    """Run the report into a file beside its place, then give it its name; False where another tick did."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Refused(f"{file.parent} cannot be made: {fault.strerror}.", "Name another folder.") from fault
    part = file.with_name(f".{file.stem}.{secrets.token_hex(4)}{file.suffix}")
    words = ["--site", str(here.site.path), *one.words, "--to", str(part)]
    asked = OTHERWISE.get(one.words[0]) or OTHERWISE.get(" ".join(one.words[:2]), PERIOD)
    for option, at in zip(asked, (period.start, period.end), strict=False):
        words += [option, rfc3339(at)]
    caught = Capture()
    try:
        code = apart.run(words, here.invocation.environ, caught)
        if code or not part.is_file():
            said = " ".join(line.text for line in caught.lines if line.words and line.text)
            raise Refused(said or f"it ended with {code}", f"Try it: cmdb {one.run}")
        try:
            os.link(part, file)  # fails where the name is taken: a file that is there is never replaced
        except FileExistsError:
            return False
        except OSError:  # no links here
            part.rename(file)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return True


def _told(here: Workplace, one: StandingReport, file: Path) -> tuple[str, ...]:
    """Tell whoever it is for and was not told yet; the mail brings the file."""
    if not one.tell:
        return ()
    about, text = f"{ABOUT}:{file.name}", f"The report {file.stem} is made: {file}"
    with here.store.write() as uow:
        known = {row[0] for row in uow.rows("SELECT person FROM notice WHERE about = ?", about)}
        people = notice_rules.named(uow, one.tell, at=here.at)
        people = notice_rules.people(uow, ABOUT, people, at=here.at)
        people = tuple(person for person in people if person not in known)
        if people:
            notices.tell_only(uow, people, about=about, text=text, at=here.at, kind=ABOUT)
            changed = {"report": file.name, "told": ", ".join(people)}
            journal.record(uow, at=here.at, actor=here.actor, action="report made", changed=changed)
            uow.commit()
    return people
