"""The command line that does what a form does: for the command log, and for who wants to repeat it.

Pure. Only the lines that were altered are given as options.
"""

import shlex
from collections.abc import Mapping, Sequence

from tui.item_source import Sheet, Typed

_OPTIONS = ("type", "name", "owner", "group", "status", "custody", "party", "criterion")
ON_THE_BOARD = "cmdb change new --file FILE"


def command_of(sheet: Sheet, typed: Typed, *, item: str = "") -> str:
    """The command of a form; `item` is the id a new item got."""
    filled = {name: text.strip() for name, text in {**sheet.start, **typed}.items()}
    ids = sheet.subjects
    if sheet.verb in ("register", "clone", "amend"):
        head = ["item", sheet.verb, *(ids if sheet.verb != "register" else ())]
        head += [filled["id"] or item] if sheet.verb != "amend" and (filled["id"] or item) else []
        return _line(*head, *_options(sheet, filled))
    if sheet.verb in ("connect", "disconnect", "need"):
        return _line(*_links(sheet.verb, filled))
    if sheet.verb == "hold":
        return _each("item hold", ids, ("--until", filled["until"], "-m", filled["reason"]))
    if sheet.verb == "state":
        return _line("item", "state", *ids, filled["state"])
    if sheet.verb == "hand over":
        return _each("item amend", ids, ("--owner", filled["owner"]))
    return _each(f"item {sheet.verb}", ids, ("--yes",) if sheet.verb == "remove" else ())


def _options(sheet: Sheet, filled: Mapping[str, str]) -> list[str]:
    words: list[str] = []
    for one in sheet.blanks:
        text = filled[one.name]
        if text == one.value.strip() and not (sheet.verb == "register" and text and one.need == "required"):
            continue
        if one.name in _OPTIONS:
            words += [f"--{one.name}", text]
        elif one.name == "points":
            words += [word for part in text.split(";") if part.strip() for word in ("--point", part.strip())]
        elif one.name.startswith("set:"):
            words += ["--set", f"{one.name.removeprefix('set:')}={text}"]
        elif one.name == "more":
            words += [word for part in text.split() for word in ("--set", part)]
        elif one.name == "connections" and text == "yes":
            words.append("--connections")
    return words


def _links(verb: str, filled: Mapping[str, str]) -> list[str]:
    if verb == "need":
        words = ["item", "need", filled["source"], filled["group"], filled["need"]]
        return words + (["--strength", "soft"] if filled["strength"] == "soft" else [])
    words = ["item", verb, filled["source"], filled["target"]]
    for name, usual in (("kind", ""), ("strength", "hard"), ("group", ""), ("need", "")):
        if filled.get(name, usual) not in ("", usual):
            words += [f"--{name}", filled[name]]
    return words


def _each(verb: str, ids: Sequence[str], options: Sequence[str]) -> str:
    return "; ".join(_line(*verb.split(), one, *options) for one in ids)


def _line(*words: str) -> str:
    return shlex.join(("cmdb", *words))
