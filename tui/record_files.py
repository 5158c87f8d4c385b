"""Records as files for an editor: an item as the command line writes it, a change request as its file.

Pure. What is written here can be read back: an item's file by `item_fields`, a change request's by
`ccb.changefile`. Comments say what becomes of the file; they are never read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from ccb import scope_words
from ccb.model import REPLACE, ChangeDraft, ChangeRequest, ProposedChange
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid
from cmdb.model import Dependency, Item, shown
from cmdb.plain_yaml import Plain
from tui.present import duration

_TEXTS = ("type", "name", "owner", "group", "status", "custody", "party", "criterion")
_WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Block YAML without aliases: what is written twice is written twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _yaml(content: Any) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _comment(*lines: str) -> str:
    return "".join(f"# {shown(line, 400)}\n" for line in lines)


# Items ------------------------------------------------------------------------------------------


def item_file(item: Item, needs: Sequence[Dependency]) -> str:
    """A draft item as a file to edit."""
    content: dict[str, Any] = {name: getattr(item, name) for name in _TEXTS}
    content["points"] = list(item.points)
    content["characteristics"] = dict(item.characteristics)
    said = ", ".join(f"{one.target} ({one.kind})" for one in needs[:6]) or "nothing"
    return _comment(
        f"{item.id} is a draft of {item.owner}. What you save here changes it; leave the file as it is to",
        "change nothing. Characteristics go away when their lines do.",
        f"It needs {said}: 'cmdb item connect' and 'disconnect' change that.",
    ) + _yaml(content)


def item_fields(text: str, name: str) -> dict[str, Any]:
    """The fields of an item's file. Raises Invalid with every problem of its shape."""
    content = _mapping(text, name)
    known = (*_TEXTS, "points", "characteristics")
    problems = [f"{shown(one)}: this key is unknown here." for one in content if one not in known]
    fields: dict[str, Any] = {}
    for one in _TEXTS:
        value = content.get(one)
        if not isinstance(value, str | None):
            problems.append(f"{one}: put {shown(str(value))} in quotes: it is text.")
        elif value is not None or one in content:
            fields[one] = value or ""
    points = content.get("points") or []
    if isinstance(points, list) and all(isinstance(one, str) for one in points):
        fields["points"] = tuple(points)
    else:
        problems.append("points: write a list of texts.")
    facts = content.get("characteristics") or {}
    if isinstance(facts, Mapping):
        fields["characteristics"] = {
            key: _plain(fact, f"characteristics.{key}", problems) for key, fact in facts.items()
        }
    else:
        problems.append("characteristics: write one 'name: content' a line.")
    if problems:
        raise Invalid(f"{name} is no valid item.", "Correct what is listed.", problems)
    return fields


def _mapping(text: str, name: str) -> Mapping[str, Any]:
    try:
        shape = yaml.compose(text, Loader=Plain)
        content = yaml.load(text, Loader=Plain)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        mark = getattr(broken, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        said = shown(str(getattr(broken, "problem", None) or broken), 200)
        raise Invalid(f"{name} is not YAML: {where}{said}.", "Correct it and try again.") from broken
    if not isinstance(content, Mapping) or not isinstance(shape, yaml.MappingNode):
        raise Invalid(f"{name} holds no item.", "Start it with 'type:', 'name:' and 'owner:'.")
    keys = [str(key.value) for key, _ in shape.value]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise Invalid(f"{name} says '{shown(twice[0])}' twice.", "Leave one of them.", twice[1:])
    return {str(key): inner for key, inner in content.items()}


def _plain(content: Any, path: str, problems: list[str]) -> Any:
    if isinstance(content, Mapping):
        return {str(key): _plain(inner, f"{path}.{key}", problems) for key, inner in content.items()}
    if isinstance(content, list):
        return [_plain(inner, path, problems) for inner in content]
    if content is None or isinstance(content, str | int):
        return "" if content is None else content
    problems.append(f"{shown(path)}: put {shown(str(content))} in quotes: it is text.")
    return ""


# Change requests ----------------------------------------------------------------------------------


def new_change_file(items: Sequence[Item], implementer: str) -> str:
    """A new change request about items under control, to edit: every field as it is now."""
    changes = []
    for one in items:
        fields = {name: getattr(one, name) for name in _TEXTS if getattr(one, name)}
        fields |= {"points": list(one.points)} if one.points else {}
        changes.append({"item": one.id, "set": {**fields, **one.characteristics}})
    title = f"Change {', '.join(one.id for one in items[:3])}" if items else ""
    head = {"title": title, "kind": "normal", "reason": "", "implementer": implementer}
    return (
        _comment(
            "What you save here becomes a draft change request; leave the file as it is to do nothing.",
            "Fields left as they are do not become part of it. Known only afterwards: open: [serial].",
            "Others: {connect: [a, b], kind: uses}, {disconnect: [a, b]}, {item: a, retire: true}",
        )
        + _yaml(head)
        + _comment(
            "window: {start: 2026-11-22T22:00:00Z, end: 2026-11-23T00:00:00Z}",
            "down: {items: [sw-11], expected: 38m, worst: 1h30m}",
        )
        + _yaml({"changes": changes, "backout": "", "test": ""})
    )


def without_unchanged(draft: ChangeDraft, items: Mapping[str, Item]) -> ChangeDraft:
    """The draft without the fields of `set` that say what the items hold already."""
    changes = []
    for one in draft.changes:
        item = items.get(one.id)
        if one.record != "item" or one.operation != "set" or item is None:
            changes.append(one)
            continue
        exact = {name: new for name, new in one.exact.items() if new != _held(item, name)}
        if exact or one.open:
            changes.append(one.but(exact=exact))
    return draft.but(changes=tuple(changes))


def _held(item: Item, name: str) -> Any:
    if name in Item.__dataclass_fields__:
        held = getattr(item, name)
        return list(held) if isinstance(held, tuple) else held
    return item.characteristics.get(name, "")


def change_file(request: ChangeRequest) -> str:
    """A change request as its file: read by `ccb.changefile` it gives the same content."""
    content: dict[str, Any] = {"title": request.title, "kind": request.kind, "reason": request.reason}
    content |= {"implementer": request.implementer}
    content |= {name: getattr(request, name) for name in ("reviewer", "template") if getattr(request, name)}
    if request.window:
        content["window"] = {"start": _at(request.window.start), "end": _at(request.window.end)}
    if request.down:
        down = request.down
        content["down"] = {
            "items": list(down.items),
            "expected": _length(down.expected),
            "worst": _length(down.worst),
            **({"from": _at(down.start)} if down.start else {}),
        }
    content["changes"] = [_change(one) for one in request.changes]
    content |= {"backout": request.backout, "test": request.test}
    lists = ("answers", "evidence", "groups")
    content |= {name: list(getattr(request, name)) for name in lists if getattr(request, name)}
    said = "a draft" if request.state == "draft" else request.state
    return _comment(
        f"{request.id} is {said}. What you save here replaces its content: it is a draft again, and votes",
        "cast on it are stale. Leave the file as it is to change nothing.",
    ) + _yaml(content)


def _scope(one: ProposedChange) -> dict[str, Any]:
    # What a scope takes `also` follows from its kind: reading the file says it again.
    said = {name: content for name, content in one.exact.items() if name not in ("from", "also")}
    own = {name.replace("_", " "): content for name, content in said.items()}
    if one.operation == "change level" and "from" in one.exact:
        return {"demote": one.id, **{name: content for name, content in own.items() if name != "level"}}
    heads = {operation: head for head, operation in scope_words.HEADS.items() if head != "demote"}
    return {heads.get(one.operation, one.operation): one.id, **own}


def _change(one: ProposedChange) -> dict[str, Any]:
    if one.record == "dependency":
        head: dict[str, Any] = {
            "dependency" if one.operation == "set dependency" else one.operation: [one.id, one.target],
            "kind": one.kind,
        }
        return head | ({"set": dict(one.exact)} if one.operation == "set dependency" else dict(one.exact))
    if one.record == "redundancy group":
        return {"redundancy": [one.id, one.group], **one.exact}
    if one.record == "scope":
        return _scope(one)
    head = {one.record: one.id}
    if one.operation == "change level":
        head["level"] = one.exact.get("level", "")
    elif one.operation in ("retire", "return to service"):
        head[one.operation] = True
    elif one.exact or not one.open or one.operation == REPLACE:
        head[{REPLACE: "attachment"}.get(one.operation, one.operation)] = dict(one.exact)
    return head | ({"open": list(one.open)} if one.open else {})


def _at(at: datetime) -> str:
    return rfc3339(at)


def _length(seconds: int) -> str:
    """A duration as the file has it, to the second."""
    return duration(seconds) if seconds % 60 == 0 else f"{seconds}s"
