"""A change request as a YAML file: what a person writes, read with every problem at once.

The shape is that of `cmdb change new --file`; docs/cli.md shows it. Every problem names the path
(`changes[2].kind`) and the line. Nothing here reads a file, a clock or a database.
Source: terminal.md, A change request file.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import yaml

from ccb import attached_files, scope_words, signing_keys
from ccb.model import CHANGE_KINDS, REPLACE, REQUEST_KINDS, ChangeDraft, DownSet, ProposedChange, Window
from cmdb.canonical import instant
from cmdb.checks import FIRST_YEAR, LAST_YEAR
from cmdb.errors import CmdbError, Invalid
from cmdb.model import shown
from cmdb.plain_yaml import Plain

_TOP = (
    *("title", "kind", "reason", "implementer", "reviewer", "template", "answers", "changes", "window"),
    *("down", "backout", "test", "evidence", "groups"),
)
_RECORD_HEADS = (
    *("item", "type", "person", "group", "party", "board", "policy"),
    *("template", "agreement", "document", "dependency kind", "standard service", "minimum level"),
)
T = TypeVar("T")
LONGEST = 366 * 86_400  # seconds: no piece of work and no outage is planned to last longer
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,8})m)?(?:([0-9]{1,9})s)?")


class _Loader(Plain):
    """Plain YAML whose mappings know their lines; no key stands twice."""


class _Lines(dict[str, Any]):
    """A mapping that remembers the line of each key."""

    lines: dict[str, int]


def _mapping(loader: _Loader, node: yaml.MappingNode) -> _Lines:
    found = _Lines()
    found.lines = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        line = key_node.start_mark.line + 1
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
        found.lines[key] = line
    found.lines[""] = node.start_mark.line + 1
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(
    text: str,
    name: str = "the change file",
    read_key: signing_keys.ReadKey = signing_keys.no_files,
    measure: attached_files.Measure = attached_files.no_files,
) -> ChangeDraft:
    """Read a change request. Raises Invalid with every problem, its path and its line.

    `read_key` reads a key file that the `keys` of a person name; `measure` gives SHA-256 and size of a
    file to be attached.
    """
    try:
        content = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        raise Invalid(
            f"{name} is not YAML: {_one_line(broken)}.", "Correct the file and try again."
        ) from broken
    if not isinstance(content, _Lines):
        raise Invalid(f"{name} holds no change request.", "Start it with 'title:'; see docs/cli.md.")
    reader = _Reader(read_key, measure)
    draft = reader.draft(content)
    if reader.problems or draft is None:
        raise Invalid(
            f"{name} is no valid change request.", "Correct what is listed and try again.", reader.problems
        )
    return draft


def seconds(text: str) -> int:
    """Read a duration such as `1h30m`, at most 366 days. Raises Invalid, also for a number without a unit."""
    found = _DURATION.fullmatch(text)
    if re.fullmatch("[0-9]{1,9}", text) and int(text):
        raise Invalid(f"'{text}' has no unit.", f"Write {text}m for minutes or {text}s for seconds.")
    if text == "0":
        return 0
    if found is None or not text:
        raise Invalid(f"'{shown(text)}' is no duration.", "Write it like 38m, 1h30m, 90s, 2h or 1d.")
    total = sum(int(part) * size for part, size in zip(found.groups(), _UNITS.values(), strict=True) if part)
    if total > LONGEST:
        raise Invalid(f"'{text}' is longer than 366 days.", "Check the unit: 38m, 1h30m, 90s, 2h or 1d.")
    return total


class _Reader:
    """Collects the problems while it reads."""

    def __init__(self, read_key: signing_keys.ReadKey, measure: attached_files.Measure) -> None:
        self.problems: list[str] = []
        self.read_key = read_key
        self.measure = measure

    def draft(self, top: _Lines) -> ChangeDraft | None:
        self.known(top, _TOP, "")
        changes = self.changes(top)
        fields = {
            name: self.text(top, name, name)
            for name in ("title", "reason", "implementer", "reviewer", "template", "backout", "test")
        }
        kind = self.text(top, "kind", "kind") or "normal"
        if kind not in REQUEST_KINDS:
            self.problem(top, "kind", "kind", f"'{shown(kind)}' is not one of {', '.join(CHANGE_KINDS)}")
        if not fields["title"].strip():
            self.problem(top, "title", "title", "it is missing")
        window = self.attempt(top, "window", lambda: self.window(top))
        down = self.attempt(top, "down", lambda: self.down(top))
        lists = {name: self.texts(top, name, name) for name in ("answers", "evidence", "groups")}
        if self.problems:
            return None
        return ChangeDraft(
            kind=kind,
            changes=changes,
            window=window,
            down=down,
            title=fields["title"],
            reason=fields["reason"],
            implementer=fields["implementer"],
            reviewer=fields["reviewer"],
            template=fields["template"],
            backout=fields["backout"],
            test=fields["test"],
            answers=lists["answers"],
            evidence=lists["evidence"],
            groups=lists["groups"],
        )

    def changes(self, top: _Lines) -> tuple[ProposedChange, ...]:
        raw = top.get("changes")
        if not isinstance(raw, list) or not raw:
            what = "it is missing" if "changes" not in top else "the list is empty, or no list"
            self.problem(top, "changes", "changes", what)
            return ()
        found = []
        for index, one in enumerate(raw):
            path = f"changes[{index}]"
            if not isinstance(one, _Lines):
                self.problem(top, "changes", path, "it is no mapping such as {item: sw-11, set: {...}}")
                continue
            change = self.attempt(one, "", partial(self.change, one, path), path)
            if change is not None:
                found.append(change)
        return tuple(found)

    def change(self, one: _Lines, path: str) -> ProposedChange | None:
        for head, read in _HEADS.items():
            if head in one:
                return read(self, one, path)
        for head in _RECORD_HEADS:
            if head in one:
                return self.record(one, path, head)
        heads = ", ".join([*_RECORD_HEADS, *_HEADS])
        self.problem(one, "", path, f"it names nothing to change; start it with one of: {heads}")
        return None

    def record(self, one: _Lines, path: str, head: str) -> ProposedChange | None:
        self.known(one, (head, *_RECORD_KEYS), path)
        done = [key for key in _OPERATION_KEYS if key in one]
        if len(done) > 1 or (not done and "open" not in one):
            self.problem(one, "", path, f"give exactly one of: {', '.join(_OPERATION_KEYS)}")
            return None
        key = done[0] if done else "set"
        exact: dict[str, Any] = {}
        if key in ("add", "set", "restore") and done:
            exact = self.fields(one, key, f"{path}.{key}")
            if head == "person" and "keys" in exact:
                read = partial(signing_keys.written, exact["keys"], self.read_key)
                exact["keys"] = self.attempt(one[key], "keys", read, f"{path}.{key}.keys") or []
            if head == "policy" and isinstance(exact.get("deadline"), str):
                exact["deadline"] = self.duration(one[key], "deadline", f"{path}.{key}") or 0
        elif key == "attachment" and done:
            read_files = partial(attached_files.written, one[key], self.measure)
            exact = self.attempt(one, key, read_files, f"{path}.{key}") or {}
        elif key == "level":
            exact = {"level": self.text(one, "level", f"{path}.level")}
        elif key in ("retire", "return to service") and one[key] is not True:
            self.problem(one, key, f"{path}.{key}", "write 'true'")
        return ProposedChange(
            record=head,
            id=self.text(one, head, f"{path}.{head}"),
            operation={"level": "change level", "attachment": REPLACE}.get(key, key),
            exact=exact,
            open=self.texts(one, "open", f"{path}.open"),
        )

    def link(
        self, one: _Lines, path: str, head: str, operation: str, own: tuple[str, ...]
    ) -> ProposedChange | None:
        self.known(one, (head, "kind", *own), path)
        pair = one[head]
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(end, str) for end in pair):
            self.problem(one, head, f"{path}.{head}", "give [source, target]")
            return None
        exact = {
            name: self.value(one, name, f"{path}.{name}") for name in own if name in one and name != "set"
        }
        if "set" in one:
            exact |= self.fields(one, "set", f"{path}.set")
        exact = {name: str(content) for name, content in exact.items()}
        return ProposedChange(
            record="dependency",
            id=pair[0],
            target=pair[1],
            kind=self.text(one, "kind", f"{path}.kind") or "uses",
            operation=operation,
            exact=exact,
        )

    def redundancy(self, one: _Lines, path: str) -> ProposedChange | None:
        self.known(one, ("redundancy", "need", "strength"), path)
        pair = one["redundancy"]
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(end, str) for end in pair):
            self.problem(one, "redundancy", f"{path}.redundancy", "give [source, name of the group]")
            return None
        exact = {
            name: str(self.value(one, name, f"{path}.{name}")) for name in ("need", "strength") if name in one
        }
        return ProposedChange(
            record="redundancy group", id=pair[0], group=pair[1], operation="set group", exact=exact
        )

    def scope(self, one: _Lines, path: str, head: str) -> ProposedChange:
        exact: dict[str, Any] = dict(scope_words.BEGUN.get(head, {}))
        self.known(one, (head, *scope_words.KEYS[head]), path)
        for name in set(one) & set(scope_words.RELEASED if head == "release" else ("level", "criterion")):
            exact[name] = self.text(one, name, f"{path}.{name}")
        if "items" in one:
            exact["items"] = list(self.texts(one, "items", f"{path}.items"))
        if "left out" in one:
            exact["left_out"] = self.fields(one, "left out", f"{path}.left out")
        id = self.text(one, head, f"{path}.{head}")
        exact |= scope_words.also(id, scope_words.HEADS[head], exact)
        return ProposedChange(record="scope", id=id, operation=scope_words.HEADS[head], exact=exact)

    def window(self, top: _Lines) -> Window | None:
        raw = self.sub(top, "window", ("start", "end"))
        if raw is None:
            return None
        start, end = (self.instant(raw, name, f"window.{name}") for name in ("start", "end"))
        if start and end and (end - start).total_seconds() > LONGEST:
            self.problem(raw, "end", "window", "it is longer than 366 days")
            return None
        return Window(start=start, end=end) if start and end else None

    def down(self, top: _Lines) -> DownSet | None:
        raw = self.sub(top, "down", ("items", "expected", "worst", "from"))
        if raw is None:
            return None
        expected = self.duration(raw, "expected")
        worst = self.duration(raw, "worst") if "worst" in raw else expected
        start = self.instant(raw, "from", "down.from") if "from" in raw else None
        items = self.texts(raw, "items", "down.items")
        if expected is None or worst is None:
            return None
        return DownSet(items=items, expected=expected, worst=worst, start=start)

    def sub(self, top: _Lines, name: str, keys: tuple[str, ...]) -> _Lines | None:
        raw = top.get(name)
        if raw is None:
            return None
        if not isinstance(raw, _Lines):
            self.problem(top, name, name, f"it is no mapping of {', '.join(keys)}")
            return None
        self.known(raw, keys, name)
        return raw

    def duration(self, raw: _Lines, name: str, where: str = "down") -> int | None:
        path = f"{where}.{name}"
        if name not in raw:
            self.problem(raw, "", path, "it is missing")
            return None
        return self.attempt(raw, name, lambda: seconds(str(raw[name])), path)

    def instant(self, raw: _Lines, name: str, path: str) -> datetime | None:
        content = raw.get(name)
        if content is None:
            self.problem(raw, name, path, "it is missing")
            return None
        # YAML has read an unquoted time into a datetime already; one without a zone stays without.
        text = content.isoformat() if isinstance(content, date | datetime) else str(content)
        return self.attempt(raw, name, lambda: _planned(text), path)

    def fields(self, one: _Lines, name: str, path: str) -> dict[str, Any]:
        raw = one[name]
        if not isinstance(raw, _Lines) or not raw:
            self.problem(one, name, path, "it is no mapping of fields, or an empty one")
            return {}
        return {key: self.value(raw, key, f"{path}.{key}") for key in raw}

    def value(self, raw: _Lines, name: str, path: str) -> Any:
        content = raw[name]
        return self.plain(content, lambda why: self.problem(raw, name, path, why))

    def plain(self, content: Any, complain: Callable[[str], None]) -> Any:
        if content is None:
            return ""
        if isinstance(content, str | int):
            return content
        if isinstance(content, Mapping):
            return {key: self.plain(inner, complain) for key, inner in content.items()}
        if isinstance(content, list):
            return [self.plain(inner, complain) for inner in content]
        complain(f"put {content} in quotes: it is text, not a {_called(content)}")
        return ""

    def text(self, raw: _Lines, name: str, path: str) -> str:
        content = raw.get(name)
        if content is None:
            return ""
        if isinstance(content, str):
            return content
        self.problem(raw, name, path, f"it is no text; put {shown(str(content))} in quotes")
        return ""

    def texts(self, raw: _Lines, name: str, path: str) -> tuple[str, ...]:
        content = raw.get(name, [])
        if isinstance(content, list) and all(isinstance(one, str) for one in content):
            return tuple(content)
        self.problem(raw, name, path, "it is no list of texts")
        return ()

    def known(self, raw: _Lines, keys: tuple[str, ...], path: str) -> None:
        for key in raw:
            if key not in keys:
                where = f"{path}.{key}".lstrip(".")
                self.problem(raw, key, where, f"this key is unknown here; known are {', '.join(keys)}")

    def attempt(
        self, raw: _Lines, key: str, make: Callable[[], T | None], path: str | None = None
    ) -> T | None:
        try:
            return make()
        except CmdbError as wrong:
            for problem in wrong.problems or (f"{wrong.reason} {wrong.remedy}",):
                self.problem(raw, key, path or key, problem.rstrip("."))
            return None

    def problem(self, raw: _Lines, key: str, path: str, why: str) -> None:
        line = raw.lines.get(key, raw.lines[""])
        self.problems.append(f"Line {line}, {shown(path)}: {why}.")


def _scope(head: str, reader: _Reader, one: _Lines, path: str) -> ProposedChange:
    return reader.scope(one, path, head)


_OPERATION_KEYS = ("add", "set", "retire", "return to service", "level", "attachment", "restore")
_RECORD_KEYS = (*_OPERATION_KEYS, "open")
_HEADS: dict[str, Callable[[_Reader, _Lines, str], ProposedChange | None]] = {
    "connect": lambda r, one, path: r.link(one, path, "connect", "connect", ("strength", "group", "need")),
    "disconnect": lambda r, one, path: r.link(one, path, "disconnect", "disconnect", ()),
    "dependency": lambda r, one, path: r.link(one, path, "dependency", "set dependency", ("set",)),
    "redundancy": lambda r, one, path: r.redundancy(one, path),
    **{head: partial(_scope, head) for head in scope_words.HEADS},
}


def _planned(text: str) -> datetime:
    """Read an instant of years in which anything is planned."""
    at = instant(text)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Invalid(
            f"'{shown(text)}' lies outside the years {FIRST_YEAR} to {LAST_YEAR}.", "Give a time within them."
        )
    return at


def _called(content: Any) -> str:
    return {float: "fraction", datetime: "time", date: "date"}.get(type(content), type(content).__name__)


def _one_line(broken: Exception) -> str:
    mark = getattr(broken, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark is not None else ""
    said = getattr(broken, "problem", None) or str(broken).split("\n", 1)[0]
    return f"{where}{shown(str(said), 200)}"
