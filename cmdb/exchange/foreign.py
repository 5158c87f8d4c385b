"""Rows of foreign files for a mapping: CSV with any columns, YAML and JSON, what dpkg and pip list.

Each row is a mapping of names to what the file holds, with the line it starts on. CSV and JSON
lines are read row by row; YAML and JSON are one document and are held in memory. Lists of packages have
the names `package`, `version` and, of dpkg, `architecture` and `state`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cmdb import files
from cmdb.errors import Invalid
from cmdb.exchange import csv_native
from cmdb.exchange.sheet import Problems
from cmdb.model import shown
from cmdb.plain_yaml import expanded

Row = Mapping[str, Any]
FORMATS = {".csv": "csv", ".tsv": "csv", ".yml": "yaml", ".yaml": "yaml", ".json": "json", ".jsonl": "jsonl"}


def rows_of(
    path: Path, source: Mapping[str, str], named: Sequence[str], problems: Problems
) -> Iterator[tuple[int, Row]]:
    """Give every row with its line. `named` are the names a mapping uses: CSV must have them all."""
    form = source.get("format") or FORMATS.get(path.suffix.lower(), "csv")
    if form == "csv":
        return _csv(path, source, named, problems)
    if form == "yaml":
        return _listed(_yaml(path, source), source.get("rows", ""), problems)
    if form == "json":
        return _listed(_json(path, source), source.get("rows", ""), problems)
    if form == "jsonl":
        return _json_lines(path, source, problems)
    if form in _LISTS:
        return _packages(path, source, _LISTS[form], problems)
    raise Invalid(
        f"A mapping cannot read the format '{shown(form)}'.", "Use csv, yaml, json, jsonl, dpkg or pip."
    )


def look_up(path: Path, key: str, value: str) -> dict[str, str]:
    """Read a file as a table from the text of one name to the text of another. Raises Invalid."""
    problems = Problems(path.name)
    found = {
        text_of(row.get(key)): text_of(row.get(value)) for _, row in rows_of(path, {}, [key, value], problems)
    }
    if problems.total:
        raise Invalid(
            f"{path.name}, in which the mapping looks things up, cannot be read whole.",
            "Correct what is listed and try again.",
            [one.sentence() for one in problems.kept],
        )
    return found


def text_of(content: Any) -> str:
    """What a foreign file holds, as text: nothing is empty, yes and no as true and false."""
    if content is None:
        return ""
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, str | int | float):
        return str(content)
    if isinstance(content, list):
        return ";".join(text_of(one) for one in content)
    if isinstance(content, dict):
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return str(content)


def _csv(
    path: Path, source: Mapping[str, str], named: Sequence[str], problems: Problems
) -> Iterator[tuple[int, Row]]:
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    sheet = csv_native.read(
        path,
        problems,
        encoding=source.get("encoding", "utf-8"),
        delimiter=source.get("delimiter", usual),
    )
    missing = [name for name in named if name not in sheet.header]
    for name in missing:
        problems.add(1, name, "is named by the mapping, but not in the header: " + ", ".join(sheet.header))
    for name in {name for name in sheet.header if sheet.header.count(name) > 1}:
        problems.add(1, name, "is in the header twice.")
    for line, cells in sheet.rows:
        if not missing:
            yield line, dict(zip(sheet.header, cells, strict=True))


class _Lines(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Reads YAML and remembers on which line each mapping starts; dates and numbers stay as written."""


def _mapping(loader: Any, node: Any) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found = {text_of(key): content for key, content in loader.construct_pairs(node, deep=True)}
    found[_LINE] = node.start_mark.line + 1
    return found


_LINE = "\0line"
_WHOLE = 1_000_000_000  # bytes of a document that is read as one; CSV and JSON lines have no limit
_VALUES = 50_000_000  # of one YAML document, aliases written out
_Lines.add_constructor("tag:yaml.org,2002:map", _mapping)
for _tag in ("timestamp", "float", "int", "bool"):
    # `1.10` is a version, 2026-11-22 a text and `on` a word to us: what the person wrote is kept
    _Lines.add_constructor(f"tag:yaml.org,2002:{_tag}", lambda _loader, node: node.value)


def _yaml(path: Path, source: Mapping[str, str]) -> Any:
    files.refuse_special(path, limit=_WHOLE)
    with csv_native.open_text(path, source.get("encoding", "utf-8")) as text:
        try:
            documents = list(yaml.load_all(text, _Lines))
            standing = expanded(documents)
        except (yaml.YAMLError, ValueError, RecursionError) as broken:
            raise Invalid(f"{path.name} is no YAML: {shown(str(broken), 200)}.", "Mend the file.") from broken
    if standing > _VALUES:
        raise Invalid(
            f"{path.name} stands for {standing:,} values, its aliases written out; at most {_VALUES:,} fit.",
            "Write out what the aliases (*name) stand for, and leave out what is not needed.",
        )
    return documents[0] if len(documents) == 1 else documents


def _json(path: Path, source: Mapping[str, str]) -> Any:
    files.refuse_special(path, limit=_WHOLE)
    with csv_native.open_text(path, source.get("encoding", "utf-8")) as text:
        try:
            return json.load(text, parse_float=str)
        except ValueError as broken:
            raise Invalid(f"{path.name} is no JSON: {broken}.", "Mend the file.") from broken


def _json_lines(path: Path, source: Mapping[str, str], problems: Problems) -> Iterator[tuple[int, Row]]:
    with csv_native.open_text(path, source.get("encoding", "utf-8")) as text:
        for line, content in enumerate(text, 1):
            if not content.strip():
                continue
            try:
                row = json.loads(content, parse_float=str)
            except ValueError as broken:
                problems.add(line, "", f"the line is no JSON: {broken}.")
                continue
            if isinstance(row, dict):
                yield line, row
            else:
                problems.add(line, "", "the line holds no object with names.")


# What dpkg and pip write besides packages: headings, rules, hints.
_TITLES = re.compile(
    r"Desired=|\| Status=|\|/ Err\?=|\|\|/ Name|\+\+\+-|Package\s+Version|-+ +-+|#|\[notice\]"
)
_DPKG = re.compile(
    r"(?P<package>[a-z0-9][a-z0-9+.-]*)(?::(?P<architecture>[a-z0-9-]+))?\t(?P<version>[^\t]*)"
)
_DPKG_L = re.compile(
    r"(?P<state>[uihrp][ncHUFWti])[R ]? +(?P<package>[a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)? +"
    r"(?P<version>[0-9]\S*) +(?P<architecture>\S+)(?: .*)?"
)
_PIP = re.compile(
    r"(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==| @ |\s+)(?P<version>\S+)(?:\s+\S.*)?"
)
_LISTS: Mapping[str, tuple[re.Pattern[str], ...]] = {"dpkg": (_DPKG, _DPKG_L), "pip": (_PIP,)}


def _packages(
    path: Path, source: Mapping[str, str], forms: Sequence[re.Pattern[str]], problems: Problems
) -> Iterator[tuple[int, Row]]:
    """What `dpkg-query -W`, `dpkg -l`, `pip list` and `pip freeze` print, a package a line."""
    with csv_native.open_text(path, source.get("encoding", "utf-8")) as text:
        for line, content in enumerate(text, 1):
            said = content.rstrip()
            if not said.strip() or _TITLES.match(said):
                continue
            found = next((one for form in forms if (one := form.fullmatch(said))), None)
            if found is None:
                problems.add(line, "", f"'{shown(said)}' names no package with its version.")
            else:
                yield line, {name: part or "" for name, part in found.groupdict().items()}


def _listed(document: Any, where: str, problems: Problems) -> Iterator[tuple[int, Row]]:
    """The rows of a document: the list at a dotted place, or a mapping of names to rows."""
    found = document
    for name in filter(None, where.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found = [{"key": name, **content} for name, content in found.items() if isinstance(content, dict)]
    if not isinstance(found, list):
        place = f"at '{shown(where)}'" if where else "at its top"
        problems.add(0, "", f'the file holds no list of rows {place}; name it: [source] rows = "a.b"')
        return
    for number, row in enumerate(found, 1):
        if isinstance(row, dict):
            yield row.get(_LINE, number), row
        else:
            problems.add(number, "", "the row is not a mapping of names to values.")
