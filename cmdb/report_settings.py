"""The `[[report]]` of a site: which reports are made by themselves, how often, and for whom.

`cmdb tick` makes each once a period is over: a file whose name says which period, in a folder, and a
notice to whoever it is for. Reads `site.toml` and nothing else; the clock is a parameter.
Source: rules.md 1, `cmdb tick`; IT Service CMM 5.5, Activity 9; 5.6, Activity 6.
"""

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from cmdb.model import Value, check, choice_problems, shown
from cmdb.site import FILE
from cmdb.telling import recipient_problems

ABOUT = "report"  # what a notice of one is about: `report:FILE`
FOLDER = "reports"
FORMS = ("html", "md", "csv")
EVERY: Mapping[str, relativedelta] = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}
MOST = 100
_GIVEN = ("--since", "--until", "--to", "--format", "--replace", "--site", "--as", "--json", "--help", "-h")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ENTRIES: Mapping[str, type] = {
    "name": str,
    "run": str,
    "every": str,
    "form": str,
    "folder": str,
    "tell": list,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingReport(Value):
    """A report that is made whenever a period of its rhythm is over.

    `run` is what is typed after `cmdb`, without the period; `folder` is where its files lie, `tell` who is
    told of each as rules about notices name people, and gets it by mail where they want mail.
    """

    name: str
    run: str
    every: str = "month"
    form: str = "html"
    folder: Path = Path(FOLDER)
    tell: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            *choice_problems("every", self.every, tuple(EVERY)),
            *choice_problems("form", self.form, FORMS),
            *(problem for one in self.tell for problem in recipient_problems(one)),
            *_run_problems(self.run),
        ]
        if not _NAME.fullmatch(self.name):
            problems.append(f"The name '{shown(self.name)}' is no word of letters a-z, digits and '-'.")
        check(f"The report '{shown(self.name)}'", problems)

    @property
    def words(self) -> tuple[str, ...]:
        """What is typed, word by word."""
        return tuple(shlex.split(self.run))

    def file(self, label: str) -> Path:
        """Where the report of a period lies."""
        return self.folder / f"{self.name}-{label}.{self.form}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Over(Value):
    """The last period of a rhythm that is over: from `start` until `end`, and what it is called."""

    start: datetime
    end: datetime
    label: str


def read(site: Path) -> tuple[StandingReport, ...]:
    """The standing reports of a site, none where its `site.toml` has no `[[report]]`.

    Raises Invalid with everything that is wrong with them.
    """
    content = tomllib.loads((site / FILE).read_text(encoding="utf-8")).get("report", [])
    where = f"[[report]] in {FILE}"
    tables = [one for one in content if isinstance(one, dict)]
    problems = [] if len(tables) == len(content) else ["A report is a table: begin it with [[report]]."]
    if len(tables) > MOST:
        problems.append(f"{len(tables)} reports; at most {MOST}.")
    for number, table in enumerate(tables, 1):
        problems += [f"Number {number}: {one}" for one in _table_problems(table)]
    names = [str(one.get("name")) for one in tables]
    problems += [f"Two are named '{shown(one)}'." for one in sorted(set(names)) if names.count(one) > 1]
    check(where, problems)
    return tuple(_made(site, one) for one in tables)


def over(every: str, at: datetime, zone: str) -> Over:
    """The last period of a rhythm that is over at a moment, by the calendar of a zone."""
    local = at.astimezone(ZoneInfo(zone)).date()
    first = {
        "day": local,
        "week": local - timedelta(days=local.weekday()),
        "month": local.replace(day=1),
        "quarter": local.replace(month=local.month - (local.month - 1) % 3, day=1),
        "year": local.replace(month=1, day=1),
    }[every]
    start = first - EVERY[every]
    return Over(start=_midnight(start, zone), end=_midnight(first, zone), label=_label(every, start))


def file_of(site: Path, about: str) -> Path | None:
    """The file a notice is about: of a standing report of this site, and there; else None."""
    kind, _, name = about.partition(":")
    if kind != ABOUT or "/" in name or "\0" in name:
        return None
    for one in read(site):
        file = one.folder / name
        if name.startswith(f"{one.name}-") and file.is_file():
            return file
    return None


def _label(every: str, start: date) -> str:
    if every == "week":
        return f"{start:%G-W%V}"
    if every == "quarter":
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return f"{start:%Y-%m-%d}"[: {"day": 10, "month": 7, "year": 4}[every]]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _run_problems(run: str) -> Iterable[str]:
    try:
        words = shlex.split(run)
    except ValueError as wrong:
        return [f"'{shown(run)}' cannot be read: {wrong}."]
    if words[:1] != ["report"] and words[:1] != ["conformance"]:
        return [f"'{shown(run)}' is no report: write what is typed after 'cmdb', such as \"report changes\"."]
    if words == ["report"]:
        return ["It does not say which report: see 'cmdb report --help'."]
    taken = [one for one in words if one.partition("=")[0] in _GIVEN]
    return [f"Leave out {shown(one)}: period, form and place follow from the entry." for one in taken]


def _table_problems(table: Mapping[str, Any]) -> list[str]:
    problems = [f"There is no entry '{shown(key)}'." for key in table if key not in _ENTRIES]
    problems += [f"'{key}' is missing." for key in ("name", "run") if key not in table]
    problems += [
        f"'{key}' must be {'a list of texts' if kind is list else 'text'}."
        for key, kind in _ENTRIES.items()
        if key in table and not isinstance(table[key], kind)
    ]
    told = table.get("tell")
    if isinstance(told, list) and not all(isinstance(one, str) for one in told):
        problems.append("'tell' must be a list of texts.")
    return problems


def _made(site: Path, table: Mapping[str, Any]) -> StandingReport:
    fields = {key: table[key] for key in ("name", "run", "every", "form") if key in table}
    folder = site / Path(table.get("folder", FOLDER)).expanduser()
    return StandingReport(**fields, folder=folder, tell=tuple(dict.fromkeys(table.get("tell", ()))))
