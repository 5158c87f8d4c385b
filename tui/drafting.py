"""What a person typed into a form, and the document a change file would hold for it.

Pure. The document is read by `ccb.changefile`, so that a form and a file are held to the same rules.

    sw-11    model=QFX5120 firmware="22.4" serial=?     set, and open until afterwards
    sw-09    retire, or: return to service
    sw-12    control level=baselined                    a draft, brought under control: a baseline request
    others   connect lb-edge sw-12 uses group=uplink need=1; disconnect lb-edge sw-11
             add srv-4 name="Web server 4" type=server owner=a.vries criterion="Runs the website"
             dependency lb-edge sw-12 uses group=core; redundancy lb-edge core need=1
"""

import json
import re
import shlex
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from ccb.model import REQUEST_KINDS, ChangeRequest, ProposedChange
from cmdb.checks import shown
from cmdb.errors import Invalid
from cmdb.instants import instant as canonical_instant
from cmdb.instants import length, rfc3339
from tui import typed
from tui.drafts import Draft

_LINKED = ("connect", "disconnect", "dependency")
_ENDINGS = {"retire": "retire", "return to service": "return to service"}  # as typed: as in the file
_OTHERS = (
    "connect A B KIND; disconnect A B KIND; dependency A B KIND group=… strength=…;"
    " redundancy A GROUP need=…; add ID name=… type=… owner=… criterion=…; set ID name=…; retire ID;"
    " return ID to service"
)


def document(draft: Draft, zone: tzinfo, now: datetime) -> dict[str, Any]:
    """Give the change file's content. Times without a zone are the site's; `+2h` ends after the start.

    Raises Invalid with every line that cannot be read.
    """
    problems: list[str] = []
    if draft.kind not in REQUEST_KINDS:
        problems.append(f"kind: '{shown(draft.kind)}' is neither normal nor emergency.")
    changes = [change for _label, change in labelled(draft, problems)]
    controls = any("control" in one for one in changes)
    fields: dict[str, Any] = {
        "title": draft.title,
        "kind": "baseline" if controls and draft.kind == "normal" else draft.kind,
        "reason": draft.reason,
        "implementer": draft.implementer,
        "backout": draft.back_out,
        "test": draft.test_plan,
        "changes": changes,
    }
    if draft.start or draft.end:
        start = _when(draft.start, zone, now, "start", problems)
        after = canonical_instant(start) if start and draft.end.startswith("+") else now
        fields["window"] = {"start": start, "end": _when(draft.end, zone, after, "end", problems)}
    if draft.down and (draft.expected or draft.worst):
        fields["down"] = {
            "items": list(draft.down),
            "expected": draft.expected or draft.worst,
            "worst": draft.worst or draft.expected,
        }
        if draft.down_from:
            fields["down"]["from"] = _when(draft.down_from, zone, now, "down from", problems)
    if problems:
        raise Invalid("The form cannot be read.", "Correct what is listed.", problems)
    return {name: content for name, content in fields.items() if content}


_LINES = {
    "window.start": "start",
    "window.end": "end",
    "window": "start and end",
    "down.expected": "expected",
    "down.worst": "at worst",
    "down.from": "down from",
    "down.items": "down",
    "backout": "back-out",
    "changes": "items and others",
}


def visible(problem: str, draft: Draft) -> str:
    """Say a problem of the document about the line of the form it comes from."""
    found = re.fullmatch(r"Line \d+, ([^:]+): (.*)", problem, re.DOTALL)
    if found is None:
        return problem
    path, why = found.groups()
    change = re.match(r"changes\[(\d+)\]\.?", path)
    if change:
        labels = [label for label, _change in labelled(draft, [])]
        place = int(change[1])
        label = labels[place] if place < len(labels) else "others"
        field = path[change.end() :].rpartition(".")[2]
        return f"{label}: {field}: {why}" if field and field != label else f"{label}: {why}"
    return f"{_LINES.get(path, path)}: {why}"


def moment_of(text: str, zone: tzinfo, now: datetime) -> datetime:
    """Read a time as people type it, into UTC; without a zone it is the site's. Raises Invalid."""
    return typed.moment(text, zone=str(zone), now=now)


def _when(text: str, zone: tzinfo, now: datetime, label: str, problems: list[str]) -> str:
    if not text:
        problems.append(f"{label}: it is missing. A window has a start and an end.")
        return ""
    try:
        return rfc3339(moment_of(text, zone, now))
    except Invalid as wrong:
        problems.append(f"{label}: {wrong.reason} {wrong.remedy}")
        return ""


def labelled(draft: Draft, problems: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """Every change of the form, with the line it stands on."""
    found = [(item, _item(item, text, problems)) for item, text in draft.items if text.strip()]
    found += [("others", _other(part, problems)) for part in parts(draft.others) if part.strip()]
    return found


def parts(text: str) -> list[str]:
    """The parts of a line between semicolons; one inside quotation marks separates nothing."""
    found, quote = [""], ""
    for letter in text:
        if letter in "'\"" and quote in ("", letter):
            quote = "" if quote else letter
        if letter == ";" and not quote:
            found.append("")
        else:
            found[-1] += letter
    return found


# The way back ---------------------------------------------------------------------------------


def fits(change: ProposedChange) -> bool:
    """Whether the form can show a change; others are kept as they are."""
    if change.record in ("dependency", "redundancy group"):
        return True
    return change.record == "item" and change.operation in ("set", "add", *_ENDINGS)


def filled(request: ChangeRequest, zone: tzinfo, now: datetime) -> Draft:
    """The form as somebody would have filled it in for this request."""
    lines: dict[str, str] = {}
    others: list[str] = []
    for change in request.changes:
        if not fits(change):
            continue
        if change.record == "item" and change.operation != "add" and change.id not in lines:
            lines[change.id] = _ENDINGS.get(change.operation) or _assignments(change)
        else:
            others.append(_other_text(change))
    window, down = request.window, request.down
    return Draft(
        title=request.title,
        items=tuple(lines.items()),
        kind=request.kind,
        reason=request.reason,
        implementer=request.implementer,
        start=as_typed(window.start, zone, now) if window else "",
        end=as_typed(window.end, zone, now) if window else "",
        expected=length(down.expected) if down else "",
        worst=length(down.worst) if down else "",
        others="; ".join(others),
        down=down.items if down else (),
        down_from=as_typed(down.start, zone, now) if down and down.start else "",
        back_out=request.backout,
        test_plan=request.test,
    )


def as_typed(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Write a time as it is typed into the form; with its offset where the clocks show it twice."""
    there = at.astimezone(zone)
    text = f"{there:%Y-%m-%d %H:%M}" + (f":{there:%S}" if there.second else "")
    try:
        if moment_of(text, zone, now) == at:
            return text
    except Invalid:
        pass
    return there.isoformat()


def _assignments(change: ProposedChange) -> str:
    words = [_word(name, content) for name, content in change.exact.items()]
    return " ".join([*words, *(f"{name}=?" for name in change.open)])


def _word(name: str, content: Any) -> str:
    """`name=content` as the form reads it back to the same content."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    if (content and typed.pairs([f"{name}={text}"])[name] != content) or content == "?":
        text = json.dumps(content, ensure_ascii=False)
    return shlex.quote(f"{name}={text}")


def _other_text(change: ProposedChange) -> str:
    if change.operation == "return to service":
        return f"return {change.id} to service"
    if change.record == "item":
        return f"{change.operation} {change.id} {_assignments(change)}".strip()
    if change.record == "redundancy group":
        words = ["redundancy", change.id, shlex.quote(change.group)]
    else:
        head = "dependency" if change.operation == "set dependency" else change.operation
        words = [head, change.id, change.target, *change.kind.split()]
    return " ".join([*words, *(_word(name, content) for name, content in change.exact.items())])


def _words(text: str, where: str, problems: list[str]) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        problems.append(f"{where}: a quotation mark is not closed.")
        return []


def _item(item: str, text: str, problems: list[str]) -> dict[str, Any]:
    words = _words(text, item, problems)
    if " ".join(words) in _ENDINGS:
        return {"item": item, " ".join(words): True}
    if words[:1] == ["control"]:
        return {"control": f"item:{item}", **_assigned(words[1:], item, problems)[0]}
    fields, opened = _assigned(words, item, problems)
    change: dict[str, Any] = {"item": item}
    if fields:
        change["set"] = fields
    if opened:
        change["open"] = opened
    return change


def _assigned(words: Iterable[str], where: str, problems: list[str]) -> tuple[dict[str, Any], list[str]]:
    fields: dict[str, Any] = {}
    opened: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            problems.append(f"{where}: '{word}' is not field=value; a value known only afterwards is field=?")
        elif value == "?":
            opened.append(name)
        else:
            content = typed.pairs([word])[name]
            fields[name] = "" if content is None else content
    return fields, opened


def _other(text: str, problems: list[str]) -> dict[str, Any]:
    words = _words(text, "others", problems)
    if len(words) >= 3 and words[0] in _LINKED:
        return _link(words, problems)
    if len(words) >= 4 and words[0] == "redundancy":
        fields, _ = _assigned(words[3:], "others", problems)
        return {"redundancy": words[1:3], **{name: str(content) for name, content in fields.items()}}
    if len(words) >= 2 and words[0] in ("add", "set"):
        fields, opened = _assigned(words[2:], "others", problems)
        given = {words[0]: fields} if fields or words[0] == "add" else {}
        return {"item": words[1], **given, **({"open": opened} if opened else {})}
    if len(words) == 2 and words[0] == "retire":
        return {"item": words[1], "retire": True}
    if len(words) == 4 and words[0] == "return" and words[2:] == ["to", "service"]:
        return {"item": words[1], "return to service": True}
    if len(words) >= 2 and words[0] == "control":
        return {"control": words[1], **_assigned(words[2:], "others", problems)[0]}
    problems.append(f"others: '{shown(text.strip())}' is none of: {_OTHERS}.")
    return {}


def _link(words: list[str], problems: list[str]) -> dict[str, Any]:
    """A dependency that is new, ends, or is described anew."""
    plain = [word for word in words[3:] if "=" not in word]
    fields, _ = _assigned([word for word in words[3:] if "=" in word], "others", problems)
    told = {name: str(content) for name, content in fields.items()}
    if "soft" in plain:
        plain.remove("soft")
        told["strength"] = "soft"
    change: dict[str, Any] = {words[0]: words[1:3]}
    change |= ({"set": told} if told else {}) if words[0] == "dependency" else told
    if plain:
        change["kind"] = " ".join(plain)
    return change
