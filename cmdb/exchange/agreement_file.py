"""A service agreement as people write it: a YAML file, read with every problem named at once.

Field names are those of `cmdb.promises`; people may write `99.9%`, `at most 4h`, `mon-fri`, `24x7` and
plain dates (midnight in the agreement's zone). Unknown keys, doubled keys and times without a zone
are refused. Everything is read as text first, so YAML's own guesses (`no`, 22:00, 99.90) change
nothing. Source: rules.md 4; 11, Every bad row.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from cmdb import agreement_terms
from cmdb.agreement_terms import FILED
from cmdb.canonical import instant, rfc3339
from cmdb.commitments import DAY, Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import Invalid
from cmdb.exchange import commitment_terms
from cmdb.intervals import moment
from cmdb.model import Contact, shown
from cmdb.periods import instant_of, midnight, zone_of
from cmdb.plain_yaml import PlainNodes
from cmdb.promises import ServiceAgreement

V = TypeVar("V")

SIZE_LIMIT = 1_000_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?")
_ROLLING = re.compile(r"rolling (\d{1,4}) days?")
_TEXTS = ("id", "title", "kind", "structure", "customer", "provider", "zone", "purpose", "scope", "manager")
_REQUIRED = ("id", "title", "customer", "manager", "start", "services")
_UNITS = (DAY, 3600, 60, 1)


def read(text: str, name: str = "the file") -> ServiceAgreement:
    """Read an agreement. Raises Invalid with every problem, each with the path of its field."""
    reader = Reader()
    found = reader.agreement(loaded(text, name))
    if reader.problems or found is None:
        raise Invalid(
            f"{name} is no valid service agreement.",
            "Correct what is listed and try again.",
            reader.problems,
        )
    return found


def seconds_of(text: str) -> int | None:
    """Seconds of a length such as `38m`, `1h30m`, `90s` or `1d`; None when it is none."""
    match = _DURATION.fullmatch(text.replace(" ", ""))
    if not match or not any(match.groups()):
        return None
    return sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS, strict=True))


_NO_TIME = "2000-01-01T00:00:00Z"  # stands in for a time that is wrong, and listed already


def _stripped(content: Any) -> Any:
    """The texts of an element without blanks around them, at every depth."""
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, list):
        return [_stripped(one) for one in content]
    return {name: _stripped(one) for name, one in content.items()} if isinstance(content, dict) else content


# What stands in for a required field that is wrong, so that the rest can be checked all the same.
_NEUTRAL_AGREEMENT = {
    **dict.fromkeys(("id", "title", "customer", "manager"), "x"),
    "start": datetime(2000, 1, 1, tzinfo=UTC),
    "services": ("x",),
}


class _Texts(PlainNodes, yaml.BaseLoader):
    """Plain YAML with every scalar as text and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                said = shown(key.value) if isinstance(key, yaml.ScalarNode) else "something that is no text"
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {said} stands twice or is no text", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def loaded(text: str, name: str) -> Any:
    """The content of a YAML file, every scalar as text. Raises Invalid, saying where."""
    if len(text) > SIZE_LIMIT:
        raise Invalid(f"{name} has {len(text):,} characters.", f"It has at most {SIZE_LIMIT:,}.")
    try:
        return yaml.load(text.removeprefix("\N{BOM}"), Loader=_Texts)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = (wrong.problem or "it cannot be read").strip()
        raise Invalid(f"{name} is no YAML{where}: {said}.", "Correct that line and try again.") from wrong
    except (yaml.YAMLError, RecursionError) as wrong:
        raise Invalid(f"{name} is no YAML: {shown(str(wrong))}.", "Write it as UTF-8 YAML.") from wrong


class Reader:
    """Collects every problem on the way, and makes values only of what has none."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.zone = "UTC"

    def agreement(self, content: Any) -> ServiceAgreement | None:
        """Read the whole agreement, or None when it is none."""
        known = (*_TEXTS, "start", "end", "services", "notice", "windows", "commitments", "contacts")
        fields = self.mapping("", content, (*known, "state", "review", *FILED), _REQUIRED)
        if fields is None:
            return None
        self.zone = self.text("zone", fields.get("zone", "UTC"))
        self.made("zone", lambda: zone_of(self.zone))
        given: dict[str, Any] = {"state": "draft"}  # what nobody says is agreed binds nobody
        given |= {
            name: self.text(name, fields[name]) for name in (*_TEXTS, "state", "review") if name in fields
        }
        for name in ("start", "end"):
            if fields.get(name):
                given[name] = self.instant(name, fields[name])
        if "notice" in fields:
            given["notice"] = self.duration("notice", fields["notice"])
        given["services"] = tuple(
            sorted(
                self.text(f"services[{at}]", one)
                for at, one in enumerate(self.listing("services", fields.get("services", [])))
            )
        )
        given["windows"] = self.each("windows", fields, self.recurrence)
        given["commitments"] = self.each("commitments", fields, self.commitment)
        given["contacts"] = self.each("contacts", fields, self.contact)
        given["terms"] = {name: _stripped(fields[name]) for name in FILED if name in fields}
        self.scheduled(given["terms"])
        known_services = () if self.wrong("services") else given["services"]
        self.problems += agreement_terms.problems(given["terms"], known_services)
        if self.wrong("services"):
            given["commitments"] = ()  # or each would be said to be about a service that is not there
        return self.valued("", ServiceAgreement, given, _NEUTRAL_AGREEMENT)

    def commitment(self, path: str, content: Any) -> ServiceCommitment | None:
        """Read one commitment, or None when it is none."""
        known = ("attribute", "comparator", "unit", "statistic", "days", "hours", "planned", "degraded")
        fields = self.mapping(
            path,
            content,
            ("id", "service", "target", "period", *known, "outside", "clock"),
            ("id", "service", "target"),
        )
        if fields is None:
            return None
        words = (
            "id",
            "service",
            "attribute",
            "comparator",
            "unit",
            "statistic",
            "planned",
            "outside",
            "clock",
        )
        given: dict[str, Any] = {
            name: self.text(f"{path}.{name}", fields[name]) for name in words if name in fields
        }
        problems = commitment_terms.read(given, self.text(f"{path}.target", fields.get("target", "")))
        self.problems += [f"{path}.{one}" for one in problems]
        if "period" in fields:
            given["period"] = self.text(f"{path}.period", fields["period"])
            rolling = _ROLLING.fullmatch(given["period"])
            if rolling:
                given["period"], given["days"] = "rolling", int(rolling[1])
        if "days" in fields:
            given["days"] = self.whole(f"{path}.days", fields["days"])
        if "degraded" in fields:
            given["degraded"] = self.yes(f"{path}.degraded", fields["degraded"])
        if "hours" in fields:
            given["hours"] = self.hours(f"{path}.hours", fields["hours"])
        return self.valued(path, ServiceCommitment, given, commitment_terms.neutral(given))

    def hours(self, path: str, content: Any) -> ServiceHours | None:
        """Read service hours, or `24x7`."""
        if content == "24x7":
            return ServiceHours()
        fields = self.mapping(path, content, ("rules", "holiday_calendar", "holidays"), ())
        if fields is None:
            return None
        rules = self.each("rules", fields, self.recurrence, f"{path}.")
        names = [name for name in ("holiday_calendar", "holidays") if name in fields]
        given: dict[str, Any] = {name: self.text(f"{path}.{name}", fields[name]) for name in names}
        return self.valued(path, ServiceHours, {"rules": rules, **given})

    def recurrence(self, path: str, content: Any) -> Recurrence | None:
        """Read a recurring stretch of time."""
        fields = self.mapping(path, content, ("rule", "days", "start", "length", "first"), ())
        if fields is None:
            return None
        if ("rule" in fields) == ("days" in fields):
            self.problems.append(f"{path}: give either 'rule' or 'days'.")
            return None
        given: dict[str, Any] = {
            name: self.text(f"{path}.{name}", fields[name])
            for name in ("rule", "start", "first")
            if name in fields
        }
        if "days" in fields:
            given["rule"] = self.weekly(f"{path}.days", fields["days"])
        if "length" in fields:
            given["length"] = self.duration(f"{path}.length", fields["length"])
        return self.valued(path, Recurrence, given, {"rule": "x"})

    def contact(self, path: str, content: Any) -> Contact | None:
        """Read a contact."""
        fields = self.mapping(path, content, ("name", "email", "phone"), ("name",))
        if fields is None:
            return None
        given = {name: self.text(f"{path}.{name}", one) for name, one in fields.items()}
        return self.valued(path, Contact, given, {"name": "x"})

    def scheduled(self, terms: dict[str, Any]) -> None:
        """Bring the times of the delivery schedule to UTC, as they stand in the record."""
        schedule = terms.get("schedule")
        for at, one in enumerate(schedule if isinstance(schedule, list) else ()):
            for name in ("start", "end"):
                if isinstance(one, dict) and name in one:
                    when = self.instant(f"schedule[{at}].{name}", one[name])
                    one[name] = rfc3339(when) if when else _NO_TIME

    def weekly(self, path: str, content: Any) -> str:
        """`mon-fri`, `sat`, or a list of days, as a weekly rule."""
        named: list[str] = []
        for word in content if isinstance(content, list) else [content]:
            first, _, last = self.text(path, word).lower().partition("-")
            if first not in WEEKDAYS or (last and last not in WEEKDAYS):
                self.problems.append(
                    f"{path}: '{shown(str(word))}' is no day; write mon-fri, sat or [mon, wed]."
                )
                continue
            start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            named += [WEEKDAYS[at % 7] for at in range(start, end + 1 if end >= start else end + 8)]
        days = [day[:2].upper() for day in WEEKDAYS if day in named]
        return f"FREQ=WEEKLY;BYDAY={','.join(days)}"

    def mapping(
        self, path: str, content: Any, known: tuple[str, ...], required: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """Give the known fields of a mapping; note those unknown and those missing."""
        at = f"{path}." if path else ""
        if not isinstance(content, Mapping):
            self.problems.append(f"{path or 'The file'}: expected fields such as {at}{known[0]}, found none.")
            return None
        self.problems += [
            f"{at}{shown(str(name))}: there is no such field; known are {', '.join(known)}."
            for name in content
            if name not in known
        ]
        self.problems += [f"{at}{name}: is missing." for name in required if not content.get(name)]
        return {name: one for name, one in content.items() if name in known}

    def listing(self, path: str, content: Any) -> list[Any]:
        """Give a list, or note that there is none."""
        if isinstance(content, list):
            return content
        self.problems.append(f"{path}: expected a list, such as [one, two].")
        return []

    def each(
        self, name: str, fields: Mapping[str, Any], read: Callable[[str, Any], Any], at: str = ""
    ) -> tuple[Any, ...]:
        """Read each entry of a list under its path."""
        return tuple(
            read(f"{at}{name}[{number}]", one)
            for number, one in enumerate(self.listing(f"{at}{name}", fields.get(name, [])))
        )

    def text(self, path: str, content: Any) -> str:
        """Give a text without blanks around it."""
        if isinstance(content, str):
            return content.strip()
        self.problems.append(f"{path}: expected a text.")
        return ""

    def whole(self, path: str, content: Any) -> int:
        """Give a whole number."""
        text = self.text(path, content)
        if re.fullmatch(r"[0-9]{1,6}", text):
            return int(text)
        self.problems.append(f"{path}: '{shown(text)}' is no whole number.")
        return 0

    def yes(self, path: str, content: Any) -> bool:
        """Give yes or no."""
        word = self.text(path, content).lower()
        if word not in ("yes", "no", "true", "false"):
            self.problems.append(f"{path}: '{shown(word)}' is neither yes nor no.")
        return word in ("yes", "true")

    def duration(self, path: str, content: Any) -> int:
        """Give the seconds of a length of time."""
        text = self.text(path, content)
        length = seconds_of(text)
        if length is None:
            self.problems.append(
                f"{path}: '{shown(text)}' is no length of time; write it like 4h, 1h30m or 2d."
            )
        return length or 0

    def instant(self, path: str, content: Any) -> datetime | None:
        """An instant with its zone, or a date: the midnight with which it begins in the agreement's zone."""
        text = self.text(path, content)
        try:
            zone = zone_of(self.zone)
        except Invalid:
            return None  # the zone itself is wrong, and listed already
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                return moment(midnight(date.fromisoformat(text), zone))
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                return instant(text)
            there = moment(instant_of(at.replace(microsecond=0), zone)).astimezone(zone).isoformat()
            other = f", or {there} for {self.zone}" if self.zone != "UTC" else ""
            self.problems.append(
                f"{path}: '{shown(text)}' has no zone; write {at.replace(tzinfo=UTC).isoformat()[:19]}Z"
                f" for UTC{other}."
            )
        except (ValueError, OverflowError, Invalid):
            self.problems.append(
                f"{path}: '{shown(text)}' is no time; write 2026-11-22 or 2026-11-22T22:00:00+01:00."
            )
        return None

    def made(self, path: str, make: Callable[[], V]) -> V | None:
        """Make a value, or note everything that is wrong with it under its path."""
        try:
            return make()
        except Invalid as wrong:
            at = f"{path}: " if path else ""
            self.problems += [f"{at}{one}" for one in (wrong.problems or (wrong.reason,))]
            return None

    def wrong(self, path: str) -> bool:
        """Whether something is wrong with a field or anything inside it."""
        return any(one.startswith((f"{path}.", f"{path}:", f"{path}[")) for one in self.problems)

    def valued(
        self,
        path: str,
        kind: Callable[..., V],
        given: dict[str, Any],
        neutral: Mapping[str, Any] = MappingProxyType({}),
    ) -> V | None:
        """Make a value. Fields that are wrong already are left out, or replaced by neutral ones.

        So the value's own checks speak of all the others, and nothing is said twice; what is made
        that way is never given away, because a problem is listed.
        """
        at = f"{path}." if path else ""
        usable = {
            name: one for name, one in given.items() if one is not None and not self.wrong(f"{at}{name}")
        }
        usable = {
            name: tuple(each for each in one if each is not None) if isinstance(one, tuple) else one
            for name, one in usable.items()
        }
        return self.made(path, lambda: kind(**{**neutral, **usable}))
