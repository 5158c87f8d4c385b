"""The files a change request attaches, as people write them: by path, or by what was measured of them.

A request holds SHA-256 and size, never a path: whoever votes, votes on the bytes. Pure: what reads a
file is handed in. Source: rules.md 5, replace attachment.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from cmdb.errors import CmdbError, Invalid
from cmdb.model import shown
from cmdb.written import content_problems

Measure = Callable[[str], Mapping[str, Any]]  # path -> {"sha256": ..., "size": ...}


def no_files(text: str) -> Mapping[str, Any]:
    """Where no files can be read, a file is named by its digest alone."""
    raise Invalid(
        f"'{shown(text)}' is a path, and no file can be read here.",
        "Name it in a file for 'cmdb change new --file FILE'.",
    )


def written(content: Any, measure: Measure = no_files) -> dict[str, Any]:
    """Give name and content of every file, from any form people write them in.

    `{name: path}`, one path or a list of paths, which keep their own names; `{name: {sha256, size}}`
    for bytes that were brought already; a name without content takes the attachment off.
    Raises Invalid with every problem.
    """
    if content is None:  # every one is known only afterwards
        return {}
    if isinstance(content, str | list):
        paths = content if isinstance(content, list) else [content]
        wrong = [f"{shown(str(one))} is no path." for one in paths if not isinstance(one, str) or not one]
        names = [PurePath(str(one)).name for one in paths]
        wrong += [f"Two files are called {shown(one)}." for one in sorted(set(names)) if names.count(one) > 1]
        content = dict(zip(names, paths, strict=True)) if not wrong else {}
    elif not isinstance(content, Mapping):
        wrong = ["Write {name: path}, or a path."]
        content = {}
    else:
        wrong = []
    found: dict[str, Any] = {}
    for name, one in content.items():
        try:
            found[str(name)] = _content(one, measure)
        except CmdbError as refusal:
            wrong += [f"{shown(str(name))}: {said}" for said in refusal.problems or (refusal.reason,)]
    if wrong:
        raise Invalid("A file cannot be attached.", "Correct what is listed.", wrong)
    return found


def _content(one: Any, measure: Measure) -> Any:
    if one in (None, ""):
        return ""
    if isinstance(one, str):
        return dict(measure(one))
    wrong = content_problems(one)
    if wrong:
        raise Invalid("This names no file.", "Write the path of one.", wrong)
    return {"sha256": one["sha256"], "size": one["size"]}
