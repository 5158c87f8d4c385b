"""A document as people write it: a YAML file, read with every problem named at once, and written again.

Field names are those of `cmdb.written`. `attachments` names the files to attach, beside this one: a
list of paths, or a mapping from the name in the document to the path. Unknown keys are refused.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

import yaml

from cmdb.errors import Invalid
from cmdb.exchange.agreement_file import Reader, loaded
from cmdb.written import Document, attachment_name_problems

_TEXTS = ("id", "kind", "title", "owner", "scope", "version", "review", "body", "status")
_LISTS = ("services", "distribution")
_REQUIRED = ("id", "kind", "title", "owner")
_NEUTRAL = {**dict.fromkeys(("id", "kind", "title", "owner"), "x")}


class Written(NamedTuple):
    """A document of a file, and the paths of the files to attach by name; None where it names none at all."""

    document: Document
    files: Mapping[str, str] | None


def read(text: str, name: str = "the file") -> Written:
    """Read a document. Raises Invalid with every problem, each with the path of its field."""
    reader = Reader()
    fields = reader.mapping("", loaded(text, name), (*_TEXTS, *_LISTS, "covers", "attachments"), _REQUIRED)
    found, files = None, None
    if fields is not None:
        given: dict[str, Any] = {one: reader.text(one, fields[one]) for one in _TEXTS if one in fields}
        for one in _LISTS:
            listed = reader.listing(one, fields.get(one, []))
            given[one] = tuple(reader.text(f"{one}[{at}]", each) for at, each in enumerate(listed))
        given["covers"] = _covers(reader, fields.get("covers"))
        files = _files(reader, fields["attachments"]) if "attachments" in fields else None
        found = reader.valued("", Document, given, _NEUTRAL)
    if reader.problems or found is None:
        raise Invalid(
            f"{name} is no valid document.", "Correct what is listed and try again.", reader.problems
        )
    return Written(found, files)


def write(document: Document, folder: str) -> str:
    """A document as a file that `read` reads; its attachments lie in `folder` beside it."""
    content: dict[str, Any] = {one: getattr(document, one) for one in _TEXTS if getattr(document, one)}
    content |= {one: sorted(getattr(document, one)) for one in _LISTS if getattr(document, one)}
    content |= {"covers": dict(document.covers)} if document.covers else {}
    if document.attachments:
        content["attachments"] = {one.name: f"{folder}/{one.name}" for one in document.attachments}
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _covers(reader: Reader, content: Any) -> dict[str, str]:
    if content in (None, ""):
        return {}
    if not isinstance(content, Mapping):
        reader.problems.append("covers: write one 'point: where it stands' a line.")
        return {}
    return {str(point): reader.text(f"covers.{point}", where) for point, where in content.items()}


def _files(reader: Reader, content: Any) -> dict[str, str]:
    """The paths of the files to attach by the names they get."""
    if content in (None, ""):
        return {}
    if not isinstance(content, Mapping):
        paths = [reader.text("attachments", one) for one in reader.listing("attachments", content)]
        names = [PurePath(one).name for one in paths]
        reader.problems += [f"attachments: two files are called {one}." for one in sorted(set(names))
                            if names.count(one) > 1]  # fmt: skip
        content = dict(zip(names, paths, strict=True))
    for name in content:
        reader.problems += [f"attachments: {one}" for one in attachment_name_problems(str(name))]
    return {str(name): reader.text(f"attachments.{name}", path) for name, path in content.items()}


class _Dumper(yaml.SafeDumper):
    """Block YAML without aliases; a text of several lines stands as it is read."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
