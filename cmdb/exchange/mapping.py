"""Mapping files: foreign CSV, YAML and JSON become the columns of a native file.

A mapping is TOML: where the rows are, which to take, and how each field comes about. It describes
data only; it can run nothing. See docs/formats.md, Import. Source: rules.md 11.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cmdb import files, schemas
from cmdb.errors import Invalid, NotFound
from cmdb.exchange.foreign import Row, look_up, rows_of, text_of
from cmdb.exchange.sheet import Problems, Sheet, blocks_of
from cmdb.model import Value, check, shown

REMEMBERED = 200_000  # cells of which is kept what a rule made of them
_Known = dict[tuple[str, str], list[str]]
_PLACE = re.compile(r"\{([^{}]*)\}")
_SOURCE = {"format": str, "encoding": str, "delimiter": str, "rows": str}
_FIELD = {
    "column": str, "template": str, "constant": str, "lower": bool, "strip": str, "replace": list,
    "table": dict, "lookup": dict, "default": str, "split": str, "each": bool, "time": str,
}  # fmt: skip
_WHERE = {"column": str, "equals": str, "in": list, "not_in": list, "matches": str, "empty": bool}
_FOLD = {"by": str, "order": str, "first": list, "last": list, "all": list, "same": list}
_TOP = ("source", "missing", "fields", "where", "also", "distinct", "fold")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule(Value):
    """How one field comes about: column, template or constant, then the steps in this order:
    split, table or lookup, lower, strip, replace (pattern, text), time (how the file writes one), default."""

    column: str = ""
    template: str = ""
    constant: str = ""
    split: str = ""
    each: bool = False
    lower: bool = False
    strip: str = ""
    replace: tuple[tuple[Any, str], ...] = ()
    table: Mapping[str, str] | None = None
    time: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold(Value):
    """Which rows speak of one record, and which of them says what, for those that tell a record's story.

    Rows that agree in the field `by` are one record; `order` is the field that says which row is later,
    else the file does. Of the fields in `first` the earliest row that holds one counts, of those in `last`
    the latest, of `all` every different content; those in `same` may not differ. What is in none of the
    lists is for whoever folds to say.
    """

    by: str
    order: str = ""
    ways: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Value):
    """Which rows to take: all filters must let a row through."""

    column: str
    wanted: frozenset[str] | None = None
    unwanted: frozenset[str] = frozenset()
    pattern: Any = None
    empty: bool | None = None

    def passes(self, row: Row) -> bool:
        """Tell whether a row is taken."""
        content = text_of(row.get(self.column))
        if self.empty is not None and (content == "") != self.empty:
            return False
        if self.wanted is not None and content not in self.wanted:
            return False
        return content not in self.unwanted and (self.pattern is None or bool(self.pattern.search(content)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapper(Value):
    """A mapping file, read and checked. `variants` are the sets of fields each row is written with."""

    source: Mapping[str, str]
    variants: tuple[Mapping[str, FieldRule], ...]
    filters: tuple[Filter, ...] = ()
    distinct: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(default=())
    missing: frozenset[str] = frozenset()
    fold: Fold | None = None


def read(path: Path, beside: Path) -> Mapper:
    """Read a mapping file. Files it looks things up in lie in the folder `beside`.

    Raises NotFound, or Invalid with everything that is wrong with it.
    """
    try:
        content = tomllib.loads(files.text(files.read(path), path.name))
    except NotFound as missing:
        raise NotFound(f"There is no mapping file {path}.", "Check the path given with --map.") from missing
    except (tomllib.TOMLDecodeError, RecursionError) as broken:
        raise Invalid(f"{path} cannot be read: {broken}.", "Mend the file; it is TOML in UTF-8.") from broken
    problems = [f"unknown entry '{shown(key)}'; use {', '.join(_TOP)}." for key in content if key not in _TOP]
    source = _table(content.get("source", {}), _SOURCE, "[source]", problems)
    base = _fields(content.get("fields", {}), "[fields]", beside, problems)
    also = content.get("also", [])
    if not isinstance(also, list):
        problems.append("'also' must be written [[also]].")
        also = []
    variants = [base] + [{**base, **_fields(one, "[[also]]", beside, problems)} for one in also]
    filters = _filters(content.get("where", []), problems)
    distinct = content.get("distinct", [])
    columns = tuple(dict.fromkeys(name for one in variants for name in one))
    if not base:
        problems.append("[fields] is missing or empty: it says how each field comes about.")
    if not isinstance(distinct, list) or any(name not in columns for name in distinct):
        problems.append("'distinct' lists fields of [fields] whose repetitions are left out.")
        distinct = []
    nothing = content.get("missing", [])
    if not isinstance(nothing, list) or not all(isinstance(one, str) for one in nothing):
        problems.append("'missing' is a list of texts that stand for nothing, such as [\"?\"].")
        nothing = []
    fold = _fold(content["fold"], columns, problems) if "fold" in content else None
    check(f"The mapping file {path.name}", problems)
    return Mapper(
        source=source,
        variants=tuple(variants),
        filters=filters,
        distinct=tuple(distinct),
        columns=columns,
        missing=frozenset(nothing),
        fold=fold,
    )


def sheet(path: Path, mapper: Mapper, problems: Problems, *, folds: bool = False) -> Sheet:
    """Open a foreign file as a sheet with the native columns a mapping gives it.

    Raises Invalid for a mapping that folds rows where the caller cannot (`folds`).
    """
    if mapper.fold is not None and not folds:
        raise Invalid(
            "The mapping file folds several rows into one record; only events are imported so.",
            "Take its [fold] out, or import the file with --as-kind events.",
        )
    return Sheet(file=problems.file, header=mapper.columns, blocks=blocks_of(_mapped(path, mapper, problems)))


def _mapped(path: Path, mapper: Mapper, problems: Problems) -> Iterator[tuple[int, Sequence[str]]]:
    seen: set[tuple[str, ...]] = set()
    named = {rule.column for one in mapper.variants for rule in one.values() if rule.column}
    named |= {one.column for one in mapper.filters}
    named |= {
        place for one in mapper.variants for rule in one.values() for place in _PLACE.findall(rule.template)
    }
    for number, variant in enumerate(mapper.variants):
        # Each variant goes through the file on its own, so that rows of an earlier one come first;
        # what is wrong with the file itself is noted the first time only.
        noted = Problems(problems.file) if number else problems
        known: _Known = {}
        for line, row in rows_of(path, mapper.source, sorted(named), noted):
            if mapper.missing:
                row = _without(row, named, mapper.missing)
            if not all(one.passes(row) for one in mapper.filters):
                continue
            for cells in _written(row, variant, mapper.columns, known):
                if mapper.distinct:
                    key = tuple(cells[mapper.columns.index(name)] for name in mapper.distinct)
                    if key in seen:
                        continue
                    seen.add(key)
                yield line, cells


def _without(row: Row, named: Collection[str], missing: Collection[str]) -> Row:
    """A row in which texts that stand for nothing are nothing."""
    return {
        name: "" if isinstance(content := row.get(name), str) and content.strip() in missing else content
        for name in named
    }


def _written(
    row: Row, variant: Mapping[str, FieldRule], columns: Sequence[str], known: _Known
) -> Iterator[list[str]]:
    """The native rows of one foreign row: one, or one for each part of a field with `each`."""
    values = {name: _recalled(row, name, rule, known) for name, rule in variant.items()}
    spread = next((name for name, rule in variant.items() if rule.each), None)
    if spread is None:
        yield [";".join(values.get(name, ())) for name in columns]
        return
    for part in values[spread]:
        yield [part if name == spread else ";".join(values.get(name, ())) for name in columns]


def _recalled(row: Row, name: str, rule: FieldRule, known: _Known) -> list[str]:
    """What a rule makes of a row; what a column repeats from row to row is worked out once."""
    content = row.get(rule.column) if rule.column else None
    if not isinstance(content, str):
        return _parts(row, rule)
    found = known.get((name, content))
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[name, content] = _parts(row, rule)
    return found


def _parts(row: Row, rule: FieldRule) -> list[str]:
    """What a rule makes of a row: one text, or several where the source has a list or is split."""
    if rule.column:
        found = row.get(rule.column)
        parts = [text_of(one) for one in found] if isinstance(found, list) else [text_of(found)]
    elif rule.template:
        parts = [_PLACE.sub(lambda place: text_of(row.get(place[1])), rule.template)]
    else:
        parts = [rule.constant]
    if rule.split:
        parts = [piece.strip() for part in parts for piece in part.split(rule.split)]
    if rule.split or rule.each:
        parts = [part for part in parts if part]
    return [_stepped(part, rule) for part in parts] or ([] if rule.each else [rule.default])


def _stepped(text: str, rule: FieldRule) -> str:
    text = text.strip()
    if rule.table is not None:
        text = rule.table.get(text, "")
    if rule.lower:
        text = text.lower()
    if rule.strip:
        text = text.strip(rule.strip)
    for pattern, by in rule.replace:
        text = pattern.sub(by, text)
    if rule.time and text:
        text = _time(text, rule.time)
    return text or rule.default


@lru_cache(maxsize=65_536)
def _time(text: str, form: str) -> str:
    """A time as RFC 3339 writes it; one that is not of the form stays as it is, for the reader to refuse."""
    try:
        return datetime.strptime(text, form).isoformat()  # noqa: DTZ007 - the zone is the reader's to know
    except ValueError:
        return text


def _fields(given: Any, where: str, beside: Path, problems: list[str]) -> dict[str, FieldRule]:
    if not isinstance(given, dict):
        problems.append(f"{where} must be a table.")
        return {}
    rules = {}
    for name, rule in given.items():
        place = f"{where} {name}"
        if isinstance(rule, str):  # the short form names a column
            rules[name] = FieldRule(column=rule)
            continue
        entries = _table(rule, _FIELD, place, problems)
        if sum(one in entries for one in ("column", "template", "constant")) != 1:
            problems.append(f"{place} needs exactly one of column, template, constant.")
        rules[name] = FieldRule(
            column=entries.get("column", ""),
            template=entries.get("template", ""),
            constant=entries.get("constant", ""),
            split=entries.get("split", ""),
            each=entries.get("each", False),
            lower=entries.get("lower", False),
            strip=entries.get("strip", ""),
            replace=_replacements(entries.get("replace", []), place, problems),
            table=_values(entries, place, beside, problems),
            time=_form(entries.get("time", ""), place, problems),
            default=entries.get("default", ""),
        )
    if sum(rule.each for rule in rules.values()) > 1:
        problems.append(f"{where}: 'each' may stand in one field only.")
    return rules


def _values(entries: dict[str, Any], place: str, beside: Path, problems: list[str]) -> dict[str, str] | None:
    """The table of values of a rule: written in place, or looked up in another file."""
    if "table" in entries:
        return {str(key): text_of(content) for key, content in entries["table"].items()}
    if "lookup" not in entries:
        return None
    lookup = _table(entries["lookup"], {"file": str, "key": str, "value": str}, f"{place} lookup", problems)
    if set(lookup) != {"file", "key", "value"}:
        problems.append(f"{place} lookup needs file, key and value.")
        return None
    return look_up(beside / lookup["file"], lookup["key"], lookup["value"])


def _replacements(given: list[Any], place: str, problems: list[str]) -> tuple[tuple[Any, str], ...]:
    found = []
    for one in given:
        if not (isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one)):
            problems.append(f"{place}: 'replace' is a list of [pattern, text] pairs.")
        elif (pattern := _pattern(one[0], place, problems, one[1])) is not None:
            found.append((pattern, one[1]))
    return tuple(found)


def _form(text: str, place: str, problems: list[str]) -> str:
    """How a file writes times, as `strptime` reads it; it has to name a year, a month and a day."""
    tried = datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC)
    read: datetime | None = tried
    try:
        written = tried.strftime(text)
        if text:  # one without a year is not even tried: Python is about to read such otherwise
            dated = written != tried.replace(year=2025).strftime(text)
            read = datetime.strptime(written, text) if dated else None  # noqa: DTZ007 - only tried
    except ValueError:
        read = None
    if read is None or read.date() != tried.date():
        problems.append(f"{place}: '{shown(text)}' is no form of a time: write it like %d/%m/%Y %H:%M.")
    return text


def _fold(given: Any, columns: Collection[str], problems: list[str]) -> Fold:
    entries = _table(given, _FOLD, "[fold]", problems)
    if "by" not in entries:
        problems.append("[fold] needs 'by': the field in which rows of one record agree.")
    ways: dict[str, str] = {}
    for way in ("first", "last", "all", "same"):
        for name in entries.get(way, []):
            if name in ways:
                problems.append(f"[fold] lists '{shown(str(name))}' twice.")
            ways[str(name)] = way
    for name in (*ways, *filter(None, (entries.get("by", ""), entries.get("order", "")))):
        if name not in columns:
            problems.append(f"[fold] names '{shown(name)}', which is not among [fields].")
    return Fold(by=entries.get("by", ""), order=entries.get("order", ""), ways=ways)


def _filters(given: Any, problems: list[str]) -> tuple[Filter, ...]:
    if not isinstance(given, list):
        problems.append("'where' must be written [[where]].")
        return ()
    filters = []
    for one in given:
        entries = _table(one, _WHERE, "[[where]]", problems)
        if "column" not in entries or len(entries) < 2:
            problems.append("[[where]] needs a column and one of equals, in, not_in, matches, empty.")
            continue
        wanted = [entries["equals"]] if "equals" in entries else entries.get("in")
        filters.append(
            Filter(
                column=entries["column"],
                wanted=None if wanted is None else frozenset(map(text_of, wanted)),
                unwanted=frozenset(map(text_of, entries.get("not_in", []))),
                pattern=_pattern(entries["matches"], "[[where]]", problems) if "matches" in entries else None,
                empty=entries.get("empty"),
            )
        )
    return tuple(filters)


def _pattern(text: str, place: str, problems: list[str], by: str = "") -> Any:
    """Prepare a pattern and try what it is replaced by; None when either cannot be used."""
    wrong = schemas.pattern_problems(text)
    if wrong:
        problems += [f"{place}: {one}" for one in wrong]
        return None
    found = schemas.pattern(text)
    named = [int(one) for one in re.findall(r"\\([0-9])", by)]
    if any(one > found.groups for one in named) or "\\" in re.sub(r"\\[0-9\\]", "", by):
        problems.append(
            f"{place}: '{shown(by)}' is no text for '{shown(text)}': \\1 to \\9 stand for its groups."
        )
        return None
    return found


def _table(given: Any, known: Mapping[str, type], where: str, problems: list[str]) -> dict[str, Any]:
    """The entries of a table that are known and of the right type; the others are noted."""
    if not isinstance(given, dict):
        problems.append(f"{where} must be a table.")
        return {}
    kept = {}
    for name, content in given.items():
        if name not in known:
            problems.append(f"{where} has an unknown entry '{shown(name)}'; use {', '.join(known)}.")
        elif not isinstance(content, known[name]):
            problems.append(f"{where}: '{name}' must be {_WORDS[known[name]]}.")
        else:
            kept[name] = content
    return kept


_WORDS = {str: "text", bool: "true or false", list: "a list", dict: "a table"}
